# ruff: noqa: ANN401 - stand-ins take what they are given
"""Two miners at once seal every record once; a miner killed anywhere leaves nothing half-done."""

import os
import random
import signal
import time
from collections.abc import Iterator
from typing import Any

import mining_processes as processes
import pytest
from killable import IS_THOROUGH, Worlds
from sqlalchemy import text

from assets.trust.chain import examined
from assets.trust.ids import contradictions
from resources.world import World

STRIDE = 1 if IS_THOROUGH else 9
RANDOM_KILLS = 30 if IS_THOROUGH else 4
CONTENTS = 20


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory, server_url: Any) -> Worlds:
    return Worlds(tmp_path_factory.mktemp("mining"), server_url)


@pytest.fixture(scope="module")
def base(worlds: Worlds) -> Iterator[World]:
    """Seven blocks are mined and copied; every content spoke again since, and waits."""
    with worlds.copy() as plain:
        world = World(processes.fast(plain.settings))
        processes.speak(world, CONTENTS, 1)
        processes.work(world)
        processes.speak(world, CONTENTS, 2)
        yield world


def copy(worlds: Worlds, base: World) -> Any:
    return worlds.copy(base)


def again(world: World) -> World:
    """The same home under the settings of the base."""
    return World(processes.fast(world.settings))


def sql(world: World, statement: str) -> list[tuple[Any, ...]]:
    with world.operational.engine.begin() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def assert_all_sealed_once(world: World, when: str = "") -> None:
    found = examined(world)
    assert found.is_valid, (when, found.faults)
    with world.chain.reading() as view:
        assert list(contradictions(view.present_ids(), view.lost_ids(), view.head())) == [], when
        assert view.waiting().records == 0, when
    newest = sql(
        world,
        "SELECT content_id, max(verifications) FILTER (WHERE height IS NOT NULL) "
        "FROM longplay.trust_records GROUP BY 1 ORDER BY 1",
    )
    assert newest == [(f"content{number:03}", 2) for number in range(CONTENTS)], when
    assert processes.copied(world) == sql(world, "SELECT * FROM longplay.trust_blocks ORDER BY height"), when


def test_two_miners_at_once_seal_every_record_once_and_the_loser_starts_over(
    worlds: Worlds, base: World
) -> None:
    races = 0
    for _ in range(4):
        with copy(worlds, base) as plain:
            world = again(plain)
            sealed, lost = processes.at_once(world, 2)
            assert sealed == CONTENTS
            assert_all_sealed_once(world)
            assert sql(world, "SELECT count(*) FROM longplay.trust_records") == [(2 * CONTENTS,)]
            races += lost
            world.operational.close()
    assert races > 0, "they never met"


def test_a_miner_killed_before_any_of_its_steps_leaves_a_valid_chain_that_is_mined_on(
    worlds: Worlds, base: World
) -> None:
    with copy(worlds, base) as plain:
        code, steps = processes.killed_work(again(plain))
        assert code == 0
    assert steps > 20
    for step in range(1, steps + 1, STRIDE):
        with copy(worlds, base) as plain:
            world = again(plain)
            code, _ = processes.killed_work(world, at=step)
            assert code == -signal.SIGKILL, f"step {step} was not reached"
            assert examined(world).is_valid, f"killed before step {step}"
            processes.work(world)
            assert_all_sealed_once(world, f"killed before step {step}")
            world.operational.close()


def test_a_repair_killed_before_any_of_its_steps_is_all_done_or_not_at_all(
    worlds: Worlds, base: World
) -> None:
    damage = "UPDATE longplay.trust_records SET reports = 5 WHERE record_id = 8"
    with copy(worlds, base) as plain:
        sql(again(plain), damage)
        code, steps = processes.killed_work(again(plain))
        assert code == 0
    for step in range(1, steps + 1, STRIDE):
        with copy(worlds, base) as plain:
            world = again(plain)
            sql(world, damage)
            code, _ = processes.killed_work(world, at=step)
            assert code == -signal.SIGKILL
            processes.work(world)
            assert_all_sealed_once(world, f"killed before step {step}")
            alerts = sql(world, "SELECT count(*) FROM longplay.events WHERE type = 'error.critical'")
            assert alerts == [(1,)], f"killed before step {step}"
            world.operational.close()


def test_a_miner_killed_at_any_moment_leaves_a_valid_chain_that_is_mined_on(
    worlds: Worlds, base: World
) -> None:
    moments, deaths = random.Random(5), 0
    with copy(worlds, base) as plain:
        world, began = again(plain), time.perf_counter()
        processes.started(world).join()
        whole_s = time.perf_counter() - began
        world.operational.close()
    for number in range(RANDOM_KILLS):
        with copy(worlds, base) as plain:
            world = again(plain)
            process = processes.started(world)
            process.join(moments.uniform(0, 0.9 * whole_s))
            if process.is_alive():
                os.kill(process.pid or 0, signal.SIGKILL)
                deaths += 1
            process.join()
            assert examined(world).is_valid
            processes.work(world)
            assert_all_sealed_once(world, f"random kill {number}")
            world.operational.close()
    assert deaths > 0
