import polars as pl
import pytest
from play_rows import after, extended, raw, resolved

from assets.listening.stranger import Habits


def habits(first: int, tracks: int, *countries: str) -> Habits:
    return Habits(
        frozenset(f"track {number}" for number in range(first, first + tracks)), frozenset(countries)
    )


MINE = habits(0, 200, "GB")


@pytest.mark.parametrize(("in_common", "is_stranger"), [(0, True), (1, True), (2, False), (3, False)])
def test_fewer_than_one_in_a_hundred_tracks_in_common_is_a_stranger(
    in_common: int, is_stranger: bool
) -> None:
    assert MINE.is_stranger(habits(200 - in_common, 200, "DE")) is is_stranger


def test_a_country_in_common_is_no_stranger() -> None:
    assert not MINE.is_stranger(habits(1_000, 200, "DE", "GB"))


@pytest.mark.parametrize(("tracks", "is_stranger"), [(99, False), (100, True)])
def test_fewer_than_100_tracks_tell_nothing(tracks: int, is_stranger: bool) -> None:
    few = habits(1_000, tracks, "DE")
    assert MINE.is_stranger(few) is few.is_stranger(MINE) is is_stranger


def test_the_smaller_history_is_what_is_compared() -> None:
    large = habits(0, 100_000, "GB")
    assert large.is_stranger(habits(99_999, 101, "DE"))
    assert not large.is_stranger(habits(99_998, 102, "DE"))


def test_unknown_countries_tell_nothing() -> None:
    assert not MINE.is_stranger(habits(1_000, 200))
    assert not habits(1_000, 200).is_stranger(MINE)


def test_an_export_and_the_plays_it_becomes_have_the_same_habits() -> None:
    rows = [
        extended(country="GB"),
        extended(after(900), country=None, track_name=None, artist_name=None),
        extended(country="DE", track_uri=None, track_name="Other"),
    ]
    frame = raw(rows)
    plays = pl.concat(
        [resolved(frame).plays, resolved([row | {"user_id": "other"} for row in rows[:1]]).plays]
    )
    assert Habits.of(plays.lazy(), "user") == Habits.of_raw(frame)
    assert Habits.of(plays.lazy(), "other").countries == {"GB"}
    assert Habits.of(plays.lazy(), "nobody") == Habits()


def test_habits_of_two_parts_add_up() -> None:
    assert habits(0, 5, "GB") | habits(5, 5, "DE") == habits(0, 10, "DE", "GB")
