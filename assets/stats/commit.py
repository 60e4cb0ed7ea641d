"""Months of plays added up in the lake."""

from collections.abc import Iterator, Sequence
from functools import partial

import polars as pl

from assets import store
from assets.order import as_enums
from assets.stats import months as add_up
from assets.tables import CLOCK_MONTHS, PLAY_MONTHS, PLAYS
from resources.world import World

MONTHLY = (PLAY_MONTHS, CLOCK_MONTHS)


def add_up_months(
    world: World, months: Sequence[str], rule: add_up.Counting, most: int = store.ROWS_A_BATCH
) -> None:
    """Makes ``play_months`` and ``clock_months`` of some months, about ``most`` plays at once."""
    for batch in store.batches(months, world.lake.month_rows(PLAYS), most):
        store.replace_months(world, MONTHLY, partial(_parts, world, batch, rule, most), batch)


def _parts(world: World, months: list[str], rule: add_up.Counting, most: int) -> Iterator[store.Part]:
    for users in store.slices(world.lake, PLAYS, months, most):
        plays = _as_numbers(store.of_users(world.lake.scan(PLAYS, months=months), users))
        made = pl.collect_all([add_up.play_months(plays, rule), add_up.clock_months(plays, rule)])
        for table, frame in zip(MONTHLY, made, strict=True):
            yield store.Part(table, frame, users)


def _as_numbers(plays: pl.LazyFrame) -> pl.LazyFrame:
    """The columns that are added up; those that are grouped by, as enums."""
    found = plays.select(add_up.ADDED).collect()
    return as_enums([found], add_up.GROUPED)[0].lazy()
