# ruff: noqa: ANN401 - stand-ins take what they are given
"""Processes that import and can be killed at a chosen step, and the worlds they work in."""

import functools
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from databases import TEMPLATE, created
from pydantic import SecretStr
from sqlalchemy import make_url

from assets.catalog.assets import merge_catalogue
from assets.catalog.commit import merge_catalogue as merge_tracks
from assets.datasets import commit as datasets
from assets.datasets.scoring import score
from assets.listening.assets import copy_ledger, know_time_zones
from assets.listening.commit import resolve_months
from assets.listening.ingest import Ingest, Ingested, Request
from assets.stats.assets import TopsConfig, counting, rank_tops
from assets.stats.commit import add_up_months
from assets.tables import LAKE_TABLES
from pipelines import publish as publishing
from pipelines import unfinished
from resources import snapshots
from resources.lake import Lake, Staged
from resources.operational import Operational
from resources.settings import Settings
from resources.staged import Replacement
from resources.world import World

AS_OF = TopsConfig(as_of="2024-05-01T00:00:00+00:00")
_OF_THE_MACHINE = ("added_at", "as_of", "created_at", "finished_at", "file_name", "sha256")
_STEPS: tuple[tuple[Any, str], ...] = (
    (Operational, "start_import"),
    (Operational, "update_import"),
    (Operational, "undo_import"),
    (Operational, "settle"),
    (Lake, "overwrite"),
    (Lake, "delete"),
    (Staged, "add"),
    (Staged, "commit"),
    (Replacement, "add"),
    (Replacement, "commit"),
    (snapshots, "replace_file"),
    (publishing, "write_warehouse"),
    (publishing, "clear_when_due"),
)
_PRELOADED = ["pipelines.publish", "pipelines.unfinished", "assets.stats.assets", "assets.catalog.assets"]
_numbers = count(1)

IS_THOROUGH = "PYTEST_RUN_SLOW" in os.environ
"""Kills before every step, which takes minutes; otherwise before some."""


def make(world: World, what: str, *given: Any) -> None:
    """What ``import``, ``undo`` and ``dataset add`` and ``remove`` do, without Dagster's runs around it."""
    if what == "add":
        datasets.add(world, datasets.Request(*given))
        tell(world)
        return
    if what == "remove":
        datasets.remove(world, *given)
        tell(world)
        return
    if what == "undo":
        follow(world, unfinished.take_out(world, given[0]))
        return
    done = read(world, *given)
    unfinished.end_cut_off_imports(world)
    left = unfinished.imports(world)
    for row in left:
        if row["status"] == "undone":
            unfinished.take_out(world, row["import_id"])
    months = {*done.months, *(month for row in left for month in row["months"])}
    follow(world, sorted(months | set(unfinished.months_apart(world))))


def tell(world: World) -> None:
    """What follows a change of datasets."""
    score(world)
    merge_tracks(world)


def read(world: World, path: Path, user_id: str = "me") -> Ingested:
    """Raw rows only."""
    with world.operational.writing():
        return Ingest(world.lake, world.operational, world.clock)(Request(path, user_id, is_confirmed=True))


def follow(world: World, months: list[str], *, is_published: bool = True) -> None:
    """Every table an import needs, by the assets' own functions, pictures aside."""
    resolve_months(world, months)
    add_up_months(world, months, counting(world.settings))
    for asset in (know_time_zones, merge_catalogue, copy_ledger):
        _run(asset(world=world))
    _run(rank_tops(config=AS_OF, world=world))
    if is_published:
        publishing.publish(world)


def _run(results: Any) -> None:
    for _ in results:
        pass


def rows(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Every table's rows in a fixed order, less times of the machine."""
    frames = {table.name: world.lake.scan(table).collect() for table in LAKE_TABLES.values()}
    return {
        name: sorted(frame.drop(_OF_THE_MACHINE, strict=False).rows(), key=repr)
        for name, frame in frames.items()
    }


def ledger(world: World) -> dict[str, tuple[Any, ...]]:
    """Status and counts of every import."""
    names = ("status", "rows_read", "rows_stored", "rows_duplicate", "rows_rejected", "error")
    return {row["import_id"]: tuple(row[name] for name in names) for row in world.operational.list_imports()}


class Killer:
    """Counts steps that make a write visible and kills its own process before one of them."""

    def __init__(self, at: int) -> None:
        self.at, self.count = at, 0

    def arm(self) -> None:
        for owner, name in _STEPS:
            setattr(owner, name, self._wrapped(getattr(owner, name)))

    def _wrapped(self, step: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(step)
        def stepped(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            if self.count == self.at:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*args, **kwargs)

        return stepped


def _child(settings: Settings, at: int, what: str, given: tuple[Any, ...], steps: Any) -> None:
    killer = Killer(at)
    killer.arm()
    world = World(settings)
    make(world, what, *given)
    steps.value = killer.count


def start(world: World, what: str, *given: Any, at: int = 0, steps: Any = None) -> Any:
    """``make`` in a process of its own, killed before step ``at`` (0: never)."""
    process = processes().Process(target=_child, args=(world.settings, at, what, given, steps or _Nothing()))
    process.start()
    return process


class _Nothing:
    value = 0


def processes() -> Any:
    """Processes that start with everything imported and no thread running."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


class Worlds:
    """Worlds that begin as copies of one another: a folder and a database each."""

    def __init__(self, folder: Path, server_url: Any) -> None:
        self.folder, self.server_url = folder, make_url(server_url)

    @contextmanager
    def copy(self, of: World | None = None) -> Iterator[World]:
        """A fresh world, or a copy of one that nobody uses."""
        home = self.folder / f"home{next(_numbers)}"
        template = TEMPLATE
        if of is not None:
            of.operational.close()
            template = str(make_url(of.settings.database_url.get_secret_value()).database)  # type: ignore[union-attr]
            shutil.copytree(of.settings.home, home)
        with created(self.server_url, template) as url:
            world = World(Settings(home=home, database_url=SecretStr(url)))
            try:
                yield world
            finally:
                world.operational.close()
                shutil.rmtree(home, ignore_errors=True)
