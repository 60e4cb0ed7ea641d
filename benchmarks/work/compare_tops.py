"""Longplay's tables and the DuckDB peer's, row by row.

Ids made of names are left out: the peer hashes names with SHA-256, Longplay with BLAKE2b.
"""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from assets.tables import DUPLICATE_ROWS, PLAY_MONTHS, PLAYS, TOP_ALBUMS, TOP_ARTISTS, TOP_TRACKS, Table
from resources.lake import Lake

_LISTS = {TOP_TRACKS: "track_name", TOP_ARTISTS: "artist_name", TOP_ALBUMS: "album_name"}
_RANKED = ["user_id", "period", "ranked_by", "rank", "label", "plays", "ms"]


class DifferentResultError(Exception):
    """The contenders did not make the same rows."""


def prepare(lake: str, folder: str) -> Callable[[], dict[str, int]]:
    """Raises ``DifferentResultError`` at the first table that differs; tells ``rows_compared``."""

    def job() -> dict[str, int]:
        rows = sum(
            _compared(table, *_ranked(table, label, Lake(lake), folder)) for table, label in _LISTS.items()
        )
        for table, columns in _FACTS.items():
            ours, theirs = Lake(lake).scan(table), _peer(folder, table)
            rows += _compared(table, ours.select(columns), theirs.select(columns))
        return {"rows_compared": rows}

    return job


_FACTS = {
    PLAYS: ["play_id", "month", "ms_played", "is_skipped"],
    DUPLICATE_ROWS: ["import_id", "file", "row", "play_id", "rule"],
    PLAY_MONTHS: ["user_id", "kind", "track_id", "month", "plays", "plays_counted", "ms_played", "skips"],
}


def _peer(folder: str, table: Table) -> pl.LazyFrame:
    whole = Path(folder) / f"{table.name}.parquet"
    if whole.exists():
        return pl.scan_parquet(whole)
    return pl.scan_parquet(f"{folder}/{table.name}", hive_schema={"month": pl.String})


def _ranked(table: Table, label: str, lake: Lake, folder: str) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    ours = lake.scan(table).rename({label: "label", "ms_estimated": "ms"})
    return ours.select(_RANKED), _peer(folder, table).select(_RANKED)


def _compared(table: Table, ours: pl.LazyFrame, theirs: pl.LazyFrame) -> int:
    mine, other = (side.cast({pl.Int32: pl.Int64}) for side in (ours, theirs))
    counts = [side.select(pl.len()).collect().item() for side in (mine, other)]
    missing = mine.join(other, on=mine.collect_schema().names(), how="anti", nulls_equal=True).collect()
    if counts[0] != counts[1] or missing.height:
        raise DifferentResultError(f"{table.name}: {counts} rows; only in ours:\n{missing.head(5)}")
    return int(counts[0])
