"""Top lists put into the lake, some listeners at a time: memory is bounded, however many there are."""

from datetime import datetime
from functools import partial

import polars as pl

from assets import store
from assets.stats.months import Counting
from assets.stats.songs import Catalogue
from assets.stats.tops import Facts, tops
from assets.tables import (
    ALBUMS,
    ARTISTS,
    PLAY_MONTHS,
    PLAYS,
    TOP_ALBUMS,
    TOP_ARTISTS,
    TOP_GENRES,
    TOP_TRACKS,
    TRACK_ALBUMS,
    TRACK_ALIASES,
    TRACKS,
)
from resources.world import World

TOPS = (TOP_TRACKS, TOP_ARTISTS, TOP_ALBUMS, TOP_GENRES)
KNOWN = (TRACKS, TRACK_ALIASES, TRACK_ALBUMS, ARTISTS, ALBUMS)
"""What lists are made with: the tables of ``Catalogue``, in its order."""
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
    for some in [users] if users else store.everybody(world.lake.scan(PLAY_MONTHS), most):
        rows = store.replace(world, TOPS, partial(_lists, world, as_of, counting, some), some)
    return rows


def _lists(world: World, as_of: datetime, counting: Counting, users: store.Users) -> list[pl.DataFrame]:
    lake = world.lake
    months = list(store.months_so_far(lake, PLAY_MONTHS))
    facts = Facts(
        store.of_users(lake.scan(PLAY_MONTHS), users), store.of_users(lake.scan(PLAYS), users), months
    )
    known = Catalogue(*(lake.scan(table) for table in KNOWN))
    lists = tops(facts, known, as_of, counting)
    return pl.collect_all([lists[table.name] for table in TOPS])
