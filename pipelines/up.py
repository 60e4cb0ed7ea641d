"""Everything that runs all the time, as one command: PostgreSQL, the Dagster UI, the daemon."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import psutil  # type: ignore[import-untyped]
from rich.console import Console

from pipelines import code_server
from pipelines.loose import advice, loose
from pipelines.only_up import ensure_free, only_one
from resources import embedded_postgres
from resources.embedded_postgres import PostgresStartError
from resources.first_month import read
from resources.settings import Settings

_REPOSITORY = Path(__file__).parent.parent
_STOP_AFTER_S = 20.0
_END_AFTER_S = 5.0
_LOOK_AFTER_S = 2.0

MOST_UI_CONNECTIONS = 24
"""At once, while pages load; Dagster holds three pools, and keeps one connection of each."""
HOST = "127.0.0.1"
_SPARE = {
    "MALLOC_ARENA_MAX": "2",  # threads of glibc would each keep what they once used
    "PYTHONWARNINGS": "ignore:Parameter `owners`",  # Dagster warns of its own default
}

Service = subprocess.Popen[bytes]


class NotPreparedError(RuntimeError):
    """The home could not be made ready; what went wrong was printed, and ``ended`` is its exit code."""

    def __init__(self, ended: int) -> None:
        super().__init__("The home could not be made ready; what went wrong is above.")
        self.ended = ended


def run_until_stopped(settings: Settings, console: Console) -> int:
    """Starts the services, waits for Ctrl-C or for one of them to end, and stops them all.

    Raises:
        AlreadyUpError: it runs already.
        PortTakenError: the UI has nowhere to listen.
        NotPreparedError: the home could not be made ready.
    """
    with only_one(settings.up_lock, _address(settings)):
        ensure_free(HOST, settings.webserver_port)
        return _run_alone(settings, console)


def _run_alone(settings: Settings, console: Console) -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    services: list[Service] = []
    with TemporaryDirectory(prefix="longplay-") as folder:
        try:
            _run(settings, console, services, Path(folder))
        except KeyboardInterrupt:
            return 0
        finally:
            stop(services)
    console.print("A service ended by itself; its last words are above. Everything else was stopped.")
    return 1


def _run(settings: Settings, console: Console, services: list[Service], folder: Path) -> None:
    """Returns when one of the services ends; all that were started are in ``services``."""
    postgres = Postgres(settings, console)
    told = _prepared()
    env, instance = {**_SPARE, **os.environ, **told["environment"]}, ["--instance-ref", told["instance"]]

    def serve_code() -> Service:
        return _start([*code_server.command(folder), *instance], env)

    services.append(serve_code())
    if not code_server.wait_for(services[0], folder):
        return
    code = CodeServer(settings.first_month, services, serve_code)
    ui, daemon = commands(settings, code_server.write_workspace(folder))
    services.append(_start([*ui, *instance], env))
    services.append(_start([*daemon, *instance], {**env, **told["daemon"]}))
    console.print(_greeting(settings))
    _wait_for_any(services, postgres, Inbox(settings, console), code)


def stop(services: Sequence[Service]) -> None:
    """Asks the services to end, then makes sure of it: also of whatever they started (runs, code servers)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of them running
    _end(services)


def _end(services: Sequence[Service]) -> None:
    for service in services:
        with suppress(ProcessLookupError):
            service.send_signal(signal.SIGINT)
    psutil.wait_procs(members(services), timeout=_STOP_AFTER_S)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in members(services):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        psutil.wait_procs(members(services), timeout=_END_AFTER_S)


def members(services: Sequence[Service]) -> list[psutil.Process]:
    """The processes of the services' sessions that still run."""
    sessions = {service.pid for service in services}
    return [process for process in psutil.process_iter() if _session(process) in sessions]


def _session(process: psutil.Process) -> int | None:
    try:
        return None if process.status() == psutil.STATUS_ZOMBIE else os.getsid(process.pid)
    except (psutil.Error, ProcessLookupError, PermissionError):
        return None


def commands(settings: Settings, workspace: Path) -> list[list[str]]:
    """The UI and the daemon; only what is out of the ordinary is worth a line of theirs."""
    port = str(settings.webserver_port)
    few = ["--db-pool-max-overflow", str(MOST_UI_CONNECTIONS // 3 - 1)]
    quiet = ["--log-level", "warning"]
    return [
        ["dagster_webserver", "-h", HOST, "-p", port, "-w", str(workspace), *few],
        ["dagster._daemon", "run", "-w", str(workspace), *quiet],
    ]


def _prepared() -> dict[str, Any]:
    """What ``prepare`` says of the environments of the services, and of their instance."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.prepare"],
        stdout=subprocess.PIPE,
        env={**_SPARE, **os.environ},
        cwd=_REPOSITORY,
        check=False,
    )
    if done.returncode != 0:
        raise NotPreparedError(done.returncode)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _start(command: Sequence[str], env: dict[str, str]) -> Service:
    """A session of its own, so that Ctrl-C reaches us alone and everything it starts can be found."""
    return subprocess.Popen(
        [sys.executable, "-m", *command], env=env, cwd=_REPOSITORY, start_new_session=True
    )


def _greeting(settings: Settings) -> str:
    return (
        f"Dagster UI: {_address(settings)}\n"
        f"Inbox: {settings.inbox / settings.user} (drop exports there). Ctrl-C stops everything."
    )


def _address(settings: Settings) -> str:
    return f"http://{HOST}:{settings.webserver_port}"


class Postgres:
    """The server of the home, started again when it ended: nobody else would while all wait for it."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self._settings = settings
        self._console = console
        self._pid = self._running()

    def keep(self) -> None:
        """Looks once; somebody's own server is theirs to keep."""
        try:
            before, self._pid = self._pid, self._running()
        except PostgresStartError as error:
            self._console.print(str(error), style="red", markup=False, soft_wrap=True)
            return
        if self._pid != before:
            self._console.print("PostgreSQL had ended by itself and was started again; everything goes on.")

    def _running(self) -> int | None:
        if self._settings.database_url is not None:
            return None
        return embedded_postgres.ensure_running(self._settings.postgres).get_pid()


class Inbox:
    """Says of each file that lies in nobody's folder, once, that nobody will read it."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self._settings = settings
        self._console = console
        self._told: set[Path] = set()

    def keep(self) -> None:
        """Looks once."""
        lying = set(loose(self._settings.inbox))
        if new := sorted(lying - self._told):
            told = advice(new, self._settings.user)
            self._console.print(told, style="yellow", markup=False, soft_wrap=True)
        self._told = lying


class CodeServer:
    """The code location, loaded anew when rows came of months before those that it knows."""

    def __init__(self, first_month: Path, services: list[Service], serve: Callable[[], Service]) -> None:
        self._place, self._services, self._serve = first_month, services, serve
        self._known = read(first_month) or f"{datetime.now(UTC):%Y-%m}"

    def keep(self) -> None:
        """Looks once; not while runs go on, which are children of the server: they would end with it."""
        found = read(self._place)
        if found is None or found >= self._known or code_server.has_runs(self._services[0].pid):
            return
        self._known = found
        _end(self._services[:1])
        self._services[0] = self._serve()


def _wait_for_any(services: Sequence[Service], *kept: Postgres | Inbox | CodeServer) -> None:
    """Returns when one of them ends."""
    while all(service.poll() is None for service in services):
        time.sleep(_LOOK_AFTER_S)
        for each in kept:
            each.keep()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
