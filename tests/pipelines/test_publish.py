# ruff: noqa: ANN401 - stand-ins take what they are given
"""What readers see: one snapshot at a time, whole, for as long as they hold it."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import killable
import polars as pl
import pytest

from assets.marts.registry import marts
from assets.tables import LAKE_TABLES, PLAY_MONTHS, PLAYS, Table
from assets.views import DBT_PROJECT
from pipelines.publish import ensure_warehouse, publish
from resources import snapshots, warehouse
from resources.settings import Settings
from resources.world import World

NOW = datetime(2024, 5, 1, tzinfo=UTC)
READS = 150


class Clock:
    """Time passes when told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    opened = World(settings, Clock())
    yield opened
    opened.operational.close()


def fill(world: World, plays: int) -> None:
    """So many plays and one line that counts them, each table in a commit of its own."""
    many = {"play_id": [str(n) for n in range(plays)], "month": ["2024-01"] * plays, "user_id": ["u"] * plays}
    one = {"month": ["2024-01"], "user_id": ["u"], "kind": ["music"], "track_id": ["t"], "plays": [plays]}
    with world.operational.writing():
        for table, given in ((PLAYS, many), (PLAY_MONTHS, one)):
            world.lake.overwrite(table, world.lake.open(table), _frame(table, given))


def _frame(table: Table, given: dict[str, Any]) -> pl.DataFrame:
    nulls = [pl.lit(None).alias(name) for name in table.schema if name not in given]
    return table.conform(pl.LazyFrame(given).with_columns(nulls)).collect()


def count(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    plays = connection.execute("SELECT count(*) FROM plays").fetchall()[0][0]
    return plays, connection.execute("SELECT coalesce(sum(plays), 0) FROM play_months").fetchall()[0][0]


def _publishing(settings: Settings, stop: Any, published: Any) -> None:
    world, plays = World(settings), 1
    while not stop.is_set():
        fill(world, plays)
        publish(world)
        plays += 1
        published.value = plays


def test_a_reader_never_sees_a_mix_and_never_an_error_while_another_process_publishes(world: World) -> None:
    fill(world, 1)
    publish(world)
    context = killable.processes()
    stop, published = context.Event(), context.Value("i", 0)
    publisher = context.Process(target=_publishing, args=(world.settings, stop, published))
    publisher.start()
    seen = set()
    try:
        for number in range(5000):
            with duckdb.connect(str(world.settings.warehouse), read_only=True) as connection:
                plays, counted = count(connection)
                assert plays == counted == count(connection)[0]
                seen.add(plays)
            if number >= READS and len(seen) > 3:
                break
    finally:
        stop.set()
        publisher.join(60)
    assert publisher.exitcode == 0
    assert len(seen) > 3, f"only {published.value} were published"


def test_who_has_an_old_snapshot_open_keeps_it_until_the_grace_is_over(world: World) -> None:
    fill(world, 1)
    publish(world)
    with duckdb.connect(str(world.settings.warehouse), read_only=True) as reader:
        for plays in (2, 3, 4):
            fill(world, plays)
            publish(world)
        assert count(reader) == (1, 1)
    with duckdb.connect(str(world.settings.warehouse), read_only=True) as reader:
        assert count(reader) == (4, 4)
    assert len(list(world.settings.snapshots.glob("*.json"))) == 4


def test_manifests_older_than_the_grace_are_forgotten_and_their_files_deleted(world: World) -> None:
    fill(world, 1)
    first = publish(world)
    old = {Path(file) for file in world.lake.files("plays", first.tables["plays"])}
    fill(world, 2)
    publish(world)
    for path in old:
        assert path.exists()
    world.clock.now += timedelta(hours=25)  # type: ignore[attr-defined]
    fill(world, 3)
    last = publish(world)
    world.clock.now += timedelta(hours=25)  # type: ignore[attr-defined]
    kept = publish(world)
    assert {path.stem for path in world.settings.snapshots.glob("*.json")} == {last.id, kept.id}


def test_every_table_and_mart_is_there_when_all_are_empty(world: World) -> None:
    publish(world)
    with duckdb.connect(str(world.settings.warehouse), read_only=True) as connection:
        names = {
            name
            for (name,) in connection.execute(
                "SELECT view_name FROM duckdb_views() WHERE NOT internal"
            ).fetchall()
        }
        assert names == {*LAKE_TABLES, *marts(DBT_PROJECT)}
        for name, table in {**LAKE_TABLES, **marts(DBT_PROJECT)}.items():
            relation = connection.sql(f'SELECT * FROM "{name}"')
            assert (relation.columns, relation.fetchall()) == (table.schema.names(), [])


def test_a_home_that_was_moved_shows_its_own_files(world: World, tmp_path: Path) -> None:
    fill(world, 5)
    publish(world)
    world.settings.home.rename(tmp_path / "my music")
    moved = World(world.settings.model_copy(update={"home": tmp_path / "my music"}))
    with duckdb.connect(str(ensure_warehouse(moved)), read_only=True) as connection:
        assert count(connection) == (5, 5)


def test_a_damaged_warehouse_file_is_made_again(world: World) -> None:
    fill(world, 5)
    publish(world)
    world.settings.warehouse.write_bytes(b"no database")
    with duckdb.connect(str(ensure_warehouse(world)), read_only=True) as connection:
        assert count(connection) == (5, 5)


def test_a_warehouse_of_an_older_snapshot_is_not_left_over_a_newer_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``longplay sql`` makes the file anew for a snapshot that is replaced meanwhile."""
    fill(world, 1)
    publish(world)
    world.settings.warehouse.unlink()
    write = warehouse.write_views
    raced: list[bool] = []

    def write_views(*args: Any) -> None:
        if not raced:
            raced.append(True)
            fill(world, 2)
            publish(world)
        write(*args)

    monkeypatch.setattr(warehouse, "write_views", write_views)
    with duckdb.connect(str(ensure_warehouse(world)), read_only=True) as connection:
        assert count(connection) == (2, 2)


def _publish_and_die(settings: Settings, step: int) -> None:
    killable.Killer(step).arm()
    publish(World(settings))
    os._exit(0)


def test_publishing_that_is_killed_leaves_a_whole_snapshot_readable(world: World) -> None:
    fill(world, 1)
    first = publish(world)
    for step in range(1, 5):
        fill(world, 1 + step)
        process = killable.processes().Process(target=_publish_and_die, args=(world.settings, step))
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        shown = snapshots.current(world.settings.snapshots)
        assert shown is not None
        assert shown.id >= first.id
        with duckdb.connect(str(world.settings.warehouse), read_only=True) as connection:
            plays, counted = count(connection)
            assert plays == counted
        with duckdb.connect(str(ensure_warehouse(world)), read_only=True) as connection:
            plays, counted = count(connection)
            assert plays == counted
