"""Parquet files written beside a table, and the one commit that makes them part of it."""

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from errno import ENOENT
from pathlib import Path
from uuid import uuid4

import polars as pl
from deltalake import DeltaTable
from deltalake._internal import DeltaFileSystemHandler  # the public one needs pyarrow
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from resources.stored import LakeLike, StaleCommitError, TableLike, commit_properties, files_of

_ROWS_A_GROUP = 1 << 16
"""Small row groups: whoever asks for some listeners reads those of the groups that hold them."""
_WRITERS = 2


class Staged:
    """Parquet files written beside a table and not yet part of it."""

    def __init__(self, lake: LakeLike, table: TableLike, label: str) -> None:
        self._lake, self._table, self._label = lake, table, label
        self._actions: list[AddAction | RemoveAction] = []

    def add(self, frame: pl.DataFrame) -> None:
        """Writes one file a month; one where the table is not cut by month."""
        rows = frame.select(self._table.schema.names())
        parts = by_month(rows) if self._table.partition_by else {"": rows}
        first = len(self._actions)
        with ThreadPoolExecutor(_WRITERS) as writers:
            self._actions += writers.map(self.write, range(first, first + len(parts)), parts, parts.values())

    def commit(self) -> None:
        """Makes everything added part of the table, in one commit.

        Raises:
            FileNotFoundError: something deleted what was written; nothing was committed.
        """
        if self._actions:
            self.require_files(self._actions)
            with self._lake.commit_to(self._table) as delta:
                delta.create_write_transaction(
                    self._actions, mode="append", schema=delta.schema(), partition_by=self._table.partition_by
                )

    def discard(self) -> None:
        """Deletes what was written, finished or not; only folders can (a store's vacuum removes the rest)."""
        folder = Path(self._lake.uri(self._table.name))
        folders = "month=*/" if self._table.partition_by else ""
        for path in folder.glob(f"{folders}{self._label}-*.parquet"):
            path.unlink(missing_ok=True)

    def require_files(self, actions: Sequence[AddAction | RemoveAction]) -> None:
        """A table that names a file that is not there cannot be read at all."""
        folder = self._lake.uri(self._table.name)
        files = [] if "://" in folder else [Path(f"{folder}/{action.path}") for action in actions]
        if missing := [file for file in files if not file.exists()]:
            raise FileNotFoundError(ENOENT, "a file written for this import is gone", str(missing[0]))

    def write(self, number: int, month: str, part: pl.DataFrame) -> AddAction:
        """Writes a file of one month (or of none), whose name ends with its number."""
        partition = {"month": month} if month else {}
        path = f"{f'month={month}/' if month else ''}{self._label}-{number:05}.parquet"
        uri = f"{self._lake.uri(self._table.name)}/{path}"
        part.write_parquet(
            uri,
            compression="zstd",
            compression_level=1,
            row_group_size=_ROWS_A_GROUP,
            mkdir=True,
            storage_options=self._lake.storage_options or None,
        )
        stats = json.dumps({"numRecords": part.height, **_bounds(part)})
        return AddAction(path, self._size(path), partition, now_ms(), data_change=True, stats=stats)

    def _size(self, path: str) -> int:
        """Bytes of a written file: readers of an object store look for its footer there, nowhere else."""
        folder = self._lake.uri(self._table.name)
        if "://" not in folder:
            return Path(f"{folder}/{path}").stat().st_size
        return DeltaFileSystemHandler(folder, self._lake.storage_options).open_input_file(path).size()


class Replacement:
    """Months of a table computed anew, some rows at a time, that take the old ones' place in one commit."""

    def __init__(self, lake: LakeLike, table: TableLike, opened: DeltaTable, months: Sequence[str]) -> None:
        self.table = table
        self._lake, self._opened, self._months = lake, opened, months
        self._staged = Staged(lake, table, f"part-{uuid4().hex}")
        self._old = _files_by_month(opened, months)
        self._new: dict[str, list[AddAction]] = {month: [] for month in months}
        self._changed: set[str] = set()
        self._numbers = 0

    def add(self, frame: pl.DataFrame, of: pl.Expr | None = None) -> None:
        """Writes the rows of the months, all of them or those that ``of`` is true of.

        Whatever is added with ``of`` is written, for another part of the month may have changed.
        """
        parts = by_month(frame.select(self.table.schema.names()))
        self._numbers += 1
        with ThreadPoolExecutor(_WRITERS) as writers:
            for _ in writers.map(lambda month: self._add(month, parts.get(month), of), self._months):
                pass  # to hear of errors

    def commit(self, notes: Mapping[str, int]) -> list[str]:
        """Replaces those of the months whose rows changed, in one commit; returns them.

        Raises:
            StaleCommitError: one of the months was changed since; nothing was committed.
            FileNotFoundError: something deleted what was written; nothing was committed.
        """
        changed = [month for month in self._months if month in self._changed]
        if changed:
            self._commit(changed, notes)
        else:
            self._lake.note(self.table, self._opened, notes)
        return changed

    def _add(self, month: str, part: pl.DataFrame | None, of: pl.Expr | None) -> None:
        now = self.table.schema.to_frame().drop("month") if part is None else part
        is_same = now.equals(self._stored(month, of))
        if not is_same:
            self._changed.add(month)
        if now.height and not (is_same and of is None):
            self._new[month].append(self._staged.write(self._numbers, month, now))

    def _stored(self, month: str, of: pl.Expr | None) -> pl.DataFrame:
        """Rows of the files there were, in their order."""
        names = [name for name in self.table.schema if name != "month"]
        if not self._old[month]:
            return self.table.schema.to_frame().select(names)
        folder = self._lake.uri(self.table.name)
        rows = pl.scan_parquet(
            [f"{folder}/{path}" for path in self._old[month]],
            glob=False,
            hive_partitioning=False,
            storage_options=self._lake.storage_options or None,
        )
        return (rows if of is None else rows.filter(of)).select(names).collect()

    def _commit(self, changed: Sequence[str], notes: Mapping[str, int]) -> None:
        """As often as commits of other months come first."""
        adds = [action for month in changed for action in self._new[month]]
        self._staged.require_files(adds)
        while not self._is_committed(adds, changed, notes):
            pass

    def _is_committed(
        self, adds: Sequence[AddAction], changed: Sequence[str], notes: Mapping[str, int]
    ) -> bool:
        old = {month: self._old[month] for month in changed}
        with self._lake.commit_to(self.table) as newest:
            if _files_by_month(newest, changed) != old:
                raise StaleCommitError(f"{self.table.name}: another commit came first")
            try:
                newest.create_write_transaction(
                    [*adds, *self._removals(changed)],
                    mode="append",
                    schema=newest.schema(),
                    partition_by=self.table.partition_by,
                    commit_properties=commit_properties(notes, is_whole=True),
                )
            except CommitFailedError:
                return False
        return True

    def _removals(self, months: Sequence[str]) -> list[RemoveAction]:
        return [
            RemoveAction(
                path, data_change=True, deletion_timestamp=now_ms(), partition_values={"month": month}
            )
            for month in months
            for path in self._old[month]
        ]


def by_month(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The rows of each month, in their order, without the column that says it."""
    parts = frame.partition_by("month", as_dict=True, include_key=False, maintain_order=True)
    return {str(month): part for (month,), part in parts.items()}


def now_ms() -> int:
    """What Delta's log dates files by."""
    return time.time_ns() // 1_000_000


def _files_by_month(opened: DeltaTable, months: Sequence[str]) -> dict[str, list[str]]:
    """Paths inside the table's folder, by their names: parts of a month in the order they were written."""
    found: dict[str, list[str]] = {month: [] for month in months}
    files = files_of(opened)
    if "partition.month" in files.columns:
        for path, month in files.sort("path").select("path", "partition.month").iter_rows():
            if month in found:
                found[month].append(path)
    return found


def _bounds(part: pl.DataFrame) -> dict[str, dict[str, str]]:
    """The least and greatest of what readers ask for: listeners, or datasets."""
    column = next((name for name in ("user_id", "dataset_id") if name in part.columns), None)
    if column is None:
        return {}
    return {"minValues": {column: str(part[column].min())}, "maxValues": {column: str(part[column].max())}}
