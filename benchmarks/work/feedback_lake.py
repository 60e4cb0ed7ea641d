"""Feedback events in PostgreSQL, copied to the lake, folded by month and merged: all that follows a like."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import insert

from assets.recommendations import commit, feedback_log
from assets.stats.months import Counting
from assets.tables import ARTISTS, LISTENER_PROFILES, TRACKS, Table
from benchmarks.work.feedback_rows import events, track_traits
from resources.event_tables import events as log
from resources.settings import Settings
from resources.world import World


def prepare(home: str, count: str) -> Callable[[], dict[str, Any]]:
    """A fresh home; PostgreSQL, the log and the catalogue are start-up."""
    world = World(Settings(home=Path(home)))
    said = events(int(count))
    _know(world)
    _say(world, said)

    def job() -> dict[str, Any]:
        steps = {"copied": 0.0, "folded and merged": 0.0}
        began = time.perf_counter()
        done = feedback_log.copy(world)
        steps["copied"] = time.perf_counter() - began
        commit.weigh(world, Counting())
        steps["folded and merged"] = time.perf_counter() - began - steps["copied"]
        rows = world.lake.open(LISTENER_PROFILES).count()
        world.operational.close()
        if done.rows != said.height:
            raise AssertionError(f"{said.height} were said, {done.rows} copied")
        return {"steps": steps, "weights": rows}

    return job


def _know(world: World) -> None:
    """The catalogue, as far as traits are made of it."""
    traits = track_traits()
    known = traits.with_columns(kind=pl.lit("music"))
    named = traits.select("artist_id", artist_name="artist_id").unique("artist_id")
    for table, rows in ((TRACKS, known), (ARTISTS, named)):
        _put(world, table, rows)


def _put(world: World, table: Table, rows: pl.DataFrame) -> None:
    missing = [pl.lit(None).alias(name) for name in table.schema if name not in rows.columns]
    frame = table.conform(rows.lazy().with_columns(missing)).collect()
    world.lake.overwrite(table, world.lake.open(table), frame)


def _say(world: World, said: pl.DataFrame) -> None:
    """Rows of the log, in the order of their numbers; written now, whenever they happened."""
    now = world.clock()
    world.events.ensure_partitions(now)
    rows = [
        {
            "recorded_at": now,
            "happened_at": row["happened_at"],
            "user_id": row["user_id"],
            "type": row["type"],
            "content": {"track_id": row["track_id"]}
            | ({} if row["rating"] is None else {"rating": row["rating"]}),
        }
        for row in said.iter_rows(named=True)
    ]
    with world.operational.engine.begin() as connection:
        connection.execute(insert(log), rows)
