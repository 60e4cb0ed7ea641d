# ruff: noqa: ANN401 - stand-ins take what they are given
"""What readers see: one snapshot at a time, whole, for as long as they hold it."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import killable
import polars as pl
import pytest

from assets import agreement
from assets.listening.commit import resolve_months
from assets.marts.registry import marts
from assets.tables import (
    CLOCK_MONTHS,
    DATASET_QUALITY,
    DUPLICATE_ROWS,
    LAKE_TABLES,
    PLAY_MONTHS,
    PLAYS,
    SPOTIFY_ITEMS,
    TRACK_MONTHS,
    Table,
)
from assets.views import DBT_PROJECT
from pipelines import unfinished
from pipelines.definitions import build
from pipelines.publish import TablesDisagreeError, ensure_warehouse, publish
from pipelines.status import status
from resources import snapshots, warehouse
from resources.lake import Lake
from resources.row_filter import RowFilter
from resources.settings import Settings
from resources.world import World
from simulator import simulate, write_extended

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
    opened = World(settings, Clock(), sleep=lambda _: None)
    yield opened
    opened.operational.close()


def fill(world: World, plays: int) -> None:
    """So many plays and one line that counts them, each table in a commit of its own."""
    many = {"play_id": [str(n) for n in range(plays)], "month": ["2024-01"] * plays, "user_id": ["u"] * plays}
    one = {"month": ["2024-01"], "user_id": ["u"], "kind": ["music"], "track_id": ["t"], "plays": [plays]}
    with world.operational.writing():
        _put(world.lake, PLAYS, many)
        _put(world.lake, PLAY_MONTHS, one)
        _put(world.lake, CLOCK_MONTHS, {"month": []})


def _put(lake: Lake, table: Table, given: dict[str, Any]) -> None:
    """A whole table, made from what its sources hold now."""
    made_from = agreement.sources(lake, table, ["2024-01"])
    lake.overwrite(table, lake.open(table), _frame(table, given), notes=made_from)


def _frame(table: Table, given: dict[str, Any]) -> pl.DataFrame:
    nulls = [pl.lit(None).alias(name) for name in table.schema if name not in given]
    return table.conform(
        pl.LazyFrame(given, schema_overrides={"month": pl.String()}).with_columns(nulls)
    ).collect()


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


def test_what_a_client_wrote_into_the_warehouse_is_no_answer_of_ours(world: World) -> None:
    publish(world)
    path = world.settings.warehouse
    path.chmod(0o600)
    with duckdb.connect(str(path)) as client:
        client.execute("CREATE TABLE notes AS SELECT 1 AS x")
    assert not status(world).is_warehouse_whole
    with duckdb.connect(str(ensure_warehouse(world)), read_only=True) as reader:
        assert ("notes",) not in reader.execute("SHOW TABLES").fetchall()
    path.with_name("warehouse.duckdb.wal").write_bytes(b"left by a client that died")
    assert not status(world).is_warehouse_whole
    with duckdb.connect(str(ensure_warehouse(world)), read_only=True) as reader:
        assert reader.execute("SELECT count(*) FROM plays").fetchall() == [(0,)]
    assert status(world).is_warehouse_whole


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


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two halves of a history, with a month in common."""
    folder = tmp_path_factory.mktemp("between")
    truth = simulate(3, plays=500, first_day=date(2024, 1, 20), last_day=date(2024, 3, 10))
    first, second = folder / "first.zip", folder / "second.zip"
    write_extended(truth, first, seed=1, last=date(2024, 2, 20))
    write_extended(truth, second, seed=2, first=date(2024, 2, 5))
    return first, second


def _making_in_two_steps(settings: Settings, path: Path, resolved: Any, go_on: Any) -> None:
    """A run that is between ``plays`` and what is made of them for as long as wanted."""
    world = World(settings)
    months = killable.read(world, path).months
    resolve_months(world, months)
    resolved.set()
    go_on.wait(60)
    killable.follow(world, months, is_published=False)


def published_plays(world: World) -> tuple[int, int, int]:
    """Plays in all, by month and by quarter-hour, as readers see them; and none without a name."""
    with duckdb.connect(str(ensure_warehouse(world)), read_only=True) as connection:
        plays, by_month = count(connection)
        nameless = connection.execute("SELECT count(*) FROM plays ANTI JOIN tracks USING (track_id, kind)")
        assert nameless.fetchall() == [(0,)]
        by_clock = connection.execute("SELECT sum(plays) FROM clock_months").fetchall()[0][0]
        hidden = connection.execute("SELECT count(*) FROM plays WHERE is_incognito").fetchall()[0][0]
    return plays - hidden, by_month, by_clock


def test_publishing_waits_for_a_run_of_another_process_that_is_between_two_tables(
    settings: Settings, exports: tuple[Path, Path]
) -> None:
    world = World(settings, sleep=lambda _: None)
    killable.make(world, "import", exports[0])
    before, shown = published_plays(world), snapshots.current(settings.snapshots)
    context = killable.processes()
    resolved, go_on = context.Event(), context.Event()
    other = context.Process(target=_making_in_two_steps, args=(settings, exports[1], resolved, go_on))
    other.start()
    assert resolved.wait(60)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        assert snapshots.current(settings.snapshots) == shown
        waits.append(seconds)
        go_on.set()
        other.join(60)

    world.sleep = wait
    publish(world)
    assert len(waits) == 1
    assert published_plays(world) != before
    assert len(set(published_plays(world))) == 1
    world.operational.close()


def test_publishing_refuses_what_a_killed_run_left_half_made_until_the_next_import_makes_it(
    settings: Settings, exports: tuple[Path, Path]
) -> None:
    world = World(settings, sleep=lambda _: None)
    killable.make(world, "import", exports[0])
    before, shown = published_plays(world), snapshots.current(settings.snapshots)
    context = killable.processes()
    resolved, never = context.Event(), context.Event()
    other = context.Process(target=_making_in_two_steps, args=(settings, exports[1], resolved, never))
    other.start()
    assert resolved.wait(60)
    os.kill(other.pid or 0, signal.SIGKILL)
    other.join(60)
    with pytest.raises(
        TablesDisagreeError, match=r"clock_months, play_months.* \(2024-02, 2024-03\).*materialize"
    ):
        publish(world)
    assert (snapshots.current(settings.snapshots), published_plays(world)) == (shown, before)
    assert unfinished.months_apart(world) == ["2024-02", "2024-03"]
    killable.make(world, "import", exports[0])
    assert unfinished.months_apart(world) == []
    assert published_plays(world) != before
    assert len(set(published_plays(world))) == 1
    world.operational.close()


def test_plays_that_left_a_month_altogether_hold_publishing_until_their_month_is_made(world: World) -> None:
    fill(world, 3)
    publish(world)
    world.lake.delete(PLAYS, RowFilter("month = '2024-01'"))
    with pytest.raises(TablesDisagreeError, match=r"play_months \(2024-01\)"):
        publish(world)
    fill(world, 0)
    publish(world)
    assert published_plays(world)[:2] == (0, 0)


def test_months_of_a_table_that_a_new_version_emptied_are_made_again_by_the_next_import(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(world, 3)
    publish(world)
    assert unfinished.months_apart(world) == []
    monkeypatch.setitem(LAKE_TABLES, PLAY_MONTHS.name, replace(PLAY_MONTHS, version=99))
    world.lake.overwrite(PLAY_MONTHS, world.lake.open(PLAY_MONTHS), PLAY_MONTHS.empty())
    publish(world)
    assert unfinished.months_apart(world) == ["2024-01"]


def test_every_table_made_from_plays_or_names_by_month_is_asked_whether_it_agrees(world: World) -> None:
    graph = build(world).resolve_asset_graph()
    asked = {name: {source.name} for name, source in {**agreement.BY_MONTH, **agreement.WHOLE}.items()}
    monthly = {PLAYS.name, DUPLICATE_ROWS.name, TRACK_MONTHS.name}  # of one commit each, in one breath
    made = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        - {
            SPOTIFY_ITEMS.name,
            DATASET_QUALITY.name,
        }  # late knowledge: what is published may lack the newest of it
        for key in graph.get_all_asset_keys()
    }
    of_months = {
        name: parents
        for name, parents in made.items()
        if name in LAKE_TABLES
        and parents
        and parents <= {PLAYS.name, TRACK_MONTHS.name}
        and name not in monthly
    }
    assert asked == of_months
