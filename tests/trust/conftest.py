"""A world for each test, and one chain that tests only damage in transactions they undo."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from chain_worlds import small_chain, world_of
from pydantic import SecretStr
from sqlalchemy import URL, create_engine, text

from resources.settings import Settings
from resources.world import World


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """Nothing was queued yet."""
    opened = world_of(settings)
    yield opened
    opened.operational.close()


@pytest.fixture
def chain(world: World) -> World:
    """Five blocks, fourteen records of which two are pending, and a copy in the lake."""
    return small_chain(world)


@pytest.fixture
def other_chain(tmp_path: Path, server_url: URL) -> Iterator[World]:
    """A chain of the same shape over other records, in a database of its own."""
    name = f"other_{next(_numbers)}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE longplay_template"))
    url = server_url.set(database=name).render_as_string(hide_password=False)
    world = world_of(Settings(home=tmp_path / "other", database_url=SecretStr(url)))
    world.clock()
    yield small_chain(world)
    world.operational.close()
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


_numbers = itertools.count(1)
