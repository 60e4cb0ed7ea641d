# ruff: noqa: ANN401 - stand-ins take what they are given
"""Processes that follow linked accounts at a fake Spotify, meet others, and can be killed at a step."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import killable
import polars as pl
from killable import Killer, Worlds

from assets.listening.commit import resolve_months
from assets.listening.sync import Tick, sync_due
from assets.tables import PLAYS
from pipelines import unfinished
from resources.lake import Lake, Staged
from resources.operational import Operational
from resources.settings import Settings
from resources.spotify.accounts import Accounts, Tokens
from resources.spotify.web_api import SpotifyApi
from resources.staged import Replacement
from resources.world import World
from simulator.fake_spotify.service import FakeAccount, FakeSpotify

STEPS: tuple[tuple[Any, str], ...] = (
    (Accounts, "access_token"),
    (SpotifyApi, "recently_played"),
    (Operational, "start_import"),
    (Operational, "update_import"),
    (Operational, "settle"),
    (Lake, "append"),
    (Staged, "add"),
    (Staged, "commit"),
    (Accounts, "add_gap"),
    (Accounts, "polled"),
    (Replacement, "add"),
    (Replacement, "commit"),
)


@dataclasses.dataclass
class Clock:
    """A clock that stands, and travels to other processes."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


class SyncKiller(Killer):
    """Kills before a step of a tick or of what follows it."""

    def arm(self) -> None:
        for owner, name in STEPS:
            setattr(owner, name, self._wrapped(getattr(owner, name)))


@contextmanager
def at_spotify(
    worlds: Worlds, spotify: FakeSpotify, now: datetime, of: World | None = None
) -> Iterator[World]:
    """A world whose Spotify is the fake one; a copy of another with ``of``."""
    with worlds.copy(of) as plain:
        addresses = {
            "spotify_api_url": spotify.api_url,
            "spotify_accounts_url": spotify.accounts_url,
            "spotify_client_id": spotify.client_id,
            "spotify_calls_a_day": 100_000,
            "spotify_calls_a_minute": 100_000,
        }
        world = World(plain.settings.model_copy(update=addresses), clock=Clock(now))
        try:
            yield world
        finally:
            world.operational.close()


def link(world: World, user_id: str, account: FakeAccount) -> None:
    given = account.authorize()
    tokens = Tokens(given.access_token, given.refresh_token, " ".join(given.scopes))
    world.accounts.link(user_id, account.spotify_id, tokens, world.clock())


def tick(world: World, now: datetime, users: tuple[str, ...] = ()) -> Tick:
    """One tick at ``now``, and the plays that follow from it."""
    world.clock = Clock(now)
    ticked = sync_due(world, users)
    resolve_months(world, ticked.months)
    return ticked


def recovered(world: World, now: datetime) -> None:
    """The next tick after a kill, and what the unfinished sensor makes good."""
    unfinished.end_cut_off_imports(world)
    world.clock = Clock(now)
    months = {month for row in unfinished.imports(world) for month in row["months"]}
    resolve_months(world, sorted(months | set(sync_due(world).months)))


class Meeting:
    """Processes that wait for each other: at their start, before raw rows are committed, and before plays."""

    def __init__(self, parties: int, commits: int = 0) -> None:
        context = killable.processes()
        self.start = context.Barrier(parties)
        self.raw = context.Barrier(commits) if commits else None
        self.plays = context.Barrier(commits) if commits else None

    def arm(self) -> None:
        """In each process: both commits wait, once."""
        if self.raw is not None:
            _wait_first(Staged, "commit", self.raw, lambda _: True)
            _wait_first(Replacement, "commit", self.plays, lambda staged: staged.table is PLAYS)
        self.start.wait(60)


def _wait_first(owner: Any, name: str, barrier: Any, is_meant: Any) -> None:
    step, waits = getattr(owner, name), [barrier]

    def stepped(staged: Any, *args: Any) -> Any:
        if waits and is_meant(staged):
            waits.pop().wait(60)
        return step(staged, *args)

    setattr(owner, name, stepped)


def _syncing(
    settings: Settings, now: datetime, users: tuple[str, ...], meeting: Meeting, polled: Any
) -> None:
    world = World(settings, clock=Clock(now))
    meeting.arm()
    ticked = tick(world, now, users)
    with polled.get_lock():
        polled.value += ticked.polled


def _importing(settings: Settings, now: datetime, path: Path, meeting: Meeting) -> None:
    world = World(settings, clock=Clock(now))
    meeting.arm()
    resolve_months(world, killable.read(world, path).months)


def at_once(
    world: World,
    now: datetime,
    syncs: tuple[tuple[str, ...], ...],
    exports: tuple[Path, ...] = (),
    commits: int = 0,
) -> int:
    """Ticks and imports in a process each, at the same moment; how many accounts were polled."""
    context = killable.processes()
    meeting, polled = Meeting(len(syncs) + len(exports), commits), context.Value("i", 0)
    world.operational.close()
    started = [
        *(
            context.Process(target=_syncing, args=(world.settings, now, users, meeting, polled))
            for users in syncs
        ),
        *(context.Process(target=_importing, args=(world.settings, now, path, meeting)) for path in exports),
    ]
    for process in started:
        process.start()
    for process in started:
        process.join(120)
    assert [process.exitcode for process in started] == [0] * len(started)
    return int(polled.value)


def _ticking(settings: Settings, now: datetime, at: int, steps: Any) -> None:
    killer = SyncKiller(at)
    killer.arm()
    tick(World(settings, clock=Clock(now)), now)
    steps.value = killer.count


def killed_tick(world: World, now: datetime, at: int = 0) -> tuple[int, int]:
    """A tick in a process of its own, killed before step ``at`` (0: never); its exit code and its steps."""
    context = killable.processes()
    steps = context.Value("i", 0)
    world.operational.close()
    process = context.Process(target=_ticking, args=(world.settings, now, at, steps))
    process.start()
    process.join(120)
    return int(process.exitcode), int(steps.value)


def plays(world: World) -> list[tuple[Any, ...]]:
    """What was played, whichever poll told it."""
    return world.lake.scan(PLAYS).drop("file", "row").sort("play_id").collect().rows()


def unbalanced(world: World) -> list[tuple[Any, ...]]:
    """Imports that are not completed, or whose rows do not add up."""
    return [
        (row["import_id"], row["status"], row["error"], *counts)
        for row in world.operational.list_imports()
        for counts in [
            [row[name] for name in ("rows_read", "rows_stored", "rows_duplicate", "rows_rejected")]
        ]
        if row["status"] != "completed" or counts[0] != sum(counts[1:])
    ]


def heard(world: World) -> pl.DataFrame:
    """The plays with what tells them from each other: the song and when it ended."""
    return world.lake.scan(PLAYS).select("user_id", "track_id", "started_at", "ended_at", "source").collect()
