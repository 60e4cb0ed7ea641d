"""Small chains in a real database, of the lowest difficulty, and ways to damage them by SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import Connection, text

from assets.tables import TRUST_SCORES
from assets.trust.chain import Mining, examined
from assets.trust.commit import queue
from assets.trust.lake_copy import copy_to_lake
from assets.trust.verify import Verdict, verify
from resources.chain_view import ChainView
from resources.settings import Settings
from resources.world import World

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


@dataclass
class Clock:
    """Moves on a minute each time it is asked."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


def world_of(settings: Settings, began: datetime = NOW, **changes: object) -> World:
    """A world that mines fast."""
    known = {"mining_difficulty": 1, "mining_block_records": 3, **changes}
    return World(settings.model_copy(update=known), clock=Clock(began))


def speak(world: World, **verifications: int) -> int:
    """Gives contents a score of their own, keeps those of others, and queues what changed."""
    before = world.lake.scan(TRUST_SCORES).select("content_id", "verifications").collect().rows()
    scores = {**dict(before), **verifications}
    rows = [(content, "artist", given, 1) for content, given in scores.items()]
    frame = pl.LazyFrame(
        rows, schema=["content_id", "creator_id", "verifications", "reports"], orient="row"
    ).with_columns(
        voices=pl.col("verifications") + 1,
        score=pl.col("verifications") / (pl.col("verifications") + 1),
        wilson_low=pl.lit(0.0),
    )
    opened = world.lake.open(TRUST_SCORES)
    world.lake.overwrite(TRUST_SCORES, opened, TRUST_SCORES.conform(frame).collect())
    return queue(world)


def mine(world: World, most: int = 100) -> list[int]:
    """Heights of the blocks that were mined."""
    return [mined.block.height for mined in Mining(world)(most).done]


def small_chain(world: World, *, is_copied: bool = True) -> World:
    """Five blocks of one to three records, and two records pending."""
    speak(world, a=1, b=2, c=3, d=4)
    mine(world)
    speak(world, a=2, e=5)
    mine(world)
    speak(world, f=6, g=7, h=8, b=3, c=4, d=5)
    mine(world)
    speak(world, a=3, i=9)
    if is_copied:
        copy_to_lake(world)
    return world


def sql(world: World, statement: str, **values: Any) -> Any:  # noqa: ANN401 - whatever it asks for
    """Damage, or a look."""
    with world.operational.engine.begin() as connection:
        result = connection.execute(text(statement), values)
        return result.fetchall() if result.returns_rows else result.rowcount


def dumped(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the chain's tables."""
    tables = {"trust_blocks": 1, "trust_records": 1, "chain_head": 1, "quarantined_blocks": 1}
    return {
        table: [tuple(row) for row in sql(world, f"SELECT * FROM longplay.{table} ORDER BY {order}")]
        for table, order in tables.items()
    }


def verdict(world: World) -> Verdict:
    """With the lake's copy as a witness."""
    return examined(world)


@contextmanager
def undone(world: World) -> Iterator[Connection]:
    """A transaction that never happened."""
    with world.operational.engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def verdict_in(connection: Connection) -> Verdict:
    """In the middle of a transaction, without a witness."""
    return verify(ChainView(connection), {})
