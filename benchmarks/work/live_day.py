"""A day of linked accounts in fast time, against a Spotify of our own that has its bad hours."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from assets.listening.commit import resolve_months
from assets.listening.sync import sync_due
from assets.tables import PLAYS, RAW_PLAYS
from resources.settings import Settings
from resources.spotify.accounts import Tokens
from resources.world import World
from simulator.fake_spotify.service import Call, FakeAccount, FakeSpotify, LinkedListener, accounts_of

_FIRST_DAY = date(2026, 11, 16)
_DAYS = 3
_LINKED_AT = datetime(2026, 11, 17, 6, tzinfo=UTC)
_FOLLOWED = timedelta(days=1)
_STEP = timedelta(minutes=5)
_SEED = 9
_REVOKED, _NOT_REGISTERED = 3, 5
"""Numbers of the accounts that are taken back, or refused, in the middle of the day."""


def prepare(home: str, accounts: str, calls_a_day: str) -> Callable[[], dict[str, Any]]:
    """A fresh home; PostgreSQL, the listeners and the service are start-up."""
    people = accounts_of(_SEED, int(accounts), _DAYS, first_day=_FIRST_DAY)
    clock = [_LINKED_AT]
    service = FakeSpotify(lambda: clock[0], calls_a_day=int(calls_a_day), rotates=True)
    service.__enter__()
    settings = Settings(
        home=Path(home),
        spotify_api_url=service.api_url,
        spotify_accounts_url=service.accounts_url,
        spotify_client_id=service.client_id,
        spotify_calls_a_day=int(calls_a_day),
    )
    world = World(settings, lambda: clock[0])
    accounts_at = _link(world, service, people)

    def job() -> dict[str, Any]:
        ticks = _follow(world, service, clock, accounts_at)
        figures = _figures(world, service, people)
        service.__exit__()
        return {**figures, "ticks": ticks}

    return job


def _link(world: World, service: FakeSpotify, people: list[LinkedListener]) -> list[FakeAccount]:
    linked = []
    for each in people:
        account = service.add_account(each.spotify_id, each.plays)
        given = account.authorize()
        tokens = Tokens(given.access_token, given.refresh_token, " ".join(given.scopes))
        world.accounts.link(each.user_id, each.spotify_id, tokens, world.clock())
        linked.append(account)
    return linked


def _follow(world: World, service: FakeSpotify, clock: list[datetime], linked: list[FakeAccount]) -> int:
    """A look every five minutes, as the sensor takes; returns those that found somebody due."""
    chance, ticks = random.Random(_SEED), 0
    while clock[0] < _LINKED_AT + _FOLLOWED:
        _bad_hours(service, chance, clock[0] - _LINKED_AT, linked)
        ticks += sync_due(world).polled > 0
        clock[0] += _STEP
    service.faults.clear()
    return ticks


def _bad_hours(
    service: FakeSpotify, chance: random.Random, since: timedelta, linked: list[FakeAccount]
) -> None:
    """Now and then something goes wrong; for an hour everything does; two people are lost to us."""
    service.faults.clear()
    hour = since / timedelta(hours=1)
    if 9 <= hour < 10:
        service.fault("drop", times=10_000)
    elif chance.random() < 0.3:
        kind = chance.choice(
            ["500", "502", "503", "drop", "not_json", "half", "no_items", "strange_items", "slow"]
        )
        service.fault(kind, times=chance.randint(1, 3), path="recently-played", **_details(kind))
    if chance.random() < 0.02:
        service.fault("429", retry_after=chance.randint(20, 900))
    if abs(hour - 12) < 0.01:
        service.fault("quota", retry_after=1800)
        linked[_REVOKED].revoke()
        linked[_NOT_REGISTERED].is_registered = False


def _details(kind: str) -> dict[str, Any]:
    return {"seconds": 0.01} if kind == "slow" else {}


def _figures(world: World, service: FakeSpotify, people: list[LinkedListener]) -> dict[str, Any]:
    """What was stored against what was shown, until each account's last poll."""
    resolve_months(world, sorted(world.lake.month_rows(RAW_PLAYS)))
    music = world.lake.scan(PLAYS).filter(pl.col("kind") == "music")  # the faults bring an episode or two
    plays = music.select("user_id", "track_id", "ended_at").collect()
    stored, gaps = set(plays.iter_rows()), world.accounts.gaps()
    accounts = {each.user_id: each for each in world.accounts.list()}
    calls = [call for call in service.calls if call.path.startswith("/v1/")]
    began = _first_polls(calls)
    wanted = {
        play
        for each in people
        for play in _shown(each, began.get(each.spotify_id), accounts[each.user_id].synced_at)
    }
    everything = {
        (each.user_id, play.track.track_id, play.played_at) for each in people for play in each.plays
    }
    lost = wanted - stored
    untold = [play for play in lost if not any(_covers(gap, play) for gap in gaps)]
    polls = [0 for _ in people]
    number = {each.spotify_id: at for at, each in enumerate(people)}
    for call in calls:
        if call.spotify_id in number:
            polls[number[call.spotify_id]] += 1
    return {
        "shown": len(wanted),
        "stored": len(wanted & stored),
        "invented": len(stored - everything),
        "doubled": plays.height - len(stored),
        "lost_in_gaps": len(lost) - len(untold),
        "lost_untold": len(untold),
        "gaps": len(gaps),
        "calls": len(calls),
        "refused": sum(call.status == 429 for call in calls),
        "fewest_polls": min(polls),
        "most_polls": max(polls),
        "longest_wait_h": round(_longest_wait(calls) / timedelta(hours=1), 1),
        "quarantined": sum(not each.is_valid for each in accounts.values()),
        "unbalanced": _unbalanced(world),
    }


def _first_polls(calls: list[Call]) -> dict[str | None, datetime]:
    return {call.spotify_id: call.at for call in reversed(calls) if call.status == 200}


def _shown(
    listener: LinkedListener, first_poll: datetime | None, last_poll: datetime | None
) -> set[tuple[str, str, datetime]]:
    """From the oldest play of the first page to what was visible at the last poll."""
    if first_poll is None or last_poll is None:
        return set()
    visible = [play for play in listener.plays if play.visible_from <= last_poll]
    first_page = sorted(play.played_at for play in visible if play.visible_from <= first_poll)[-50:]
    since = first_page[0] if first_page else first_poll
    return {
        (listener.user_id, play.track.track_id, play.played_at) for play in visible if play.played_at >= since
    }


def _covers(gap: dict[str, Any], play: tuple[str, str, datetime]) -> bool:
    return bool(gap["user_id"] == play[0] and gap["after_at"] < play[2] < gap["before_at"])


def _longest_wait(calls: list[Call]) -> timedelta:
    """The longest time that any account went without an answer."""
    told = pl.DataFrame(
        [(call.spotify_id, call.at) for call in calls if call.status == 200],
        orient="row",
        schema=["who", "at"],
    )
    waits = told.sort("at").select(pl.col("at").diff().over("who").max())
    return waits.item() or timedelta(0)


def _unbalanced(world: World) -> int:
    rows = world.operational.list_imports()
    counts = ("rows_stored", "rows_duplicate", "rows_rejected")
    return sum(row["rows_read"] != sum(row[name] for name in counts) for row in rows)
