"""Top lists put into the lake, some listeners at a time: memory is bounded, however many there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

import polars as pl

from assets import store
from assets.stats import affected
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
from resources.lake import Lake
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
    users: Sequence[str] = (),
    most: int = ROWS_A_BATCH,
) -> dict[str, int]:
    """Replaces the lists of some users, of all when none are named; returns the rows of each table now.

    Those of others who heard what the catalogue says otherwise since theirs were made are replaced too.
    """
    rows: dict[str, int] = {}
    now = affected.versions(world.lake)  # before anything is read
    everybody = store.everybody(world.lake.scan(PLAY_MONTHS), most)
    parts = [whose] if users and (whose := _whose(world.lake, now, users)) else everybody
    for some in parts:
        notes = now if some is parts[-1] else {}
        rows = store.replace(world, TOPS, partial(_lists, world, as_of, counting, some, notes), some)
    return rows


def _whose(lake: Lake, now: Mapping[str, int], users: Sequence[str]) -> list[str]:
    """These users and the others concerned; nobody by name where all are."""
    opened = lake.open(TOP_TRACKS)
    noted = {name: lake.noted(opened, name) for name in now}
    others = affected.others(lake, noted, users)
    return [] if others is None else [*users, *others]


def _lists(
    world: World, as_of: datetime, counting: Counting, users: store.Users, notes: Mapping[str, int]
) -> store.Noted:
    lake = world.lake
    months = list(store.months_so_far(lake, PLAY_MONTHS))
    facts = Facts(
        store.of_users(lake.scan(PLAY_MONTHS), users), store.of_users(lake.scan(PLAYS), users), months
    )
    known = Catalogue(*(lake.scan(table) for table in KNOWN))
    lists = tops(facts, known, as_of, counting)
    return store.Noted(pl.collect_all([lists[table.name] for table in TOPS]), notes)
