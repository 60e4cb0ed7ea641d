"""Names and lengths that tracks were played under, counted some listeners at a time and then merged."""

from collections.abc import Sequence

import polars as pl

from assets.order import as_enums, packed, places_in_order
from assets.tables import TRACK_MONTHS

_LENGTHS = ("complete_ms", "duration_ms")


def of_plays(plays: pl.DataFrame) -> pl.DataFrame:
    """The columns of ``track_months``, with all lengths as lists: medians do not merge.

    ``song`` says what the names are; null where another source told the album.
    """
    is_song = pl.col("song").is_not_null()
    found = [_counted(plays.filter(is_song), ["month", "song"])]
    if plays["song"].null_count():
        found.append(_counted(plays.filter(~is_song), list(TRACK_MONTHS.key)))
    texts = [pl.col("month", "track_id").cast(pl.String())]
    return pl.concat(found, how="diagonal").with_columns(texts)


def _counted(plays: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    is_complete = (pl.col("reason_end") == "trackdone") & (pl.col("ms_played") > 0)
    of_names = [name for name in (*TRACK_MONTHS.key, "name_key") if name not in by]
    counted = (
        plays.lazy()
        .group_by(by)
        .agg(
            pl.col(of_names).first(),
            pl.col("isrc").min(),
            plays=pl.len().cast(pl.Int64),
            completes=is_complete.sum().cast(pl.Int64),
            complete_ms=pl.col("ms_played").filter(is_complete),
            duration_ms=pl.col("duration_ms").drop_nulls(),
            first_played_at=pl.col("started_at").min(),
            last_played_at=pl.col("started_at").max(),
        )
    )
    return counted.collect()


def track_months(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """``track_months`` of the names found by ``of_plays`` for listeners of whom no two are the same."""
    names = pl.concat(found, how="diagonal")
    is_merged = len(found) == 1 and not ("song" in names.columns and names["song"].null_count())
    merged = names if is_merged else _merged(names)
    rows = merged.with_columns(
        _lower_median("complete_ms"), pl.col("duration_ms").list.median().round().alias("duration_ms")
    )
    keys = as_enums([rows.select(_CHEAP)], _CHEAP)[0].select(packed(*_CHEAP))
    ordered = rows[places_in_order(keys, lambda tied: rows.select(_DEAR)[tied])]
    return ordered.select(pl.col(name).cast(dtype) for name, dtype in TRACK_MONTHS.schema.items())


def _lower_median(name: str) -> pl.Expr:
    """The lower of the two in the middle: no clock that ran on makes a length of hours out of it."""
    lengths = pl.col(name).list.sort()
    return lengths.list.get((lengths.list.len().cast(pl.Int64) - 1) // 2, null_on_oob=True).alias(name)


_CHEAP = ("month", "track_id")
_DEAR = ("kind", "track_name", "artist_name", "album_name")


def _merged(names: pl.DataFrame) -> pl.DataFrame:
    merged = (
        names.lazy()
        .group_by(TRACK_MONTHS.key)
        .agg(
            pl.col("name_key").first(),
            pl.col("isrc", "first_played_at").min(),
            pl.col("last_played_at").max(),
            pl.col("plays", "completes").sum(),
            *(pl.col(name).explode() for name in _LENGTHS),
        )
    )
    return merged.collect()
