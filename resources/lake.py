"""The lake: Delta tables under one root, a folder or an object-store URL.

What belongs here: how a table is stored. Nothing else builds a path into the lake. What a table *is*
is the registry's (``assets/tables.py``), which this file knows only by its shape.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType

import polars as pl
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError

from resources.handles import Handles
from resources.row_filter import RowFilter
from resources.staged import Replacement, Staged
from resources.stored import StaleCommitError, TableLike, commit_properties, files_of

__all__ = ["Lake", "SchemaMismatchError", "Staged", "StaleCommitError", "TableLike", "UnusableLakeError"]

_WRITER = WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=1 << 16)
"""Small row groups: whoever asks for some listeners reads those of the groups that hold them."""
_NO_NOTES: Mapping[str, int] = MappingProxyType({})
_RESERVED = frozenset("[]%*?^|\\")
"""In a path they mean something else to delta-rs (URLs) or DuckDB (patterns)."""
_CONFIGURATION = {"delta.checkpointInterval": "10"}
"""Whoever opens a table reads its last checkpoint and the commits since: few, however old the home."""


class SchemaMismatchError(Exception):
    """A stored table has other columns than this version of Longplay and cannot be upgraded by itself."""


class UnusableLakeError(ValueError):
    """Tables cannot be kept at such an address; the message says why."""


@dataclass(frozen=True)
class Lake:
    """Delta tables under ``root``."""

    root: str
    storage_options: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if found := sorted({sign for sign in self.root if sign in _RESERVED or not sign.isprintable()}):
            raise UnusableLakeError(
                f"{self.root!r}: a path with {' '.join(map(repr, found))} in it cannot hold tables; "
                "set LONGPLAY_HOME to another folder, or LONGPLAY_LAKE_URL to one for the tables."
            )

    def uri(self, name: str) -> str:
        """Where a table's folder is."""
        return f"{self.root}/{name}"

    def exists(self, name: str) -> bool:
        """Whether a table was ever made."""
        return DeltaTable.is_deltatable(self.uri(name), self.storage_options)

    def open(self, table: TableLike, version: int | None = None) -> DeltaTable:
        """The table at a version (None: the newest), made empty when missing, upgraded when older.

        It is shared with others who read, and stays what it is; ``commit_to`` gives one to commit with.
        """
        if version is not None:
            return self._handles.at(table.name, version)
        kept = self._handles.newest(table.name)
        if kept is None:
            if not self.exists(table.name):
                self._create(table)
            kept = self._handles.keep(table.name, self._handles.load(table.name))
        return self._upgraded(table, kept)

    @contextmanager
    def commit_to(self, table: TableLike, version: int | None = None) -> Iterator[DeltaTable]:
        """The table in hands of one's own, to commit with; as it was at a version, or the newest.

        Raises:
            StaleCommitError: another commit came first; nothing was written.
        """
        if version is None:
            self.open(table)
        delta = self._handles.load(table.name, version)
        try:
            yield delta
        except CommitFailedError as error:
            raise StaleCommitError(f"{table.name}: another commit came first") from error
        delta.update_incremental()
        self._handles.keep(table.name, delta)

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
        return sorted(self._handles.at(name, version).file_uris())

    def month_files(self, table: TableLike, months: Sequence[str]) -> frozenset[str]:
        """Addresses of the newest files of some months: they change when the rows do."""
        return frozenset(self.open(table).file_uris(file_pruning_predicate=[("month", "in", list(months))]))

    def month_rows(self, table: TableLike) -> dict[str, int]:
        """Rows in each month, from the log alone."""
        actions = files_of(self.open(table))
        if "partition.month" not in actions.columns:
            return {}
        counted = actions.group_by("partition.month").agg(pl.col("num_records").sum())
        return dict(sorted(counted.iter_rows()))

    def fingerprints(self, opened: DeltaTable) -> dict[str, int]:
        """A number for each month's files: another one when the month was written again."""
        files = files_of(opened)
        if "partition.month" not in files.columns:
            return {}
        months = files.group_by("partition.month").agg(pl.col("path"))
        return {str(month): _fingerprint(paths) for month, paths in months.iter_rows()}

    def fingerprint(self, opened: DeltaTable) -> int:
        """The same for all the files of a table; 0 where it has none."""
        return _fingerprint(files_of(opened)["path"].to_list())

    def noted(self, opened: DeltaTable, name: str) -> int:
        """The number kept under a name by the last commit that gave one; 0 before the first."""
        return opened.transaction_version(name) or 0

    def overwrite(
        self,
        table: TableLike,
        opened: DeltaTable,
        frame: pl.DataFrame,
        rows: RowFilter | None = None,
        notes: Mapping[str, int] = _NO_NOTES,
    ) -> None:
        """Replaces a table, or some of its rows, in one commit.

        Args:
            opened: the table as it was before ``frame`` was computed.
            notes: numbers to keep in the table's log under names, see ``noted``.

        Raises:
            StaleCommitError: the table was changed since; nothing was written.
        """
        with self.commit_to(table, opened.version()) as delta:
            write_deltalake(
                delta,
                frame.select(table.schema.names()),
                mode="overwrite",
                predicate=None if rows is None else rows.sql,
                partition_by=table.partition_by,
                commit_properties=commit_properties(notes, is_whole=rows is None),
                writer_properties=_WRITER,
            )

    def note(self, table: TableLike, opened: DeltaTable, notes: Mapping[str, int]) -> None:
        """Keeps notes that the table does not have yet, in a commit that changes no row.

        Raises:
            StaleCommitError: another commit changed the same notes.
        """
        if all(self.noted(opened, name) == number for name, number in notes.items()):
            return
        with self.commit_to(table, opened.version()) as delta:
            delta.create_write_transaction(
                [],
                mode="append",
                schema=delta.schema(),
                partition_by=table.partition_by,
                commit_properties=commit_properties(notes, is_whole=False),
            )

    def append(self, table: TableLike, frame: pl.DataFrame) -> None:
        """Adds rows in one commit, whatever else is committed."""
        with self.commit_to(table) as delta:
            write_deltalake(
                delta, frame.select(table.schema.names()), mode="append", writer_properties=_WRITER
            )

    def append_noted(
        self, table: TableLike, opened: DeltaTable, frame: pl.DataFrame, notes: Mapping[str, int]
    ) -> None:
        """Adds rows and keeps notes, both or neither, see ``noted``.

        Args:
            opened: the table as it was before ``frame`` was computed.

        Raises:
            StaleCommitError: the table was changed since; nothing was written.
        """
        with self.commit_to(table, opened.version()) as delta:
            write_deltalake(
                delta,
                frame.select(table.schema.names()),
                mode="append",
                commit_properties=commit_properties(notes, is_whole=True),
                writer_properties=_WRITER,
            )

    def replace_months(
        self,
        table: TableLike,
        opened: DeltaTable,
        frame: pl.DataFrame,
        months: Sequence[str],
        notes: Mapping[str, int] = _NO_NOTES,
    ) -> list[str]:
        """Replaces those of ``months`` whose rows changed, in one commit; returns them.

        Args:
            opened: the table as it was before ``frame`` was computed.

        Raises:
            StaleCommitError: one of the months was changed since; nothing was written.
        """
        replacement = self.replace(table, opened, months)
        replacement.add(frame)
        return replacement.commit(notes)

    def replace(self, table: TableLike, opened: DeltaTable, months: Sequence[str]) -> "Replacement":
        """Starts the replacement of months by frames that become visible in one commit.

        Args:
            opened: the table as it was before the frames are computed.
        """
        return Replacement(self, table, opened, months)

    def delete(self, table: TableLike, rows: RowFilter) -> None:
        """Deletes some rows in one commit."""
        with self.commit_to(table) as delta:
            delta.delete(rows.sql)

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
        with self.commit_to(table) as delta:
            return delta.vacuum(
                retention_hours=int(grace / timedelta(hours=1)),
                dry_run=False,
                enforce_retention_duration=False,
                full=True,
                keep_versions=sorted(set(keep_versions)),
            )

    @cached_property
    def _handles(self) -> Handles:
        return Handles(self.root, self.storage_options)

    def _create(self, table: TableLike) -> None:
        try:
            write_deltalake(
                self.uri(table.name),
                table.schema.to_frame(),
                mode="ignore",
                name=table.name,
                description=table.description,
                partition_by=table.partition_by,
                configuration=_CONFIGURATION,
                storage_options=self.storage_options,
            )
        except CommitFailedError:  # another made it at the same moment
            if not self.exists(table.name):
                raise

    def _upgraded(self, table: TableLike, delta: DeltaTable) -> DeltaTable:
        """Adds columns that are new to a raw table; a derived one is emptied, to be made again.

        Where columns were only renamed, its rows stay.
        """
        if not _CONFIGURATION.items() <= delta.metadata().configuration.items():
            delta = self._configured(table, delta.version())
        stored = {column.name for column in delta.schema().fields}
        if stored == set(table.schema):
            return delta
        if table.layer == "raw" and stored - set(table.schema):
            unknown = ", ".join(sorted(stored - set(table.schema)))
            raise SchemaMismatchError(f"{table.name} has columns of a newer Longplay ({unknown}): upgrade")
        mode = "append" if table.layer == "raw" else "overwrite"
        schema_mode = "merge" if table.layer == "raw" else "overwrite"
        mine = self._handles.load(table.name, delta.version())
        frame = _renamed(table, mine) if table.layer != "raw" else table.schema.to_frame()
        write_deltalake(mine, frame, mode=mode, schema_mode=schema_mode)  # type: ignore[call-overload]
        return self._handles.keep(table.name, mine)

    def _configured(self, table: TableLike, version: int) -> DeltaTable:
        """A table of an older Longplay gets what new ones are made with."""
        mine = self._handles.load(table.name, version)
        with suppress(CommitFailedError):  # somebody else is at it
            mine.alter.set_table_properties(_CONFIGURATION)
        mine.update_incremental()
        return self._handles.keep(table.name, mine)


def _renamed(table: TableLike, stored: DeltaTable) -> pl.DataFrame:
    """The rows of a table whose columns had other names; none where more is different."""
    frame = pl.scan_delta(stored).rename(dict(table.renamed), strict=False)
    if frame.collect_schema() != table.schema:
        return table.schema.to_frame()
    return frame.select(table.schema.names()).collect()


def _fingerprint(paths: Iterable[str]) -> int:
    """63 bits of a hash of names of files; 0 of none."""
    joined = "\n".join(sorted(paths)).encode()
    return int.from_bytes(blake2b(joined, digest_size=8).digest()) >> 1 if joined else 0
