"""The catalogue follows what changed, and is what merging everything anew would give."""

from datetime import UTC, datetime, timedelta
from random import Random

import polars as pl
import pytest

from assets.catalog.commit import CATALOGUE, merge_catalogue
from assets.tables import TRACK_MONTHS, TRACKS
from resources.operational import Operational
from resources.settings import Settings
from resources.world import World

MONTHS = [f"2024-{number:02}" for number in range(1, 10)]
IDS = ["a", "b", "c", "d", "e", "name:x", "name:y"]


@pytest.fixture
def world(settings: Settings, operational: Operational) -> World:
    world = World(settings)
    world.operational = operational
    return world


def names(random: Random, month: str) -> pl.DataFrame:
    """``track_months`` of one month: some of a few tracks under some of a few names."""
    at = datetime(2024, int(month[5:]), random.randint(1, 28), tzinfo=UTC)
    rows = [
        {
            "month": month,
            "track_id": ident,
            "kind": "music",
            "track_name": random.choice(["Song", "song", "Other"]),
            "artist_name": random.choice(["Artist", None]),
            "album_name": random.choice(["Album", None]),
            "plays": random.randint(1, 3),
            "complete_ms": random.choice([None, 100, 301]),
            "first_played_at": at,
            "last_played_at": at,
        }
        for ident in IDS
        if random.random() < 0.5
    ]
    return TRACK_MONTHS.conform(pl.LazyFrame(rows, schema=TRACK_MONTHS.schema)).collect()


def put(world: World, frame: pl.DataFrame, *months: str) -> None:
    world.lake.replace_months(TRACK_MONTHS, world.lake.open(TRACK_MONTHS), frame, months)


def fill(world: World, random: Random) -> None:
    put(world, pl.concat(names(random, month) for month in MONTHS), *MONTHS)


def catalogue(world: World) -> list[pl.DataFrame]:
    merge_catalogue(world)
    return [world.lake.scan(table).collect() for table in CATALOGUE]


def anew(world: World, most: int = 1_000) -> list[pl.DataFrame]:
    for table in CATALOGUE:
        world.lake.delete(table, "true")
    merge_catalogue(world, most)
    return [world.lake.scan(table).collect() for table in CATALOGUE]


@pytest.mark.parametrize("seed", range(4))
def test_a_catalogue_that_followed_changes_is_one_merged_anew(world: World, seed: int) -> None:
    random = Random(seed)
    fill(world, random)
    catalogue(world)
    for _ in range(3):
        for month in random.sample(MONTHS, 2):
            put(world, names(random, month) if random.random() < 0.7 else TRACK_MONTHS.empty(), month)
        followed = catalogue(world)
        assert followed[0].height
        for one, other in zip(followed, anew(world), strict=True):
            assert one.equals(other)


def test_only_tracks_of_changed_months_are_merged_again(world: World) -> None:
    fill(world, Random(1))
    catalogue(world)
    month = world.lake.scan(TRACK_MONTHS, months=MONTHS[:1]).collect()
    put(world, month.with_columns(plays=pl.lit(50) + pl.col("plays")), MONTHS[0])
    changed = set(month["track_id"])
    opened = world.lake.open(TRACKS)
    marked = world.lake.scan(TRACKS).with_columns(isrc=pl.lit("as it was")).collect()
    world.lake.overwrite(TRACKS, opened, marked)

    tracks = catalogue(world)[0]

    assert 0 < len(changed) < tracks.height
    assert set(tracks.filter(isrc="as it was")["track_id"]) == set(tracks["track_id"]) - changed


def test_a_catalogue_that_was_emptied_is_merged_anew(world: World) -> None:
    fill(world, Random(2))
    before = catalogue(world)
    world.lake.delete(TRACKS, "track_id = 'a'")
    assert all(one.equals(other) for one, other in zip(catalogue(world), before, strict=True))


@pytest.mark.parametrize("most", [1, 5, 11])
def test_tracks_merged_some_at_a_time_are_those_merged_at_once(world: World, most: int) -> None:
    fill(world, Random(3))
    at_once = anew(world)
    assert all(one.equals(other) for one, other in zip(anew(world, most), at_once, strict=True))


def test_a_track_that_nobody_plays_any_more_is_gone(world: World) -> None:
    fill(world, Random(4))
    catalogue(world)
    left = world.lake.scan(TRACK_MONTHS).filter(pl.col("track_id") != "c").collect()
    for month in MONTHS:
        put(world, left.filter(month=month), month)
        catalogue(world)
    assert "c" not in catalogue(world)[0]["track_id"].to_list()


def test_a_catalogue_follows_though_the_rows_it_was_made_from_were_cleared_away(world: World) -> None:
    random = Random(5)
    fill(world, random)
    catalogue(world)
    put(world, names(random, MONTHS[3]), MONTHS[3])
    assert world.lake.vacuum(TRACK_MONTHS, [], timedelta(0))
    followed = catalogue(world)
    assert all(one.equals(other) for one, other in zip(followed, anew(world), strict=True))
