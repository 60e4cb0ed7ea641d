# ruff: noqa: ANN401 - stand-ins take what they are given
"""Imports at the same time, in processes of their own: as if one had come after the other."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import killable
import polars as pl
import pytest
from killable import Worlds

from assets.listening import commit
from assets.listening.commit import resolve_months
from assets.listening.ingest import import_id
from assets.listening.readers import fingerprint
from assets.listening.resolve import resolve
from assets.tables import DUPLICATE_ROWS, PLAYS, TRACK_MONTHS
from pipelines import unfinished
from resources.lake import StaleCommitError
from resources.locks import ImportBusyError
from resources.staged import Replacement
from resources.world import World
from simulator import simulate, write_extended


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    truth = simulate(5, plays=600, first_day=date(2024, 1, 20), last_day=date(2024, 3, 10))
    write_extended(truth, folder / "first.zip", seed=1, last=date(2024, 2, 20))
    write_extended(truth, folder / "second.zip", seed=2, first=date(2024, 2, 5))
    return folder


@pytest.fixture
def world(worlds: Worlds) -> Iterator[World]:
    with worlds.copy() as opened:
        yield opened


def _resolving(settings: Any, path: Path, user_id: str, barrier: Any, refused: Any) -> None:
    """Imports, and waits before the first commit of plays until the other is there too."""
    world, commit_months, waits = World(settings), Replacement.commit, [barrier]

    def commit(replacement: Replacement, *args: Any) -> list[str]:
        if replacement.table is PLAYS and waits:
            waits.pop().wait(60)
        try:
            return commit_months(replacement, *args)
        except StaleCommitError:
            with refused.get_lock():
                refused.value += 1
            raise

    Replacement.commit = commit  # type: ignore[assignment,method-assign]
    done = killable.read(world, path, user_id)
    barrier.wait(60)  # both have their raw rows in: each sees the other's
    resolve_months(world, done.months)


def _both(world: World, *given: tuple[Path, str]) -> int:
    """Two imports that meet before the commit of plays; how many commits were refused."""
    context = killable.processes()
    barrier, refused = context.Barrier(2), context.Value("i", 0)
    started = [
        context.Process(target=_resolving, args=(world.settings, *each, barrier, refused)) for each in given
    ]
    for process in started:
        process.start()
    for process in started:
        process.join(120)
    assert [process.exitcode for process in started] == [0, 0]
    return int(refused.value)


def _after_each_other(worlds: Worlds, *given: tuple[Path, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    with worlds.copy() as world:
        months: set[str] = set()
        for path, user_id in given:
            done = killable.read(world, path, user_id)
            killable.follow(world, done.months, is_published=False)
            months |= set(done.months)
        return killable.rows(world), killable.ledger(world)


@pytest.mark.parametrize("users", [("me", "me"), ("me", "you")], ids=["one person's", "two people's"])
def test_imports_that_commit_at_once_end_as_if_one_came_after_the_other(
    world: World, worlds: Worlds, folder: Path, users: tuple[str, str]
) -> None:
    given = tuple(zip((folder / "first.zip", folder / "second.zip"), users, strict=True))
    refused = _both(world, *given)
    assert refused >= 1, "the two did not meet"
    months = sorted(world.lake.month_rows(PLAYS))
    killable.follow(world, months, is_published=False)
    rows, ledger = _after_each_other(worlds, *given)
    assert killable.rows(world) == rows
    assert killable.ledger(world) == ledger
    assert {entry[0] for entry in ledger.values()} == {"completed"}


def test_imports_of_different_months_do_not_disturb_each_other(
    world: World, worlds: Worlds, tmp_path: Path
) -> None:
    truth = simulate(6, plays=400, first_day=date(2023, 6, 1), last_day=date(2024, 3, 10))
    write_extended(truth, tmp_path / "early.zip", seed=1, last=date(2023, 8, 20))
    write_extended(truth, tmp_path / "late.zip", seed=1, first=date(2024, 1, 5))
    given = ((tmp_path / "early.zip", "me"), (tmp_path / "late.zip", "me"))
    for table in (
        PLAYS,
        DUPLICATE_ROWS,
        TRACK_MONTHS,
    ):  # so that only the months could be in each other's way
        world.lake.open(table)
    for path, user_id in given:
        assert killable.read(world, path, user_id).is_new
    assert _both(world, *given) == 0
    rows, _ = _after_each_other(worlds, *given)
    found = killable.rows(world)
    assert {name: found[name] for name in ("plays", "duplicate_rows", "track_months")} == {
        name: rows[name] for name in ("plays", "duplicate_rows", "track_months")
    }


def test_a_file_that_another_process_imports_is_refused_with_a_reason(world: World, folder: Path) -> None:
    path = folder / "first.zip"
    ident = import_id("me", fingerprint(path).sha256)
    with (
        world.operational.lock_import(ident),
        pytest.raises(ImportBusyError, match=f"Import {ident} is being imported by another process"),
    ):
        killable.read(world, path)
    assert killable.read(world, path).is_new


def test_resolving_starts_over_when_raw_rows_leave_while_it_computes(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other finds plays as it wants them and commits nothing: only raw can tell."""
    done = killable.read(world, folder / "first.zip")
    taken: list[list[str]] = []

    def resolve_and_lose(*args: Any) -> Any:
        resolved = resolve(*args)
        if not taken:
            taken.append(unfinished.take_out(world, done.row["import_id"]))
        return resolved

    monkeypatch.setattr(commit, "resolve", resolve_and_lose)
    resolve_months(world, done.months)
    assert world.lake.scan(PLAYS).select(pl.len()).collect().item() == 0
