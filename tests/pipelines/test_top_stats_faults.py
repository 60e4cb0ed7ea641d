"""A listener whose lists cannot be had waits in a visible list; a budget that is spent waits itself."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import polars as pl
import pytest
from top_world import DAY, HOUR, NIGHT, TOP, Linked, linked_world

from assets.stats.refresh_top import due, failed
from assets.tables import SPOTIFY_TOP_TRACKS
from resources.settings import Settings


@pytest.fixture
def linked(settings: Settings, instance: dg.DagsterInstance) -> Iterator[Linked]:
    with linked_world(settings, instance) as made:
        yield made


def test_one_term_that_fails_keeps_all_of_the_old_lists_and_of_that_listener_only(linked: Linked) -> None:
    linked.link("ada")
    linked.link("bob")
    linked.run()
    linked.clock.now += DAY
    for user in ("ada", "bob"):
        linked.world.accounts.seen(user, linked.clock())
    linked.spotify.fault("500", times=100, path=f"{TOP}artists", spotify_id="spotify-ada")
    told = linked.run()
    assert told["done"] == ["bob"]
    assert list(told["failed"]) == ["ada"]
    fetched = linked.world.lake.scan(SPOTIFY_TOP_TRACKS).group_by("user_id").agg(pl.col("fetched_at").max())
    assert dict(fetched.collect().iter_rows())["ada"] == NIGHT
    assert linked.world.accounts.get("ada").top_refreshed_at == NIGHT


def test_a_failing_job_is_tried_again_1_2_4_8_and_16_seconds_apart_and_then_listed(linked: Linked) -> None:
    linked.link("ada")
    linked.spotify.fault("503", times=100, path=TOP)
    linked.run()
    assert linked.clock.slept == [1, 2, 4, 8, 16]
    [job] = linked.world.accounts.failed_jobs()
    assert (job["job"], job["user_id"], job["attempts"]) == ("top", "ada", 6)
    assert job["failed_at"] == NIGHT + timedelta(seconds=31)
    assert linked.users() == set()


@pytest.mark.parametrize("kind", ["500", "502", "503", "drop", "not_json", "half", "no_items"])
def test_what_passes_is_waited_for_and_what_was_answered_is_not_asked_again(
    linked: Linked, kind: str
) -> None:
    linked.link("ada")
    linked.spotify.fault(kind, times=2, path=f"{TOP}artists")
    assert linked.run()["done"] == ["ada"]
    assert linked.clock.slept == [1, 2]
    assert linked.calls() == 8
    assert linked.world.accounts.failed_jobs() == []


def test_failed_jobs_are_run_again_when_asked_and_leave_the_list(linked: Linked) -> None:
    for user in ("ada", "bob"):
        linked.link(user)
        linked.spotify.fault("500", times=6, path=TOP, spotify_id=f"spotify-{user}")
    linked.run()
    assert failed(linked.world) == ["ada", "bob"]
    assert linked.run("nobody", is_retry=True)["done"] == []
    assert linked.run("bob", is_retry=True)["done"] == ["bob"]
    assert failed(linked.world) == ["ada"]
    linked.clock.now += 30 * DAY  # not due any more, and asked for all the same
    assert linked.run("bob", is_retry=True)["done"] == []
    assert linked.run(is_retry=True)["done"] == ["ada"]
    assert failed(linked.world) == []
    assert linked.users() == {"ada", "bob"}


def test_a_job_that_fails_again_stays_in_the_list(linked: Linked) -> None:
    linked.link("ada")
    linked.spotify.fault("500", times=12, path=TOP)
    linked.run()
    assert list(linked.run(is_retry=True)["failed"]) == ["ada"]
    assert failed(linked.world) == ["ada"]


def test_who_failed_comes_last_the_next_night(linked: Linked) -> None:
    for user in ("ada", "bob"):
        linked.link(user)
    linked.spotify.fault("500", times=6, path=TOP, spotify_id="spotify-ada")
    linked.run()
    assert due(linked.world) == ["ada"]
    linked.clock.now += DAY
    for user in ("ada", "bob"):
        linked.world.accounts.seen(user, linked.clock())
    assert due(linked.world) == ["bob", "ada"]


def test_where_spotify_answers_nobody_only_three_are_asked_for(linked: Linked) -> None:
    for number in range(6):
        linked.link(f"user{number}")
    linked.spotify.fault("503", times=1000, path=TOP)
    told = linked.run()
    assert len(told["failed"]) == len(told["left"]) == 3
    assert "3 listeners in a row" in str(told["stopped"])
    assert linked.calls() == 18
    assert len(due(linked.world)) == 6


def test_three_who_fail_among_others_who_do_not_stop_nobody(linked: Linked) -> None:
    for number in range(6):
        linked.link(f"user{number}")
        if number % 2 == 0:
            linked.spotify.fault("500", times=6, path=TOP, spotify_id=f"spotify-user{number}")
    told = linked.run()
    assert (told["done"], told["stopped"]) == (["user1", "user3", "user5"], None)
    assert failed(linked.world) == ["user0", "user2", "user4"]


def test_a_forbidden_account_is_listed_without_being_asked_for_again(linked: Linked) -> None:
    linked.link("ada", scopes=["user-read-recently-played"])
    linked.run()
    [job] = linked.world.accounts.failed_jobs()
    assert job["attempts"] == 1
    assert "longplay link" in job["error"]
    assert linked.clock.slept == []
    assert linked.world.accounts.get("ada").is_valid


def test_a_refused_account_is_asked_again_another_night_and_the_others_go_on(linked: Linked) -> None:
    ada = linked.link("ada")
    linked.link("bob")
    linked.clock.now += HOUR  # the access token is not fresh any more
    ada.revoke()
    told = linked.run()
    assert told["done"] == ["bob"]
    account = linked.world.accounts.get("ada")
    assert (account.is_valid, account.failures) == (True, 1)
    assert "Refresh token revoked" in str(account.last_error)
    assert failed(linked.world) == []
    assert due(linked.world) == ["ada"]


def test_an_app_that_is_refused_stops_the_night_and_no_account(linked: Linked) -> None:
    linked.link("ada")
    linked.link("bob")
    linked.spotify.fault("premium", times=9, path=TOP)
    told = linked.run()
    assert (told["done"], told["failed"], told["left"]) == ([], {}, ["ada", "bob"])
    assert "Active premium subscription required" in str(told["stopped"])
    assert linked.calls() == 1
    assert [(each.failures, each.is_valid) for each in linked.world.accounts.list()] == [(0, True)] * 2
    assert linked.run()["left"] == ["ada", "bob"]  # the hour is not over
    assert linked.calls() == 1
    linked.spotify.faults.clear()
    linked.clock.now += HOUR
    assert linked.run()["done"] == ["ada", "bob"]


def test_a_refused_access_token_counts_against_the_account(linked: Linked) -> None:
    linked.link("ada").revoke()  # while the access token still looks fresh
    linked.run()
    account = linked.world.accounts.get("ada")
    assert (account.failures, account.is_valid) == (1, True)
    assert linked.clock.slept == []


# Within the budget


def test_a_spent_day_stops_the_run_quietly_with_whole_lists_only(linked: Linked) -> None:
    linked = linked.under(spotify_calls_a_day=20)  # 16 of them for top lists: two listeners
    for user in ("ada", "bob", "cleo"):
        linked.link(user)
    told = linked.run()
    assert (told["done"], told["failed"], told["left"]) == (["ada", "bob"], {}, ["cleo"])
    assert "budget" in str(told["stopped"])
    assert linked.users() == {"ada", "bob"}
    assert due(linked.world) == ["cleo"]
    assert linked.calls() == 12


def test_who_was_left_comes_first_the_next_night(linked: Linked) -> None:
    linked = linked.under(spotify_calls_a_day=20)
    for user in ("ada", "bob", "cleo"):
        linked.link(user)
    linked.run()
    linked.clock.now += DAY + HOUR
    for user in ("ada", "bob", "cleo"):
        linked.world.accounts.seen(user, linked.clock())
    assert linked.run()["done"] == ["cleo", "ada"]


def test_a_budget_of_calls_a_minute_only_slows_a_run_down(linked: Linked) -> None:
    linked = linked.under(spotify_calls_a_minute=8)
    for user in ("ada", "bob", "cleo"):
        linked.link(user)
    assert linked.run()["done"] == ["ada", "bob", "cleo"]
    assert linked.clock.slept
    assert linked.clock() < NIGHT + timedelta(minutes=4)


@pytest.mark.parametrize("kind", ["429", "quota"])
def test_when_spotify_wants_no_calls_for_hours_the_rest_stays_due(linked: Linked, kind: str) -> None:
    linked.link("ada")
    linked.run()
    linked.clock.now += DAY
    linked.link("bob", seen=linked.clock())
    linked.link("cleo", seen=linked.clock())
    linked.spotify.fault(kind, path=TOP, spotify_id="spotify-cleo", retry_after=7200)
    told = linked.run("bob", "cleo")
    assert (told["done"], told["failed"], told["left"]) == (["bob"], {}, ["cleo"])
    assert failed(linked.world) == []
    assert linked.clock.slept == []
    assert linked.run("cleo")["left"] == ["cleo"]
    linked.clock.now += 2 * HOUR
    assert linked.run("cleo")["done"] == ["cleo"]


def test_a_pause_of_seconds_is_waited_for(linked: Linked) -> None:
    linked.link("ada")
    linked.spotify.fault("429", path=TOP, retry_after=7)
    assert linked.run()["done"] == ["ada"]
    assert linked.clock.slept == [7]
