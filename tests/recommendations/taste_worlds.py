"""Small worlds of plays, words and a catalogue that changes its mind."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

import polars as pl

from assets import agreement
from assets.recommendations import feedback_log
from assets.recommendations.commit import weigh
from assets.stats.months import Counting, play_months
from assets.tables import (
    ARTISTS,
    FEEDBACK_EVENTS,
    LISTENER_PROFILES,
    PLAY_MONTHS,
    PLAYS,
    PROFILE_MONTHS,
    TRACK_ALIASES,
    TRACK_TRAITS,
    TRACKS,
    Table,
)
from resources.event_types import FEEDBACK
from resources.row_filter import RowFilter
from resources.world import World

RULE = Counting()
MONTHS = [f"2024-{number:02}" for number in range(1, 10)]
IDS = ["a", "b", "c", "d", "name:x", "name:y"]
USERS = ["ana", "ben"]
PROFILES = (PROFILE_MONTHS, TRACK_TRAITS, LISTENER_PROFILES)


def plays(random: Random, month: str, count: int = 12) -> pl.DataFrame:
    """Plays of one month, some of them at the same time."""
    begins = datetime.fromisoformat(f"{month}-01T00:00:00+00:00")
    rows = [
        {
            "play_id": f"{month}/{number}/{random.random()}",
            "month": month,
            "user_id": random.choice(USERS),
            "track_id": random.choice(IDS),
            "kind": "music",
            "started_at": begins + timedelta(hours=random.randint(0, 20)),
            "is_skipped": random.choice([True, False, None]),
            "is_incognito": random.random() < 0.1,
            "reason_end": random.choice(["trackdone", "fwdbtn"]),
        }
        for number in range(count)
    ]
    return PLAYS.conform(pl.LazyFrame(rows, schema=PLAYS.schema)).collect()


def put(world: World, frame: pl.DataFrame, months: Sequence[str]) -> None:
    """Plays of some months, and what they add up to."""
    lake = world.lake
    lake.replace_months(PLAYS, lake.open(PLAYS), frame, months)
    added = play_months(lake.scan(PLAYS, months=months), RULE).collect()
    notes = agreement.sources(lake, PLAY_MONTHS, months)
    lake.replace_months(PLAY_MONTHS, lake.open(PLAY_MONTHS), added, months, notes)


def say(world: World, random: Random, month: str, count: int = 4) -> None:
    """Listeners say something of tracks, known or not; it is in the lake at once."""
    begins = datetime.fromisoformat(f"{month}-01T00:00:00+00:00")
    for user in USERS:
        world.operational.ensure_user(user, world.clock())
    for _ in range(count):
        kind = random.choice(FEEDBACK)
        content = {"track_id": random.choice([*IDS, "stranger"])}
        rating = {"rating": random.random()} if kind == "rate" else {}
        at = begins + timedelta(hours=random.randint(0, 20))
        world.events.append(type=kind, content=content | rating, user_id=random.choice(USERS), happened_at=at)
    feedback_log.copy(world)


def know(world: World, random: Random) -> None:
    """A catalogue that knows some tracks, one way or another."""
    rows = [
        {
            "track_id": ident,
            "kind": "music",
            "artist_id": random.choice(["a1", "a2"]),
            "genres": random.sample(["rock", "pop", "dub"], random.randint(0, 3)),
        }
        for ident in IDS
        if random.random() < 0.8
    ]
    artists = [
        {"artist_id": ident, "artist_name": random.choice(["Nines", "nines"])} for ident in ("a1", "a2")
    ]
    aliases = [{"alias_id": "name:x", "track_id": "a"}] if random.random() < 0.5 else []
    for table, told in ((TRACKS, rows), (ARTISTS, artists), (TRACK_ALIASES, aliases)):
        replace(world, table, told)


def replace(world: World, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    frame = table.conform(pl.LazyFrame(rows, schema=table.schema)).collect()
    world.lake.overwrite(table, world.lake.open(table), frame)


def fill(world: World, random: Random) -> None:
    know(world, random)
    put(world, pl.concat(plays(random, month) for month in MONTHS), MONTHS)
    for month in MONTHS[::3]:
        say(world, random, month)


def made(world: World) -> list[pl.DataFrame]:
    """The three tables as they are, in order."""
    return [world.lake.scan(table).collect().sort(table.key) for table in PROFILES]


def followed(world: World) -> list[pl.DataFrame]:
    """The three tables once they have followed what changed."""
    weigh(world, RULE)
    return made(world)


def anew(world: World, most: int = 1_000_000) -> list[pl.DataFrame]:
    """The three tables made again from nothing, ``most`` rows at once."""
    for table in PROFILES:
        world.lake.delete(table, RowFilter("true"))
    weigh(world, RULE, most)
    return made(world)


def events_in_lake(world: World) -> list[int]:
    """Numbers of the events that were copied, each as often as it stands there."""
    return sorted(world.lake.scan(FEEDBACK_EVENTS).select("event_id").collect()["event_id"])
