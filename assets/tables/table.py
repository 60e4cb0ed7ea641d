"""What a table is, and the columns that several tables share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import polars as pl

UTC_MICROSECONDS = pl.Datetime("us", "UTC")
"""Every time in the lake."""

Layer = Literal["raw", "core", "marts"]


@dataclass(frozen=True)
class Column:
    """One column: its type and what a reader cannot see from its name."""

    dtype: pl.DataType
    description: str


@dataclass(frozen=True, eq=False)
class Table:
    """One table of the lake or of the marts.

    Args:
        key: the columns that no two rows share.
        sort_by: the order of rows inside a partition.
        is_monthly: partitioned by the ``month`` column ("2024-05", UTC).
        version: raised when the columns change; the lake upgrades older tables.
        renamed: names that columns had in older versions, each with the name it has now.
    """

    name: str
    group: str
    description: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    sort_by: tuple[str, ...] = ()
    is_monthly: bool = False
    layer: Layer = "core"
    version: int = 1
    renamed: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def schema(self) -> pl.Schema:
        """Column names and Polars types, in storage order."""
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    @property
    def partition_by(self) -> list[str] | None:
        """The Delta partition columns, or None."""
        return ["month"] if self.is_monthly else None

    def empty(self) -> pl.DataFrame:
        """A frame of no rows with this table's schema."""
        return self.schema.to_frame()

    def conform(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The table's columns in their order and types, sorted; raises when one is missing."""
        typed = frame.select(pl.col(name).cast(column.dtype) for name, column in self.columns.items())
        return typed.sort(self.sort_by, nulls_last=True) if self.sort_by else typed


def text(description: str) -> Column:
    """Text."""
    return Column(pl.String(), description)


def integer(description: str) -> Column:
    """A 64-bit integer."""
    return Column(pl.Int64(), description)


def boolean(description: str) -> Column:
    """True, false or unknown."""
    return Column(pl.Boolean(), description)


def moment(description: str) -> Column:
    """A time, UTC."""
    return Column(UTC_MICROSECONDS, description)


USER = text("the listener")
MONTH = text('UTC month, "2024-05"')
TRACK_ID = text('the Spotify id as found, else "name:" and 16 hex digits of the normalised names')
TOLD_ALBUM_ID = text("the album by artist and album as the row names them; null where it names none")
NAME_KEY = text("16 hex digits of the normalised artist and title; null when a name is missing")
KIND = text("music, podcast, audiobook or video")
ROW_IDENTITY = {
    "import_id": text("the import the row came with"),
    "file": text("name of the file inside the import, user names masked"),
    "row": integer("position of the record in its file, from 0"),
}
PLAYED_AS = {
    "ms_played": integer("how long it really played; null when the source does not say"),
    "is_skipped": boolean("whether the listener skipped it; null when unknown"),
    "reason_start": text("why it started, as the source says"),
    "reason_end": text("why it ended, as the source says"),
    "is_shuffle": boolean("shuffle was on"),
    "is_offline": boolean("played without a connection"),
    "is_incognito": boolean("played in a private session"),
    "country": text("ISO 3166 country of the connection; null when unknown"),
    "platform": text("device or system, as the source says"),
}
ARTIST = {
    "artist_id": text('"name:" and 16 hex digits of the normalised artist'),
    "artist_name": text("artist"),
}
ARTIST_NAME = text("artist")
FETCHED = moment("when Spotify said so")
IMAGE = text("address of a picture at Spotify; null when unknown")
RELEASED = text("2024, 2024-05 or 2024-05-31, as Spotify says; null when unknown")
TEXTS = pl.List(pl.String())
