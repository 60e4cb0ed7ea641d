"""Which plays services of scrobbles are told of, and when they say these began."""

import polars as pl

from simulator.json_text import quote_columns


def scrobbles(truth: pl.DataFrame) -> pl.DataFrame:
    """The music plays that count by the rule of scrobbling, with listened_at: the start in epoch seconds."""
    long_enough = (pl.col("ms_played") >= pl.min_horizontal(pl.col("duration_ms") / 2, 240_000)) & (
        pl.col("duration_ms") > 30_000
    )
    counted = truth.filter((pl.col("kind") == "music") & long_enough & ~pl.col("is_incognito"))
    return counted.with_columns((pl.col("started_at").dt.epoch("ms") // 1000).alias("listened_at"))


def quoted_names(rows: pl.DataFrame) -> pl.DataFrame:
    """``rows`` with titles, artists and albums as JSON strings."""
    return quote_columns(rows, "track_name", "artist_name", "album_name")
