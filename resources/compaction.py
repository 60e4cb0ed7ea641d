"""Many small files made one: a table that is appended to every few minutes gets a file each time."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import uuid4

import polars as pl
from deltalake import DeltaTable
from deltalake.transaction import AddAction, RemoveAction

from resources.staged import Staged, now_ms
from resources.stored import LakeLike, StaleCommitError, TableLike, commit_properties, files_of

MOST_SMALL_FILES = 30
SMALL_ROWS = 10_000
"""A file of as many rows or more is read as fast alone, and is written no more."""


def needs_compaction(lake: LakeLike, table: TableLike) -> bool:
    """Whether a month of a table (or a table without months) has many small files."""
    return bool(_groups(lake.open(table), ()))


def compact(lake: LakeLike, table: TableLike, protected: Collection[str] = ()) -> int:
    """Puts the rows of small files into one file a month, in one commit; returns how many files it replaced.

    The rows stay what they are, and older versions of the table can be read.

    Args:
        protected: labels of files that must stay by their names, see ``Lake.has_files``.
    """
    opened = lake.open(table)
    groups, staged = _groups(opened, protected), Staged(lake, table, f"compacted-{uuid4().hex}")
    if not groups:
        return 0
    try:
        adds = [
            replace(staged.write(number, month, _rows(lake, table, paths)), data_change=False)
            for number, (month, paths) in enumerate(groups.items())
        ]
        removals = [_removal(path, month) for month, paths in groups.items() for path in paths]
        _commit(lake, table, opened, [*adds, *removals])
    except BaseException as error:
        staged.discard()
        if isinstance(error, StaleCommitError):  # somebody wrote: there will be another time
            return 0
        raise
    return len(removals)


def _groups(opened: DeltaTable, protected: Collection[str]) -> dict[str, list[str]]:
    """Paths of the small files of each month that has many of them ("": of a table without months)."""
    files = files_of(opened)
    month = pl.col("partition.month") if "partition.month" in files.columns else pl.lit("")
    name = pl.col("path").str.split("/").list.last()
    is_protected = [name.str.starts_with(f"{label}-") for label in protected]
    small = files.filter(pl.col("num_records") < SMALL_ROWS, *(~each for each in is_protected))
    groups = small.sort("path").group_by(month.alias("month")).agg("path")
    return {
        month: paths
        for month, paths in groups.sort("month").select("month", "path").iter_rows()
        if len(paths) > MOST_SMALL_FILES
    }


def _rows(lake: LakeLike, table: TableLike, paths: Sequence[str]) -> pl.DataFrame:
    """Of a column that is newer than a file, nulls."""
    folder, partitions = lake.uri(table.name), table.partition_by or []
    schema = {name: dtype for name, dtype in table.schema.items() if name not in partitions}
    files = [f"{folder}/{path}" for path in paths]
    frames = pl.scan_parquet(
        files,
        schema=schema,
        missing_columns="insert",
        extra_columns="ignore",
        glob=False,
        hive_partitioning=False,
        storage_options=lake.storage_options or None,
    )
    return frames.select(list(schema)).collect()


def _removal(path: str, month: str) -> RemoveAction:
    partition: dict[str, str | None] = {"month": month} if month else {}
    return RemoveAction(path, data_change=False, deletion_timestamp=now_ms(), partition_values=partition)


def _commit(
    lake: LakeLike, table: TableLike, opened: DeltaTable, actions: list[AddAction | RemoveAction]
) -> None:
    with lake.commit_to(table, opened.version()) as delta:
        delta.create_write_transaction(
            actions,
            mode="append",
            schema=delta.schema(),
            partition_by=table.partition_by,
            commit_properties=commit_properties({}, is_whole=True),
        )
