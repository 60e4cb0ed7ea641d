"""Computed frames put into the lake: commit, and again from the start when another came first."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from assets import agreement
from assets.tables import Table
from resources import row_filter
from resources.lake import Lake, StaleCommitError
from resources.row_filter import RowFilter
from resources.world import World

_ATTEMPTS = 20
T = TypeVar("T")


@dataclass(frozen=True)
class Noted:
    """Frames, and numbers to keep beside them under names, see ``Lake.noted``."""

    frames: Sequence[pl.DataFrame]
    notes: Mapping[str, int]


Compute = Callable[[], Sequence[pl.DataFrame] | Noted]
"""Frames of some tables, in their order, computed from the lake as it is now."""


ROWS_A_BATCH = 2_000_000
"""Rows computed at once: bounds memory, whatever the size of the history or of a month."""


@dataclass(frozen=True)
class IdRange:
    """The ids that are not below ``first`` and, where there is one, below ``end``."""

    first: str
    end: str | None

    def holds(self, ident: pl.Expr) -> pl.Expr:
        """Whether an id lies in it."""
        is_from_first = ident >= self.first
        return is_from_first if self.end is None else is_from_first & (ident < self.end)


Users = Sequence[str] | IdRange
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
    rows = _rows(users)

    def commit() -> dict[str, int]:
        opened = [lake.open(table) for table in tables]  # before anything is read
        notes = [{} for _ in tables] if users else agreement.sources_of_whole(lake, tables)
        found = compute()
        made = found if isinstance(found, Noted) else Noted(found, {})
        for table, delta, source, frame in zip(tables, opened, notes, made.frames, strict=True):
            made_from = {**source, **made.notes}
            if frame.equals(of_users(lake.scan_opened(table, delta), users).collect()):
                lake.note(table, delta, made_from)
            else:
                lake.overwrite(table, delta, frame, rows, made_from)
        return {table.name: lake.open(table).count() for table in tables}

    with world.operational.writing():
        return until_first(commit)


def of_users(rows: pl.LazyFrame, users: Users) -> pl.LazyFrame:
    """The rows of some users; of all when none are named."""
    is_theirs = condition(users)
    return rows if is_theirs is None else rows.filter(is_theirs)


def condition(users: Users) -> pl.Expr | None:
    """What is true of their rows; None of everybody."""
    user = pl.col("user_id")
    if isinstance(users, IdRange):
        return users.holds(user)
    return user.is_in(list(users)) if users else None


def _rows(users: Users) -> RowFilter | None:
    """The same for a commit."""
    if isinstance(users, IdRange):
        return row_filter.within("user_id", users.first, users.end)
    return row_filter.among("user_id", users) if users else None


@dataclass(frozen=True)
class Part:
    """Rows of one of the tables, computed for some users: all their rows in the months concerned."""

    table: Table
    frame: pl.DataFrame
    users: Users = ()


Parts = Callable[[], Iterable[Part]]
"""Parts that together make some months of some tables, computed from the lake as it is now."""


def replace_months(world: World, tables: Sequence[Table], compute: Parts, months: Sequence[str]) -> None:
    """Replaces those of some months whose rows changed: one commit a table, however many parts.

    Tables are committed in their order.
    """
    lake = world.lake

    def commit() -> None:
        opened = {table.name: lake.open(table) for table in tables}  # before anything is read
        notes = [agreement.sources(lake, table, months) for table in tables]
        replacements = {table.name: lake.replace(table, opened[table.name], months) for table in tables}
        for part in compute():
            replacements[part.table.name].add(part.frame, condition(part.users))
        for table, made_from in zip(tables, notes, strict=True):
            replacements[table.name].commit(made_from)

    with world.operational.writing():
        until_first(commit)


def slices(lake: Lake, table: Table, months: Sequence[str], most: int) -> Sequence[Users]:
    """Everybody, or ranges of users who have about ``most`` rows each in some months of a table."""
    rows = lake.month_rows(table)
    if sum(rows.get(month, 0) for month in months) <= most:
        return [()]
    return everybody(lake.scan(table, months=months), most)


def everybody(rows: pl.LazyFrame, most: int) -> Sequence[Users]:
    """Everybody, or ranges of users who have about ``most`` of the rows each."""
    by_user = rows.group_by("user_id").agg(pl.len().cast(pl.Int64).alias("rows"))
    ranges: list[Users] = list(id_ranges(by_user.sort("user_id").collect(), most))
    return ranges if len(ranges) > 1 else [()]


def id_ranges(rows_by_id: pl.DataFrame, most: int) -> Iterator[IdRange]:
    """Ranges that hold every id there can be, of about ``most`` rows each, or of one id.

    Args:
        rows_by_id: ids, in their order, and ``rows``.
    """
    ident = rows_by_id.columns[0]
    batch = (pl.col("rows").cum_sum() - 1) // most
    first = rows_by_id.group_by(batch.alias("batch")).agg(pl.col(ident).min()).sort("batch")
    begins = ["", *first[ident][1:]]
    yield from map(IdRange, begins, [*begins[1:], None])


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
