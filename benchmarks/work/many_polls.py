"""Polls of a linked account, one new play each: what a home keeps after so many of them.

Files are deleted by their age. To see that, preload libfaketime (``LD_PRELOAD=…/libfaketimeMT.so.1
NO_FAKE_STAT=1 FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1``) with ``FAKETIME_TIMESTAMP_FILE``, a file
that says ``+0``: time passes between two polls then.
"""

import os
import resource
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from assets.listening.assets import copy_ledger
from assets.tables import LAKE_TABLES, RAW_PLAYS
from benchmarks.stages import Stages
from pipelines.publish import publish
from resources.settings import Settings
from resources.stored import files_of
from resources.world import World

_BEGAN = datetime(2024, 3, 1, tzinfo=UTC)
_NAMES = {"track_name": "Song", "artist_name": "Band", "album_name": "Album"}
_OFFSET_FILE = "FAKETIME_TIMESTAMP_FILE"
_AVERAGED = 10
"""Polls that a figure is the mean of: every tenth commit writes a checkpoint of its table."""


def prepare(home: str, told_at: str, hours_apart: str = "0.5") -> Callable[[], dict[str, Any]]:
    """Tells, after each of the numbers of polls in ``told_at`` (1,100), processor time, files, log."""
    apart = timedelta(hours=float(hours_apart))
    wanted = [int(number) for number in told_at.split(",")]
    first = datetime.now(UTC) if _OFFSET_FILE in os.environ else _BEGAN
    clock = [first]
    world = World(Settings(home=Path(home)), lambda: clock[0])
    world.operational.start_import(
        import_id="polls", user_id="listener", file_name="polls", sha256="polls", created_at=first
    )

    def job() -> dict[str, Any]:
        told, seconds, dated = {}, [], set[Path]()
        for number in range(1, max(wanted) + 1):
            began = _processor_seconds()
            _poll(world, number, clock[0])
            seconds.append(_processor_seconds() - began)
            if number in wanted:
                mean = sum(seconds[-_AVERAGED:]) / len(seconds[-_AVERAGED:])
                told[number] = {"processor_seconds": round(mean, 2), **_size(world)}
            if _OFFSET_FILE in os.environ:
                dated |= _date(set(Path(world.lake.root).rglob("*")) - dated, clock[0])
                _set_offset(clock[0] + apart - first)
            clock[0] += apart
        return {"after": told}

    return job


def _poll(world: World, number: int, now: datetime) -> None:
    """What a run does after a poll, without Dagster around it."""
    row = {"import_id": "polls", "file": f"poll {number}", "row": 0, "user_id": "listener"}
    played = {"source": "spotify_api", "month": f"{now:%Y-%m}", "ended_at": now, "ms_played": 200_000}
    given = pl.DataFrame([{**row, **played, **_NAMES, "track_id": f"name:{number % 97:016x}"}])
    missing = [pl.lit(None).alias(name) for name in RAW_PLAYS.schema if name not in given.columns]
    staged = world.lake.stage(RAW_PLAYS, f"sync-{number:06}")
    staged.add(RAW_PLAYS.conform(given.lazy().with_columns(missing)).collect())
    staged.commit()
    world.operational.update_import("polls", status="running", rows_read=number, months=[f"{now:%Y-%m}"])
    Stages(world, now).make([f"{now:%Y-%m}"])
    list(copy_ledger(world=world))  # type: ignore[call-overload]
    publish(world)


def _date(files: set[Path], now: datetime) -> set[Path]:
    """The file system gave them its own time."""
    for file in files:
        os.utime(file, (now.timestamp(), now.timestamp()))
    return files


def _set_offset(passed: timedelta) -> None:
    """Later, for every library of this process."""
    Path(os.environ[_OFFSET_FILE]).write_text(f"+{passed.total_seconds():.0f}\n")


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _size(world: World) -> dict[str, Any]:
    """Files and bytes of the newest versions, and entries of logs: what else there is waits to be cleared."""
    files = pl.concat(
        [files_of(world.lake.open(table)).select("size_bytes") for table in LAKE_TABLES.values()]
    )
    root = Path(world.lake.root)
    entries = sum(1 for _ in root.rglob("_delta_log/*.json"))
    kept = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    megabytes = {"MB": round(files.sum().item() / 1e6, 2), "kept_MB": round(kept / 1e6, 1)}
    return {"files": files.height, **megabytes, "log_entries": entries}
