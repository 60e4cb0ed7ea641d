import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from resources.event_types import FEEDBACK, checked_content
from resources.events import Events, EventsBusyError, InvalidEventError, NewEvent, append
from resources.operational import Operational

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TRACK = {"track_id": "4uLU6hMCjMI75M1A2tKUQC"}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(operational: Operational, clock: Clock) -> Events:
    for user in ("ana", "ben"):
        operational.ensure_user(user, NOW)
    return Events(operational.engine, clock, wait_ms=200)


def like(log: Events, key: str | None = None, user: str = "ana", happened_at: datetime | None = None) -> int:
    sent = log.append(type="like", content=TRACK, user_id=user, key=key, happened_at=happened_at)
    return sent.event_id


# Appending and reading on


def test_events_are_read_on_from_the_last_one_known(log: Events) -> None:
    first = log.append(type="page.visited", user_id="ana", content={"page": "top"}).event_id
    second = log.append(type="error.critical", content={"what": "chain"}).event_id
    third = like(log)
    assert first < second < third
    assert [event["event_id"] for event in log.since(first)] == [second, third]
    assert [event["event_id"] for event in log.since(0, until=second)] == [first, second]
    assert [event["event_id"] for event in log.since(0, most=1)] == [first]
    assert [event["content"] for event in log.since(0, ["page.visited"])] == [{"page": "top"}]
    assert (log.count(), log.count(first, types=FEEDBACK), log.highest()) == (3, 1, third)


def test_an_event_keeps_when_it_happened_apart_from_when_it_was_written(log: Events) -> None:
    yesterday = NOW - timedelta(days=1)
    event = log.append(type="like", content=TRACK, user_id="ana", happened_at=yesterday)
    assert (event.happened_at, event.recorded_at, event.content) == (yesterday, NOW, TRACK)


def test_the_log_is_empty_at_first(log: Events) -> None:
    assert (log.highest(), log.since(0), log.count()) == (0, [], 0)


# Idempotency keys


def test_the_same_event_sent_ten_times_at_once_is_one(log: Events) -> None:
    with ThreadPoolExecutor(10) as threads:
        sent = list(
            threads.map(lambda _: log.append(type="like", content=TRACK, user_id="ana", key="k"), range(10))
        )
    assert len({event.event_id for event in sent}) == 1
    assert sum(event.is_new for event in sent) == 1
    assert log.count() == 1


def test_the_first_event_of_a_key_stands_whatever_is_sent_again(log: Events) -> None:
    first = log.append(type="like", content=TRACK, user_id="ana", key="k")
    again = log.append(type="dislike", content=TRACK, user_id="ana", key="k")
    assert (again, again.type, again.is_new) == (first, "like", False)


def test_a_key_belongs_to_its_listener(log: Events) -> None:
    assert like(log, "k", "ana") != like(log, "k", "ben")
    assert log.append(type="error.critical", key="k").is_new


def test_a_refused_transaction_leaves_no_key_behind(log: Events) -> None:
    with log.engine.connect() as connection:
        append(connection, NewEvent("like", NOW, "ana", TRACK, "k"), NOW)
        connection.rollback()
    assert log.append(type="like", content=TRACK, user_id="ana", key="k").is_new


# Append-only


@pytest.mark.parametrize("table", ["events", "events_2026_11"])
@pytest.mark.parametrize(
    "change",
    ["UPDATE {} SET type = 'dislike'", "DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET happened_at = now()"],
)
def test_no_row_of_the_log_can_be_changed_or_taken_out(log: Events, table: str, change: str) -> None:
    like(log)
    before = log.since(0)
    with pytest.raises(DatabaseError, match="append-only"), log.engine.begin() as connection:
        connection.execute(text(change.format(f"longplay.{table}")))
    assert log.since(0) == before


# Whoever reads on misses nothing


def test_the_highest_id_waits_for_a_lower_one_that_is_not_committed_yet(log: Events) -> None:
    patient = Events(log.engine, log.clock, wait_ms=30_000)
    asked = threading.Event()

    def highest() -> int:
        asked.set()
        return patient.highest()

    with ThreadPoolExecutor(1) as threads:
        with log.engine.begin() as slow:
            low = append(slow, NewEvent("like", NOW, "ana", TRACK), NOW).event_id
            high = like(log)
            found = threads.submit(highest)
            asked.wait()
            assert not found.done()
        assert found.result() == high
    assert [event["event_id"] for event in log.since(0, until=high)] == [low, high]


def test_an_append_that_does_not_end_is_told_and_holds_nobody_up(log: Events) -> None:
    with log.engine.begin() as stuck:
        append(stuck, NewEvent("like", NOW, "ana", TRACK), NOW)
        with pytest.raises(EventsBusyError, match="try again later"):
            log.highest()
        assert like(log) > 0
    assert log.count() == 2


# Months


def test_this_month_and_the_next_are_there_and_later_ones_are_made_when_needed(
    log: Events, clock: Clock
) -> None:
    log.ensure_partitions(NOW)
    log.ensure_partitions(NOW)
    assert {"2026-11", "2026-12"} <= set(log.months())
    clock.now = datetime(2031, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    like(log)
    clock.now += timedelta(microseconds=1)
    like(log)
    assert {"2031-12", "2032-01"} <= set(log.months())
    assert log.count() == 2


def test_appends_that_need_the_same_new_month_at_once_all_arrive(log: Events, clock: Clock) -> None:
    clock.now = datetime(2030, 5, 5, tzinfo=UTC)
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: like(log), range(16)))) == 16
    assert log.count() == 16


def test_a_month_leaves_when_it_is_old_and_copied_and_its_keys_leave_with_it(
    log: Events, clock: Clock
) -> None:
    clock.now = datetime(2026, 3, 5, tzinfo=UTC)
    march = like(log, "march")
    clock.now = datetime(2026, 4, 5, tzinfo=UTC)
    april = like(log, "april")
    clock.now = NOW
    assert log.drop_months(march - 1, NOW) == []
    assert log.drop_months(april, datetime(2026, 3, 31, tzinfo=UTC)) == []
    assert log.drop_months(march, NOW) == ["2026-03"]
    assert [event["event_id"] for event in log.since(0)] == [april]
    assert like(log, "april") == april
    assert like(log, "march") > april


def test_a_month_that_is_not_copied_stays_though_later_ones_leave(log: Events, clock: Clock) -> None:
    clock.now = datetime(2026, 4, 5, tzinfo=UTC)
    first = like(log, "april")
    clock.now = datetime(2026, 3, 5, tzinfo=UTC)  # the clock was put back
    second = like(log, "march")
    assert log.drop_months(first, NOW) == ["2026-04"]
    assert [event["event_id"] for event in log.since(0)] == [second]
    assert like(log, "march") == second


# Bad input


@pytest.mark.parametrize(
    ("event_type", "content", "says"),
    [
        ("rate", {**TRACK, "rating": 7}, "rating: .* less than or equal to 1, not 7"),
        ("rate", {**TRACK, "rating": -0.1}, "rating: .* greater than or equal to 0"),
        ("rate", {**TRACK, "rating": float("nan")}, "rating: .* finite"),
        ("rate", {**TRACK, "rating": float("inf")}, "rating: .* finite"),
        ("rate", {**TRACK, "rating": "0.5"}, "rating: .* valid number"),
        ("rate", {**TRACK, "rating": True}, "rating: .* valid number"),
        ("rate", TRACK, "needs a rating from 0 to 1"),
        ("like", {**TRACK, "rating": 0.5}, "takes no rating"),
        ("like", {}, "track_id is missing"),
        ("like", {"track_id": "  "}, "track_id: .* at least 1 character"),
        ("like", {"track_id": "x" * 1_000_000}, "track_id: .* at most 200"),
        ("like", {"track_id": 5}, "track_id: .* valid string"),
        ("like", {"track_id": "a\0b"}, "cannot be stored"),
        ("like", {"track_id": "\ud800"}, "cannot be stored|valid string"),
        ("like", {**TRACK, "mood": "calm"}, "mood: .* not permitted"),
        ("adore", TRACK, "no event of type adore; use one of play, skip, like"),
        ("error.critical", {"share": float("nan")}, "cannot be stored"),
        ("error.critical", {"what": "a\0b"}, "zero character"),
        ("error.critical", {"what": "x" * 200_000}, "100000 characters"),
        ("error.critical", {"what": object()}, "cannot be stored"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_the_reason(
    log: Events, event_type: str, content: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidEventError, match=says) as refused:
        log.append(type=event_type, content=content, user_id="ana")
    assert len(str(refused.value)) < 500
    assert log.count() == 0


@pytest.mark.parametrize("user", [None, "nobody"])
def test_feedback_is_of_a_listener_who_is_known(log: Events, user: str | None) -> None:
    with pytest.raises(InvalidEventError, match="listener"):
        log.append(type="like", content=TRACK, user_id=user)


@pytest.mark.parametrize(
    "when",
    [NOW + timedelta(days=1, seconds=1), datetime(2001, 12, 31, tzinfo=UTC), datetime(2026, 11, 21)],  # noqa: DTZ001
)
def test_a_time_that_cannot_be_is_refused(log: Events, when: datetime) -> None:
    with pytest.raises(InvalidEventError, match=r"cannot be when|no time zone"):
        like(log, happened_at=when)


@pytest.mark.parametrize("key", ["", "x" * 201, "a\0b", "a\nb"])
def test_a_key_that_cannot_be_kept_is_refused(log: Events, key: str) -> None:
    with pytest.raises(InvalidEventError, match="idempotency key"):
        like(log, key)


@given(st.floats(0, 1))
def test_every_rating_from_zero_to_one_is_taken_as_it_is(rating: float) -> None:
    assert checked_content("rate", {**TRACK, "rating": rating}) == {**TRACK, "rating": rating}


@given(
    st.floats().filter(lambda rating: not 0 <= rating <= 1) | st.integers().filter(lambda n: n not in (0, 1))
)
def test_no_other_rating_is_taken(rating: float) -> None:
    with pytest.raises(InvalidEventError, match="rating"):
        checked_content("rate", {**TRACK, "rating": rating})
