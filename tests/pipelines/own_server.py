"""A PostgreSQL server that only one test file uses, so that it may be stopped."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from resources import embedded_postgres
from resources.migrate import ensure_migrated
from resources.postgres import connect

FAST, IMMEDIATE = "fast", "immediate"
"""As an administrator restarts it, and as a crash does: without a checkpoint."""

_TEMPLATE = "longplay_template"


class OwnServer:
    """An embedded server; its databases begin migrated and empty."""

    def __init__(self, folder: Path) -> None:
        self._server: Any = embedded_postgres.ensure_running(folder)
        self._url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg2")
        self._numbers = count(1)
        self._administer(f"CREATE DATABASE {_TEMPLATE}")
        engine = connect(self._url.set(database=_TEMPLATE))
        ensure_migrated(engine)
        engine.dispose()

    def database(self) -> str:
        """The URL of a new database."""
        name = f"own_{next(self._numbers)}"
        self._administer(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return self._url.set(database=name).render_as_string(hide_password=False)

    def stop(self, mode: str = FAST) -> None:
        """Ends every session; nobody answers until it is started again."""
        self._ctl("stop", "-m", mode)

    def start(self) -> None:
        """At the same address as before."""
        arguments = f'-h "" -k {self._url.query["host"]}'
        self._ctl("start", "-o", arguments, "-l", str(self._server.log))

    def restart(self, mode: str = FAST) -> None:
        """Stopped and started again before anybody may ask."""
        self._ctl("restart", "-m", mode, "-l", str(self._server.log))

    def is_running(self) -> bool:
        """Whether it may be asked."""
        return bool((self._server.pgdata / "postmaster.pid").exists())

    def _ctl(self, *arguments: str) -> None:
        program = str(embedded_postgres.binaries() / "pg_ctl")
        subprocess.run(
            [program, "-w", "-s", "-D", str(self._server.pgdata), *arguments],
            user=self._server.system_user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )

    def _administer(self, statement: str) -> None:
        engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def own_server(folder: Path) -> Iterator[OwnServer]:
    """Stopped at the end."""
    server = OwnServer(folder)
    try:
        yield server
    finally:
        if server.is_running():
            server.stop(IMMEDIATE)
