"""A dataset whose adding or removing is killed anywhere is whole after the next try: nothing is left or lost."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import killable
import pytest
from killable import IS_THOROUGH, Worlds
from sqlalchemy import URL

from assets.datasets import commit as datasets
from assets.tables import DATASET_TRACKS, RAW_PLAYS, REJECTED_DATASET_ROWS, TRACK_FACTS
from resources.world import World
from simulator import simulate, write_extended

STRIDE = 1 if IS_THOROUGH else 3
LICENCE = "CC0-1.0"


class Scene:
    """A world with plays, and what its tables are with a dataset of them and without."""

    def __init__(self, worlds: Worlds, base: World, dataset: Path) -> None:
        self.worlds, self.base, self.dataset = worlds, base, dataset
        with worlds.copy(base) as world:
            killable.make(world, "add", dataset, LICENCE)
            self.told = killable.rows(world)
            killable.make(world, "remove", dataset.stem)
            self.untold = killable.rows(world)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, server_url: URL) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("kill")
    truth = simulate(5, plays=200, first_day=date(2024, 2, 1), last_day=date(2024, 2, 20))
    write_extended(truth, folder / "mine.zip", seed=1)
    worlds = Worlds(folder, server_url)
    with worlds.copy() as base:
        killable.make(base, "import", folder / "mine.zip")
        yield Scene(worlds, base, described(base, folder / "moods.csv"))


def described(world: World, path: Path) -> Path:
    """A genre and a mood for every track that was played; every ninth row without a name."""
    names = world.lake.scan(RAW_PLAYS).select("track_name", "artist_name").drop_nulls().unique().sort("*")
    lines = [
        f'"{"" if number % 9 == 0 else title}","{artist}",dub,calm'
        for number, (title, artist) in enumerate(names.collect().iter_rows())
    ]
    path.write_text("\n".join(["title,artist,genre,mood", *lines, ""]))
    return path


def test_the_dataset_tells_something_and_has_rows_of_every_outcome(scene: Scene) -> None:
    for table in (DATASET_TRACKS, REJECTED_DATASET_ROWS, TRACK_FACTS):
        assert scene.told[table.name]
        assert not scene.untold[table.name]


def test_a_dataset_killed_while_it_is_added_is_whole_when_it_is_added_again(scene: Scene) -> None:
    for world, when in killed(scene, scene.base, "add", scene.dataset, LICENCE):
        killable.make(world, "add", scene.dataset, LICENCE)
        assert killable.rows(world) == scene.told, when
        assert not list((world.settings.home / "scratch").glob("*")), when


def test_a_dataset_killed_while_it_is_removed_is_gone_when_it_is_removed_again(scene: Scene) -> None:
    with scene.worlds.copy(scene.base) as base:
        killable.make(base, "add", scene.dataset, LICENCE)
        for world, when in killed(scene, base, "remove", scene.dataset.stem):
            with suppress(datasets.UnknownDatasetError):  # its row was gone: what was left of it goes too
                datasets.remove(world, scene.dataset.stem)
            killable.tell(world)
            assert killable.rows(world) == scene.untold, when


def killed(scene: Scene, base: World, what: str, *given: object) -> Iterator[tuple[World, str]]:
    """Copies of ``base`` in which a process died before a step, and before which."""
    steps = killable.processes().Value("i", 0)
    with scene.worlds.copy(base) as world:
        killable.start(world, what, *given, steps=steps).join()
        assert killable.rows(world) == (scene.told if what == "add" else scene.untold)
    assert steps.value >= 4
    for step in range(1, steps.value + 1, STRIDE):
        with scene.worlds.copy(base) as world:
            process = killable.start(world, what, *given, at=step)
            process.join()
            assert process.exitcode == -signal.SIGKILL, f"step {step} was not reached"
            yield world, f"killed before step {step}"
