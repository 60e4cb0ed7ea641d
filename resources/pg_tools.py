"""pg_dump and its reverse, run with the programs of the embedded server; passwords stay out of argv."""

import os
import subprocess
from pathlib import Path

from sqlalchemy import URL, make_url

from resources.embedded_postgres import binaries
from resources.operational_tables import SCHEMA
from resources.postgres import without_password

LOCK_TIMEOUT = "-clock_timeout=30s"
_NEWER_SETTING = b"SET transaction_timeout = 0;"
_HEAD_BYTES = 1 << 16


class DatabaseToolError(RuntimeError):
    """pg_dump, pg_restore or psql failed; the message is the program's own, less passwords."""


def dump(database_url: str, path: Path) -> None:
    """The whole database as of one moment, compressed (pg_dump's custom format)."""
    url = make_url(database_url)
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")


def load(database_url: str, dump_path: Path) -> None:
    """Replace the database's tables by those of a dump, in one transaction: all of it or nothing."""
    url = make_url(database_url)
    script = dump_path.with_suffix(".sql")
    options = ("--clean", "--if-exists", "--no-owner", "--no-privileges")
    try:
        _run("pg_restore", None, *options, f"--file={script}", str(dump_path))
        _suit_older_servers(script)
        # a newer version may have tables that the dump does not know and would leave behind
        drop = f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"
        stop = "--set=ON_ERROR_STOP=1"
        _run(
            "psql",
            url,
            "--quiet",
            "--no-psqlrc",
            stop,
            "--single-transaction",
            f"--command={drop}",
            f"--file={script}",
        )
    finally:
        script.unlink(missing_ok=True)


def _suit_older_servers(script: Path) -> None:
    """Comments out a setting that PostgreSQL 17 brought and older ones refuse; 0 is its default anyway."""
    with script.open("r+b") as file:
        place = file.read(_HEAD_BYTES).find(_NEWER_SETTING)
        if place >= 0:
            file.seek(place)
            file.write(b"--")


def _run(program: str, url: URL | None, *arguments: str) -> None:
    command = [str(binaries() / program), *arguments]
    environment = dict(os.environ)
    if url is not None:
        command.append(f"--dbname={_without_credentials(url)}")
        environment |= {"PGPASSWORD": url.password or "", "PGOPTIONS": LOCK_TIMEOUT}
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        message = without_password(done.stderr, url) if url is not None else done.stderr
        raise DatabaseToolError(f"{program} failed: {message.strip()}")


def _without_credentials(url: URL) -> str:
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string(hide_password=False)
