from pathlib import Path

from marts import random_world
from marts.random_world import ZONES
from marts.world import World, rows


def _crowd(folder: Path, mart: str, *columns: str) -> list[tuple[object, ...]]:
    return [row for row in rows(folder, mart, *columns) if row[0] in ZONES]


def test_days_of_a_random_crowd_are_what_plain_python_counts(world: World, marts: Path) -> None:
    columns = ("user_id", "local_date", "kind", "plays", "plays_counted", "ms_estimated", "tracks", "skips")
    assert _crowd(marts, "listening_days", *columns) == random_world.listening_days(world)


def test_sittings_of_a_random_crowd_are_what_plain_python_splits(world: World, marts: Path) -> None:
    columns = ("user_id", "sitting_number", "sitting_id", "started_at", "ended_at", "plays", "ms_estimated")
    assert _crowd(marts, "sittings", *columns) == random_world.sittings(world)


def test_streaks_of_a_random_crowd_are_what_plain_python_finds(world: World, marts: Path) -> None:
    found = _crowd(marts, "streaks", "user_id", "first_date", "last_date", "days")
    assert set(found) == random_world.streaks(world)
    assert len(found) == len(set(found))


def test_longer_streaks_rank_first_and_the_later_of_two_as_long(marts: Path) -> None:
    found = _crowd(marts, "streaks", "user_id", "rank", "days", "last_date")
    for user in ZONES:
        ranked = [row[2:] for row in found if row[0] == user]
        assert len(ranked) > 3
        assert ranked == sorted(ranked, reverse=True)
        assert [row[1] for row in found if row[0] == user] == list(range(1, len(ranked) + 1))
