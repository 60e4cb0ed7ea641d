"""``longplay up`` as a person starts it: a process of its own, a home of its own, a Postgres of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import duckdb
import psutil  # type: ignore[import-untyped]
import pytest

from resources import snapshots
from resources.settings import Settings
from simulator import simulate, write_extended

SERVICES = ("dagster_webserver", "dagster._daemon")
STARTS_WITHIN_S = 90.0
STOPS_WITHIN_S = 60.0
PUBLISHED_WITHIN_S = 480.0


class Up:
    """A running ``longplay up``."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home, webserver_port=_free_port())
        self.log = (home.parent / "up.log").open("wb")
        env = {
            **{name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"},
            "LONGPLAY_HOME": str(home),
            "LONGPLAY_WEBSERVER_PORT": str(self.settings.webserver_port),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from pipelines.cli import main; main()", "up"],
            env=env,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).parents[2],
        )

    def processes(self) -> list[psutil.Process]:
        """Everything that was started for this home, PostgreSQL too."""
        mark = str(self.settings.home)
        return [process for process in psutil.process_iter() if _home_of(process) == mark]

    def services(self) -> dict[str, psutil.Process]:
        """The web server and the daemon."""
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
        self.log.flush()
        return Path(self.log.name).read_text(errors="replace")[-4000:]

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


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """Started; killed with everything it started when a test leaves it running."""
    (tmp_path / "home").mkdir()
    started = Up(tmp_path / "home")
    yield started
    started.log.close()
    for process in started.processes():
        process.kill()
    started.process.wait()


def test_it_answers_on_its_port_and_leaves_no_process_when_told_to_stop(up: Up) -> None:
    up.wait_until(up.answers, STARTS_WITHIN_S, "the UI answers")
    assert set(up.services()) == set(SERVICES)
    up.process.send_signal(signal.SIGTERM)
    assert up.ends() == 0
    assert up.left_over() == []


def test_everything_stops_when_one_service_dies(up: Up) -> None:
    up.wait_until(lambda: len(up.services()) == 2, STARTS_WITHIN_S, "both services started")
    up.services()["dagster._daemon"].kill()
    assert up.ends() == 1
    assert up.left_over() == []
    assert "ended by itself" in up.said()


@pytest.mark.slow
def test_a_file_dropped_in_the_inbox_is_published_without_anybody_asking(up: Up) -> None:
    settings = up.settings
    phases = {"start": up.wait_until(up.answers, STARTS_WITHIN_S, "the UI answers")}
    part = settings.inbox / "me" / "my_spotify_data.zip.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    truth = simulate(3, plays=500, first_day=date(2023, 10, 1), last_day=date(2024, 2, 28))
    write_extended(truth, part.with_name("my_spotify_data.zip"), seed=3)
    export = part.with_name("my_spotify_data.zip")
    phases["imported"] = up.wait_until(lambda: not export.exists(), PUBLISHED_WITHIN_S, "it left the inbox")
    phases["published"] = up.wait_until(
        lambda: _has_plays(settings), PUBLISHED_WITHIN_S, "its plays are published"
    )
    up.process.send_signal(signal.SIGINT)
    stopping = time.monotonic()
    assert up.ends() == 0
    phases["stopped"] = time.monotonic() - stopping
    assert up.left_over() == []
    print({phase: round(seconds, 1) for phase, seconds in phases.items()})


def _has_plays(settings: Settings) -> bool:
    published = snapshots.current(settings.snapshots)
    if published is None or published.marts is None or not settings.warehouse.exists():
        return False

    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        plays, tops, days = (
            warehouse.execute(f"SELECT count(*) FROM {table}").fetchone()
            for table in ("plays", "top_tracks", "listening_days")
        )
    return all(row is not None and row[0] > 0 for row in (plays, tops, days))
