"""dbt takes seconds, so each world is built once a session."""

from pathlib import Path

import pytest

from marts.people import people
from marts.random_world import random_world
from marts.world import World, build


@pytest.fixture(scope="session")
def world() -> World:
    """The hand-made people, and a crowd of random ones."""
    by_hand, crowd = people(), random_world(seed=11)
    return {name: [*by_hand.get(name, []), *crowd.get(name, [])] for name in by_hand}


@pytest.fixture(scope="session")
def marts(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their marts, under the default settings."""
    return build(world, tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="session")
def other_marts(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their marts, under other settings."""
    root = tmp_path_factory.mktemp("other")
    return build(world, root, counted_after_ms=10_000, include_incognito=True, sitting_gap_minutes=25)


@pytest.fixture(scope="session")
def empty_marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The marts of a lake without a row."""
    return build({}, tmp_path_factory.mktemp("empty"))
