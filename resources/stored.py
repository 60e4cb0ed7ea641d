"""What the lake's modules share: how a table looks to them, its files, and what a commit carries."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction


class StaleCommitError(Exception):
    """Another commit changed what this one was computed from; compute it again."""


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
    def renamed(self) -> Mapping[str, str]:
        """Older names of columns, each with the name it has now."""

    @property
    def partition_by(self) -> list[str] | None:
        """Partition columns, or None."""


class LakeLike(Protocol):
    """What a commit of many files must know of the lake."""

    @property
    def storage_options(self) -> dict[str, str]:
        """How an object store is reached; nothing for a folder."""

    def uri(self, name: str) -> str:
        """Where a table's folder is."""

    def open(self, table: TableLike) -> DeltaTable:
        """The newest version of a table, to read."""

    def commit_to(self, table: TableLike, version: int | None = None) -> AbstractContextManager[DeltaTable]:
        """The same to commit with."""

    def note(self, table: TableLike, opened: DeltaTable, notes: Mapping[str, int]) -> None:
        """Keeps numbers under names in a commit that changes no row."""


def commit_properties(notes: Mapping[str, int], *, is_whole: bool) -> CommitProperties:
    """A whole table follows the version it was computed from: two that replaced an empty one would add up."""
    transactions = [Transaction(name, number) for name, number in notes.items()]
    return CommitProperties(max_commit_retries=0 if is_whole else None, app_transactions=transactions or None)


def files_of(opened: DeltaTable) -> pl.DataFrame:
    """A row a file: ``path``, ``num_records`` and, where there are months, ``partition.month``."""
    return pl.DataFrame(opened.get_add_actions(flatten=True))
