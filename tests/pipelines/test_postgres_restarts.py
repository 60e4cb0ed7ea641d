# ruff: noqa: ANN401 - stand-ins take what they are given
"""PostgreSQL stops under a sync and comes back: no play is lost, none is doubled, nobody need do anything."""

import functools
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sync_processes as syncing
from databases import administer
from live_world import FIRST_DAY, Live, busiest, live_world, told
from own_server import FAST, IMMEDIATE, OwnServer, own_server
from pydantic import SecretStr
from sqlalchemy import make_url

from pipelines.run import POOLS, Runner
from resources.dagster_home import POOL_LIMIT
from resources.postgres import DatabaseUnavailableError
from resources.settings import Settings
from simulator.fake_spotify.service import LinkedListener, accounts_of

STEPS = 8
RESTED = timedelta(minutes=6)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    with own_server(tmp_path_factory.mktemp("restarts") / "postgres") as opened:
        yield opened


@pytest.fixture
def live(server: OwnServer, tmp_path: Path) -> Iterator[Live]:
    settings = Settings(home=tmp_path / "home", database_url=SecretStr(server.database()))
    with live_world(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def someone() -> LinkedListener:
    return busiest(accounts_of(7, 8, 5, first_day=FIRST_DAY))


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> "Steps":
    return Steps(monkeypatch)


class Steps:
    """The steps of a sync that touch the outside; something may happen before one of them, once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken: list[str] = []
        self.meanwhile: dict[int, Callable[[], None]] = {}
        for owner, name in syncing.STEPS:
            monkeypatch.setattr(owner, name, self._watched(getattr(owner, name)))

    def _watched(self, step: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(step)
        def stepped(*args: Any, **kwargs: Any) -> Any:
            self.taken.append(step.__qualname__)
            self.meanwhile.pop(len(self.taken), lambda: None)()
            return step(*args, **kwargs)

        return stepped


def assert_followed(live: Live, someone: LinkedListener) -> None:
    """Every play once, every row accounted for, the account as if nothing had been."""
    plays = live.plays()
    assert told(plays) == live.expected(someone)
    assert plays.height == len(told(plays)) > 40
    assert syncing.unbalanced(live.world) == []
    account = live.world.accounts.get(someone.user_id)
    assert (account.is_valid, account.failures, account.last_error) == (True, 0, None)
    assert live.world.accounts.gaps() == []


@pytest.mark.parametrize("mode", [FAST, IMMEDIATE])
def test_a_sync_does_not_even_notice_a_restart_between_two_of_its_steps(
    live: Live, server: OwnServer, someone: LinkedListener, steps: Steps, mode: str
) -> None:
    live.link(someone)
    steps.meanwhile = {2: lambda: server.restart(mode), 6: lambda: server.restart(mode)}

    assert live.tick().rows > 40

    assert len(steps.taken) == STEPS
    assert not steps.meanwhile
    assert_followed(live, someone)


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_sync_says_that_postgres_is_away_and_the_next_one_goes_on_where_it_was(
    live: Live, server: OwnServer, someone: LinkedListener, steps: Steps, step: int
) -> None:
    live.link(someone)
    steps.meanwhile = {step: lambda: server.stop(IMMEDIATE)}
    try:
        with pytest.raises(DatabaseUnavailableError, match=r"does not answer .*Check that it runs"):
            live.tick()
    finally:
        server.start()

    assert live.tick(RESTED).polled == 1

    assert_followed(live, someone)
    assert live.tick(3 * RESTED).troubles == {}


def test_a_crash_right_after_dagsters_tables_were_made_takes_none_of_them(
    live: Live, server: OwnServer
) -> None:
    url = make_url(live.world.settings.database_url.get_secret_value())  # type: ignore[union-attr]
    administer(url, "ALTER SYSTEM SET wal_writer_delay = '10s'", "SELECT pg_reload_conf()")
    runner = Runner(live.world)
    try:
        assert runner.instance.get_runs() == []
        server.restart(IMMEDIATE)

        storage = runner.instance.event_log_storage
        assert {storage.get_concurrency_info(pool).slot_count for pool in POOLS} == {POOL_LIMIT}
        assert runner.instance.get_runs() == []
    finally:
        administer(url, "ALTER SYSTEM RESET wal_writer_delay", "SELECT pg_reload_conf()")


def test_a_command_whose_postgres_goes_away_says_so_and_works_when_it_is_run_again(
    live: Live, server: OwnServer, someone: LinkedListener, steps: Steps
) -> None:
    live.link(someone)
    runner = Runner(live.world)
    assert runner.instance.get_runs() == []
    steps.meanwhile = {2: lambda: server.stop(IMMEDIATE)}
    try:
        with pytest.raises(DatabaseUnavailableError, match="run the same command again"):
            runner.ask("sync", "poll_accounts", {})
    finally:
        server.start()

    assert runner.ask("sync", "poll_accounts", {})["polled"] == 1

    assert_followed(live, someone)
    told = {run.status for run in runner.instance.get_runs()}
    assert dg.DagsterRunStatus.SUCCESS in told
    assert dg.DagsterRunStatus.STARTED not in told, "a crash may take run history's last moments, no more"
