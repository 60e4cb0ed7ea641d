"""Profiles follow what changed, month by month, and are what folding everything anew would give."""

from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from taste_worlds import (
    MONTHS,
    RULE,
    anew,
    events_in_lake,
    fill,
    followed,
    know,
    made,
    plays,
    put,
    replace,
    say,
)

from assets.recommendations.commit import fold_months, old_months, weigh
from assets.stats.months import Counting
from assets.tables import ARTISTS, LISTENER_PROFILES, PLAYS, PROFILE_MONTHS, TRACKS
from resources.world import World


def same(found: list[pl.DataFrame], wanted: list[pl.DataFrame]) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert_frame_equal(one, other)


@pytest.mark.parametrize("seed", range(4))
def test_profiles_that_followed_changes_are_those_made_anew(world: World, seed: int) -> None:
    random = Random(seed)
    fill(world, random)
    followed(world)
    for _ in range(4):
        for month in random.sample(MONTHS, random.randint(0, 2)):
            put(world, plays(random, month) if random.random() < 0.7 else PLAYS.empty(), [month])
        if random.random() < 0.6:
            say(world, random, random.choice(MONTHS))
        if random.random() < 0.6:
            know(world, random)
        if random.random() < 0.5:
            world.preferences.prefer("ana", "genre", "rock", random.random(), world.clock())
        if random.random() < 0.5:  # a backfill, or a run that went ahead of the others
            fold_months(world, random.sample(MONTHS, 3), RULE)
        found = followed(world)
        assert all(frame.height for frame in found)
        same(found, anew(world))


def test_some_rows_at_a_time_give_what_all_at_once_do(world: World) -> None:
    fill(world, Random(7))
    whole = followed(world)
    same(anew(world, most=5), whole)


def test_months_that_did_not_change_are_not_folded_again(world: World) -> None:
    random = Random(3)
    fill(world, random)
    assert weigh(world, RULE) == MONTHS
    versions = [world.lake.version(table) for table in (PROFILE_MONTHS, LISTENER_PROFILES)]
    assert weigh(world, RULE) == []
    assert [world.lake.version(table) for table in (PROFILE_MONTHS, LISTENER_PROFILES)] == versions
    put(world, plays(random, "2024-05"), ["2024-05"])
    say(world, random, "2024-02")
    assert old_months(world.lake, RULE) == ["2024-02", "2024-05"]
    assert weigh(world, RULE) == ["2024-02", "2024-05"]


def test_late_knowledge_of_a_track_folds_only_the_months_that_hold_it(world: World) -> None:
    random = Random(4)
    put(world, pl.concat(plays(random, month) for month in MONTHS), MONTHS)
    only_here = plays(random, "2024-04").with_columns(track_id=pl.lit("rare"))
    put(world, only_here, ["2024-04"])
    rare = {"track_id": "rare", "kind": "music", "artist_id": "a9", "genres": []}
    replace(world, TRACKS, [rare])
    weigh(world, RULE)
    replace(world, TRACKS, [{**rare, "genres": ["vaporwave"]}])
    assert weigh(world, RULE) == ["2024-04"]
    assert "vaporwave" in set(world.lake.scan(LISTENER_PROFILES).collect()["name"])
    replace(world, TRACKS, [{**rare, "genres": ["vaporwave"], "track_name": "Another title"}])
    assert weigh(world, RULE) == []


def test_months_whose_tracks_are_not_known_yet_are_folded_to_be_sure(world: World) -> None:
    random = Random(4)
    know(world, random)
    fill(world, random)
    weigh(world, RULE)
    lake, rare = world.lake, plays(random, "2024-04").with_columns(track_id=pl.lit("rare"))
    lake.replace_months(PLAYS, lake.open(PLAYS), rare, ["2024-04"])  # and play_months did not follow yet
    weigh(world, RULE)
    replace(world, TRACKS, [{"track_id": "rare", "kind": "music", "genres": ["vaporwave"]}])
    assert "2024-04" in weigh(world, RULE)
    assert "vaporwave" in set(lake.scan(LISTENER_PROFILES).collect()["name"])


def test_late_knowledge_of_a_track_that_was_only_spoken_of_counts_too(world: World) -> None:
    random = Random(5)
    say(world, random, "2024-03", count=30)
    assert events_in_lake(world) == sorted(events_in_lake(world))
    weigh(world, RULE)
    assert world.lake.scan(LISTENER_PROFILES).collect().is_empty()
    replace(
        world, TRACKS, [{"track_id": "stranger", "kind": "music", "artist_id": "a7", "genres": ["skiffle"]}]
    )
    assert weigh(world, RULE) == ["2024-03"]
    assert {"skiffle", "a7"} == set(world.lake.scan(LISTENER_PROFILES).collect()["name"])


def test_an_artist_who_is_called_otherwise_is_shown_so_without_folding(world: World) -> None:
    fill(world, Random(6))
    weigh(world, RULE)
    replace(world, ARTISTS, [{"artist_id": "a1", "artist_name": "The Nines"}])
    assert weigh(world, RULE) == []
    shown = world.lake.scan(LISTENER_PROFILES).filter(pl.col("name") == "a1").collect()["label"]
    assert set(shown) == {"The Nines"}


def test_a_preference_is_where_a_weight_starts_and_is_there_before_any_feedback(world: World) -> None:
    world.operational.ensure_user("ana", world.clock())
    world.preferences.prefer("ana", "genre", "skiffle", 0.9, world.clock())
    weigh(world, RULE)
    [row] = world.lake.scan(LISTENER_PROFILES).collect().rows(named=True)
    assert (row["name"], row["weight"], row["steps"], row["last_at"]) == ("skiffle", 0.9, 0, None)
    replace(world, TRACKS, [{"track_id": "t", "kind": "music", "genres": ["skiffle"]}])
    world.events.append(type="like", content={"track_id": "t"}, user_id="ana")
    say(world, Random(1), "2026-10", count=0)
    weigh(world, RULE)
    weights = world.lake.scan(LISTENER_PROFILES).collect()
    assert weights.select("name", "weight", "steps").rows() == [("skiffle", 1.0, 1)]


def test_counting_private_sessions_or_not_folds_every_month_again_each_time(world: World) -> None:
    fill(world, Random(8))
    before = followed(world)
    assert weigh(world, Counting(include_incognito=True)) == MONTHS
    assert not made(world)[0].equals(before[0])
    assert weigh(world, RULE) == MONTHS
    same(made(world), before)


def test_a_range_of_months_folded_again_changes_nothing(world: World) -> None:
    fill(world, Random(9))
    before = followed(world)
    fold_months(world, MONTHS[2:6], RULE)
    same(made(world), before)
