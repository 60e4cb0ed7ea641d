"""A world for each test, and one chain that tests only damage in transactions they undo."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from chain_worlds import NOW, small_chain, world_of
from databases import create, created, rendered
from pydantic import SecretStr
from sqlalchemy import URL

from resources.settings import Settings
from resources.world import World


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """Nothing was queued yet."""
    opened = world_of(settings)
    yield opened
    opened.operational.close()


@pytest.fixture(scope="session")
def mined_before(server_url: URL, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home and the name of its database, with ``small_chain`` in them: to be copied."""
    home, url = tmp_path_factory.mktemp("mined") / "home", create(server_url)
    world = small_chain(world_of(Settings(home=home, database_url=SecretStr(rendered(url)))))
    world.operational.close()
    return home, str(url.database)


@pytest.fixture
def chain(mined_before: tuple[Path, str], server_url: URL, tmp_path: Path) -> Iterator[World]:
    """Five blocks, fourteen records of which two are pending, and a copy in the lake."""
    home, template = mined_before
    shutil.copytree(home, tmp_path / "home")
    with created(server_url, template) as url:
        settings = Settings(home=tmp_path / "home", database_url=SecretStr(url))
        world = world_of(settings, NOW + timedelta(hours=1))
        yield world
        world.operational.close()


@pytest.fixture
def other_chain(tmp_path: Path, server_url: URL) -> Iterator[World]:
    """A chain of the same shape over other records, in a database of its own."""
    with created(server_url) as url:
        world = world_of(Settings(home=tmp_path / "other", database_url=SecretStr(url)))
        world.clock()
        yield small_chain(world)
        world.operational.close()
