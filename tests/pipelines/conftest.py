"""What the pipeline's tests share: a world on a database of its own, and small exports with known truth."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from command_line import Longplay, environment
from databases import create, created, rendered
from history import History
from killable import Worlds
from pydantic import SecretStr
from sqlalchemy import URL

from assets.listening import first_month
from pipelines import cli
from pipelines.definitions import build
from resources.settings import Settings
from resources.world import World


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """A world on a fresh home and a fresh database."""
    opened = World(settings)
    yield opened
    opened.operational.close()


@pytest.fixture
def worlds(folder: Path, server_url: URL) -> Worlds:
    """Homes in a module's own ``folder``, each with a copy of the database."""
    return Worlds(folder, server_url)


@pytest.fixture
def longplay(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Longplay:
    """The command line, in this process."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["longplay", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return run


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    """Everything there is, the marts too; nothing of its world is touched."""
    world = World(Settings(home=tmp_path_factory.mktemp("whole")))
    first_month.reach(world, ["2002-01"])
    return build(world)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A Dagster instance of its own, in memory."""
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def history(world: World, instance: dg.DagsterInstance) -> History:
    """A world with Dagster over it, and nothing imported yet."""
    return History(world, instance)


@pytest.fixture(scope="session")
def made_before(server_url: URL, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home and the name of its database where one export was imported and every table made: to be copied."""
    home, url = tmp_path_factory.mktemp("made") / "home", create(server_url)
    world = World(Settings(home=home, database_url=SecretStr(rendered(url))))
    with dg.DagsterInstance.ephemeral() as opened:
        history = History(world, opened)
        assert history.imported(history.dropped()).success
        followed = history.followed()
        assert followed.success, history.failures(followed)
    world.operational.close()
    return home, str(url.database)


@pytest.fixture
def made(
    made_before: tuple[Path, str], server_url: URL, tmp_path: Path, instance: dg.DagsterInstance
) -> Iterator[History]:
    """One export imported and every table made; a copy of its own."""
    home, template = made_before
    shutil.copytree(home, tmp_path / "home", dirs_exist_ok=True)
    with created(server_url, template) as url:
        world = World(Settings(home=tmp_path / "home", database_url=SecretStr(url)))
        yield History(world, instance)
        world.operational.close()
