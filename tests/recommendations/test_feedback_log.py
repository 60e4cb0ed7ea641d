"""The event log is copied once, whatever is killed when, and by however many at a time."""

import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from taste_worlds import events_in_lake, say

from assets.recommendations import feedback_log
from assets.tables import FEEDBACK_EVENTS
from resources.lake import Lake
from resources.row_filter import RowFilter
from resources.settings import Settings
from resources.world import World

TRACK = {"track_id": "a"}


def like(world: World, at: datetime | None = None, user: str = "ana") -> int:
    world.operational.ensure_user(user, world.clock())
    return world.events.append(type="like", content=TRACK, user_id=user, happened_at=at).event_id


def test_feedback_is_copied_once_as_it_was_said_and_other_events_are_passed_over(world: World) -> None:
    world.events.append(type="page.visited", user_id="ana")
    first = like(world, datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC))
    world.operational.ensure_user("ben", world.clock())
    rated = world.events.append(type="rate", content={**TRACK, "rating": 0.8}, user_id="ben").event_id
    last = world.events.append(type="page.visited").event_id

    done = feedback_log.copy(world)

    assert (done.rows, done.until, done.months) == (2, last, ["2024-02", "2026-11"])
    rows = world.lake.scan(FEEDBACK_EVENTS).sort("event_id").collect()
    assert rows.select("event_id", "month", "user_id", "type", "track_id", "rating").rows() == [
        (first, "2024-02", "ana", "like", "a", None),
        (rated, "2026-11", "ben", "rate", "a", 0.8),
    ]
    assert set(rows["recorded_at"]) == {world.clock()}
    assert feedback_log.copy(world).rows == 0
    assert events_in_lake(world) == [first, rated]


def test_a_long_log_is_copied_some_events_at_a_time(world: World) -> None:
    numbers = [like(world) for _ in range(7)]
    world.events.append(type="page.visited")
    assert feedback_log.copy(world, most=2).rows == 7
    assert events_in_lake(world) == numbers
    assert feedback_log.copied_until(world) == numbers[-1] + 1


def test_there_is_something_to_do_until_it_is_copied_and_told(world: World) -> None:
    assert not feedback_log.is_behind(world)
    world.events.append(type="page.visited")
    assert not feedback_log.is_behind(world)
    like(world)
    assert feedback_log.is_behind(world)
    done = feedback_log.copy(world)
    assert feedback_log.is_behind(world)
    assert (
        feedback_log.copy(world).months == done.months
    )  # told again by the next, if this one is killed here
    feedback_log.told(world, done.until)
    assert not feedback_log.is_behind(world)
    assert feedback_log.copy(world).months == []


def test_those_who_copy_at_once_copy_each_event_once(world: World) -> None:
    say(world, Random(1), "2024-03", count=20)
    numbers = [like(world) for _ in range(20)]
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: feedback_log.copy(world, most=3).rows, range(4)))
    assert sum(done) == 20
    found = events_in_lake(world)
    assert len(found) == len(set(found)) == 40
    assert set(numbers) <= set(found)


def test_an_event_that_is_missing_in_the_lake_is_found(world: World) -> None:
    numbers = [like(world) for _ in range(3)]
    feedback_log.copy(world)
    late = like(world)
    assert feedback_log.missing(world) == []
    world.lake.delete(FEEDBACK_EVENTS, RowFilter(f"event_id = {numbers[1]}"))
    assert feedback_log.missing(world) == [numbers[1]]
    assert late not in feedback_log.missing(world)


def test_months_of_the_log_leave_once_copied_and_old_and_the_lake_keeps_them(settings: Settings) -> None:
    clock = [datetime(2026, 7, 31, tzinfo=UTC)]
    world = World(settings, clock=lambda: clock[0])
    for month in (7, 8, 11):
        clock[0] = datetime(2026, month, 28, tzinfo=UTC)
        like(world)
    assert feedback_log.drop_copied_months(world, 3) == []
    feedback_log.copy(world)
    assert feedback_log.drop_copied_months(world, 3) == ["2026-07"]
    assert (world.events.count(), len(events_in_lake(world))) == (2, 3)
    assert feedback_log.missing(world) == []
    world.operational.close()


# Killed anywhere


def _copy_until_killed(settings: Settings, at: int, steps: object) -> None:
    """Counts the commits and the telling; kills its own process before one of them, or right after."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1
        steps.value = count  # type: ignore[attr-defined]
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(method: str) -> None:
        original = getattr(Lake, method)

        def stepped(*args: object, **kwargs: object) -> object:
            step()
            done = original(*args, **kwargs)
            step()
            return done

        setattr(Lake, method, stepped)

    around("append_noted")
    around("note")
    world = World(settings)
    done = feedback_log.copy(world, most=3)
    feedback_log.told(world, done.until)


@pytest.mark.parametrize("at", range(1, 10))
def test_a_copy_that_is_killed_anywhere_goes_on_and_each_event_is_there_once(
    world: World, tmp_path: Path, at: int
) -> None:
    numbers = [like(world) for _ in range(8)]
    world.events.append(type="page.visited")
    context = multiprocessing.get_context("forkserver")
    steps = context.Value("i", 0)
    process = context.Process(target=_copy_until_killed, args=(world.settings, at, steps))
    process.start()
    process.join()
    assert process.exitcode == (-signal.SIGKILL if at <= steps.value else 0)

    feedback_log.told(world, feedback_log.copy(world, most=3).until)

    assert events_in_lake(world) == numbers
    assert not feedback_log.is_behind(world)
