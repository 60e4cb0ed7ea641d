"""What Spotify shows of the truth, and the people whose accounts are linked."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import simulate, write_extended
from simulator.fake_spotify.listeners import HABITS, accounts_of
from simulator.fake_spotify.service import ShownPlay, shown

FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)


def true_rows(truth: pl.DataFrame, plays: list[ShownPlay]) -> pl.DataFrame:
    """The rows of the truth that are shown."""
    numbers = [play.truth.play_no for play in plays if play.truth]
    assert len(numbers) == len(plays) == len(set(numbers))
    return truth.filter(pl.col("play_no").is_in(numbers))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_no_episode_private_session_or_moment_is_shown(seed: int) -> None:
    truth = simulate(seed, 1, 2_500, FIRST, LAST)
    rows = true_rows(truth, shown(truth, seed))
    assert set(rows["kind"]) == {"music"}
    assert not rows["is_incognito"].any()
    assert (rows["ms_played"] >= 30_000).all()


def test_all_that_was_heard_to_the_end_is_shown_and_half_of_what_was_not() -> None:
    truth = simulate(4, 1, 8_000, FIRST, LAST)
    heard = truth.filter(kind="music", is_incognito=False).filter(pl.col("ms_played") >= 30_000)
    is_partial = pl.col("ms_played") < pl.col("duration_ms")
    rows = true_rows(truth, shown(truth, 4))
    assert rows.filter(~is_partial).equals(heard.filter(~is_partial))
    share = rows.filter(is_partial).height / heard.filter(is_partial).height
    assert 0.4 < share < 0.6
    assert true_rows(truth, shown(truth, 4, partial_absent=0)).equals(heard)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_a_play_is_shown_once_with_its_end_or_seldom_its_start_and_never_before_it_ended(seed: int) -> None:
    truth = simulate(seed, 1, 2_500, FIRST, LAST)
    plays = shown(truth, seed)
    starts = 0
    for play in plays:
        assert play.truth is not None
        assert play.played_at in (play.truth.started_at, play.truth.ended_at)
        assert play.played_at.microsecond % 1000 == 0
        assert play.truth.ended_at <= play.visible_from <= play.truth.ended_at + timedelta(hours=16)
        starts += play.played_at == play.truth.started_at
    assert len({play.played_at for play in plays}) == len(plays)
    assert 0.02 < starts / len(plays) < 0.09


def test_late_devices_tell_of_their_plays_hours_later_and_together() -> None:
    truth = simulate(6, 1, 8_000, FIRST, LAST)
    online = set(truth.filter(is_offline=False)["play_no"])
    lags = [
        play.visible_from - play.truth.ended_at
        for play in shown(truth, 6)
        if play.truth and play.truth.play_no in online
    ]
    late = [lag for lag in lags if lag > timedelta(minutes=1)]
    assert 0.01 < len(late) / len(lags) < 0.1
    assert max(late) > timedelta(hours=6)
    assert max(shown_lag for shown_lag in lags if shown_lag not in late) <= timedelta(seconds=20)


def test_offline_plays_come_with_the_next_online_one_or_twelve_hours_later() -> None:
    truth = accounts_of(7, 1, 120)[0].truth
    online = truth.filter(is_offline=False).sort("started_at")["started_at"]
    offline = set(truth.filter(is_offline=True)["play_no"])
    plays = [play for play in shown(truth, 7, late_share=0) if play.truth and play.truth.play_no in offline]
    synced_by = {"online": 0, "reconnecting": 0}
    for play in plays:
        assert play.truth is not None
        after = online.filter(online >= play.truth.ended_at)
        latest = play.truth.ended_at + timedelta(hours=12)
        synced = min(after[0], latest) if after.len() else latest
        synced_by["reconnecting" if synced == latest else "online"] += 1
        assert synced <= play.visible_from <= synced + timedelta(seconds=20)
    assert min(synced_by.values()) > 10


def test_the_same_seed_shows_the_same_and_the_plays_of_others_change_nothing() -> None:
    truth = simulate(8, 2, 4_000, FIRST, LAST)
    first, second = (truth.filter(user_id=f"listener-00000{number}") for number in (0, 1))
    assert shown(first, 1) == shown(first, 1)
    assert shown(first, 1) != shown(first, 2)
    assert shown(first.clear(), 1) == []
    with pytest.raises(ValueError, match="one listener's"):
        shown(truth, 1)
    assert {play.truth.user_id for play in shown(second, 1) if play.truth} == {"listener-000001"}


# People


def most_within(plays: list[ShownPlay], length: timedelta) -> int:
    times = sorted(play.visible_from for play in plays)
    return max((sum(start <= time < start + length for time in times) for start in times), default=0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 3))
def test_people_play_within_their_days_and_one_play_at_a_time(seed: int, count: int, days: int) -> None:
    people = accounts_of(seed, count, days)
    assert len({person.spotify_id for person in people}) == count
    for person in people:
        starts, ends = person.truth["started_at"], person.truth["ended_at"]
        if starts.len():
            assert starts[0] >= datetime(2026, 1, 5, tzinfo=UTC)
            assert ends[-1] <= datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=days)
            assert set(person.truth["user_id"]) == {person.user_id}
        assert (starts[1:] > ends[:-1]).all()
        assert ((starts[1:] - starts[:-1]) >= timedelta(seconds=8)).all()


def test_people_differ_as_their_habits_do() -> None:
    people = accounts_of(3, 70, 7)
    by_habit = {habit.name: [p for p in people if p.habit is habit] for habit in HABITS}
    mean = {name: sum(p.truth.height for p in group) / len(group) for name, group in by_habit.items()}
    assert mean["heavy"] > 2 * mean["steady"] > 4 * mean["light"]
    assert mean["idle"] < 5
    assert all(group for group in by_habit.values())
    owls = pl.concat([person.truth for person in by_habit["night owl"]])
    assert (owls["started_at"].dt.hour().is_between(8, 20)).mean() < 0.1  # type: ignore[operator]


def test_quick_skippers_overflow_the_window_within_half_an_hour_and_others_do_not() -> None:
    people = accounts_of(3, 7, 2)
    most = {
        person.habit.name: most_within(
            [
                play
                for play in person.plays
                if play.truth and play.visible_from - play.truth.ended_at < timedelta(minutes=1)
            ],
            timedelta(minutes=30),
        )
        for person in people
    }
    assert most["quick skipper"] >= 50
    assert max(number for name, number in most.items() if name != "quick skipper") < 50


def test_the_same_seed_makes_the_same_people_and_their_truth_is_exported_like_any(
    tmp_path: Path,
) -> None:
    first, again, other = accounts_of(5, 9, 2), accounts_of(5, 9, 2), accounts_of(6, 9, 2)
    assert all(a.truth.equals(b.truth) and a.plays == b.plays for a, b in zip(first, again, strict=True))
    assert not first[0].truth.equals(other[0].truth)
    assert first[0].truth.schema == simulate(1, 1, 10).schema
    labels = write_extended(first[0].truth, tmp_path / "export.zip", seed=1)
    assert labels["play_no"].drop_nulls().n_unique() == first[0].truth.height


@pytest.mark.parametrize(("count", "days"), [(0, 1), (1, 0)])
def test_nobody_and_no_time_are_refused(count: int, days: int) -> None:
    with pytest.raises(ValueError, match="a person, a day"):
        accounts_of(1, count, days)
