"""A crowd that listens at random, and the marts of theirs that plain Python makes."""

import random
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from marts.world import MINUTE, Row, World, at, play, track

ZONES = {"r0": "Europe/Berlin", "r1": "America/New_York", "r2": "Asia/Kolkata", "r3": "Pacific/Auckland"}
LENGTHS = {f"r{n}": 15_000 + 40_000 * n for n in range(12)}
KINDS = ("music", "music", "music", "podcast")
GAPS_MS = (0, 0, 1_000, 20 * MINUTE, 20 * MINUTE + 1, 90 * MINUTE, 17 * 60 * MINUTE, 50 * 60 * MINUTE)


def random_world(seed: int) -> World:
    """Plays with silences at and around the gap, some private, some of no known length."""
    source = random.Random(seed)
    plays = [row for user in ZONES for row in _plays(user, source)]
    source.shuffle(plays)
    zones = [
        {"user_id": user, "time_zone": zone, "is_time_zone_guessed": True} for user, zone in ZONES.items()
    ]
    tracks = [track(name, f"artist {name[-1]}", duration_ms=length) for name, length in LENGTHS.items()]
    return {"plays": plays, "tracks": tracks, "listeners": zones}


def _plays(user: str, source: random.Random) -> Iterator[Row]:
    now = at("2024-01-20 00:00")
    for n in range(300):
        name = source.choice(list(LENGTHS))
        ms = source.choice([0, 5_000, 29_999, LENGTHS[name], LENGTHS[name], None])
        more = {
            "track_id": name,
            "kind": source.choice(KINDS),
            "reason_end": source.choice(["trackdone", "fwdbtn", None]),
            "is_skipped": source.choice([True, False, None]),
        }
        private = source.choice([True, False, False, None])
        yield play(f"{user}_{n:03}", now, ms, user_id=user, is_incognito=private, **more)
        now += timedelta(milliseconds=(LENGTHS[name] if ms is None else ms) + source.choice(GAPS_MS))


def _public(world: World) -> list[Row]:
    crowd = (row for row in world["plays"] if row["user_id"] in ZONES and not row.get("is_incognito"))
    return sorted(crowd, key=lambda row: (row["user_id"], row["started_at"], row["play_id"]))


def _local_date(row: Row) -> date:
    started_at: datetime = row["started_at"]
    return started_at.astimezone(ZoneInfo(ZONES[row["user_id"]])).date()


def _ms(row: Row) -> int:
    return LENGTHS[row["track_id"]] if row["ms_played"] is None else int(row["ms_played"])


def _is_counted(row: Row) -> bool:
    is_complete = row.get("reason_end") == "trackdone" and _ms(row) > 0
    return row["ms_played"] is None or row["ms_played"] >= 30_000 or is_complete


def listening_days(world: World) -> list[tuple[Any, ...]]:
    """(user, day, kind, plays, counted, ms, tracks, skips), in the mart's order."""

    def key(row: Row) -> tuple[Any, ...]:
        return row["user_id"], _local_date(row), row["kind"]

    days = ((name, list(day)) for name, day in groupby(sorted(_public(world), key=key), key))
    return [
        (
            *name,
            len(day),
            sum(map(_is_counted, day)),
            sum(map(_ms, day)),
            len({row["track_id"] for row in day}),
            sum(bool(row["is_skipped"]) for row in day),
        )
        for name, day in days
    ]


def sittings(world: World) -> list[tuple[Any, ...]]:
    """(user, number, first play, start, end, plays, ms), in the mart's order."""
    users = groupby(_public(world), lambda row: row["user_id"])
    return [
        (
            user,
            number,
            first["play_id"],
            first["started_at"],
            max(map(_end, rows)),
            len(rows),
            sum(map(_ms, rows)),
        )
        for user, plays in users
        for number, rows in enumerate(_split(plays), start=1)
        for first in rows[:1]
    ]


def _end(row: Row) -> datetime:
    started_at: datetime = row["started_at"]
    return started_at + timedelta(milliseconds=_ms(row))


def _split(plays: Iterable[Row]) -> list[list[Row]]:
    found: list[list[Row]] = []
    for row in plays:
        if found and row["started_at"] - max(map(_end, found[-1])) <= timedelta(minutes=20):
            found[-1].append(row)
        else:
            found.append([row])
    return found


def streaks(world: World) -> set[tuple[Any, ...]]:
    """(user, first day, last day, days)."""
    days = sorted({(row["user_id"], _local_date(row)) for row in _public(world) if _is_counted(row)})
    starts = [days[0], *(later for earlier, later in pairwise(days) if not _follows(earlier, later))]
    ends = [*(earlier for earlier, later in pairwise(days) if not _follows(earlier, later)), days[-1]]
    return {
        (user, first, last, (last - first).days + 1)
        for (user, first), (_, last) in zip(starts, ends, strict=True)
    }


def _follows(earlier: tuple[str, date], later: tuple[str, date]) -> bool:
    return earlier[0] == later[0] and later[1] - earlier[1] == timedelta(days=1)
