# ruff: noqa: ANN401 - stand-ins take what they are given
"""Undo: as if an import had never been, on disk too; and late data rewrites no month but its own."""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import killable
import pytest
from killable import Worlds

from assets.tables import (
    CLOCK_MONTHS,
    DUPLICATE_ROWS,
    LAKE_TABLES,
    PLAY_MONTHS,
    PLAYS,
    RAW_PLAYS,
    TRACK_MONTHS,
)
from pipelines import unfinished
from pipelines.clear import clear
from pipelines.publish import publish
from resources.settlement import UnknownImportError
from resources.world import World
from simulator import simulate, write_extended

MONTHLY = (PLAYS, PLAY_MONTHS, CLOCK_MONTHS, DUPLICATE_ROWS, TRACK_MONTHS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undo")
    truth = simulate(5, plays=700, first_day=date(2023, 11, 20), last_day=date(2024, 3, 10))
    write_extended(truth, folder / "first.zip", seed=1, last=date(2024, 2, 10))
    write_extended(truth, folder / "second.zip", seed=2, first=date(2024, 1, 25))
    write_extended(truth, folder / "late.zip", seed=3, first=date(2024, 1, 10), last=date(2024, 1, 20))
    write_extended(truth, folder / "rest.zip", seed=3, first=date(2024, 1, 21))
    write_extended(truth, folder / "before.zip", seed=3, last=date(2024, 1, 9))
    return folder


@pytest.fixture
def world(worlds: Worlds) -> Iterator[World]:
    with worlds.copy() as opened:
        yield opened


def imported(world: World, path: Path) -> str:
    done = killable.read(world, path)
    killable.follow(world, done.months)
    return str(done.row["import_id"])


def tables(world: World) -> dict[str, Any]:
    found = killable.rows(world)
    del found["imports"]  # the ledger remembers what was undone
    return found


def test_undoing_the_first_of_two_leaves_what_the_second_alone_would_have_made(
    world: World, worlds: Worlds, folder: Path
) -> None:
    first = imported(world, folder / "first.zip")
    second = imported(world, folder / "second.zip")
    both = tables(world)
    killable.make(world, "undo", first)
    with worlds.copy() as other:
        assert imported(other, folder / "second.zip") == second
        alone = tables(other)
        assert killable.ledger(world)[second] == killable.ledger(other)[second]
    assert tables(world) == alone
    assert killable.ledger(world)[first][0] == "undone"
    killable.make(world, "undo", first)
    assert tables(world) == alone
    assert imported(world, folder / "first.zip") == first
    assert tables(world) == both
    assert {entry[0] for entry in killable.ledger(world).values()} == {"completed"}


def test_the_files_of_an_undone_import_and_of_older_versions_are_gone_from_disk(
    world: World, folder: Path
) -> None:
    first = imported(world, folder / "first.zip")
    imported(world, folder / "second.zip")
    killable.make(world, "undo", first)
    clear(world, publish(world), grace=timedelta(0))
    left = {path for path in Path(world.lake.root).rglob("*.parquet") if path.parent.name != "_delta_log"}
    newest = {
        Path(file)
        for name in LAKE_TABLES
        for file in world.lake.files(name, world.lake.version(LAKE_TABLES[name]))
    }
    assert left == newest
    assert not any(path.name.startswith(first) for path in left)


def test_an_unknown_import_cannot_be_taken_out(world: World) -> None:
    with pytest.raises(UnknownImportError, match="There is no import nonsense"):
        unfinished.take_out(world, "nonsense")


def test_late_data_rewrites_no_file_of_another_month(world: World, folder: Path) -> None:
    imported(world, folder / "before.zip")
    imported(world, folder / "rest.zip")
    before = {table.name: prints(world, table) for table in MONTHLY}
    imported(world, folder / "late.zip")
    for table in MONTHLY:
        after = prints(world, table)
        others = [month for month in before[table.name] if month != "2024-01"]
        assert len(others) > 1 or table is DUPLICATE_ROWS
        assert [before[table.name][month] for month in others] == [after[month] for month in others]
        if table is not DUPLICATE_ROWS:
            assert before[table.name]["2024-01"] != after["2024-01"], table.name
    assert world.lake.month_rows(RAW_PLAYS)["2024-01"] > 0


def prints(world: World, table: Any) -> dict[str, list[tuple[str, str]]]:
    """Name and SHA-256 of each month's files."""
    found: dict[str, list[tuple[str, str]]] = {}
    for file in map(Path, world.lake.files(table.name, world.lake.version(table))):
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        found.setdefault(file.parent.name.removeprefix("month="), []).append((file.name, sha256))
    return found
