"""``longplay up`` as a person starts it: a process of its own, a home of its own, a Postgres of its own."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from resources.settings import Settings

SERVICES = ("grpc", "dagster_webserver", "dagster._daemon")
STARTS_WITHIN_S = 90.0
STOPS_WITHIN_S = 60.0
PUBLISHED_WITHIN_S = 480.0

_REPOSITORY = Path(__file__).parents[2]


class Up:
    """A running ``longplay up``."""

    def __init__(self, home: Path, env: Mapping[str, str] | None = None) -> None:
        self.settings = Settings(home=home, webserver_port=free_port())
        self.log = (home.parent / "up.log").open("wb")
        port = str(self.settings.webserver_port)
        self.env = environment(home) | {"LONGPLAY_WEBSERVER_PORT": port, **(env or {})}
        self.process = subprocess.Popen(
            _command("up"), env=self.env, stdout=self.log, stderr=subprocess.STDOUT, cwd=_REPOSITORY
        )

    def longplay(self, *arguments: str) -> str:
        """What a command over the same home prints."""
        return longplay(self.env, *arguments)

    def stop(self) -> None:
        """Kills what is left of everything that was started."""
        self.log.close()
        for process in self.processes():
            process.kill()
        self.process.wait()

    def processes(self) -> list[psutil.Process]:
        """Everything that was started for this home, PostgreSQL too."""
        mark = str(self.settings.home)
        return [process for process in psutil.process_iter() if _home_of(process) == mark]

    def services(self) -> dict[str, psutil.Process]:
        """The code server, the web server and the daemon."""
        found: dict[str, psutil.Process] = {}
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):  # it may just have ended
                found |= {name: child for name in SERVICES if name in child.cmdline()}
        return found

    def answers(self) -> bool:
        """The UI says which Dagster it is, and that it loaded the code location."""
        query = b'{"query": "{ repositoriesOrError { __typename ... on RepositoryConnection { nodes { name } } } }"}'
        address = f"http://127.0.0.1:{self.settings.webserver_port}/graphql"
        request = urllib.request.Request(address, query, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return bool(json.load(response)["data"]["repositoriesOrError"].get("nodes"))
        except OSError:
            return False

    def said(self) -> str:
        return self.everything_said()[-4000:]

    def everything_said(self) -> str:
        """The log from its beginning."""
        return Path(self.log.name).read_text(errors="replace")

    def wait_until(self, condition: Callable[[], bool], within_s: float, what: str) -> float:
        """Seconds it took; fails at the deadline, or when the program ends first."""
        began = time.monotonic()
        while not condition():
            waited = time.monotonic() - began
            assert waited < within_s, f"{what}: not within {within_s} s\n{self.said()}"
            assert self.process.poll() is None, f"{what}: the program ended\n{self.said()}"
            _breathe()
        return time.monotonic() - began

    def ends(self) -> int:
        return self.process.wait(STOPS_WITHIN_S)

    def left_over(self) -> list[str]:
        """What still runs, after a moment for the kernel to bury the dead."""
        _gone, alive = psutil.wait_procs(self.processes(), timeout=10)
        return [" ".join(process.cmdline()) for process in alive if process.is_running()]


def environment(home: Path) -> dict[str, str]:
    """What a process must find to work on a home."""
    plain = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    return plain | {"LONGPLAY_HOME": str(home)}


def longplay(env: Mapping[str, str], *arguments: str) -> str:
    """What a command prints; fails when it does."""
    wide = {**env, "COLUMNS": "200"}
    done = subprocess.run(
        _command(*arguments), env=wide, cwd=_REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments]


def _breathe() -> None:
    time.sleep(0.25)  # another program is waited for: nothing here has a clock to pass in


def _home_of(process: psutil.Process) -> str | None:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        home = process.environ().get("LONGPLAY_HOME")
    except (psutil.Error, OSError):
        return None
    return str(home) if home else None


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
