"""Writes the truth as Last.fm exporters tell it: CSV with and without a header, JSON pages."""

import json
from pathlib import Path
from typing import Literal

import polars as pl

from simulator.differences import NO_DIFFERENCES, Differences
from simulator.json_text import COMPACT, Style, document, in_quotes, object_text, plain, slices
from simulator.labels import label_rows
from simulator.scrobbles import quoted_names, scrobbles

_PAGE_ROWS = 200
_HEADER = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
_EMPTY = pl.lit('""')
LastfmForm = Literal["csv", "headerless_csv", "json"]


def _newest_first(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort("listened_at", descending=True, maintain_order=True)


def _undated(rows: pl.DataFrame, undated: int) -> pl.DataFrame:
    """The last rows again, without a time: Last.fm dates what it cannot place to 1970."""
    again = rows.tail(undated).with_columns(
        pl.lit(0, pl.Int64).alias("listened_at"),
        pl.lit(None, pl.Int64).alias("play_no"),
        pl.lit("no_time").alias("why"),
    )
    return pl.concat([rows, again])


def _lastfm_csv(rows: pl.DataFrame) -> bytes:
    nobody = pl.lit("")
    time = pl.from_epoch("listened_at", "s").dt.strftime("%d %b %Y, %H:%M")
    table = rows.select(
        "listened_at",
        time.alias("utc_time"),
        "artist_name",
        nobody.alias("artist_mbid"),
        "album_name",
        nobody.alias("album_mbid"),
        "track_name",
        nobody.alias("track_mbid"),
    )
    return (_HEADER + table.write_csv(include_header=False, quote_style="always")).encode()


def _lastfm_headerless(rows: pl.DataFrame) -> bytes:
    time = pl.from_epoch("listened_at", "s").dt.strftime("%d %b %Y %H:%M").alias("time")
    return (
        rows.select("artist_name", "album_name", "track_name", time).write_csv(include_header=False).encode()
    )


def _lastfm_track(style: Style) -> pl.Expr:
    when = pl.from_epoch("listened_at", "s").dt.strftime("%d %b %Y, %H:%M")
    date = {"uts": in_quotes(plain(pl.col("listened_at"))), "#text": in_quotes(when)}
    fields = {
        "artist": object_text({"mbid": _EMPTY, "#text": pl.col("artist_name")}, style),
        "streamable": pl.lit('"0"'),
        "image": pl.lit("[]"),
        "mbid": _EMPTY,
        "album": object_text({"mbid": _EMPTY, "#text": pl.col("album_name")}, style),
        "name": pl.col("track_name"),
        "url": pl.lit('"https://www.last.fm/music"'),
        "date": object_text(date, style),
    }
    return object_text(fields, style)


def _lastfm_pages(rows: pl.DataFrame) -> bytes:
    pages = [
        b'{"track":'
        + document(page.select(_lastfm_track(COMPACT)).to_series(), COMPACT)
        + b',"@attr":'
        + json.dumps(
            {"perPage": "200", "page": f"{number}", "total": f"{rows.height}"}, separators=(",", ":")
        ).encode()
        + b"}"
        for number, page in enumerate(slices(quoted_names(rows), _PAGE_ROWS), start=1)
    ]
    return b"[" + b",".join(pages) + b"]"


def write_lastfm(
    truth: pl.DataFrame,
    path: Path,
    *,
    form: LastfmForm = "csv",
    undated: int = 0,
    differences: Differences = NO_DIFFERENCES,
) -> pl.DataFrame:
    """Writes one file as Last.fm exporters do, newest first, times at the start of plays.

    Args:
        form: "csv" with a header, to the second; "headerless_csv", to the minute; "json", pages of 200.
        undated: so many of the oldest rows once more, dated 1970 (labelled no_time, no play).
        differences: what it tells otherwise than Spotify does.

    Returns:
        Labels; row counts records, not lines, and runs through all pages.
    """
    rows = _undated(_newest_first(differences.told(scrobbles(truth))), undated)
    writers = {"csv": _lastfm_csv, "headerless_csv": _lastfm_headerless, "json": _lastfm_pages}
    Path(path).write_bytes(writers[form](rows))
    return label_rows(rows, Path(path).name)
