# ruff: noqa: ANN401 - stand-ins take what they are given
"""Syncs and imports at the same time, and syncs that are killed: no play is lost, none is doubled."""

import signal
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import killable
import polars as pl
import pytest
import sync_processes as syncing
from killable import IS_THOROUGH, Worlds
from sync_processes import Clock, at_spotify

from assets.listening.checks import miscounted_rejects, unbalanced_months
from assets.listening.commit import resolve_months
from assets.listening.sync import sync_due
from assets.tables import PLAYS, RAW_PLAYS
from pipelines import unfinished
from resources.lake import Staged
from resources.world import World
from simulator import simulate, write_extended
from simulator.fake_spotify.service import FakeAccount, FakeSpotify, shown

FIRST, SECOND, THIRD = (datetime(2024, 2, 29, hour, tzinfo=UTC) for hour in (9, 12, 15))
"""Three polls of one day, which is the last of a month; the pages overlap."""
RESTED = timedelta(minutes=6)
STRIDE = 1 if IS_THOROUGH else 3


class Scene:
    """A linked listener who was polled once, what they truly played, and an export of most of it."""

    def __init__(
        self, worlds: Worlds, spotify: FakeSpotify, account: FakeAccount, base: World, export: Path
    ) -> None:
        self.worlds, self.spotify, self.account, self.base, self.export = (
            worlds,
            spotify,
            account,
            base,
            export,
        )
        self.exported: set[int] = set()

    def copy(self, now: datetime = SECOND) -> Any:
        self.spotify.clock.now = now  # type: ignore[attr-defined]
        return at_spotify(self.worlds, self.spotify, now, self.base)

    def told(self, *polls: datetime) -> set[int]:
        """The true plays that polls at these times showed."""
        pages = [self.account.window(at) for at in polls]
        return {play.truth.play_no for page in pages for play in page if play.truth is not None}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, server_url: Any) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("races")
    truth = simulate(4, plays=900, first_day=date(2024, 2, 24), last_day=date(2024, 3, 1))
    labels = write_extended(truth, folder / "export.zip", seed=1, last=date(2024, 2, 28))
    worlds = Worlds(folder, server_url)
    with FakeSpotify(Clock(FIRST)) as spotify, at_spotify(worlds, spotify, FIRST) as base:
        account = spotify.add_account("fake-me", shown(truth, 1))
        syncing.link(base, "me", account)
        assert syncing.tick(base, FIRST).polled == 1
        made = Scene(worlds, spotify, account, base, folder / "export.zip")
        made.exported = set(labels["play_no"].drop_nulls())
        yield made


def assert_sound(world: World) -> None:
    assert syncing.unbalanced(world) == []
    assert unbalanced_months(world.lake, None) == {}
    assert miscounted_rejects(world.lake, world.operational.list_imports()) == {}


def after_each_other(scene: Scene) -> list[tuple[Any, ...]]:
    """The plays when a sync came first and the import after it."""
    with scene.copy() as world:
        syncing.tick(world, SECOND)
        resolve_months(world, killable.read(world, scene.export).months)
        assert_sound(world)
        return syncing.plays(world)


@pytest.mark.parametrize("commits", [0, 2], ids=["freely", "meeting before each commit"])
def test_two_syncs_and_an_import_of_one_person_at_once_are_as_if_one_came_after_the_other(
    scene: Scene, commits: int
) -> None:
    with scene.copy() as world:
        polled = syncing.at_once(world, SECOND, ((), ()), (scene.export,), commits)
        assert polled == 1, "one of the two leaves the account to the other"
        assert_sound(world)
        assert syncing.plays(world) == after_each_other(scene)
        found = world.lake.scan(PLAYS).collect()
    true = scene.exported | scene.told(FIRST, SECOND)
    assert found.height == len(true)
    assert 0 < len(scene.told(SECOND) - scene.told(FIRST)) < 50, "the second page overlaps the first"
    assert scene.told(SECOND) - scene.exported, "sync knows plays the export does not tell of"


def test_syncs_of_two_people_in_the_same_microsecond_lose_nothing(scene: Scene) -> None:
    other = scene.spotify.add_account("fake-you", scene.account.visible(SECOND))
    with scene.copy() as world:
        syncing.link(world, "you", other)
        assert syncing.at_once(world, SECOND, (("me",), ("you",)), commits=2) == 2
        assert_sound(world)
        told = dict(world.lake.scan(PLAYS).group_by("user_id").len().collect().iter_rows())
    assert told == {"me": len(scene.told(FIRST, SECOND)), "you": len(scene.told(SECOND))}


def test_months_made_while_a_sync_is_about_to_commit_do_not_close_its_day(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day's row is complete with what was synced before, and more rows are on their way.

    A tick of another process, to which this one leaves the account, does not count them either.
    """
    commit, waits = Staged.commit, ["once"]
    with scene.copy() as world:

        def make_months_first(staged: Staged) -> None:
            if waits:
                waits.pop()
                elsewhere = World(world.settings, clock=Clock(SECOND))
                assert sync_due(elsewhere).polled == 0
                resolve_months(elsewhere, sorted(world.lake.month_rows(RAW_PLAYS)))
                elsewhere.operational.close()
            commit(staged)

        monkeypatch.setattr(Staged, "commit", make_months_first)
        ticked = syncing.tick(world, SECOND)
        assert ticked.rows > 0
        assert_sound(world)
        assert world.lake.scan(PLAYS).collect().height == len(scene.told(FIRST, SECOND))


def test_a_day_of_sync_whose_months_are_still_to_be_made_is_not_taken_for_an_import_cut_off(
    scene: Scene,
) -> None:
    with scene.copy() as world:
        world.clock = Clock(SECOND)
        ticked = sync_due(world)
        assert ticked.rows > 0
        assert unfinished.end_cut_off_imports(world) == []
        resolve_months(world, ticked.months)
        assert_sound(world)


def test_a_sync_about_to_commit_is_not_taken_for_an_import_cut_off(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Staged.commit
    with scene.copy(THIRD) as world:
        world.clock = Clock(THIRD)

        def look_first(staged: Staged) -> None:
            assert unfinished.end_cut_off_imports(world) == []
            commit(staged)

        monkeypatch.setattr(Staged, "commit", look_first)
        ticked = sync_due(world)
        resolve_months(world, ticked.months)
        assert_sound(world)
        assert world.lake.scan(PLAYS).collect().height == len(scene.told(FIRST, THIRD))


def test_a_sync_killed_before_any_of_its_steps_loses_no_play_and_doubles_none(scene: Scene) -> None:
    again = SECOND + RESTED
    with scene.copy() as world:
        code, steps = syncing.killed_tick(world, SECOND)
        assert (code, steps > 8) == (0, True)
        scene.spotify.clock.now = again  # type: ignore[attr-defined]
        syncing.recovered(world, again)
        undisturbed, gaps = syncing.plays(world), world.accounts.gaps()
    assert len(undisturbed) == len(scene.told(FIRST, SECOND, again))
    for step in range(1, steps + 1, STRIDE):
        with scene.copy() as world:
            code, _ = syncing.killed_tick(world, SECOND, step)
            assert code == -signal.SIGKILL, f"step {step} was not reached"
            scene.spotify.clock.now = again  # type: ignore[attr-defined]
            syncing.recovered(world, again)
            when = f"killed before step {step}"
            assert syncing.plays(world) == undisturbed, when
            assert world.accounts.gaps() == gaps, when
            assert syncing.unbalanced(world) == [], when
            assert unbalanced_months(world.lake, None) == {}, when


def test_an_undone_export_leaves_exactly_what_sync_had_stored(scene: Scene) -> None:
    with scene.copy() as world:
        syncing.tick(world, SECOND)
        before = syncing.plays(world)
        done = killable.read(world, scene.export)
        resolve_months(world, done.months)
        exact = world.lake.scan(PLAYS).filter(pl.col("source") == "spotify_extended").collect()
        assert exact.height == len(scene.exported)
        assert exact["ms_played"].null_count() == 0
        resolve_months(world, unfinished.take_out(world, done.row["import_id"]))
        assert syncing.plays(world) == before
        balanced = [row for row in syncing.unbalanced(world) if row[1] != "undone"]
        assert balanced == []
