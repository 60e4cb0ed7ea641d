"""Whose lists are replaced, and when: by night, and when a page is visited."""

from collections.abc import Iterator

import dagster as dg
import pytest
from top_world import DAY, HOUR, NIGHT, TOP, Linked, linked_world

from assets.stats.refresh_top import due
from pipelines.top_stats import MOST_REQUESTS_A_TICK, NIGHTLY, top_stats_asked, top_stats_nightly
from resources.settings import Settings
from simulator.fake_spotify.service import ShownPlay, Track


@pytest.fixture
def linked(settings: Settings, instance: dg.DagsterInstance) -> Iterator[Linked]:
    with linked_world(settings, instance) as made:
        yield made


def test_the_night_takes_who_is_due_by_the_last_activity(linked: Linked) -> None:
    for user, silent in {"active": HOUR, "casual": 4 * DAY, "inactive": 8 * DAY}.items():
        linked.link(user, seen=NIGHT - silent)
    linked.link("unseen", seen=None)
    assert linked.run()["done"][:2] == ["active", "casual"]
    assert "inactive" not in linked.users()
    linked.clock.now += DAY
    assert "active" in due(linked.world)
    assert "casual" not in due(linked.world)
    linked.clock.now += 2 * DAY
    assert "casual" in due(linked.world)


def test_a_play_is_an_activity(linked: Linked) -> None:
    linked.link("ada", seen=NIGHT - 30 * DAY)
    assert due(linked.world) == []
    linked.world.accounts.polled(
        "ada", NIGHT, due_at=NIGHT, interval_s=60, last_page=frozenset(), newest_played_at=NIGHT - HOUR
    )
    assert due(linked.world) == ["ada"]


def test_the_nightly_schedule_asks_once_and_only_when_somebody_is_due(linked: Linked) -> None:
    def tick() -> object:
        resources = {"world": linked.world}
        with dg.build_schedule_context(scheduled_execution_time=NIGHT, resources=resources) as context:
            return top_stats_nightly(context)

    assert top_stats_nightly.cron_schedule == NIGHTLY == "0 3 * * *"
    assert top_stats_nightly.execution_timezone == "UTC"
    assert isinstance(tick(), dg.SkipReason)
    linked.link("ada")
    asked = tick()
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == "2026-11-21"
    linked.run()
    assert isinstance(tick(), dg.SkipReason)


def look(linked: Linked, cursor: str | None) -> tuple[list[dg.RunRequest], str | None]:
    """A tick of the sensor: what it asks for, and where its cursor is then."""
    with dg.build_sensor_context(cursor=cursor, resources={"world": linked.world}) as context:
        result = top_stats_asked(context)
    if isinstance(result, dg.SkipReason):
        return [], cursor
    assert isinstance(result, dg.SensorResult)
    return list(result.run_requests or []), result.cursor


def users_of(request: dg.RunRequest) -> list[str]:
    users: list[str] = request.run_config["ops"]["refresh_top"]["config"]["users"]
    return users


def test_a_visit_refreshes_lists_that_are_too_old_once(linked: Linked) -> None:
    linked.link("ada", seen=NIGHT - 90 * DAY)
    assert look(linked, None) == ([], None)
    linked.visit("ada")
    [request], cursor = look(linked, None)
    assert users_of(request) == ["ada"]
    assert look(linked, cursor) == ([], cursor)
    assert linked.run_config(request.run_config)["done"] == ["ada"]
    linked.visit("ada")
    again, _ = look(linked, cursor)
    assert again == []
    linked.clock.now += DAY
    linked.visit("ada")
    [request], _ = look(linked, cursor)
    assert users_of(request) == ["ada"]


def test_a_run_that_was_asked_for_twice_calls_spotify_once(linked: Linked) -> None:
    linked.link("ada")
    linked.run("ada")
    assert linked.run("ada")["done"] == []
    assert linked.calls() == 6


def test_visits_of_one_tick_are_one_run_and_strangers_are_nobody(linked: Linked) -> None:
    for user in ("ada", "bob"):
        linked.link(user)
    for user in ("bob", "ada", "stranger", "bob"):
        linked.visit(user)
    linked.world.events.append(type="page.visited")
    [request], cursor = look(linked, None)
    assert users_of(request) == ["bob", "ada"]
    assert look(linked, cursor) == ([], cursor)


def test_at_most_fifty_are_asked_for_at_a_tick_and_none_is_forgotten(linked: Linked) -> None:
    names = [f"user{number:03}" for number in range(MOST_REQUESTS_A_TICK + 7)]
    for user in names:
        linked.link(user, [ShownPlay(Track("x" * 22, "x", ("x",), "x", 1), NIGHT, NIGHT)])
        linked.visit(user)
        linked.visit(names[0])
    [first], cursor = look(linked, None)
    [second], cursor = look(linked, cursor)
    assert users_of(first) == names[:MOST_REQUESTS_A_TICK]
    assert [user for user in users_of(second) if user != names[0]] == names[MOST_REQUESTS_A_TICK:]
    assert first.run_key != second.run_key
    assert look(linked, cursor)[0] == []


def test_who_stands_in_the_list_of_failed_jobs_is_not_tried_at_every_visit(linked: Linked) -> None:
    linked.link("ada")
    linked.spotify.fault("500", times=6, path=TOP)
    linked.run()
    linked.visit("ada")
    assert look(linked, None)[0] == []
    assert due(linked.world) == ["ada"]


def test_visits_wait_while_spotify_wants_no_calls(linked: Linked) -> None:
    linked.link("ada")
    linked.visit("ada")
    linked.world.budget.pause("rate_limit", NIGHT + HOUR)
    assert look(linked, "0") == ([], "0")
    linked.clock.now += 2 * HOUR
    [request], _ = look(linked, "0")
    assert users_of(request) == ["ada"]
