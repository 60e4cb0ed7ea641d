from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.listening import polling

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def every(gap: timedelta, plays: int = 50, until: datetime = NOW) -> list[datetime]:
    return [until - gap * i for i in range(plays)]


@pytest.mark.parametrize(
    ("gap", "wait"),
    [
        (timedelta(seconds=30), timedelta(minutes=15)),
        (timedelta(minutes=1), timedelta(minutes=24)),
        (timedelta(minutes=3.5), timedelta(minutes=84)),
        (timedelta(minutes=20), timedelta(hours=2)),
    ],
)
def test_an_account_is_polled_when_half_its_window_can_be_full(gap: timedelta, wait: timedelta) -> None:
    assert polling.interval(every(gap), NOW) == wait


def test_a_burst_counts_for_a_day() -> None:
    burst = every(timedelta(seconds=40), until=NOW - timedelta(hours=20))

    assert polling.interval(burst, NOW) == timedelta(minutes=16)
    assert polling.interval(burst, NOW + timedelta(hours=5)) == polling.LONGEST


def test_somebody_who_hardly_listens_is_polled_every_two_hours() -> None:
    assert polling.interval([], NOW) == polling.interval(every(MINUTE, 24), NOW) == polling.LONGEST


@given(
    st.lists(st.datetimes(datetime(2026, 11, 18), datetime(2026, 11, 20, 12)), max_size=60)  # noqa: DTZ001
)
def test_a_window_cannot_overflow_at_the_pace_of_the_last_day(found: list[datetime]) -> None:
    played = [each.replace(tzinfo=UTC) for each in found]
    wait = polling.interval(played, NOW)

    assert polling.SHORTEST <= wait <= polling.LONGEST
    recent = sorted(at for at in played if at > NOW - timedelta(days=1))
    if wait > polling.SHORTEST:
        for first in recent:
            assert sum(first <= at < first + wait for at in recent) <= 25


def test_after_a_full_page_of_new_plays_the_next_poll_is_soon_and_not_with_everybodys() -> None:
    dues = {
        polling.due_at(NOW, polling.LONGEST, 1.0, was_full=True, user_id=f"user{i}") - NOW for i in range(50)
    }

    assert len(dues) == 50
    assert min(dues) >= 6 * MINUTE
    assert max(dues) <= 9 * MINUTE
    assert min(dues) >= polling.REST


def test_intervals_stretch_until_the_days_calls_suffice() -> None:
    waits = [timedelta(minutes=15)] * 10 + [timedelta(hours=2)] * 190

    stretched = polling.stretch(waits, calls_a_day=1000)

    polls = sum(timedelta(days=1) / (wait * stretched) for wait in waits)
    assert polls == pytest.approx(900)
    assert polling.stretch(waits, calls_a_day=100_000) == 1.0
    assert polling.stretch([], calls_a_day=1) == 1.0


def test_when_calls_are_short_also_a_full_page_waits_its_share() -> None:
    due = polling.due_at(NOW, timedelta(hours=1), 4.0, was_full=True, user_id="a")

    assert due == NOW + 4 * polling.SHORTEST
    assert polling.due_at(NOW, timedelta(hours=1), 4.0, was_full=False, user_id="a") == NOW + timedelta(
        hours=4
    )
