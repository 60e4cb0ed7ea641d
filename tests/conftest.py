"""What every test may ask for: a real, empty, migrated Postgres database and settings that point at it."""

import gc
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import databases
import hypothesis
import pytest
from pydantic import SecretStr
from sqlalchemy import URL, make_url

from resources import embedded_postgres
from resources.operational import Operational
from resources.settings import Settings


def pytest_configure(config: pytest.Config) -> None:
    """Properties are tried on 75 worlds (or ``PROPERTY_EXAMPLES``), the same ones every time in CI.

    And a marker, with strict markers on.
    """
    config.addinivalue_line(
        "markers", "slow: minutes of waiting; runs with PYTEST_RUN_SLOW=1 in the environment"
    )
    hypothesis.settings.register_profile(
        "longplay",
        max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "75")),
        deadline=None,
        derandomize="CI" in os.environ,
    )
    hypothesis.settings.load_profile("longplay")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of few tests, which are the long ones, come first: no worker is left with one at the end.

    Minutes are for those who ask.
    """
    tests_of = Counter(item.path for item in items)
    items.sort(key=lambda item: (tests_of[item.path], item.path))
    for item in items:
        if "slow" in item.keywords and "PYTEST_RUN_SLOW" not in os.environ:
            item.add_marker(pytest.mark.skip(reason="takes minutes: set PYTEST_RUN_SLOW=1"))


def pytest_collection_finish() -> None:
    """The garbage collector leaves alone what was imported and collected: a tenth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def pytest_unconfigure() -> None:
    """What was left alone is cleared at the end as ever; extensions complain of what is not."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _own_environment() -> Iterator[None]:
    """No setting of the machine reaches a test, and none a test makes reaches the next."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("LONGPLAY_") or name == "DAGSTER_HOME":
            del os.environ[name]
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> URL:
    """One embedded server for the session (for each worker under pytest-xdist); stops with the process."""
    server = embedded_postgres.ensure_running(tmp_path_factory.mktemp("server") / "postgres")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg2")
    databases.administer(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    databases.make_template(url)
    return url


@pytest.fixture
def empty_database_url(server_url: URL) -> Iterator[str]:
    """A database nothing was ever done to."""
    with databases.created(server_url, databases.EMPTY) as url:
        yield url


@pytest.fixture
def database_url(server_url: URL) -> Iterator[str]:
    """A database of its own, migrated, without rows."""
    with databases.created(server_url) as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Defaults, a fresh home and a fresh database."""
    return Settings(home=tmp_path / "home", database_url=SecretStr(database_url))


@pytest.fixture
def operational(settings: Settings) -> Iterator[Operational]:
    """The operational tables of ``settings``."""
    opened = Operational.open(settings)
    yield opened
    opened.close()
