"""Listeners linked to a fake Spotify, and the job of their top lists over them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import dagster as dg
import polars as pl

from assets.stats.spotify_top import TABLES
from assets.tables import SPOTIFY_TOP_TRACKS
from pipelines.top_stats import top_stats_job
from resources.settings import Settings
from resources.spotify.accounts import Tokens
from resources.world import World
from simulator.fake_spotify.service import ALL_SCOPES, FakeAccount, FakeSpotify, ShownPlay, Track

NIGHT = datetime(2026, 11, 21, 3, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TOP = "/v1/me/top/"


@dataclass
class Clock:
    """Time that passes when somebody sleeps; what else happens meanwhile is ``meanwhile``."""

    now: datetime = NIGHT
    slept: list[float] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        self.meanwhile()


@dataclass
class Linked:
    """A world whose listeners are linked to a fake Spotify."""

    world: World
    spotify: FakeSpotify
    clock: Clock
    instance: dg.DagsterInstance

    def under(self, **changes: object) -> Self:
        """The same under other settings."""
        settings = self.world.settings.model_copy(update=changes)
        other = World(settings, clock=self.clock, sleep=self.clock.sleep)
        other.operational = self.world.operational
        return replace(self, world=other)

    def link(
        self,
        user: str,
        plays: Sequence[ShownPlay] = (),
        *,
        seen: datetime | None = NIGHT,
        scopes: Sequence[str] = ALL_SCOPES,
    ) -> FakeAccount:
        """Links a listener who was last seen at a moment."""
        account = self.spotify.add_account(f"spotify-{user}", plays or played(user))
        given = account.authorize(scopes)
        tokens = Tokens(given.access_token, given.refresh_token, " ".join(given.scopes))
        self.world.accounts.link(user, account.spotify_id, tokens, self.clock())
        if seen is not None:
            self.world.accounts.seen(user, seen)
        return account

    def run(self, *users: str, is_retry: bool = False) -> dict[str, Any]:
        """What the job says."""
        config = {"ops": {"refresh_top": {"config": {"users": list(users), "is_retry": is_retry}}}}
        return self.run_config(config)

    def run_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        result = top_stats_job.execute_in_process(
            run_config={**config, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            instance=self.instance,
            resources={"world": self.world},
        )
        told: dict[str, Any] = result.output_for_node("refresh_top")
        return told

    def names(self, user: str, term: str = "short_term") -> list[str]:
        """Titles of a listener's list in the lake."""
        rows = self.world.lake.scan(SPOTIFY_TOP_TRACKS).filter(user_id=user, term=term).sort("rank").collect()
        return rows["track_name"].to_list()

    def users(self) -> set[str]:
        """Listeners with a list in either table."""
        tables = [self.world.lake.scan(table).select("user_id").collect() for table in TABLES.values()]
        return set(pl.concat(tables)["user_id"])

    def calls(self, user: str | None = None) -> int:
        """Calls for top lists that Spotify saw."""
        calls = [call for call in self.spotify.calls if call.path.startswith(TOP)]
        return sum(user is None or call.spotify_id == f"spotify-{user}" for call in calls)

    def visit(self, user: str) -> int:
        return self.world.events.append(type="page.visited", user_id=user).event_id


def played(user: str, *, times: int = 3, at: datetime = NIGHT - DAY, name: str = "song") -> list[ShownPlay]:
    """Two tracks of a listener's own, the first played more often."""
    tracks = [
        Track(f"{user}{name}{n}".ljust(22, "x"), f"{user} {name} {n}", (f"{user} band",), "LP", 1)
        for n in (1, 2)
    ]
    return [
        ShownPlay(track, at - n * HOUR, at - n * HOUR)
        for n, track in enumerate([tracks[0]] * times + [tracks[1]])
    ]


@contextmanager
def linked_world(settings: Settings, instance: dg.DagsterInstance) -> Iterator[Linked]:
    """A world and a fake Spotify that live in one clock; nobody is linked yet."""
    clock = Clock()
    with FakeSpotify(clock) as spotify:
        urls = {"spotify_api_url": spotify.api_url, "spotify_accounts_url": spotify.accounts_url}
        known = settings.model_copy(update={**urls, "spotify_client_id": spotify.client_id})
        world = World(known, clock=clock, sleep=clock.sleep)
        yield Linked(world, spotify, clock, instance)
        world.operational.close()
