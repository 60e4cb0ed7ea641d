"""CSV: by Polars where a file is well formed, else record by record with Python's reader.

Both take a row with too few fields for one whose last fields are empty. A row with more fields than the
header, and one whose quote is never closed, is rejected; only the slow way can go on after it.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final, TextIO

import polars as pl

from assets.datasets.columns import columns, count_known
from assets.datasets.headers import is_unit
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
_HEADER_WITHIN: Final = 20
_MEASURED: Final = ("duration", "energy", "tempo")
_NO_UNIT: Final = re.compile(r"|-|text|str(?:ing)?|int(?:eger)?|float|number|id|db|hz|yyyy", re.IGNORECASE)
_LONGEST_HEADER: Final = 1 << 20
_LONGEST_RECORD: Final = 16 << 20
"""Characters: a quote that was not closed by then never is."""
_MOST_UNCLOSED: Final = 100
_NEVER_CLOSED = "a quote is opened and never closed"


@dataclass(frozen=True)
class _Header:
    """The names of the columns, what stands between them, and how many lines go before the first row."""

    names: tuple[str, ...]
    separator: str
    lines: int


def opened(path: Path, folder: Path) -> RawTable:
    """The records of a UTF-8 file, one of whose first lines names its columns.

    Titles, comments and groups of columns may stand above that line, and units in a line below it.

    Raises:
        UnreadableDatasetError: it is empty or has no such line.
    """
    header = _header(path)
    schema = {column(number): pl.String() for number in range(len(header.names))}
    scan = pl.scan_csv(
        path,
        separator=header.separator,
        has_header=False,
        skip_lines=header.lines,
        schema=schema,
        row_index_name=ROW,
        glob=False,
    ).with_columns(pl.col(ROW).cast(pl.Int64()), pl.lit(None, dtype=pl.String()).alias(REASON))

    def otherwise() -> pl.LazyFrame:
        return spooled(_records(path, header), lambda: len(header.names), folder)

    return RawTable("csv", header.names, scan, otherwise)


def _header(path: Path) -> _Header:
    """The first of the lines that name the most columns that are known; else the first there is."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = [stream.readline(_LONGEST_HEADER) for _ in range(_HEADER_WITHIN)]
    told = [number for number, line in enumerate(lines) if line.strip()]
    if not told:
        what = "is empty" if not lines[0] else "begins with an empty line"
        raise UnreadableDatasetError(f"{what}: the first line must name its columns, such as title,artist")
    said = lines[told[0]].strip()
    separators = (said[4],) if said[:4].lower() == "sep=" and len(said) == len("sep=;") else _SEPARATORS
    cut = {number: _most_known(lines[number], separators) for number in told}
    best = max(told, key=lambda number: (count_known(cut[number][1]), -number))
    if not columns(cut[best][1]).names_tracks:
        best = told[0]
    separator, names = cut[best]
    below = _fields(lines[best + 1], separator) if best + 1 < len(lines) else []
    if not _are_units(names, below):
        return _Header(few_enough(names), separator, best + 1)
    return _Header(few_enough(_with_units(names, below)), separator, best + 2)


def _most_known(line: str, separators: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The separator that gives the most columns that are known, of those the most; and the columns."""
    cut = ((each, _fields(line, each)) for each in separators)
    return max(cut, key=lambda one: (count_known(one[1]), len(one[1])))


def _are_units(names: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a line says how numbers are written, and is no row: a song may be called S."""
    said = {name: cell.strip() for name, cell in zip(names, below, strict=False)}
    of = columns(names).of
    has_unit = any(is_unit(said.get(of[name], "")) for name in _MEASURED if name in of)
    are_all = all(is_unit(cell) or _NO_UNIT.fullmatch(cell) for cell in said.values())
    return has_unit and are_all and _NO_UNIT.fullmatch(said.get(of.get("title", ""), "")) is not None


def _with_units(names: Sequence[str], units: Sequence[str]) -> list[str]:
    """``energy`` above ``%`` is ``energy (%)``."""
    measured = {columns(names).of.get(name) for name in _MEASURED}
    told = dict(zip(names, units, strict=False))
    return [
        f"{name} ({told[name].strip()})" if name in measured and told.get(name, "").strip() else name
        for name in names
    ]


def _fields(line: str, separator: str) -> Sequence[str]:
    _allow_long_fields()
    return next(csv.reader([line], delimiter=separator), [])


def _records(path: Path, header: _Header) -> Iterator[Record]:
    _allow_long_fields()
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for _ in range(header.lines):
            stream.readline(_LONGEST_HEADER)
        for fields in _rows(stream, header.separator):
            yield _record(fields, len(header.names))


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
