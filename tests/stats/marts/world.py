"""Small lakes and the builds made from them."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from assets.marts.registry import dbt_build, dbt_environment, mart_path
from assets.tables import LAKE_TABLES

PROJECT = Path(__file__).parents[3] / "dbt_project"
MINUTE = 60_000
Row = dict[str, Any]
World = Mapping[str, list[Row]]


def at(text: str) -> datetime:
    """A UTC time from "2024-03-31 00:30"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def clock(text: str) -> datetime:
    """A time on a local clock, which knows no zone."""
    return datetime.fromisoformat(text)


def play(play_id: str, started: str | datetime, ms: int | None = 3 * MINUTE, **more: object) -> Row:
    """A play of track "t1" by "ann" in no known country, ended when it was played out."""
    started_at = at(started) if isinstance(started, str) else started
    ended_at = started_at + timedelta(milliseconds=ms or 0)
    usual = {"user_id": "ann", "track_id": "t1", "kind": "music", "source": "spotify_extended"}
    times = {"started_at": started_at, "ended_at": ended_at, "ms_played": ms}
    return {"play_id": play_id, "month": f"{ended_at:%Y-%m}", **usual, **times, **more}


def track(track_id: str, artist: str | None, album: str | None = None, **more: object) -> Row:
    """A track of 3 minutes called after its id, its ids made of names: a podcast has no artist but a show."""
    names = {"artist_name": artist, "album_name": album}
    ids = {f"{what}_id": name and f"name:{name}" for what, name in (("artist", artist), ("album", album))}
    if more.get("kind") == "podcast":
        ids = {"show_id": ids["artist_id"]}
    usual = {"kind": "music", "track_name": track_id.upper(), "duration_ms": 3 * MINUTE}
    return {"track_id": track_id, **usual, **names, **ids, **more}


def write_sources(world: World, root: Path) -> Path:
    """A DuckDB file with a view for every lake table, of the world's rows or of none."""
    sources = root / "sources.duckdb"
    with duckdb.connect(sources) as connection:
        for name, table in LAKE_TABLES.items():
            file = root / f"{name}.parquet"
            pl.DataFrame(world.get(name, []), schema=table.schema).write_parquet(file)
            connection.execute(f"create view {name} as select * from read_parquet('{file}')")
    return sources


def dbt(
    arguments: Iterable[str], environment: Mapping[str, str], root: Path
) -> subprocess.CompletedProcess[str]:
    """What became of a dbt command; its target folder is in ``root``."""
    paths = {"DBT_TARGET_PATH": str(root / "target"), "DBT_LOG_PATH": str(root / "logs")}
    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    command = [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments, *folders]
    variables = {**os.environ, **environment, **paths}
    return subprocess.run(command, env=variables, cwd=root, capture_output=True, text=True, check=False)


def build(
    world: World,
    root: Path,
    *,
    counted_after_ms: int = 30_000,
    include_incognito: bool = False,
    sitting_gap_minutes: int = 20,
) -> Path:
    """The folder of marts dbt makes of a world; fails when a model or a test of the project does."""
    settings = dbt_build(
        counted_after_ms=counted_after_ms,
        include_incognito=include_incognito,
        sitting_gap_minutes=sitting_gap_minutes,
    )
    folder = root / "marts"
    folder.mkdir()
    run = dbt(settings, dbt_environment(write_sources(world, root), folder), root)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def rows(folder: Path, mart: str, *columns: str, **where: object) -> list[tuple[Any, ...]]:
    """The mart's rows with these values, of these columns, in stored order."""
    frame = pl.read_parquet(mart_path(folder, mart)).filter(**where)
    return frame.select(columns).rows()
