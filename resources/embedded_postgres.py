"""The PostgreSQL server of a home: started by whoever comes first, stopped by whoever leaves last.

What belongs here: coming and going, also after a kill or a power cut. Who uses the server is known by
a shared lock, which the kernel takes from the dead; no list of numbers says so. URLs are ``postgres.py``.
"""

import atexit
import fcntl
import os
import re
import shutil
import signal
import stat
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

import fasteners  # type: ignore[import-untyped]
import psutil  # type: ignore[import-untyped]

from resources import postgres_locale, postgres_programs, postmaster
from resources.postgres_programs import MAJOR, PostgresStartError, binaries
from resources.private import make_private

__all__ = ["PostgresServer", "PostgresStartError", "binaries", "ensure_running"]

START_WITHIN_S: Final = 300
"""Recovery after a crash may take minutes."""
STOP_WITHIN_S: Final = 60
USER: Final = "postgres"
_PLAIN: Final = re.compile(r"[A-Za-z0-9/._-]{1,80}")
"""A folder for the socket: systems take some hundred bytes of its path, and shells no blanks."""

_SHORT: Final = "/tmp"  # noqa: S108 - the folder made in it is checked

_HERE = threading.RLock()
_servers: dict[Path, "PostgresServer"] = {}


def ensure_running(folder: Path) -> "PostgresServer":
    """The running server whose data is in ``folder``; it stops when the last process that asked for it exits.

    Raises:
        PostgresStartError: it does not start.
    """
    folder = folder.resolve()
    make_private(folder.parent)
    with _HERE:
        server = _servers.setdefault(folder, PostgresServer(folder))
        server.ensure_running()
    return server


@dataclass
class PostgresServer:
    """A server of a data folder; ``ensure_running`` gives it."""

    folder: Path
    _process: psutil.Process | None = field(default=None, repr=False)
    _users: IO[str] | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "log"

    def get_pid(self) -> int | None:
        """The number of the server's process; None before it ran."""
        return None if self._process is None else int(self._process.pid)

    def get_uri(self) -> str:
        """A URL of its database, over its socket."""
        found = postmaster.read(self.folder)
        if found is None:
            raise PostgresStartError(f"The embedded PostgreSQL server ended; its log is {self.log}.")
        return f"postgresql://{USER}@/postgres?host={quote(found.socket_folder)}&port={found.port}"

    def ensure_running(self) -> None:
        """Start it, or wait until somebody else's start is through."""
        if self._process is not None and postmaster.works_in(self._process, self.folder):
            return
        _forget_other_servers()
        with self._lock():
            _make_data(self.folder)
            self._use()
            foreign = []
            if postmaster.process_of(self.folder) is None:
                foreign = postgres_locale.foreign(self.folder)
                self._start(postgres_locale.stand_in(self.folder, foreign))
            self._process = self._wait_until_ready()
            if foreign:
                postgres_locale.convert(self.folder, self.get_uri())

    def leave(self) -> None:
        """Stops the server unless another process uses it."""
        with _HERE, self._lock():
            _servers.pop(self.folder, None)
            users, self._users = self._users, None
            if users is None:
                return
            with users:
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    return  # it goes on for somebody else
                _stop(self.folder)
                with suppress(OSError):  # the data, or what somebody else put there, stays
                    _own_socket_folder(self.folder).rmdir()

    def _lock(self) -> fasteners.InterProcessLock:
        return fasteners.InterProcessLock(self.folder.with_name(f"{self.folder.name}.lock"))

    def _use(self) -> None:
        """Holds the shared lock of whoever uses this server; the file is as old as the data."""
        if self._users is None:
            atexit.register(self.leave)
        else:
            self._users.close()
        self._users = (self.folder / ".users").open("a")
        fcntl.flock(self._users, fcntl.LOCK_SH)

    def _start(self, more_environment: Mapping[str, str]) -> None:
        _forget_the_dead(self.folder)
        options = f'-h "" -k {_socket_folder(self.folder)}'
        arguments = ["start", "--wait", "--silent", f"--timeout={START_WITHIN_S}", "--log=log"]
        try:
            arguments.append(f"--options={options}")
            postgres_programs.run("pg_ctl", arguments, self.folder, more_environment)
        except PostgresStartError as error:
            raise PostgresStartError(
                f"The embedded PostgreSQL server did not start; its log is {self.log}. "
                "Set LONGPLAY_DATABASE_URL to use a server of your own."
                if self.log.exists()
                else str(error)
            ) from error

    def _wait_until_ready(self) -> psutil.Process:
        for _ in range(START_WITHIN_S * 10):
            process, found = postmaster.process_of(self.folder), postmaster.read(self.folder)
            if process is None or found is None:
                break
            if found.is_ready:
                return process
            time.sleep(0.1)
        raise PostgresStartError(f"The embedded PostgreSQL server does not get ready; its log is {self.log}.")


def _forget_other_servers() -> None:
    """Drops the ``PG…`` variables of a person from this process: they speak of servers of theirs."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def _make_data(folder: Path) -> None:
    """Makes the data of a new server beside its place, and moves it there once it is whole."""
    version = folder / "PG_VERSION"
    if version.exists():
        if (found := version.read_text().strip()) != str(MAJOR):
            raise PostgresStartError(
                f"{folder} is the data of PostgreSQL {found}, and this longplay brings {MAJOR}: "
                "use the longplay that wrote it, make a backup, and restore that with this one."
            )
        postgres_programs.give_to_server(folder)
        return
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)  # a start that was cut off
    new.mkdir(mode=0o700)
    postgres_programs.give_to_server(new)
    try:
        arguments = [f"--username={USER}", "--auth=trust", "--no-instructions", *postgres_locale.NEW_DATA]
        postgres_programs.run("initdb", arguments, new)
        new.rename(folder)
    except OSError as error:
        raise PostgresStartError(f"{folder} is in the way: it is no data of PostgreSQL ({error}).") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _forget_the_dead(folder: Path) -> None:
    """Clear the pid files that a kill or a power cut left: their number may be another program's by now.

    They guard the data against a second server, so they go only when no process of the first is left.
    """
    found = postmaster.read(folder)
    if found is None:
        return
    _wait_for_backends(folder)
    sockets = Path(found.socket_folder or folder)
    lock = sockets / f".s.PGSQL.{found.port}.lock"
    if lock.exists() and lock.read_text().partition("\n")[0].strip() == str(found.pid):
        lock.unlink(missing_ok=True)
    (folder / postmaster.FILE).unlink(missing_ok=True)


def _wait_for_backends(folder: Path) -> None:
    """Those whose server was killed notice within moments, unless a long query keeps them."""
    for _ in range(300):
        if next(postmaster.backends(folder), None) is None:
            return
        time.sleep(0.1)
    raise PostgresStartError(
        f"Processes of a PostgreSQL server that was killed still use {folder}; end them."
    )


def _stop(folder: Path) -> None:
    """Asks the server of this folder to end its sessions and itself, then makes sure of it."""
    process = postmaster.process_of(folder)
    if process is None:
        return
    for number, seconds in ((signal.SIGINT, STOP_WITHIN_S), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        with suppress(psutil.Error):
            process.send_signal(number)  # psutil makes sure that it is still the same process
        _gone, alive = psutil.wait_procs([process], timeout=seconds)
        if not alive:
            return


def _socket_folder(folder: Path) -> Path:
    """Where the socket is to be: with the data, unless that path is long or not plain (pg_ctl has a shell).

    Else in a folder of the server's own that nobody else may enter.
    """
    data, place = folder.stat(), _own_socket_folder(folder)
    if place == folder:
        return folder
    with suppress(FileExistsError):
        place.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(place, data.st_uid, data.st_gid)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != data.st_uid or found.st_mode & 0o077:
        raise PostgresStartError(
            f"{place} should be a folder of PostgreSQL's own, closed to others: remove it."
        )
    return place


def _own_socket_folder(folder: Path) -> Path:
    """The data folder itself, or a name in a folder for such things, which the home's server alone has."""
    name = sha256(f"{folder}-{folder.stat().st_ino}".encode(errors="surrogateescape")).hexdigest()[:16]
    elsewhere = (Path(place).resolve() / f"longplay-{name}" for place in (tempfile.gettempdir(), _SHORT))
    return next(path for path in (folder, *elsewhere) if _PLAIN.fullmatch(str(path)))
