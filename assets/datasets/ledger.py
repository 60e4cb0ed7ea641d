"""The rows of a dataset in the lake: written, taken out, and cleared of what a kill left behind.

A dataset's row in ``datasets`` is written last and deleted first: rows of tracks without one are left of
something that was cut off.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import polars as pl

from assets import store
from assets.tables import DATASET_TRACKS, DATASETS, REJECTED_DATASET_ROWS
from resources import row_filter
from resources.staged import Staged
from resources.world import World

ACCEPTED, REJECTED = "accepted", "rejected"
Row = dict[str, Any]
_ROWS: Final = (DATASET_TRACKS, REJECTED_DATASET_ROWS)


@contextmanager
def alone(world: World) -> Iterator[None]:
    """One process at a time changes datasets; what an earlier one left unfinished is cleared away."""
    with world.operational.one_at_a_time("datasets"):
        idents = set(world.lake.scan(DATASETS).select("dataset_id").collect().to_series())
        held = [world.lake.scan(table).select(pl.col("dataset_id").unique()) for table in _ROWS]
        for left in sorted({ident for (ident,) in pl.concat(held).collect().iter_rows()} - idents):
            take_out(world, left)
        yield


def row_of(world: World, dataset_id: str) -> Row | None:
    """A dataset's row in ``datasets``."""
    found = world.lake.scan(DATASETS).filter(pl.col("dataset_id") == dataset_id).collect()
    return found.row(0, named=True) if found.height else None


def put(world: World, row: Row, staged: Sequence[Staged] = ()) -> None:
    """Commits a dataset's rows where any were staged, then writes its row in ``datasets``."""
    with world.operational.writing():
        for rows in staged:
            rows.commit()
        _replace(world, row["dataset_id"], [row])


def forget(world: World, dataset_id: str) -> None:
    """Takes a dataset out altogether."""
    with world.operational.writing():
        _replace(world, dataset_id, [])
    take_out(world, dataset_id)


def take_out(world: World, dataset_id: str) -> None:
    """Deletes the rows of a dataset's tracks, stored and rejected."""
    with world.operational.writing():
        for table in _ROWS:
            mine = world.lake.scan(table).filter(pl.col("dataset_id") == dataset_id)
            if mine.head(1).collect().height:
                world.lake.delete(table, row_filter.equal("dataset_id", dataset_id))


def _replace(world: World, dataset_id: str, rows: Sequence[Row]) -> None:
    def commit() -> None:
        opened = world.lake.open(DATASETS)
        others = world.lake.scan_opened(DATASETS, opened).filter(pl.col("dataset_id") != dataset_id)
        new = pl.LazyFrame(rows, schema=DATASETS.schema)
        world.lake.overwrite(DATASETS, opened, DATASETS.conform(pl.concat([others, new])).collect())

    store.until_first(commit)
