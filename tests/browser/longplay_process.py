"""``longplay`` as a person runs it: its commands, and ``longplay up`` for as long as somebody looks at it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar
from urllib.error import URLError
from urllib.request import urlopen

import psutil  # type: ignore[import-untyped]

REPOSITORY: Final = Path(__file__).parents[2]
UP_WITHIN_S: Final = 90.0
_POLL_S: Final = 0.1
_STOPPED_WITHIN_S: Final = 60.0

T = TypeVar("T")


class NotInTimeError(AssertionError):
    """What was waited for did not come."""


def longplay(home: Path, *arguments: str) -> str:
    """Runs one command to its end; returns what it printed, raises ``CalledProcessError`` when it fails."""
    done = subprocess.run(
        _command(*arguments),
        env=_environment(home),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@contextmanager
def longplay_up(home: Path, log: Path) -> Iterator[str]:
    """The address of a Dagster UI over ``home``; every process of it has ended when the block has."""
    port = _free_port()
    with log.open("wb") as file:
        process = subprocess.Popen(
            _command("up"),
            env=_environment(home) | {"LONGPLAY_WEBSERVER_PORT": str(port)},
            cwd=REPOSITORY,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: _answers(url) or _ended(process, log), "longplay up to answer", UP_WITHIN_S)
        yield url
    finally:
        _stop(process)


def eventually(find: Callable[[], T | None], what: str, within_s: float) -> T:
    """What ``find`` returns once that is true; raises ``NotInTimeError`` after a while."""
    deadline = time.monotonic() + within_s
    while not (found := find()):
        if time.monotonic() > deadline:
            raise NotInTimeError(f"waited {within_s:.0f} s for {what}")
        time.sleep(_POLL_S)
    return found


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments]


def _environment(home: Path) -> dict[str, str]:
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("LONGPLAY_", "DAGSTER"))
    }
    return plain | {"LONGPLAY_HOME": str(home), "COLUMNS": "100"}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/server_info", timeout=5) as reply:
            return bool(reply.status == 200)
    except (URLError, OSError):
        return False


def _ended(process: subprocess.Popen[bytes], log: Path) -> bool:
    if process.poll() is not None:
        raise NotInTimeError(f"longplay up ended with {process.returncode}:\n{log.read_text()}")
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Asks as Ctrl-C does, then ends what is left of it and of the process groups it started."""
    groups = {process.pid, *_groups_below(process.pid)}
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOPPED_WITHIN_S)
    finally:
        for group in groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        process.wait()


def _groups_below(pid: int) -> Iterator[int]:
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(ProcessLookupError):
                yield os.getpgid(child.pid)
