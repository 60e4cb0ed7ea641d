"""dbt takes seconds, so each world is built once a session."""

import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from marts.people import people
from marts.random_world import random_world
from marts.truth_world import truth_world
from marts.world import Row, World, build


@pytest.fixture(scope="session")
def world() -> World:
    """The hand-made people, a crowd of random ones, and simulated listeners."""
    worlds = (people(), random_world(seed=11), truth_world())
    found = {name: [row for world in worlds for row in world.get(name, [])] for name in set().union(*worlds)}
    return {**found, "albums": [*found["albums"], *_albums(people())]}


def _albums(world: World) -> list[Row]:
    """The albums of a world whose rows name none: those of the tracks."""
    aliases = {row["alias_id"]: row["track_id"] for row in world["track_aliases"]}
    tracks = {row["track_id"]: row for row in world["tracks"]}
    played = (tracks[aliases.get(row["track_id"], row["track_id"])] for row in world["plays"])
    songs = Counter(row["album_id"] for row in played if row.get("album_id") and row["kind"] == "music")
    names = {row.get("album_id"): row["album_name"] for row in world["tracks"]}
    return [{"album_id": album, "album_name": names[album], "plays": n} for album, n in songs.items()]


@pytest.fixture(scope="session")
def marts(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their marts, under the default settings."""
    return _built_once(tmp_path_factory, "usual", lambda root: build(world, root))


@pytest.fixture(scope="session")
def other_marts(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their marts, under other settings."""
    settings = {"counted_after_ms": 10_000, "include_incognito": True, "sitting_gap_minutes": 25}
    return _built_once(tmp_path_factory, "other", lambda root: build(world, root, **settings))


@pytest.fixture(scope="session")
def empty_marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The marts of a lake without a row."""
    return _built_once(tmp_path_factory, "empty", lambda root: build({}, root))


def _built_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Path]) -> Path:
    """A build that all workers of a run share: whoever asks first makes it, the others wait."""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    shared = factory.getbasetemp().parent if is_worker else factory.getbasetemp()
    root = shared / f"marts-{name}"
    with (shared / f"marts-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "made").exists():
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir()
            make(root)
            (root / "made").touch()
    return root / "marts"
