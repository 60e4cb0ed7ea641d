"""The code is loaded anew under ``longplay up`` when a home turns out to reach back further, and only then."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from pipelines.up import CodeServer, Service
from resources import first_month

SLEEPS = "import time; time.sleep(600)"
AT_WORK = f"""
import subprocess, sys
run = subprocess.Popen([sys.executable, "-c", {SLEEPS!r}])
print(run.pid, flush=True)
run.wait()
"""

Serve = Callable[[str], Service]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts what stands in for the code server: a process in a session of its own."""
    started: list[Service] = []

    def start(code: str) -> Service:
        command = [sys.executable, "-c", code]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True))
        return started[-1]

    yield start
    for service in started:
        service.kill()
        service.communicate()


def test_it_is_loaded_anew_once_the_first_month_is_an_earlier_one(tmp_path: Path, serve: Serve) -> None:
    place = tmp_path / "first_month"
    first_month.write_earlier(place, "2015-03")
    services = [serve(SLEEPS)]
    code = CodeServer(place, services, lambda: serve(SLEEPS))
    seen = [services[0]]
    for month in ("2015-03", "2024-12", "2009-01", "2009-01", "2008-12"):
        first_month.write_earlier(place, month)
        code.keep()
        seen.append(services[0])
    assert [a is not b for a, b in pairwise(seen)] == [False, False, True, False, True]
    assert [service.poll() is None for service in seen] == [False] * 5 + [True], "none is left running"


def test_runs_of_the_code_server_are_waited_for(tmp_path: Path, serve: Serve) -> None:
    place = tmp_path / "first_month"
    services = [serve(AT_WORK)]
    assert services[0].stdout is not None
    run = psutil.Process(int(services[0].stdout.readline()))
    code = CodeServer(place, services, lambda: serve(SLEEPS))
    before = services[0].pid
    first_month.write_earlier(place, "2009-01")
    code.keep()
    assert services[0].pid == before
    run.kill()
    run.wait()
    services[0].wait()
    code.keep()
    assert services[0].pid == before, "one that has ended is for longplay up to tell"
