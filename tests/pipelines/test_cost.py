"""What an import costs beside its rows: it does not grow with the age of the home."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import killable
import polars as pl
import pytest

from assets.listening.commit import resolve_months
from assets.tables import LAKE_TABLES, LISTENERS, PLAYS, RAW_PLAYS
from pipelines import unfinished
from pipelines.compact import compact_where_many
from pipelines.publish import publish
from pipelines.run_history import Ages
from resources.compaction import MOST_SMALL_FILES
from resources.handles import Handles
from resources.lake import Lake
from resources.world import World

LOG_KEEPING = ((Handles, "load"), (Lake, "noted"), (Lake, "vacuum"))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each of them was called."""
    calls: Counter[str] = Counter()
    for owner, name in LOG_KEEPING:
        monkeypatch.setattr(owner, name, _counting(calls, name, getattr(owner, name)))
    return calls


def _counting(calls: Counter[str], name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:  # noqa: ANN401
        calls[name] += 1
        return method(*given, **named)

    return call


def test_one_more_month_costs_no_more_log_keeping_after_twelve_imports_than_after_two(
    world: World, tmp_path: Path, counted: Counter[str]
) -> None:
    exports = [_export(tmp_path, month) for month in range(1, 13)]
    for export in exports[:2]:
        killable.make(world, "import", export)
    young = _cost(world, exports[2], counted)
    for export in exports[3:10]:
        killable.read(world, export)
    killable.make(world, "import", exports[10])
    old = _cost(world, exports[11], counted)
    assert {name: old[name] <= young[name] for name in old} == {"load": True, "noted": True}
    assert old["load"] < 2 * len(LAKE_TABLES)


def _cost(world: World, export: Path, counted: Counter[str]) -> Counter[str]:
    """Of a process of its own, which opens every table anew."""
    command = World(world.settings)
    counted.clear()
    killable.make(command, "import", export)
    command.operational.close()
    return counted.copy()


def _export(folder: Path, month: int) -> Path:
    """One play in the middle of a month."""
    path = folder / f"Streaming_History_Audio_{month}.json"
    path.write_text(json.dumps([_played(f"2023-{month:02}-15T12:00:00Z")]))
    return path


def _played(stop: str) -> dict[str, object]:
    names = {"track_name": "Song", "album_artist_name": "Band", "album_album_name": "Album"}
    return {
        "ts": stop,
        "ms_played": 200_000,
        "conn_country": "DE",
        "spotify_track_uri": "spotify:track:4uLU6hMCjMI75M1A2tKUQC",
        **{f"master_metadata_{name}": text for name, text in names.items()},
    }


class Clock:
    """Time passes when told."""

    def __init__(self, world: World) -> None:
        self.now = world.clock()
        world.clock = self

    def __call__(self) -> Any:  # noqa: ANN401
        return self.now


def test_tables_are_cleared_once_a_day_and_those_that_changed_within_the_grace(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, cleared = Clock(world), []

    def vacuum(_: Lake, table: Any, *__: object) -> list[str]:  # noqa: ANN401
        cleared.append(table.name)
        return []

    monkeypatch.setattr(Lake, "vacuum", vacuum)
    pruned: list[Ages] = []
    monkeypatch.setattr("pipelines.clear.prune", lambda _engine, _folders, ages: pruned.append(ages))
    quiet = sorted(LAKE_TABLES)
    told = []
    for hours, changes in ((0, True), (1, False), (23, False), (1, True), (24, False), (24, False)):
        clock.now += timedelta(hours=hours)
        if changes:
            _change(world)
        publish(world)
        told.append(sorted(cleared))
        cleared.clear()
    assert told == [[], [], quiet, [], quiet, ["listeners"]]
    assert [clock.now - ages.ended for ages in pruned[1:]] == [timedelta(days=8), timedelta(days=7)]


def _change(world: World) -> None:
    row = pl.LazyFrame({name: [None] for name in LISTENERS.columns}).with_columns(user_id=pl.lit("ada"))
    world.lake.overwrite(LISTENERS, world.lake.open(LISTENERS), LISTENERS.conform(row).collect())


def test_an_import_can_be_undone_after_its_rows_and_those_of_many_polls_became_one_file(
    world: World, tmp_path: Path
) -> None:
    imported = killable.read(world, _export(tmp_path, 1)).row["import_id"]
    resolve_months(world, ["2022-12", "2023-01", "2023-02"])
    raw = world.lake.scan(RAW_PLAYS).collect()
    _synced(world, raw, polls=MOST_SMALL_FILES + 5)
    compact_where_many(world)
    together = world.lake.scan(RAW_PLAYS).sort("row").collect()
    assert len(world.lake.month_files(RAW_PLAYS, ["2023-01"])) == 1
    assert together.height == MOST_SMALL_FILES + 6
    months = unfinished.take_out(world, imported)
    assert world.lake.scan(RAW_PLAYS).sort("row").collect().equals(together.filter(import_id="polls"))
    resolve_months(world, months)
    assert world.lake.scan(PLAYS).collect().height == MOST_SMALL_FILES + 5


def _synced(world: World, like: pl.DataFrame, polls: int) -> None:
    """A play an hour after the other, each stored by a poll of its own."""
    now = world.clock()
    known = {"user_id": like["user_id"][0], "file_name": "sync", "sha256": "sync", "created_at": now}
    world.operational.start_import(import_id="polls", **known)
    for number in range(1, polls + 1):
        staged = world.lake.stage(RAW_PLAYS, f"sync-{number}")
        later = pl.col("ended_at") + pl.duration(hours=number)
        staged.add(like.with_columns(later, import_id=pl.lit("polls"), row=pl.lit(number, pl.Int64)))
        staged.commit()
    world.operational.update_import("polls", status="completed", rows_read=polls, months=["2023-01"])
