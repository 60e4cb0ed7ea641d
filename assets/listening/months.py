"""Months as text ("2024-05"), their neighbours and their ranges."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

FIRST = "2002-01"
"""Scrobbling began in 2002; clocks before it are rejected."""

EDGE = timedelta(days=2)
"""A month is resolved with the rows this close to it on either side.

Of 4,467 real rows three stop more than a day after they started, none more than 33 hours.
"""


def shifted(month: str, by: int) -> str:
    """The month ``by`` months later."""
    index = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{index // 12:04}-{index % 12 + 1:02}"


def resolved_with(clocks: pl.Series) -> set[str]:
    """The months that rows with these clocks are in or lie close to: those to resolve again."""
    days = clocks.dt.truncate("1d").unique()  # EDGE is whole days, so that days tell as much as clocks
    near = pl.concat([days - EDGE, days, days + EDGE]).drop_nulls()
    return {max(month, FIRST) for month in near.dt.strftime("%Y-%m").unique()}


def starts_at(month: str) -> datetime:
    """The first moment of a month, UTC."""
    return datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC)


def with_neighbours(months: Iterable[str]) -> list[str]:
    """The months and those beside them, sorted."""
    return sorted({shifted(month, by) for month in months for by in (-1, 0, 1)})


def spans(months: Sequence[str]) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of time the months make, each widened by ``EDGE``."""
    for first, last in ranges(months):
        yield starts_at(first) - EDGE, starts_at(shifted(last, 1)) + EDGE


def ranges(months: Iterable[str], most: int | None = None) -> list[tuple[str, str]]:
    """Runs of consecutive months, first and last; where there are more than ``most``, one that holds all."""
    found: list[tuple[str, str]] = []
    for month in sorted(set(months)):
        if found and shifted(found[-1][1], 1) == month:
            found[-1] = (found[-1][0], month)
        else:
            found.append((month, month))
    return [(found[0][0], found[-1][1])] if most is not None and len(found) > most else found
