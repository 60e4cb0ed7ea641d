import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import delete, event, select

from resources.operational import Operational
from resources.settings import Settings
from resources.spotify.budget import PRUNED_EVERY_CALLS, SHARES_PERCENT, Budget, BudgetSpentError, Purpose
from resources.spotify.tables import api_calls, api_pauses

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
NO_MINUTE = 10**6


@dataclass
class Clock:
    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now


def limited(settings: Settings, a_day: int = NO_MINUTE, a_minute: int = NO_MINUTE) -> Settings:
    return settings.model_copy(
        update={"spotify_calls_a_day": a_day, "spotify_calls_a_minute": a_minute},
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budget_of(operational: Operational, settings: Settings, clock: Clock) -> Callable[..., Budget]:
    return lambda **limits: Budget(operational.engine, limited(settings, **limits), clock)


def refused_until(budget: Budget, purpose: Purpose = "sync") -> datetime:
    with pytest.raises(BudgetSpentError) as caught:
        budget.take(purpose)
    return caught.value.until


def take(budget: Budget, times: int, purpose: Purpose = "sync") -> None:
    for _ in range(times):
        budget.take(purpose)


def test_a_minute_holds_its_calls_and_half_a_minute_half_of_them(
    budget_of: Callable[..., Budget], clock: Clock
) -> None:
    budget = budget_of(a_minute=4)
    take(budget, 2)
    assert refused_until(budget) == MONDAY + 30 * SECOND
    clock.now = MONDAY + 30 * SECOND
    take(budget, 2)
    clock.now = MONDAY + 60 * SECOND - TICK
    assert refused_until(budget) == MONDAY + 60 * SECOND
    clock.now = MONDAY + 60 * SECOND
    take(budget, 2)


def test_one_call_a_minute_is_one(budget_of: Callable[..., Budget], clock: Clock) -> None:
    budget = budget_of(a_minute=1)
    budget.take("sync")
    assert refused_until(budget) == MONDAY + 60 * SECOND


def test_a_day_is_any_24_hours(budget_of: Callable[..., Budget], clock: Clock) -> None:
    budget = budget_of(a_day=3)
    for hour in (0, 10, 20):
        clock.now = MONDAY + timedelta(hours=hour)
        budget.take("sync")
    assert refused_until(budget) == MONDAY + DAY
    clock.now = MONDAY + DAY
    budget.take("sync")
    assert refused_until(budget) == MONDAY + timedelta(hours=34)


def test_the_catalogue_stops_first_then_the_top_then_sync(
    budget_of: Callable[..., Budget], clock: Clock
) -> None:
    budget = budget_of(a_day=10)
    assert [budget.left(purpose) for purpose in SHARES_PERCENT] == [10, 8, 6]
    take(budget, 6, "catalogue")
    assert refused_until(budget, "catalogue") == MONDAY + DAY
    take(budget, 2, "top")
    refused_until(budget, "top")
    take(budget, 2, "sync")
    refused_until(budget, "sync")
    assert [budget.left(purpose) for purpose in SHARES_PERCENT] == [0, 0, 0]
    assert budget.used() == 10


def test_the_calls_of_one_purpose_count_against_every_share(budget_of: Callable[..., Budget]) -> None:
    budget = budget_of(a_day=10)
    take(budget, 7, "sync")
    refused_until(budget, "catalogue")
    assert (budget.left("catalogue"), budget.left("top"), budget.left("sync")) == (0, 1, 3)


def test_the_smallest_day_serves_every_purpose_once(budget_of: Callable[..., Budget], clock: Clock) -> None:
    budget = budget_of(a_day=1)
    for day, purpose in enumerate(SHARES_PERCENT):
        clock.now = MONDAY + day * DAY
        budget.take(purpose)


def test_a_refused_call_costs_nothing(budget_of: Callable[..., Budget]) -> None:
    budget = budget_of(a_day=1)
    budget.take("sync")
    for _ in range(3):
        refused_until(budget)
    assert budget.used() == 1


def test_the_error_says_for_what_until_when_and_what_sets_it(budget_of: Callable[..., Budget]) -> None:
    budget = budget_of(a_day=1)
    budget.take("sync")
    with pytest.raises(BudgetSpentError, match=r"none for top before 2026-11-17 00:00:00 UTC.*CALLS_A_DAY"):
        budget.take("top")


def test_a_pause_stops_every_purpose_until_its_time(budget_of: Callable[..., Budget], clock: Clock) -> None:
    budget = budget_of()
    assert budget.paused_until() is None
    budget.pause("quota", MONDAY + 85_771 * SECOND)
    for purpose in SHARES_PERCENT:
        assert refused_until(budget, purpose) == MONDAY + 85_771 * SECOND
    assert budget.paused_until() == MONDAY + 85_771 * SECOND
    clock.now = MONDAY + 85_771 * SECOND
    assert budget.paused_until() is None
    budget.take("catalogue")


def test_a_pause_is_never_shortened(budget_of: Callable[..., Budget]) -> None:
    budget = budget_of()
    budget.pause("rate_limit", MONDAY + 60 * SECOND)
    budget.pause("rate_limit", MONDAY + 5 * SECOND)
    assert budget.paused_until() == MONDAY + 60 * SECOND
    budget.pause("quota", MONDAY + 30 * SECOND)
    assert budget.paused_until() == MONDAY + 60 * SECOND
    budget.pause("rate_limit", MONDAY + 90 * SECOND)
    assert budget.paused_until() == MONDAY + 90 * SECOND


def test_no_pause_is_longer_than_a_day(budget_of: Callable[..., Budget]) -> None:
    budget = budget_of()
    budget.pause("quota", MONDAY + 400 * DAY)
    assert budget.paused_until() == MONDAY + DAY


def test_a_pause_of_a_day_holds_for_a_clock_that_is_behind(
    budget_of: Callable[..., Budget], clock: Clock
) -> None:
    budget = budget_of()
    budget.pause("quota", MONDAY + DAY)
    clock.now = MONDAY - SECOND
    assert refused_until(budget) == MONDAY + DAY
    budget.pause("quota", MONDAY + SECOND)
    assert budget.paused_until() == MONDAY + DAY


def test_a_clock_that_was_a_year_ahead_does_not_stop_calls_for_a_year(
    budget_of: Callable[..., Budget], clock: Clock
) -> None:
    budget = budget_of(a_day=1)
    clock.now = MONDAY + 365 * DAY
    budget.take("sync")
    budget.pause("quota", clock.now + DAY)
    clock.now = MONDAY
    budget.take("sync")
    assert refused_until(budget) == MONDAY + DAY
    clock.now = MONDAY + DAY
    budget.pause("quota", clock.now + 9 * SECOND)  # nor does its pause stand in the way of a real one
    assert refused_until(budget) == clock.now + 9 * SECOND


def test_a_clock_that_goes_back_gives_no_calls_twice(budget_of: Callable[..., Budget], clock: Clock) -> None:
    budget = budget_of(a_minute=2)
    budget.take("sync")
    clock.now = MONDAY - 40 * SECOND
    assert refused_until(budget) == MONDAY + 30 * SECOND


def test_calls_are_forgotten_after_their_day(
    budget_of: Callable[..., Budget], clock: Clock, operational: Operational
) -> None:
    budget = budget_of()
    for _ in range(3 * PRUNED_EVERY_CALLS):
        clock.now += timedelta(hours=1)
        budget.take("sync")
    with operational.engine.connect() as connection:
        kept: Sequence[datetime] = connection.scalars(select(api_calls.c.called_at)).all()
    assert min(kept) > clock.now - timedelta(hours=25)
    assert budget.used() == 24


def test_a_take_is_one_transaction_of_three_statements(
    budget_of: Callable[..., Budget], operational: Operational
) -> None:
    seen: list[str] = []
    engine = operational.engine
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2].split()[0]))
    event.listen(engine, "commit", lambda _: seen.append("COMMIT"))
    budget_of().take("sync")
    assert seen == ["SELECT", "SELECT", "INSERT", "COMMIT"]


# Any sequence of takes, times, pauses and restarts

WINDOWS = (30 * SECOND, 60 * SECOND, DAY)


@dataclass
class Rule:
    """The contract, written as plainly as possible."""

    a_day: int
    a_minute: int
    calls: list[datetime] = field(default_factory=list)
    paused_until: datetime = MONDAY

    def allows(self, purpose: Purpose, at: datetime) -> bool:
        day, minute, half = (self.held(at, window) for window in (DAY, 60 * SECOND, 30 * SECOND))
        return (
            day < self.a_day * SHARES_PERCENT[purpose] / 100
            and minute < self.a_minute
            and half < max(1, self.a_minute // 2)
            and at >= self.paused_until
        )

    def held(self, at: datetime, window: timedelta) -> int:
        return sum(called_at > at - window for called_at in self.calls)

    def check_windows(self) -> None:
        most = (max(1, self.a_minute // 2), self.a_minute, self.a_day)
        for window, limit in zip(WINDOWS, most, strict=True):
            for start in self.calls:
                assert sum(start <= called_at < start + window for called_at in self.calls) <= limit


Step = tuple[str, Purpose, timedelta]
lengths = st.one_of(
    st.sampled_from([timedelta(0), TICK, SECOND, *WINDOWS, *(window - TICK for window in WINDOWS)]),
    st.timedeltas(timedelta(0), timedelta(minutes=2)),
    st.timedeltas(timedelta(0), timedelta(hours=30)),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["take", "take", "take", "take when told", "pause", "restart"]),
        st.sampled_from(list(SHARES_PERCENT)),
        lengths,
    ),
    max_size=25,
)
any_database = examples(suppress_health_check=[HealthCheck.function_scoped_fixture])


def forget(operational: Operational) -> None:
    with operational.engine.begin() as connection:
        connection.execute(delete(api_calls))
        connection.execute(delete(api_pauses))


def try_to_take(budget: Budget, purpose: Purpose) -> datetime | None:
    try:
        budget.take(purpose)
    except BudgetSpentError as error:
        return error.until
    return None


def take_and_compare(budget: Budget, rule: Rule, purpose: Purpose, clock: Clock) -> datetime | None:
    until = try_to_take(budget, purpose)
    if until is None:
        assert rule.allows(purpose, clock.now)
        rule.calls.append(clock.now)
        return None
    assert until > clock.now
    assert not rule.allows(purpose, until - TICK)
    assert rule.allows(purpose, until)
    return until


@any_database
@given(a_day=st.integers(1, 12), a_minute=st.integers(1, 6), walk=steps)
def test_no_window_ever_holds_more_and_the_stated_time_is_exact(
    operational: Operational, settings: Settings, a_day: int, a_minute: int, walk: Sequence[Step]
) -> None:
    forget(operational)
    clock, rule = Clock(), Rule(a_day, a_minute)
    limits = limited(settings, a_day, a_minute)
    budget = Budget(operational.engine, limits, clock)
    for what, purpose, length in walk:
        if what == "pause":
            budget.pause("quota", clock.now + length)
            rule.paused_until = max(rule.paused_until, clock.now + min(length, DAY))
            continue
        if what == "restart":
            operational.engine.dispose()
            budget = Budget(operational.engine, limits, clock)
            continue
        clock.now += length
        until = take_and_compare(budget, rule, purpose, clock)
        if until is not None and what == "take when told":
            clock.now = until
            assert take_and_compare(budget, rule, purpose, clock) is None
        assert budget.used() == rule.held(clock.now, DAY)
        paused = rule.paused_until if rule.paused_until > clock.now else None
        assert budget.paused_until() == paused
    assert all(before <= after for before, after in pairwise(rule.calls))
    rule.check_windows()


@any_database
@given(a_minute=st.integers(1, 6), moves=st.lists(st.tuples(lengths, st.booleans()), max_size=25))
def test_no_window_holds_more_whatever_the_clock_does(
    operational: Operational, settings: Settings, a_minute: int, moves: Sequence[tuple[timedelta, bool]]
) -> None:
    forget(operational)
    clock, rule = Clock(), Rule(8, a_minute)
    budget = Budget(operational.engine, limited(settings, 8, a_minute), clock)
    for length, is_forward in moves:
        clock.now += length if is_forward else -length
        if try_to_take(budget, "sync") is None:
            rule.calls.append(clock.now)
    rule.check_windows()


# Threads and processes


def test_threads_never_take_more_than_there_is(budget_of: Callable[..., Budget]) -> None:
    budget = budget_of(a_day=100, a_minute=60)
    taken: list[bool] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(try_to_take(budget, "sync") is None for _ in range(20)))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), sum(taken), budget.used()) == (100, 30, 30)


TAKER = """
import sys
from datetime import UTC, datetime
from resources.spotify.budget import Budget, BudgetSpentError
from resources.postgres import connect
from resources.settings import Settings
settings = Settings(database_url=sys.argv[1], spotify_calls_a_day=50)
budget = Budget(connect(sys.argv[1]), settings, lambda: datetime(2026, 11, 16, tzinfo=UTC))
print("ready", flush=True)
sys.stdin.readline()
taken = 0
for _ in range(40):
    try:
        budget.take(sys.argv[2])
        taken += 1
    except BudgetSpentError:
        pass
print(taken, flush=True)
"""


def start(script: str, settings: Settings, *arguments: str) -> "subprocess.Popen[str]":
    assert settings.database_url is not None
    command = [sys.executable, "-c", script, settings.database_url.get_secret_value(), *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_processes_never_take_more_than_there_is(
    settings: Settings, budget_of: Callable[..., Budget]
) -> None:
    takers = [start(TAKER, settings, purpose) for purpose in ("sync", "sync", "catalogue")]
    for taker in takers:
        assert taker.stdin is not None
        taker.stdin.write("go\n")
        taker.stdin.flush()
    taken = [int(taker.communicate()[0]) for taker in takers]
    assert sum(taken) == budget_of().used() == 50
    assert taken[2] <= 30


STUCK = """
import sys
from datetime import UTC, datetime
from resources.spotify.budget import Budget
from resources.postgres import connect
from resources.settings import Settings
def clock():
    print("ready", flush=True)  # it holds the lock now
    sys.stdin.read()
    return datetime(2026, 11, 16, tzinfo=UTC)
Budget(connect(sys.argv[1]), Settings(database_url=sys.argv[1]), clock).take("sync")
"""


def test_a_process_killed_while_it_takes_holds_up_nobody_and_takes_nothing(
    settings: Settings, budget_of: Callable[..., Budget]
) -> None:
    process = start(STUCK, settings)
    process.kill()
    process.communicate()
    budget = budget_of()
    budget.take("sync")
    assert budget.used() == 1


def test_a_budget_survives_lost_connections(
    budget_of: Callable[..., Budget], operational: Operational
) -> None:
    budget = budget_of(a_day=2)
    budget.take("sync")
    with operational.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    budget.take("sync")
    refused_until(budget)
