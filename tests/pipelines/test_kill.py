# ruff: noqa: ANN401 - stand-ins take what they are given
"""An import or an undo that is killed anywhere goes on where it was: nothing is lost, nothing doubled."""

import os
import random
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import killable
import pytest
from killable import IS_THOROUGH, Worlds

from assets.listening.ingest import import_id
from assets.listening.readers import fingerprint
from assets.tables import RAW_PLAYS
from resources import snapshots
from resources.world import World
from simulator import simulate, write_extended

STRIDE = 1 if IS_THOROUGH else 8
RANDOM_KILLS = 30 if IS_THOROUGH else 4


class Scene:
    """A world that holds export A, export B beside it, and what the tables are with both."""

    def __init__(self, worlds: Worlds, base: World, first: Path, second: Path) -> None:
        self.worlds, self.base, self.first, self.second = worlds, base, first, second
        with worlds.copy(base) as world:
            killable.make(world, "import", second)
            self.both, self.both_ledger = killable.rows(world), killable.ledger(world)
        with worlds.copy() as world:
            killable.make(world, "import", second)
            self.second_alone = killable.rows(world)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, server_url: Any) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("kill")
    truth = simulate(3, plays=500, first_day=date(2024, 1, 20), last_day=date(2024, 3, 10))
    first, second = folder / "first.zip", folder / "second.zip"
    write_extended(truth, first, seed=1, last=date(2024, 2, 20))
    write_extended(truth, second, seed=2, first=date(2024, 2, 5))
    worlds = Worlds(folder, server_url)
    with worlds.copy() as base:
        killable.make(base, "import", first)
        yield Scene(worlds, base, first, second)


def test_an_import_killed_before_any_of_its_steps_converges_when_it_is_run_again(scene: Scene) -> None:
    steps = killable.processes().Value("i", 0)
    with scene.worlds.copy(scene.base) as world:
        undisturbed = killable.start(world, "import", scene.second, steps=steps)
        undisturbed.join()
        assert undisturbed.exitcode == 0
        _assert_converged(scene, world)
    assert steps.value > 20
    for step in range(1, steps.value + 1, STRIDE):
        with scene.worlds.copy(scene.base) as world:
            killed = killable.start(world, "import", scene.second, at=step)
            killed.join()
            assert killed.exitcode == -signal.SIGKILL, f"step {step} was not reached"
            _assert_readers_see_one_snapshot(world)
            killable.make(world, "import", scene.second)
            _assert_converged(scene, world, f"killed before step {step}")


def test_an_import_killed_at_any_moment_converges_when_it_is_run_again(scene: Scene) -> None:
    moments, deaths = random.Random(11), 0
    for number in range(RANDOM_KILLS):
        with scene.worlds.copy(scene.base) as world:
            process = killable.start(world, "import", scene.second)
            process.join(moments.uniform(0.02, 1.2))
            if process.is_alive():
                os.kill(process.pid or 0, signal.SIGKILL)
                deaths += 1
            process.join()
            killable.make(world, "import", scene.second)
            _assert_converged(scene, world, f"random kill {number}")
    assert deaths > 0


def test_an_undo_killed_before_any_of_its_steps_is_finished_by_the_next_command(scene: Scene) -> None:
    first = import_id("me", fingerprint(scene.first).sha256)
    steps = killable.processes().Value("i", 0)
    with scene.worlds.copy(scene.base) as world:
        killable.start(world, "undo", first, steps=steps).join()
    assert steps.value > 8
    for step in range(2, steps.value + 1, STRIDE):  # before the first, the undo was never asked for
        with scene.worlds.copy(scene.base) as world:
            killed = killable.start(world, "undo", first, at=step)
            killed.join()
            assert killed.exitcode == -signal.SIGKILL
            killable.make(world, "import", scene.second)
            found = killable.rows(world)
            for name in found.keys() - {"imports"}:
                assert found[name] == scene.second_alone[name], f"{name}, killed before step {step}"
            assert killable.ledger(world)[first][:4:2] == ("undone", 0)


def _assert_converged(scene: Scene, world: World, when: str = "") -> None:
    found = killable.rows(world)
    for name, rows in scene.both.items():
        assert found[name] == rows, f"{name} {when}"
    assert killable.ledger(world) == scene.both_ledger, when
    for status, read, stored, duplicate, rejected, _ in killable.ledger(world).values():
        assert (status, read) == ("completed", stored + duplicate + rejected)
    raw = {name for row in world.operational.list_imports() for name in [row["import_id"]]}
    assert set(world.lake.scan(RAW_PLAYS).collect()["import_id"]) <= raw


def _assert_readers_see_one_snapshot(world: World) -> None:
    published = snapshots.current(world.settings.snapshots)
    assert published is not None
    for name, version in published.tables.items():
        assert all(Path(file).exists() for file in world.lake.files(name, version)), name
