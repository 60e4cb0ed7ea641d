"""A world that follows listeners at a fake Spotify, in a clock that is told the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from assets.listening.commit import resolve_months
from assets.listening.sync import Tick, sync_due
from assets.tables import PLAYS, RAW_PLAYS
from resources.settings import Settings
from resources.spotify.accounts import Tokens
from resources.world import World
from simulator.fake_spotify.service import FakeSpotify, LinkedListener

FIRST_DAY = date(2026, 11, 16)
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Clock:
    """A clock that is told the time."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Live:
    """Listeners, the service they are at, and the world that follows them."""

    def __init__(self, service: FakeSpotify, world: World, clock: Clock) -> None:
        self.service, self.world, self.clock = service, world, clock

    def link(self, listener: LinkedListener) -> None:
        account = self.service.add_account(listener.spotify_id, listener.plays)
        given = account.authorize()
        self.linked_at = self.clock()
        tokens = Tokens(given.access_token, given.refresh_token, "")
        self.world.accounts.link(listener.user_id, listener.spotify_id, tokens, self.clock())

    def tick(self, after: timedelta = timedelta(0), *users: str) -> Tick:
        self.clock.now += after
        return sync_due(self.world, users)

    def live(self, until: datetime, step: timedelta = timedelta(minutes=5)) -> int:
        ticks = 0
        while self.clock.now < until:
            self.tick()
            self.clock.now += step
            ticks += 1
        return ticks

    def plays(self) -> pl.DataFrame:
        months = sorted(self.world.lake.month_rows(RAW_PLAYS))
        resolve_months(self.world, months)
        return self.world.lake.scan(PLAYS).collect()

    def expected(self, listener: LinkedListener) -> set[tuple[str, str, datetime]]:
        """What was visible at the last poll, from the oldest play of the first page on."""
        synced_at = self.world.accounts.get(listener.user_id).synced_at
        assert synced_at is not None
        visible = [play for play in listener.plays if play.visible_from <= synced_at]
        at_first = sorted(play.played_at for play in visible if play.visible_from <= self.linked_at)
        since = at_first[-50:][0] if at_first else self.linked_at
        return {
            (listener.user_id, play.track.track_id, play.played_at)
            for play in visible
            if play.played_at >= since
        }

    def ledger(self) -> list[dict[str, Any]]:
        return self.world.operational.list_imports()


@contextmanager
def live_world(settings: Settings) -> Iterator[Live]:
    """From noon on; nobody is linked yet."""
    clock = Clock(NOON)
    with FakeSpotify(clock) as service:
        addresses = {
            "spotify_api_url": service.api_url,
            "spotify_accounts_url": service.accounts_url,
            "spotify_client_id": service.client_id,
            "spotify_calls_a_day": 100_000,
            "spotify_calls_a_minute": 100_000,
        }
        world = World(settings.model_copy(update=addresses), clock)
        yield Live(service, world, clock)
        world.operational.close()


def told(plays: pl.DataFrame) -> set[tuple[str, str, datetime]]:
    return set(plays.select("user_id", "track_id", "ended_at").iter_rows())


def busiest(people: list[LinkedListener]) -> LinkedListener:
    return next(each for each in people if each.habit.name == "heavy")
