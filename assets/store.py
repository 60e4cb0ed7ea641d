"""Computed frames put into the lake: commit, and again from the start when another came first."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from assets.tables import Table
from resources.lake import Lake, StaleCommitError
from resources.world import World

_ATTEMPTS = 20
T = TypeVar("T")

Compute = Callable[[], Sequence[pl.DataFrame]]
"""Frames of some tables, in their order, computed from the lake as it is now."""


ROWS_A_BATCH = 3_000_000
"""Rows computed at once: bounds memory, whatever the history's size."""


@dataclass(frozen=True)
class UserRange:
    """The users whose ids are not below ``first`` and, where there is one, below ``end``."""

    first: str
    end: str | None


Users = Sequence[str] | UserRange
"""Some users, by name or by a range of ids; everybody when empty."""


def until_first(commit: Callable[[], T]) -> T:
    """Runs a commit that reads, computes and writes; again from the start each time another came first."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return commit()
        except StaleCommitError:
            continue
    return commit()


def batches(months: Sequence[str], rows: Mapping[str, int], most: int = ROWS_A_BATCH) -> Iterator[list[str]]:
    """Months in order, in groups of at most ``most`` rows, or of one month."""
    batch: list[str] = []
    held = 0
    for month in sorted(months):
        if batch and held + rows.get(month, 0) > most:
            yield batch
            batch, held = [], 0
        batch.append(month)
        held += rows.get(month, 0)
    if batch:
        yield batch


def replace(world: World, tables: Sequence[Table], compute: Compute, users: Users = ()) -> dict[str, int]:
    """Replaces whole tables, or the rows of some users; rows that stayed the same are not written again.

    Returns:
        the rows of each table now.
    """
    lake = world.lake
    predicate = _predicate(users)

    def commit() -> dict[str, int]:
        opened = [lake.open(table) for table in tables]  # before anything is read
        frames = compute()
        for table, delta, frame in zip(tables, opened, frames, strict=True):
            if not frame.equals(of_users(lake.scan_opened(table, delta), users).collect()):
                lake.overwrite(table, delta, frame, predicate)
        return {table.name: lake.open(table).count() for table in tables}

    with world.operational.writing():
        return until_first(commit)


def of_users(rows: pl.LazyFrame, users: Users) -> pl.LazyFrame:
    """The rows of some users; of all when none are named."""
    user = pl.col("user_id")
    if isinstance(users, UserRange):
        is_below_end = user < users.end if users.end is not None else pl.lit(value=True)
        return rows.filter(user >= users.first, is_below_end)
    return rows.filter(user.is_in(list(users))) if users else rows


def _predicate(users: Users) -> str | None:
    """The same in SQL."""
    if isinstance(users, UserRange):
        below = f" AND user_id < '{users.end}'" if users.end is not None else ""
        return f"user_id >= '{users.first}'{below}"
    return "user_id IN ({})".format(", ".join(f"'{user}'" for user in users)) if users else None


def replace_months(world: World, tables: Sequence[Table], compute: Compute, months: Sequence[str]) -> None:
    """Replaces those of some months whose rows changed."""
    lake = world.lake

    def commit() -> None:
        opened = [lake.open(table) for table in tables]  # before anything is read
        for table, delta, frame in zip(tables, opened, compute(), strict=True):
            lake.replace_months(table, delta, frame, months)

    with world.operational.writing():
        until_first(commit)


def month_counts(lake: Lake, tables: Iterable[Table], months: Sequence[str]) -> dict[str, int]:
    """Rows of each table in some months, from the log alone."""
    wanted = set(months)
    return {
        table.name: sum(count for month, count in lake.month_rows(table).items() if month in wanted)
        for table in tables
    }


def months_so_far(lake: Lake, table: Table) -> dict[str, int]:
    """Rows of each month that has any."""
    return {month: rows for month, rows in lake.month_rows(table).items() if rows}
