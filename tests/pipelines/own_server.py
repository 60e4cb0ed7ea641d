"""A PostgreSQL server that only one test file uses, so that it may be stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from databases import create, make_template, rendered
from sqlalchemy import make_url

from resources import embedded_postgres, postgres_programs

FAST, IMMEDIATE = "fast", "immediate"
"""As an administrator restarts it, and as a crash does: without a checkpoint."""


class OwnServer:
    """An embedded server; its databases begin migrated and empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        uri = embedded_postgres.ensure_running(folder).get_uri()
        self._url = make_url(uri).set(drivername="postgresql+psycopg2")
        make_template(self._url)

    def database(self) -> str:
        """The URL of a new database."""
        return rendered(create(self._url))

    def stop(self, mode: str = FAST) -> None:
        """Ends every session; nobody answers until it is started again."""
        self._ctl("stop", "-m", mode)

    def start(self) -> None:
        """At the same address as before."""
        arguments = f'-h "" -k {self._url.query["host"]}'
        self._ctl("start", "-o", arguments, "-l", "log")

    def restart(self, mode: str = FAST) -> None:
        """Stopped and started again before anybody may ask."""
        self._ctl("restart", "-m", mode, "-l", "log")

    def is_running(self) -> bool:
        """Whether it may be asked."""
        return (self._folder / "postmaster.pid").exists()

    def _ctl(self, *arguments: str) -> None:
        postgres_programs.run("pg_ctl", ["-w", "-s", *arguments], self._folder)


@contextmanager
def own_server(folder: Path) -> Iterator[OwnServer]:
    """Stopped at the end."""
    server = OwnServer(folder)
    try:
        yield server
    finally:
        if server.is_running():
            server.stop(IMMEDIATE)
