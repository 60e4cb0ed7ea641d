"""The catalogue follows what changed, and is what merging everything anew would give."""

from datetime import UTC, datetime, timedelta
from random import Random

import polars as pl
import pytest

from assets.catalog.commit import CATALOGUE, is_told, merge_catalogue
from assets.tables import SPOTIFY_ITEMS, TRACK_MONTHS, TRACKS
from resources.operational import Operational
from resources.row_filter import RowFilter
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
            "artist_name": random.choice(["Artist", "artist", "Newer", None]),
            "album_name": random.choice(["Album", None]),
            "plays": random.randint(1, 3),
            "complete_ms": complete_ms,
            "completes": random.randint(1, 3) if complete_ms else 0,
            "first_played_at": at,
            "last_played_at": at,
        }
        for ident in IDS
        if random.random() < 0.5
        for complete_ms in [random.choice([None, 100, 301])]
    ]
    return TRACK_MONTHS.conform(pl.LazyFrame(rows, schema=TRACK_MONTHS.schema)).collect()


def put(world: World, frame: pl.DataFrame, *months: str) -> None:
    world.lake.replace_months(TRACK_MONTHS, world.lake.open(TRACK_MONTHS), frame, months)


def told(random: Random) -> pl.DataFrame:
    """``spotify_items``: some of the tracks, their album and their artist, told one way or another."""
    rows = [
        {
            "kind": kind,
            "spotify_id": ident,
            "name": "Artist",
            "duration_ms": random.choice([None, 100, 200]),
            "isrc": random.choice([None, "GB1", "GB2"]),
            "release_date": random.choice([None, "1999"]),
            "genres": random.choice([None, [], ["dub"]]),
            "album_id": "album",
            "artist_ids": ["artist"],
        }
        for kind, ident in [*(("track", ident) for ident in IDS), ("album", "album"), ("artist", "artist")]
        if random.random() < 0.7
    ]
    return SPOTIFY_ITEMS.conform(pl.LazyFrame(rows, schema=SPOTIFY_ITEMS.schema)).collect()


def tell(world: World, frame: pl.DataFrame) -> None:
    world.lake.overwrite(SPOTIFY_ITEMS, world.lake.open(SPOTIFY_ITEMS), frame)


def fill(world: World, random: Random) -> None:
    put(world, pl.concat(names(random, month) for month in MONTHS), *MONTHS)


def catalogue(world: World) -> list[pl.DataFrame]:
    merge_catalogue(world)
    return [world.lake.scan(table).collect() for table in CATALOGUE]


def anew(world: World, most: int = 1_000) -> list[pl.DataFrame]:
    for table in CATALOGUE:
        world.lake.delete(table, RowFilter("true"))
    merge_catalogue(world, most)
    return [world.lake.scan(table).collect() for table in CATALOGUE]


@pytest.mark.parametrize("seed", range(4))
def test_a_catalogue_that_followed_changes_is_one_merged_anew(world: World, seed: int) -> None:
    random = Random(seed)
    fill(world, random)
    catalogue(world)
    for _ in range(4):
        for month in random.sample(MONTHS, random.randint(0, 2)):
            put(world, names(random, month) if random.random() < 0.7 else TRACK_MONTHS.empty(), month)
        if random.random() < 0.7:
            tell(world, told(random))
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


def test_what_spotify_tells_late_reaches_tracks_that_nobody_played_since(world: World) -> None:
    unmeasured = names(Random(5), MONTHS[0]).with_columns(
        complete_ms=pl.lit(None, dtype=pl.Int64), completes=pl.lit(0, dtype=pl.Int64)
    )
    put(world, unmeasured, MONTHS[0])
    before = catalogue(world)[0]
    assert before["duration_ms"].to_list() == [None] * before.height != []
    rows = [{"kind": "track", "spotify_id": ident, "duration_ms": 777} for ident in before["track_id"]]
    tell(world, SPOTIFY_ITEMS.conform(pl.LazyFrame(rows, schema=SPOTIFY_ITEMS.schema)).collect())
    assert not is_told(world.lake)
    assert catalogue(world)[0]["duration_ms"].to_list() == [777] * before.height
    assert is_told(world.lake)
    tell(world, SPOTIFY_ITEMS.empty())
    assert catalogue(world)[0].equals(before)


def test_plays_that_tell_a_length_later_win_over_what_spotify_told(world: World) -> None:
    tell(world, told(Random(6)).with_columns(duration_ms=pl.lit(777, dtype=pl.Int64)))
    quiet = names(Random(7), MONTHS[0]).with_columns(
        complete_ms=pl.lit(None, dtype=pl.Int64), completes=pl.lit(0, dtype=pl.Int64)
    )
    put(world, quiet, MONTHS[0])
    assert 777 in catalogue(world)[0]["duration_ms"].to_list()
    loud = quiet.with_columns(
        month=pl.lit(MONTHS[1]), complete_ms=pl.lit(301, dtype=pl.Int64), completes=pl.lit(1, dtype=pl.Int64)
    )
    put(world, loud, MONTHS[1])
    assert set(catalogue(world)[0]["duration_ms"]) == {301}


def test_an_older_version_that_was_cleared_away_is_not_needed(world: World) -> None:
    fill(world, Random(8))
    tell(world, told(Random(8)))
    catalogue(world)
    tell(world, told(Random(9)))
    world.lake.vacuum(SPOTIFY_ITEMS, [], timedelta(0))
    followed = catalogue(world)
    for one, other in zip(followed, anew(world), strict=True):
        assert one.equals(other)


def test_a_catalogue_that_was_emptied_is_merged_anew(world: World) -> None:
    fill(world, Random(2))
    before = catalogue(world)
    world.lake.delete(TRACKS, RowFilter("track_id = 'a'"))
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
