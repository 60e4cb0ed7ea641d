"""One file of a dataset as text columns: what its format gives, before anything is understood of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl

ROW, REASON = "row", "reason"
MOST_COLUMNS: Final = 500
ROWS_A_PART: Final = 50_000


class UnreadableDatasetError(ValueError):
    """A dataset, or a file of one, that cannot be read; the message says why and what to do."""


@dataclass(frozen=True)
class RawTable:
    """A file's records.

    Args:
        format: csv, jsonl, json or parquet.
        names: its columns, in their order.
        scan: ``row``, ``reason`` (why a record could not be read; else null), and the columns under the
            names that ``column`` gives.
        otherwise: the same, slower, for when collecting ``scan`` raises: it takes broken records too.
        nested: members of the objects in its columns, each the name of a column and the keys from there on;
            such a column holds texts of JSON.
    """

    format: str
    names: tuple[str, ...]
    scan: pl.LazyFrame
    otherwise: Callable[[], pl.LazyFrame] | None = None
    nested: Sequence[tuple[str, ...]] = ()


@dataclass(frozen=True)
class Record:
    """One record: the texts of its columns by number, or why there is none."""

    texts: Sequence[str | None]
    reason: str | None = None


def column(number: int) -> str:
    """What the column of that number is called while it is read: names of a file's may be anything."""
    return f"c{number}"


def few_enough(names: Sequence[str]) -> tuple[str, ...]:
    """The names; two of the same get a number.

    Raises:
        UnreadableDatasetError: there are too many.
    """
    if len(names) > MOST_COLUMNS:
        raise UnreadableDatasetError(
            f"has {len(names):,} columns, where {MOST_COLUMNS} are read at most: leave out those that "
            "say nothing of tracks"
        )
    found: dict[str, None] = {}
    for name in (each.strip() or "unnamed" for each in names):
        number = 2
        unique = name
        while unique in found:
            unique, number = f"{name} ({number})", number + 1
        found[unique] = None
    return tuple(found)


def spooled(records: Iterable[Record], width: Callable[[], int], folder: Path) -> pl.LazyFrame:
    """Records written to Parquet in parts, so that memory does not grow with the file; a scan of them.

    Args:
        width: how many columns are known by now; it may grow while records come.
    """
    parts = list(_written(records, width, folder))
    if not parts:
        return _frame([], width(), 0).lazy()
    return pl.concat([pl.scan_parquet(part, glob=False) for part in parts], how="diagonal")


def _written(records: Iterable[Record], width: Callable[[], int], folder: Path) -> Iterator[Path]:
    for number, some in enumerate(_batched(records)):
        path = folder / f"part-{number:05}.parquet"
        _frame(some, width(), number * ROWS_A_PART).write_parquet(path, compression="lz4")
        yield path


def _batched(records: Iterable[Record]) -> Iterator[Sequence[Record]]:
    stream = iter(records)
    while some := list(islice(stream, ROWS_A_PART)):
        yield some


def _frame(records: Sequence[Record], width: int, first: int) -> pl.DataFrame:
    padded = [[*record.texts, *([None] * (width - len(record.texts)))] for record in records]
    columns = zip(*padded, strict=True) if padded else [()] * width
    texts = [
        pl.Series(column(number), values, dtype=pl.String(), strict=True)
        for number, values in enumerate(columns)
    ]
    reasons = pl.Series(REASON, [record.reason for record in records], dtype=pl.String())
    rows = pl.int_range(first, first + len(records), eager=True, dtype=pl.Int64()).alias(ROW)
    return pl.DataFrame([rows, reasons, *texts])
