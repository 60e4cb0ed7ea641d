"""One ``longplay up`` a home, at a port that is free; the second is told who has it."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from pipelines import up
from pipelines.only_up import AlreadyUpError, PortTakenError, only_one, running
from resources.settings import Settings


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which another program listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


def test_a_second_one_is_refused_at_once_with_who_runs_where(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, webserver_port=4567)
    with only_one(settings.up_lock, "http://127.0.0.1:3210"):
        who = rf"process {os.getpid()} on \S+, http://127\.0\.0\.1:3210"
        with pytest.raises(AlreadyUpError, match=who):
            up.run_until_stopped(settings, Console())
        assert "3210" in (running(settings.up_lock) or "")
    assert running(settings.up_lock) is None
    assert not settings.postgres.exists(), "nothing was started"


def test_what_a_dead_one_left_in_the_file_keeps_nobody_out(tmp_path: Path) -> None:
    place = tmp_path / "up.lock"
    place.write_text(f"process {os.getpid()} on here, http://127.0.0.1:1")
    assert running(place) is None
    with only_one(place, "http://127.0.0.1:2"):
        assert (running(place) or "").endswith("http://127.0.0.1:2")


def test_a_taken_port_names_its_setting_before_anything_is_started(tmp_path: Path, taken: int) -> None:
    settings = Settings(home=tmp_path, webserver_port=taken)
    with pytest.raises(PortTakenError, match=rf"127\.0\.0\.1:{taken} .*up --port.*LONGPLAY_WEBSERVER_PORT"):
        up.run_until_stopped(settings, Console())
    assert running(settings.up_lock) is None
    assert not settings.postgres.exists()
