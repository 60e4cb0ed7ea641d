"""A refusal that may pass is not final: tokens refused for a while, an app whose owner's Premium lapsed."""

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from live_world import FIRST_DAY, HOUR, Live, busiest, live_world
from rich.console import Console

from pipelines import accounts, linked
from pipelines.exit_codes import Exit
from resources.settings import Settings
from simulator.fake_spotify.service import LinkedListener, accounts_of

DAY = timedelta(days=1)


@pytest.fixture
def live(settings: Settings) -> Iterator[Live]:
    with live_world(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def people() -> list[LinkedListener]:
    return accounts_of(7, 4, 5, first_day=FIRST_DAY)


def calls(live: Live) -> int:
    return len(live.service.calls)


@pytest.mark.parametrize("kind", ["invalid_grant", "401", "403"])
def test_a_false_refusal_costs_minutes_and_stops_nobody(
    live: Live, people: list[LinkedListener], kind: str
) -> None:
    one, other = people[:2]
    live.link(one)
    live.link(other)
    live.tick()
    live.clock.now += 3 * HOUR
    live.service.fault("401", path="recently-played", spotify_id=one.spotify_id)
    if kind != "401":
        path = "/api/token" if kind == "invalid_grant" else "recently-played"
        live.service.fault(kind, path=path, spotify_id=one.spotify_id)

    refused = live.tick()

    assert set(refused.troubles) == {one.user_id}
    said = {"invalid_grant": "Refresh token revoked", "401": "The access token expired", "403": "Forbidden"}
    live.service.faults.clear()
    assert live.world.accounts.get(one.user_id).is_valid
    again = live.tick(timedelta(minutes=5))
    assert (again.polled, again.troubles) == (1, {})
    account = live.world.accounts.get(one.user_id)
    assert (account.failures, account.last_error, account.synced_at) == (0, None, live.clock())
    assert said["invalid_grant" if kind == "invalid_grant" else "401"] in refused.troubles[one.user_id]


def test_a_permission_that_is_gone_stops_the_account_after_a_day_and_is_asked_for_daily(
    live: Live, people: list[LinkedListener]
) -> None:
    one = people[0]
    live.link(one)
    live.tick()
    live.service.fault("invalid_grant", times=1000, path="/api/token", spotify_id=one.spotify_id)
    live.clock.now += 3 * HOUR

    def tries(until: timedelta) -> list[timedelta]:
        """When Spotify was asked, looking whenever the account is due."""
        before, asked = calls(live), []
        while (due_at := live.world.accounts.get(one.user_id).due_at) <= began + until:
            live.clock.now = max(due_at, live.clock())
            live.tick()
            asked.append(live.clock() - began)
        assert len(asked) == calls(live) - before
        return asked

    began = live.clock()
    first_day = tries(24 * HOUR)
    assert [at / HOUR for at in first_day] == pytest.approx(
        [0, 1 / 12, 1 + 1 / 12, 7.083, 13.083, 19.083], abs=0.01
    )
    assert live.world.accounts.get(one.user_id).is_valid  # the day is not over
    assert len(tries(26 * HOUR)) == 1
    stopped = live.world.accounts.get(one.user_id)
    assert not stopped.is_valid
    assert "Refresh token revoked" in str(stopped.last_error)
    assert len(tries(25 * HOUR + 4 * DAY)) == 3  # once a day

    live.service.faults.clear()
    live.tick(DAY)
    back = live.world.accounts.get(one.user_id)
    assert (back.is_valid, back.failures, back.last_error) == (True, 0, None)
    told = live.world.events.since(0, ["account.quarantined", "account.recovered"])
    assert [event["type"] for event in told] == ["account.quarantined", "account.recovered"]


@pytest.mark.parametrize(
    ("kind", "path", "details"),
    [
        ("premium", "recently-played", {}),
        ("premium", "recently-played", {"text": "The owner of this app must be a Premium user."}),
        ("403", "recently-played", {"message": "Your application has been disabled: check your app"}),
        ("invalid_client", "/api/token", {}),
    ],
)
def test_a_refused_app_postpones_everybody_and_stops_nobody(
    live: Live, people: list[LinkedListener], kind: str, path: str, details: dict[str, str]
) -> None:
    for each in people[:3]:
        live.link(each)
    live.tick()
    live.clock.now += 3 * HOUR
    live.service.fault(kind, times=10_000, path=path, **details)
    before = calls(live)

    first = live.tick()
    live.live(live.clock() + 6 * HOUR, step=HOUR / 2)

    assert first.polled == 0
    assert "no account can be asked" in str(first.stopped)
    assert all((each.is_valid, each.failures) == (True, 0) for each in live.world.accounts.list())
    assert calls(live) - before <= 3 * 2 + 6 * 2  # one account an hour, perhaps with a refresh
    live.service.faults.clear()
    live.clock.now += HOUR
    assert [live.tick().polled for _ in range(2)] == [1, 2]
    assert all(each.synced_at and each.last_error is None for each in live.world.accounts.list())
    assert live.world.budget.app_refused() is None


def test_a_person_tries_at_once_hears_spotifys_reason_and_gets_an_exit_code(
    live: Live, people: list[LinkedListener]
) -> None:
    """One world for all of it: a command starts a Dagster run."""
    someone = busiest(people)
    terminal = Console(file=io.StringIO(), width=200)
    user, world = someone.user_id, live.world

    def said() -> str:
        assert isinstance(terminal.file, io.StringIO)
        text = terminal.file.getvalue()
        terminal.file = io.StringIO()
        return text

    def show_linked() -> None:
        linked.show(terminal, linked.linked(world))

    assert linked.linked(world) is None
    assert accounts.sync(world, terminal, []) == Exit.UNKNOWN
    assert accounts.sync(world, terminal, ["nobody"]) == accounts.retry(world, terminal, ["nobody"])
    assert said().count("longplay link") == 3
    live.link(someone)
    for hours in (0, 12, 12):
        live.clock.now += hours * HOUR
        world.accounts.refused(user, live.clock(), "as it was told")
    live.service.fault("invalid_grant", times=1, path="/api/token", description="Token was revoked")

    assert accounts.sync(world, terminal, [user]) == Exit.SPOTIFY
    told = said()
    assert f"{user} is stopped" in told
    assert "Token was revoked" in told
    show_linked()
    status = said()
    assert "Token was revoked" in status
    assert "stopped" in status

    live.service.fault("premium", times=1, path="recently-played")
    assert accounts.retry(world, terminal, []) == Exit.SPOTIFY
    assert "Active premium subscription required for the owner of the app" in said()
    show_linked()
    assert "Active premium subscription required" in said()

    assert accounts.retry(world, terminal, [user]) == Exit.DONE  # at once, though the app's hour is not over
    assert world.accounts.get(user).is_valid
    assert accounts.retry(world, terminal, [user]) == Exit.DONE
    assert "Nothing has failed" in said()
    assert not any(secret in status + told for secret in live.service.secrets)
