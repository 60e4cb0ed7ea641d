"""Following linked accounts against a real HTTP server, a real PostgreSQL and a real lake."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import polars as pl
import pytest
from live_world import FIRST_DAY, HOUR, NOON, Live, busiest, live_world, told
from sqlalchemy import text

from assets.listening.commit import resolve_months
from assets.tables import PLAYS, RAW_PLAYS, REJECTED_ROWS
from pipelines import unfinished
from pipelines.sync import accounts_due, sync_job
from resources.postgres import DatabaseUnavailableError
from resources.settings import Settings
from resources.world import World
from simulator.fake_spotify.service import LinkedListener, accounts_of


@pytest.fixture
def live(settings: Settings) -> Iterator[Live]:
    with live_world(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def people() -> list[LinkedListener]:
    return accounts_of(7, 8, 5, first_day=FIRST_DAY)


def test_every_play_that_was_shown_is_stored_once_or_in_a_gap_that_is_told(
    live: Live, people: list[LinkedListener]
) -> None:
    for each in people:
        live.link(each)
    live.live(NOON + 24 * HOUR)

    plays = live.plays()

    seen = told(plays)
    assert plays.height == len(seen)
    gaps = live.world.accounts.gaps()
    for each in people:
        wanted = live.expected(each)
        assert {play for play in seen if play[0] == each.user_id} <= wanted
        lost = wanted - seen
        mine = [gap for gap in gaps if gap["user_id"] == each.user_id]
        assert all(any(gap["after_at"] < at < gap["before_at"] for gap in mine) for _, _, at in lost)
        assert not mine or each.habit.name in ("quick skipper", "bursty")
    for row in live.ledger():
        assert row["status"] == "completed"
        assert row["rows_read"] == row["rows_stored"] + row["rows_duplicate"] + row["rows_rejected"]


def steady(people: list[LinkedListener]) -> list[LinkedListener]:
    return [each for each in people if each.habit.name in ("steady", "heavy")]


def mine(plays: pl.DataFrame, listener: LinkedListener) -> set[tuple[str, str, datetime]]:
    return {play for play in told(plays) if play[0] == listener.user_id}


def test_a_day_is_one_row_of_the_ledger_and_what_the_last_page_had_is_not_read_again(
    live: Live, people: list[LinkedListener]
) -> None:
    someone = busiest(people)
    live.link(someone)

    first, second = live.tick(), live.tick(HOUR * 2)

    assert first.rows > 0
    assert second.polled == 1
    raw = live.world.lake.scan(RAW_PLAYS).collect()
    assert raw.height == first.rows + second.rows == raw.select("track_uri", "ended_at").n_unique()
    assert [row["rows_read"] for row in live.ledger()] == [raw.height]
    live.tick(24 * HOUR)
    assert len(live.ledger()) == 2


def test_all_accounts_of_a_tick_share_a_file_a_month(live: Live, people: list[LinkedListener]) -> None:
    for each in people:
        live.link(each)

    live.tick()

    assert len(live.world.lake.files(RAW_PLAYS.name, live.world.lake.version(RAW_PLAYS))) == 1


def test_nobody_is_asked_again_within_five_minutes_nor_before_they_are_due(
    live: Live, people: list[LinkedListener]
) -> None:
    someone = busiest(people)
    live.link(someone)

    assert live.tick().polled == 1
    assert live.tick(timedelta(minutes=6)).polled == 0
    assert live.tick(timedelta(0), someone.user_id).polled == 1
    assert live.tick(timedelta(minutes=4), someone.user_id).polled == 0


def test_an_account_that_another_process_polls_is_left_to_it(
    live: Live, people: list[LinkedListener]
) -> None:
    someone = busiest(people)
    live.link(someone)

    with live.world.accounts.lock(someone.user_id):
        assert live.tick().polled == 0
    assert live.tick().polled == 1


@pytest.mark.parametrize("kind", ["500", "503", "drop", "not_json", "half", "no_items"])
def test_a_broken_answer_costs_nothing_but_five_minutes(
    live: Live, people: list[LinkedListener], kind: str
) -> None:
    one, other = steady(people)[:2]
    live.link(one)
    live.link(other)
    live.service.fault(kind, path="recently-played", spotify_id=one.spotify_id)

    first = live.tick()

    assert first.polled == 2
    assert set(first.troubles) == {one.user_id}
    assert live.world.accounts.get(one.user_id).failures == 0
    live.tick(timedelta(minutes=5))
    assert mine(live.plays(), one) == live.expected(one)
    assert mine(live.plays(), other) == live.expected(other)
    assert live.world.accounts.get(one.user_id).last_error is None


def test_strange_items_are_rejected_rows_and_the_plays_among_them_are_kept(
    live: Live, people: list[LinkedListener]
) -> None:
    someone = busiest(people)
    live.link(someone)
    live.service.fault("strange_items", path="recently-played")

    live.tick()

    music = live.plays().filter(pl.col("kind") == "music")
    assert told(music) == live.expected(someone)
    (row,) = live.ledger()
    rejected = live.world.lake.scan(REJECTED_ROWS).collect()
    assert row["rows_rejected"] == rejected.height > 5
    assert row["rows_read"] == row["rows_stored"] + row["rows_duplicate"] + row["rows_rejected"]
    assert row["status"] == "completed"


def test_a_day_without_a_network_ends_no_account_and_what_it_hid_is_told(
    live: Live, people: list[LinkedListener]
) -> None:
    for each in people:
        live.link(each)
    live.tick()
    live.service.fault("drop", times=100_000)
    live.live(NOON + 24 * HOUR, step=timedelta(minutes=30))
    assert {each.synced_at for each in live.world.accounts.list()} == {NOON}
    live.service.faults.clear()

    live.live(NOON + 26 * HOUR)

    seen, gaps = told(live.plays()), live.world.accounts.gaps()
    for each in people:
        account = live.world.accounts.get(each.user_id)
        assert account.is_valid
        assert account.last_error is None
        lost = live.expected(each) - seen
        own = [gap for gap in gaps if gap["user_id"] == each.user_id]
        assert bool(lost) <= bool(own)
        assert all(any(gap["after_at"] < at < gap["before_at"] for gap in own) for _, _, at in lost)


def test_an_access_token_that_ends_early_is_replaced_at_the_next_try(
    live: Live, people: list[LinkedListener]
) -> None:
    someone = busiest(people)
    live.link(someone)
    live.service._accounts[someone.spotify_id].expire_access()

    assert set(live.tick().troubles) == {someone.user_id}
    assert live.tick(timedelta(minutes=5)).troubles == {}
    assert live.world.accounts.get(someone.user_id).failures == 0


@pytest.mark.parametrize(("kind", "wait"), [("429", 600), ("quota", 7200)])
def test_a_429_stops_everybody_until_its_time(
    live: Live, people: list[LinkedListener], kind: str, wait: int
) -> None:
    for each in people:
        live.link(each)
    live.service.fault(kind, retry_after=wait)

    stopped = live.tick()
    calls = len(live.service.calls)
    waiting = live.tick(timedelta(seconds=wait - 1))

    assert stopped.stopped
    assert waiting.stopped
    assert waiting.polled == 0
    assert len(live.service.calls) == calls
    assert live.tick(timedelta(seconds=1)).polled >= len(people) - 5
    assert all(each.is_valid and not each.failures for each in live.world.accounts.list())


def test_with_too_few_calls_everybody_is_asked_in_turn(live: Live, people: list[LinkedListener]) -> None:
    few = live.world.settings.model_copy(update={"spotify_calls_a_day": 60})
    world = World(few, live.clock)
    for each in people:
        live.link(each)
    live.world.operational.close()
    live.world = world

    live.live(NOON + 30 * HOUR, step=timedelta(minutes=10))

    calls = [call for call in live.service.calls if call.path.endswith("recently-played")]
    asked = {each.spotify_id: [c.at for c in calls if c.spotify_id == each.spotify_id] for each in people}
    assert all(len(times) >= 4 for times in asked.values())
    for at in (call.at for call in calls):
        assert sum(at - 24 * HOUR < call.at <= at for call in calls) <= 60
    rows = live.plays()
    assert rows.height == len(told(rows))


def test_a_database_that_goes_away_in_the_middle_loses_nothing(
    live: Live, people: list[LinkedListener], monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = busiest(people)
    live.link(someone)
    ask, engine = live.world.spotify.recently_played, live.world.operational.engine

    def answer_and_die(token: str) -> dict[str, object]:
        answer = ask(token)
        monkeypatch.setattr(live.world.spotify, "recently_played", ask)
        with engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        return answer

    monkeypatch.setattr(live.world.spotify, "recently_played", answer_and_die)
    with suppress(DatabaseUnavailableError):
        live.tick()
    live.tick(timedelta(minutes=5), someone.user_id)

    plays = live.plays()
    assert told(plays) == live.expected(someone)
    assert plays.height == len(told(plays))


def test_an_account_unlinked_in_the_middle_keeps_what_it_had(
    live: Live, people: list[LinkedListener]
) -> None:
    someone = busiest(people)
    live.link(someone)
    live.tick()
    before = told(live.plays())

    assert live.world.accounts.unlink(someone.user_id, live.clock())
    assert live.tick(3 * HOUR, someone.user_id).polled == 0
    assert told(live.plays()) == before


def test_undoing_a_day_of_sync_takes_its_plays_and_the_next_day_goes_on(
    live: Live, people: list[LinkedListener]
) -> None:
    someone = busiest(people)
    live.link(someone)
    live.live(NOON + 10 * HOUR)
    live.plays()
    (row,) = live.ledger()

    months = unfinished.take_out(live.world, str(row["import_id"]))
    resolve_months(live.world, months)
    assert live.world.lake.scan(PLAYS).collect().is_empty()
    live.live(NOON + 30 * HOUR)

    plays = live.plays()
    assert not plays.is_empty()
    assert min(plays["ended_at"].to_list()) > NOON + 6 * HOUR
    for row in (row for row in live.ledger() if row["status"] != "undone"):
        assert row["rows_read"] == row["rows_stored"] + row["rows_duplicate"] + row["rows_rejected"]


def test_the_sensor_asks_when_somebody_is_due_and_calls_are_allowed(
    live: Live, people: list[LinkedListener], instance: dg.DagsterInstance
) -> None:
    def asked() -> str:
        told: Any = accounts_due(dg.build_sensor_context(instance=instance, resources={"world": live.world}))
        if isinstance(told, dg.SkipReason):
            return str(told.skip_message)
        return str([request.run_key for request in told.run_requests])

    assert asked() == "No linked account is due."
    live.link(busiest(people))
    assert asked() == "['sync:2026-11-18T12:00']"
    live.world.budget.pause("quota", NOON + HOUR)
    assert asked() == "Spotify asked for no calls until 2026-11-18 13:00 UTC."
    live.clock.now += HOUR
    assert asked() == "['sync:2026-11-18T13:00']"
    live.tick()
    assert asked() == "No linked account is due."


def test_the_job_reports_the_months_it_touched_and_the_tables_follow_them(
    live: Live, people: list[LinkedListener], instance: dg.DagsterInstance
) -> None:
    live.link(busiest(people))

    result = sync_job.execute_in_process(instance=instance, resources={"world": live.world})

    assert result.success
    made = instance.fetch_materializations(dg.AssetKey("raw_plays"), limit=5).records
    assert [record.partition_key for record in made] == ["2026-11"]
    assert result.output_for_node("poll_accounts")["polled"] == 1


@pytest.mark.parametrize("strange", ["\0", "\ud800", "yesterday\n"])
def test_an_item_whose_time_no_database_takes_is_rejected_once_and_stops_nobody(
    live: Live, people: list[LinkedListener], monkeypatch: pytest.MonkeyPatch, strange: str
) -> None:
    live.link(busiest(people))
    good = live.world.spotify.recently_played

    def spoiled(token: str) -> dict[str, Any]:
        answer = good(token)
        first, *rest = answer["items"]
        return answer | {"items": [first | {"played_at": strange}, *rest]}

    monkeypatch.setattr(live.world.spotify, "recently_played", spoiled)
    assert live.tick().troubles == {}
    assert live.tick(timedelta(minutes=6), busiest(people).user_id).rows <= 6
    assert live.world.lake.scan(RAW_PLAYS).collect().height >= 49
    assert live.world.lake.scan(REJECTED_ROWS).filter(reason="bad_time").collect().height >= 1
