import polars as pl
import pytest
from play_rows import after, extended, raw, resolved

from assets.listening.stranger import Habits
from simulator import simulate


def habits(first: int, tracks: int, **countries: int) -> Habits:
    return Habits(frozenset(f"track {number}" for number in range(first, first + tracks)), countries)


MINE = habits(0, 200, GB=200)


@pytest.mark.parametrize(("in_common", "is_stranger"), [(0, True), (19, True), (20, False), (200, False)])
def test_fewer_than_a_tenth_of_the_tracks_in_common_is_a_stranger(in_common: int, is_stranger: bool) -> None:
    assert MINE.is_stranger(habits(200 - in_common, 200, DE=100)) is is_stranger


@pytest.mark.parametrize(
    ("countries", "is_stranger"),
    [
        ({"DE": 91, "GB": 9}, True),
        ({"DE": 90, "GB": 10}, False),
        ({"DE": 199, "FR": 1}, True),
        ({"GB": 1}, False),
    ],
)
def test_less_than_a_tenth_of_the_countries_in_common_is_a_stranger(
    countries: dict[str, int], is_stranger: bool
) -> None:
    assert MINE.is_stranger(habits(1_000, 200, **countries)) is is_stranger
    assert habits(1_000, 200, **countries).is_stranger(MINE) is is_stranger


def test_one_play_abroad_makes_no_two_people_one() -> None:
    one, other = habits(0, 200, EE=199, US=1), habits(1_000, 200, PK=199, US=1)
    assert one.is_stranger(other)


@pytest.mark.parametrize(("tracks", "is_stranger"), [(99, False), (100, True)])
def test_fewer_than_100_tracks_tell_nothing(tracks: int, is_stranger: bool) -> None:
    few = habits(1_000, tracks, DE=100)
    assert MINE.is_stranger(few) is few.is_stranger(MINE) is is_stranger


def test_the_smaller_history_is_what_is_compared() -> None:
    large = habits(0, 100_000, GB=100_000)
    assert large.is_stranger(habits(99_991, 101, DE=101))
    assert not large.is_stranger(habits(99_989, 101, DE=101))


def test_unknown_countries_tell_nothing() -> None:
    assert not MINE.is_stranger(habits(1_000, 200))
    assert not habits(1_000, 200).is_stranger(MINE)
    nowhere = Habits.of_raw(raw([extended(country="ZZ"), extended(after(900), country=None)]))
    assert nowhere.countries == {}


@pytest.mark.parametrize("seed", [3, 5, 7])
def test_halves_of_one_persons_history_are_never_strangers_and_two_people_abroad_are(seed: int) -> None:
    truth = simulate(seed, 2, 3_000).with_columns(name_key=pl.concat_str("artist_name", "track_name"))
    plays = truth.select("user_id", "started_at", "country", "name_key", track_id="track_uri").lazy()
    first, second = truth["user_id"].unique().sort()
    mine = plays.filter(user_id=first)
    middle = truth.filter(user_id=first)["started_at"].median()
    is_early = pl.col("started_at") < middle
    early, late = (Habits.of(mine.filter(half), first) for half in (is_early, ~is_early))
    assert not early.is_stranger(late)
    abroad = Habits.of(plays.filter(user_id=second).with_columns(country=pl.lit("PK")), second)
    in_common = len(early.tracks & abroad.tracks) / min(len(early.tracks), len(abroad.tracks))
    assert early.is_stranger(abroad) is (in_common < 0.1)


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
    assert Habits.of(plays.lazy(), "other").countries == {"GB": 1}
    assert Habits.of(plays.lazy(), "nobody") == Habits()


def test_habits_of_two_parts_add_up() -> None:
    assert habits(0, 5, GB=2) | habits(5, 5, DE=3, GB=1) == habits(0, 10, DE=3, GB=3)
