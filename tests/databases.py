"""Databases of a test server: made of a template in milliseconds, gone when the test is."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from os import getpid

from sqlalchemy import URL, create_engine, text

from resources.migrate import ensure_migrated
from resources.postgres import connect

TEMPLATE = "longplay_template"
"""Migrated, without rows."""
EMPTY = "template1"
"""Nothing was ever done to it."""

_numbers = count(1)


def make_template(server: URL) -> None:
    """Makes ``TEMPLATE``."""
    administer(server, f"CREATE DATABASE {TEMPLATE}")
    engine = connect(server.set(database=TEMPLATE))
    ensure_migrated(engine)
    engine.dispose()


def create(server: URL, template: str = TEMPLATE) -> URL:
    """A new database, a copy of one that nobody uses."""
    name = f"test_{getpid()}_{next(_numbers)}"
    administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return server.set(database=name)


@contextmanager
def created(server: URL, template: str = TEMPLATE) -> Iterator[str]:
    """The URL of a new database that is dropped at the end."""
    url = create(server, template)
    try:
        yield rendered(url)
    finally:
        administer(server, f"DROP DATABASE {url.database} WITH (FORCE)")


def rendered(url: URL) -> str:
    """As settings take it."""
    return url.render_as_string(hide_password=False)


def administer(server: URL, *statements: str) -> None:
    """Statements that no transaction may hold."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
