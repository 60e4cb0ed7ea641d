"""``longplay up``: it starts, imports by itself, and leaves nothing behind."""

import signal
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import psutil  # type: ignore[import-untyped]
import pytest
from up_process import PUBLISHED_WITHIN_S, SERVICES, STARTS_WITHIN_S, Up

from resources import snapshots
from resources.settings import Settings
from simulator import simulate, write_extended


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """Started; killed with everything it started when a test leaves it running."""
    (tmp_path / "home").mkdir()
    started = Up(tmp_path / "home")
    yield started
    started.stop()


def test_everything_stops_when_one_service_dies(up: Up) -> None:
    up.wait_until(lambda: len(up.services()) == len(SERVICES), STARTS_WITHIN_S, "all services started")
    up.services()["dagster._daemon"].kill()
    assert up.ends() == 1
    assert up.left_over() == []
    assert "ended by itself" in up.said()


def test_it_answers_and_brings_postgres_back_and_leaves_no_process_when_told_to_stop(up: Up) -> None:
    up.wait_until(up.answers, STARTS_WITHIN_S, "the UI answers")
    assert set(up.services()) == set(SERVICES)
    pid_file = up.settings.postgres / "postmaster.pid"
    before = pid_file.read_text().split()[0]
    psutil.Process(int(before)).kill()
    up.wait_until(lambda: "was started again" in up.said(), STARTS_WITHIN_S, "PostgreSQL is started again")
    assert pid_file.read_text().split()[0] != before
    up.process.send_signal(signal.SIGTERM)
    assert up.ends() == 0
    assert up.left_over() == []


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
