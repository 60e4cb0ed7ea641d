"""``longplay demo --live``: an account linked and followed for two days in fast time, then its export.

Everything is real but Spotify, which a server on loopback stands in for: the login, the sealed tokens,
the polls, the tables, Spotify's top lists, the look-ups, and the export that replaces what sync could
only estimate.
"""

import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Final

from rich.console import Console
from rich.progress import track

from assets.listening.sync import Tick, sync_due
from assets.listening.synced import is_synced
from pipelines import commands, linked
from pipelines.link import link
from pipelines.run import Runner
from resources.world import World
from simulator import write_extended
from simulator.fake_spotify.service import FakeSpotify, LinkedListener, accounts_of

USER: Final = "live"
_FOLLOWED: Final = timedelta(days=2)
_STEP: Final = timedelta(minutes=5)
_LOOKED_UP_WITHIN: Final = timedelta(minutes=10)


@dataclass
class Clock:
    """Tells the time it was told."""

    now: datetime

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Passes time."""
        self.now += timedelta(seconds=seconds)


def demo_live(world: World, console: Console, seed: int) -> int:
    """Links a simulated account, follows it, imports its export, and shows what became of the rows."""
    now = world.clock()
    listener = _listener(now, seed)
    clock = Clock(now - _FOLLOWED)
    with FakeSpotify(clock) as service:
        service.add_account(listener.spotify_id, listener.plays)
        live = _at(world, service, clock)
        console.print("A Spotify of our own answers on loopback; nothing leaves this machine.")
        if code := link(live, console, USER, _say_yes):
            return code
        ticks = _follow(live, clock, now - _LOOKED_UP_WITHIN)
        rows = sum(tick.rows for tick in ticks)
        polls = sum(tick.polled for tick in ticks)
        console.print(f"Two days followed: {polls} polls, {rows} plays as Spotify reports them.")
        months = sorted({month for tick in ticks for month in tick.months})
        runner = Runner(live)
        runner.follow(months, [USER])
        _ask_for_more(live, console, runner)
        linked.show(console, linked.linked(live))
        console.print("Its export arrives: exact times take the place of estimates.")
        code = _import_export(live, console, listener, seed)
    world.accounts.unlink(USER, now)  # nobody answers for it any more
    console.print("The account is unlinked again: its Spotify ended with the demo. Its plays stay.")
    return code


def _listener(now: datetime, seed: int) -> LinkedListener:
    """Somebody who listens much, over the last days until now."""
    days = _FOLLOWED.days + 3
    people = accounts_of(seed, 1, days, first_day=(now - timedelta(days=days)).date())
    return people[0]


def _at(world: World, service: FakeSpotify, clock: Clock) -> World:
    """The same home, with Spotify at the service's addresses and its clock."""
    addresses = {
        "spotify_api_url": service.api_url,
        "spotify_accounts_url": service.accounts_url,
        "spotify_client_id": service.client_id,
        "spotify_redirect_port": _free_port(),
    }
    return World(world.settings.model_copy(update=addresses), clock, sleep=clock.sleep)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _say_yes(url: str) -> None:
    """A browser and a person in one: asks for the page, which sends it back to us."""
    import requests  # noqa: PLC0415

    Thread(target=lambda: requests.get(url, timeout=60), daemon=True).start()


def _follow(world: World, clock: Clock, until: datetime) -> list[Tick]:
    steps = int((until - clock.now) / _STEP)
    ticks = []
    for _ in track(range(steps), "Two days in fast time"):
        ticks.append(sync_due(world))
        clock.now += _STEP
    return ticks


def _ask_for_more(world: World, console: Console, runner: Runner) -> None:
    """Spotify's own top lists, and what it knows of the tracks that were played.

    Not of other people's tracks: this Spotify has none of them, and they would count as gone for good.
    """
    runner.ask("top_stats", "refresh_top", {"users": [USER]})
    console.print("Spotify's own top lists are fetched.")
    if {user["user_id"] for user in world.operational.list_users()} == {USER}:
        told = runner.ask("enrich", "look_items_up", {})
        console.print(f"{told['answered']} tracks, albums and artists of the catalogue are looked up.")


def _import_export(world: World, console: Console, listener: LinkedListener, seed: int) -> int:
    with TemporaryDirectory() as folder:
        export = Path(folder) / "my_spotify_data.zip"
        write_extended(listener.truth, export, seed=seed)
        code = commands.import_paths(world, console, [export], USER, is_confirmed=True)
    synced = [row for row in world.operational.list_imports() if is_synced(row)]
    replaced, read = (sum(row[name] for row in synced) for name in ("rows_duplicate", "rows_read"))
    console.print(f"{replaced} of {read} synced rows are told by the export now, to the millisecond.")
    return code
