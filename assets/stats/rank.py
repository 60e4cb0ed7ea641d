"""Top lists put into the lake, some listeners at a time: memory is bounded, however many there are."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

import polars as pl

from assets import store
from assets.stats.months import Counting
from assets.stats.tops import Catalogue, Facts, tops
from assets.tables import (
    PLAY_MONTHS,
    PLAYS,
    TOP_ALBUMS,
    TOP_ARTISTS,
    TOP_GENRES,
    TOP_TRACKS,
    TRACK_ALIASES,
    TRACKS,
)
from resources.world import World

TOPS = (TOP_TRACKS, TOP_ARTISTS, TOP_ALBUMS, TOP_GENRES)
ROWS_A_BATCH = 2_000_000
"""Rows of ``play_months`` ranked at once: about a gigabyte."""


def rank(
    world: World,
    as_of: datetime,
    counting: Counting,
    users: store.Users = (),
    most: int = ROWS_A_BATCH,
) -> dict[str, int]:
    """Replaces the lists of some users, of all when none are named; returns the rows of each table now."""
    rows: dict[str, int] = {}
    for some in [users] if users else _everybody(world, most):
        rows = store.replace(world, TOPS, partial(_lists, world, as_of, counting, some), some)
    return rows


def user_ranges(rows_by_user: pl.DataFrame, most: int) -> Iterator[store.UserRange]:
    """Ranges that hold every id there can be, of about ``most`` rows each, or of one user.

    Args:
        rows_by_user: ``user_id`` and ``rows``, by user_id.
    """
    batch = (pl.col("rows").cum_sum() - 1) // most
    first = rows_by_user.group_by(batch.alias("batch")).agg(pl.col("user_id").min()).sort("batch")
    begins = ["", *first["user_id"][1:]]
    yield from map(store.UserRange, begins, [*begins[1:], None])


def _everybody(world: World, most: int) -> Sequence[store.Users]:
    by_user = world.lake.scan(PLAY_MONTHS).group_by("user_id").agg(pl.len().cast(pl.Int64).alias("rows"))
    ranges: list[store.Users] = list(user_ranges(by_user.sort("user_id").collect(), most))
    return ranges if len(ranges) > 1 else [()]


def _lists(world: World, as_of: datetime, counting: Counting, users: store.Users) -> list[pl.DataFrame]:
    lake = world.lake
    months = list(store.months_so_far(lake, PLAY_MONTHS))
    facts = Facts(
        store.of_users(lake.scan(PLAY_MONTHS), users), store.of_users(lake.scan(PLAYS), users), months
    )
    lists = tops(facts, Catalogue(lake.scan(TRACKS), lake.scan(TRACK_ALIASES)), as_of, counting)
    return pl.collect_all([lists[table.name] for table in TOPS])
