"""CSV: by Polars where a file is well formed, else record by record with Python's reader.

Both take a row with too few fields for one whose last fields are empty. A row with more fields than the
header, and one whose quote is never closed, is rejected; only the slow way can go on after it.
"""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final, TextIO

import polars as pl

from assets.datasets.columns import count_known
from assets.datasets.raw import (
    REASON,
    ROW,
    RawTable,
    Record,
    UnreadableDatasetError,
    column,
    few_enough,
    spooled,
)

_SEPARATORS: Final = (",", ";", "\t", "|")
_LONGEST_HEADER: Final = 1 << 20
_LONGEST_RECORD: Final = 16 << 20
"""Characters: a quote that was not closed by then never is."""
_MOST_UNCLOSED: Final = 100
_NEVER_CLOSED = "a quote is opened and never closed"


def opened(path: Path, folder: Path) -> RawTable:
    """The records of a UTF-8 file whose first line names its columns.

    Raises:
        UnreadableDatasetError: it is empty or has no such line.
    """
    header = _first_line(path)
    separator = _separator(header)
    names = few_enough(_fields(header, separator))
    schema = {column(number): pl.String() for number in range(len(names))}
    scan = pl.scan_csv(
        path,
        separator=separator,
        has_header=False,
        skip_lines=1,
        schema=schema,
        row_index_name=ROW,
        glob=False,
    ).with_columns(pl.col(ROW).cast(pl.Int64()), pl.lit(None, dtype=pl.String()).alias(REASON))

    def otherwise() -> pl.LazyFrame:
        return spooled(_records(path, separator, len(names)), lambda: len(names), folder)

    return RawTable("csv", names, scan, otherwise)


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        line = stream.readline(_LONGEST_HEADER)
    if not line.strip():
        what = "is empty" if not line else "begins with an empty line"
        raise UnreadableDatasetError(f"{what}: the first line must name its columns, such as title,artist")
    return line


def _separator(header: str) -> str:
    """The one that gives the most columns that are known; of those the one that gives the most."""
    told = {each: _fields(header, each) for each in _SEPARATORS}
    return max(_SEPARATORS, key=lambda each: (count_known(told[each]), len(told[each])))


def _fields(line: str, separator: str) -> Sequence[str]:
    _allow_long_fields()
    return next(csv.reader([line], delimiter=separator), [])


def _records(path: Path, separator: str, width: int) -> Iterator[Record]:
    _allow_long_fields()
    with path.open(encoding="utf-8-sig", newline="") as stream:
        stream.readline(_LONGEST_HEADER)
        for fields in _rows(stream, separator):
            yield _record(fields, width)


def _record(fields: Sequence[str] | None, width: int) -> Record:
    if fields is None:
        return Record([], _NEVER_CLOSED)
    if len(fields) > width and any(fields[width:]):
        return Record([], f"has {len(fields):,} fields where the header names {width:,}")
    return Record([field or None for field in fields[:width]])


def _rows(stream: TextIO, separator: str) -> Iterator[Sequence[str] | None]:
    """The fields of each record; None for a line whose quote is never closed: reading goes on behind it."""
    lines = _Lines(stream)
    for _ in range(_MOST_UNCLOSED):
        reader = csv.reader(lines, delimiter=separator)
        try:
            for fields in reader:
                lines.require_closed()
                yield fields
                lines.taken()
        except _UnclosedError:
            yield None
            lines.put_back()
            continue
        return
    yield from csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)


class _UnclosedError(Exception):
    """A record does not end."""


class _Lines:
    """Lines, of which those of the record being read can be read again."""

    def __init__(self, stream: TextIO) -> None:
        self._coming: Iterator[str] = iter(stream)
        self._read: list[str] = []
        self._length = 0
        self._is_at_end = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._length > _LONGEST_RECORD:
            raise _UnclosedError
        line = next(self._coming, None)
        if line is None:
            self._is_at_end = True
            raise StopIteration
        self._read.append(line)
        self._length += len(line)
        return line

    def require_closed(self) -> None:
        """Raises where the record just read ran on, over lines or to the end, for want of a quote."""
        ran_on = self._is_at_end or len(self._read) > 1
        if ran_on and sum(line.count('"') for line in self._read) % 2 == 1:
            raise _UnclosedError

    def taken(self) -> None:
        """The record just read is done with."""
        self._read, self._length = [], 0

    def put_back(self) -> None:
        """All but the first line of the record being read come again."""
        again, self._is_at_end = self._read[1:], False
        self._coming = chain(again, self._coming)
        self.taken()


def _allow_long_fields() -> None:
    """Python's reader refuses fields of more than 131,072 characters by itself; ours have a limit later."""
    csv.field_size_limit(1 << 30)
