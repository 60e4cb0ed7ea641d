"""The lake: Delta tables under one root, a folder or an object-store URL.

What belongs here: how a table is stored. Nothing else builds a path into the lake. What a table *is*
is the registry's (``assets/tables.py``), which this file knows only by its shape.
"""

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from errno import ENOENT
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

import polars as pl
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

_WRITER = WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=1 << 16)
"""Small row groups: whoever asks for some listeners reads those of the groups that hold them."""
_ONLY_NEXT = CommitProperties(max_commit_retries=0)
"""A whole table follows the version it was computed from: two that replaced an empty one would add up."""
_RESERVED = frozenset("[]%*?")
"""In a path they mean something else to delta-rs (URLs) or DuckDB (patterns)."""


class StaleCommitError(Exception):
    """Another commit changed what this one was computed from; compute it again."""


class SchemaMismatchError(Exception):
    """A stored table has other columns than this version of Longplay and cannot be upgraded by itself."""


class UnusableLakeError(ValueError):
    """Tables cannot be kept at such an address; the message says why."""


class TableLike(Protocol):
    """What the lake must know of a table."""

    @property
    def name(self) -> str:
        """Folder of the table."""

    @property
    def layer(self) -> str:
        """A table of layer "raw" cannot be made again."""

    @property
    def description(self) -> str:
        """What it is, kept in the table."""

    @property
    def schema(self) -> pl.Schema:
        """Columns in storage order."""

    @property
    def partition_by(self) -> list[str] | None:
        """Partition columns, or None."""


@dataclass(frozen=True)
class Lake:
    """Delta tables under ``root``."""

    root: str
    storage_options: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if found := sorted(_RESERVED & set(self.root)):
            raise UnusableLakeError(
                f"{self.root}: a path with {' '.join(found)} in it cannot hold tables; "
                "set LONGPLAY_HOME to another folder."
            )

    def uri(self, name: str) -> str:
        """Where a table's folder is."""
        return f"{self.root}/{name}"

    def exists(self, name: str) -> bool:
        """Whether a table was ever made."""
        return DeltaTable.is_deltatable(self.uri(name), self.storage_options)

    def open(self, table: TableLike, version: int | None = None) -> DeltaTable:
        """The table at a version (None: the newest), made empty when missing, upgraded when older."""
        if version is None and not self.exists(table.name):
            self._create(table)
        delta = self._at(table.name, version)
        return delta if version is not None else self._upgraded(table, delta)

    def version(self, table: TableLike) -> int:
        """The newest version of a table."""
        return self.open(table).version()

    def scan(
        self, table: TableLike, *, months: Sequence[str] | None = None, version: int | None = None
    ) -> pl.LazyFrame:
        """Rows of a table, of some months or all; the columns in the registry's order."""
        return self.scan_opened(table, self.open(table, version), months=months)

    def scan_opened(
        self, table: TableLike, delta: DeltaTable, *, months: Sequence[str] | None = None
    ) -> pl.LazyFrame:
        """Rows of an opened table: exactly the version it was opened at."""
        if months is not None and not len(months):
            return table.schema.to_frame(eager=False)
        frame = pl.scan_delta(delta)
        if months is not None:
            frame = frame.filter(pl.col("month").is_in(list(months)))
        return frame.select(table.schema.names())

    def files(self, name: str, version: int) -> list[str]:
        """Addresses of the Parquet files of one version, in the order of their names."""
        return sorted(self._at(name, version).file_uris())

    def month_files(self, table: TableLike, months: Sequence[str]) -> frozenset[str]:
        """Addresses of the newest files of some months: they change when the rows do."""
        return frozenset(self.open(table).file_uris(file_pruning_predicate=[("month", "in", list(months))]))

    def month_rows(self, table: TableLike) -> dict[str, int]:
        """Rows in each month, from the log alone."""
        actions = pl.DataFrame(self.open(table).get_add_actions(flatten=True))
        if "partition.month" not in actions.columns:
            return {}
        counted = actions.group_by("partition.month").agg(pl.col("num_records").sum())
        return dict(sorted(counted.iter_rows()))

    def overwrite(
        self, table: TableLike, opened: DeltaTable, frame: pl.DataFrame, predicate: str | None = None
    ) -> None:
        """Replaces a table, or its rows that match ``predicate``, in one commit.

        Args:
            opened: the table as it was before ``frame`` was computed.

        Raises:
            StaleCommitError: the table was changed since; nothing was written.
        """
        try:
            write_deltalake(
                opened,
                frame.select(table.schema.names()),
                mode="overwrite",
                predicate=predicate,
                partition_by=table.partition_by,
                commit_properties=_ONLY_NEXT if predicate is None else None,
                writer_properties=_WRITER,
            )
        except CommitFailedError as error:
            raise StaleCommitError(f"{table.name}: another commit came first") from error

    def append(self, table: TableLike, frame: pl.DataFrame) -> None:
        """Adds rows in one commit, whatever else is committed."""
        rows = frame.select(table.schema.names())
        write_deltalake(self.open(table), rows, mode="append", writer_properties=_WRITER)

    def replace_months(
        self, table: TableLike, opened: DeltaTable, frame: pl.DataFrame, months: Sequence[str]
    ) -> list[str]:
        """Replaces those of ``months`` whose rows changed, in one commit; returns them.

        Args:
            opened: the table as it was before ``frame`` was computed.

        Raises:
            StaleCommitError: one of the months was changed since; nothing was written.
        """
        old = self.scan_opened(table, opened, months=months).collect()
        changed = _changed_months(old, frame.select(table.schema.names()), months)
        if not changed:
            return []
        quoted = ", ".join(f"'{month}'" for month in changed)
        self.overwrite(
            table, opened, frame.filter(pl.col("month").is_in(changed)), predicate=f"month IN ({quoted})"
        )
        return changed

    def delete(self, table: TableLike, predicate: str) -> None:
        """Deletes the rows that match ``predicate`` in one commit."""
        self.open(table).delete(predicate)

    def stage(self, table: TableLike, label: str) -> "Staged":
        """Starts an append of many frames that becomes visible in one commit.

        ``label`` begins the file names, so that ``has_files`` can tell whether it was committed.
        """
        return Staged(self, table, label)

    def has_files(self, table: TableLike, label: str) -> bool:
        """Whether an append with this label is committed."""
        return any(Path(uri).name.startswith(f"{label}-") for uri in self.open(table).file_uris())

    def vacuum(self, table: TableLike, keep_versions: Iterable[int], grace: timedelta) -> list[str]:
        """Deletes files that are neither current nor in a kept version and older than ``grace``."""
        return self.open(table).vacuum(
            retention_hours=int(grace / timedelta(hours=1)),
            dry_run=False,
            enforce_retention_duration=False,
            full=True,
            keep_versions=sorted(set(keep_versions)),
        )

    def _at(self, name: str, version: int | None) -> DeltaTable:
        kind = DeltaTable if "://" in self.root else _LocalTable
        return kind(self.uri(name), version=version, storage_options=self.storage_options)

    def _create(self, table: TableLike) -> None:
        write_deltalake(
            self.uri(table.name),
            table.schema.to_frame(),
            mode="ignore",
            name=table.name,
            description=table.description,
            partition_by=table.partition_by,
            storage_options=self.storage_options,
        )

    def _upgraded(self, table: TableLike, delta: DeltaTable) -> DeltaTable:
        """Adds columns that are new to a raw table; a derived one is emptied, to be made again."""
        stored = {column.name for column in delta.schema().fields}
        if stored == set(table.schema):
            return delta
        if table.layer == "raw" and stored - set(table.schema):
            unknown = ", ".join(sorted(stored - set(table.schema)))
            raise SchemaMismatchError(f"{table.name} has columns of a newer Longplay ({unknown}): upgrade")
        mode = "append" if table.layer == "raw" else "overwrite"
        schema_mode = "merge" if table.layer == "raw" else "overwrite"
        write_deltalake(delta, table.schema.to_frame(), mode=mode, schema_mode=schema_mode)  # type: ignore[call-overload]
        return delta


class _LocalTable(DeltaTable):
    """A table in a folder whose addresses are paths: delta-rs writes a blank as %20, unreadable."""

    @property
    def table_uri(self) -> str:
        return unquote(super().table_uri)

    def file_uris(self, *args: Any, **kwargs: Any) -> list[str]:  # noqa: ANN401 - as delta-rs has it
        return [unquote(uri) for uri in super().file_uris(*args, **kwargs)]


class Staged:
    """Parquet files written beside a table and not yet part of it."""

    def __init__(self, lake: Lake, table: TableLike, label: str) -> None:
        self._lake, self._table, self._label = lake, table, label
        self._actions: list[AddAction | RemoveAction] = []

    def add(self, frame: pl.DataFrame) -> None:
        """Writes one file a month."""
        parts = frame.select(self._table.schema.names()).partition_by(
            "month", as_dict=True, include_key=False, maintain_order=True
        )
        first = len(self._actions)
        with ThreadPoolExecutor(2) as writers:
            self._actions += writers.map(
                self._write,
                range(first, first + len(parts)),
                (str(month) for (month,) in parts),
                parts.values(),
            )

    def commit(self) -> None:
        """Makes everything added part of the table, in one commit.

        Raises:
            FileNotFoundError: something deleted what was written; nothing was committed.
        """
        if self._actions:
            self._require_files()
            delta = self._lake.open(self._table)
            delta.create_write_transaction(
                self._actions, mode="append", schema=delta.schema(), partition_by=self._table.partition_by
            )

    def discard(self) -> None:
        """Deletes what was written, finished or not; only folders can (a store's vacuum removes the rest)."""
        folder = Path(self._lake.uri(self._table.name))
        for path in folder.glob(f"month=*/{self._label}-*.parquet"):
            path.unlink(missing_ok=True)

    def _require_files(self) -> None:
        """A table that names a file that is not there cannot be read at all."""
        folder = self._lake.uri(self._table.name)
        files = [] if "://" in folder else [Path(f"{folder}/{action.path}") for action in self._actions]
        if missing := [file for file in files if not file.exists()]:
            raise FileNotFoundError(ENOENT, "a file written for this import is gone", str(missing[0]))

    def _write(self, number: int, month: str, part: pl.DataFrame) -> AddAction:
        path = f"month={month}/{self._label}-{number:05}.parquet"
        uri = f"{self._lake.uri(self._table.name)}/{path}"
        part.write_parquet(
            uri,
            compression="zstd",
            compression_level=1,
            mkdir=True,
            storage_options=self._lake.storage_options or None,
        )
        stats = json.dumps({"numRecords": part.height, **_bounds(part, "user_id")})
        return AddAction(path, _size(uri, part), {"month": month}, 0, data_change=True, stats=stats)


def _bounds(part: pl.DataFrame, column: str) -> dict[str, dict[str, str]]:
    if column not in part.columns:
        return {}
    return {"minValues": {column: str(part[column].min())}, "maxValues": {column: str(part[column].max())}}


def _size(uri: str, part: pl.DataFrame) -> int:
    return int(part.estimated_size()) if "://" in uri else Path(uri).stat().st_size


def _changed_months(old: pl.DataFrame, new: pl.DataFrame, months: Sequence[str]) -> list[str]:
    before, after = _by_month(old), _by_month(new)
    empty = new.clear()
    return [m for m in months if not after.get(m, empty).equals(before.get(m, empty))]


def _by_month(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {str(month): part for (month,), part in frame.partition_by("month", as_dict=True).items()}
