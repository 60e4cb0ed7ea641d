# ruff: noqa: ANN401 - stand-ins take what they are given
"""Processes that mine, meet others, and can be killed at a chosen step or moment."""

from typing import Any

import killable
import polars as pl
from killable import Killer

from assets.tables import TRUST_BLOCKS, TRUST_SCORES
from assets.trust import mine
from assets.trust.chain import Mining, mend
from assets.trust.commit import queue
from assets.trust.lake_copy import copy_to_lake
from resources.chain import Chain, ChainChange
from resources.lake import Lake
from resources.settings import Settings
from resources.world import World

_STEPS: tuple[tuple[Any, str], ...] = (
    (mine, "unmined"),
    (mine, "_found"),
    (Chain, "append"),
    (ChainChange, "append"),
    (ChainChange, "queue"),
    (ChainChange, "head"),
    (ChainChange, "set_aside"),
    (ChainChange, "delete_blocks"),
    (ChainChange, "delete_records"),
    (ChainChange, "make_pending"),
    (ChainChange, "put_head"),
    (Lake, "overwrite"),
    (Lake, "note"),
)


class MiningKiller(Killer):
    """Kills before a step of mining, of a repair or of what follows them."""

    def arm(self) -> None:
        for owner, name in _STEPS:
            setattr(owner, name, self._wrapped(getattr(owner, name)))


def fast(settings: Settings) -> Settings:
    """Blocks of three records, mined in no time."""
    return settings.model_copy(update={"mining_difficulty": 2, "mining_block_records": 3})


def speak(world: World, contents: int, verifications: int = 1) -> None:
    """Scores of so many contents, queued where they changed."""
    rows = [(f"content{number:03}", "artist", verifications, 0) for number in range(contents)]
    names = ["content_id", "creator_id", "verifications", "reports"]
    frame = pl.LazyFrame(rows, schema=names, orient="row").with_columns(voices=1, score=1.0, wilson_low=0.2)
    opened = world.lake.open(TRUST_SCORES)
    world.lake.overwrite(TRUST_SCORES, opened, TRUST_SCORES.conform(frame).collect())
    queue(world)


def work(world: World) -> Mining:
    """What the job does, without Dagster around it."""
    mend(world)
    queue(world)
    mined = Mining(world)(100)
    copy_to_lake(world)
    return mined


def _killed(settings: Settings, at: int, steps: Any) -> None:
    killer = MiningKiller(at)
    killer.arm()
    work(World(settings))
    steps.value = killer.count


def killed_work(world: World, at: int = 0) -> tuple[int, int]:
    """``work`` in a process of its own, killed before step ``at`` (0: never); its exit code and its steps."""
    context = killable.processes()
    steps = context.Value("i", 0)
    world.operational.close()
    process = context.Process(target=_killed, args=(world.settings, at, steps))
    process.start()
    process.join(120)
    return int(process.exitcode), int(steps.value)


def started(world: World) -> Any:
    """``work`` in a process of its own, under way."""
    world.operational.close()
    process = killable.processes().Process(target=_killed, args=(world.settings, 0, killable._Nothing()))
    process.start()
    return process


def _racing(settings: Settings, start: Any, sealed: Any, lost: Any) -> None:
    world = World(settings)
    world.operational  # noqa: B018 - connected
    start.wait(60)
    mined = work(world)
    with sealed.get_lock():
        sealed.value += sum(each.block.records for each in mined.done)
        lost.value += mined.lost_races


def at_once(world: World, miners: int) -> tuple[int, int]:
    """Miners in a process each, all on the same pending records; records they sealed, and races lost."""
    context = killable.processes()
    start, sealed, lost = context.Barrier(miners), context.Value("i", 0), context.Value("i", 0)
    world.operational.close()
    processes = [
        context.Process(target=_racing, args=(world.settings, start, sealed, lost)) for _ in range(miners)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * miners
    return int(sealed.value), int(lost.value)


def copied(world: World) -> list[tuple[Any, ...]]:
    """The lake's blocks."""
    return world.lake.scan(TRUST_BLOCKS).sort("height").collect().rows()
