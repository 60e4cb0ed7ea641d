"""Clearing: files, builds, manifests and runs that nobody reads any more."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from shutil import rmtree
from typing import Final

from assets.marts.registry import finished_builds
from assets.tables import LAKE_TABLES
from pipelines.run_history import Ages, prune
from resources import cleared, snapshots
from resources.cleared import Cleared, Seen
from resources.snapshots import Snapshot
from resources.world import World

EVERY: Final = timedelta(days=1)
_FAILED_RUNS_KEPT: Final = timedelta(days=90)
_EVALUATIONS_KEPT: Final = timedelta(days=2)


def clear_when_due(world: World, published: Snapshot) -> None:
    """Clears after a publication: builds and manifests each time, tables and runs once a day.

    Looking through a table costs more than a small import, and one that did not change for a whole grace
    period has nothing left to delete.
    """
    grace, now = timedelta(hours=world.settings.snapshot_grace_hours), world.clock()
    kept = _forget(world, published, now, grace)
    last = cleared.read(world.settings.snapshots)
    if last is None:  # a new home, in which nothing is old enough, or one that never kept this
        cleared.write(world.settings.snapshots, Cleared(now, {}))
    elif last.is_due_again(now, min(grace, EVERY)):
        seen = _seen(world, last, now)
        with world.operational.writing():
            _vacuum(world, _changed(last, seen, grace), kept, grace)
        _prune_runs(world, now)
        cleared.write(world.settings.snapshots, Cleared(now, seen))


def _prune_runs(world: World, now: datetime) -> None:
    kept = timedelta(days=world.settings.runs_kept_days)
    ages = Ages(now - kept, failed=now - max(kept, _FAILED_RUNS_KEPT), evaluated=now - _EVALUATIONS_KEPT)
    files = world.settings.dagster
    prune(world.operational.engine, [files / "logs", files / "storage" / "storage"], ages)


def clear(world: World, published: Snapshot, *, grace: timedelta) -> None:
    """Deletes at once what no snapshot of the ``grace`` names."""
    _vacuum(world, LAKE_TABLES, _forget(world, published, world.clock(), grace), grace)


def _forget(world: World, published: Snapshot, now: datetime, grace: timedelta) -> Sequence[Snapshot]:
    """Deletes manifests, and builds of the marts, that are no longer kept; returns those that are."""
    settings = world.settings
    kept = {each.id: each for each in snapshots.kept(settings.snapshots, now, grace)}
    kept |= {published.id: published}
    snapshots.forget(settings.snapshots, set(kept))
    builds = {snapshot.marts for snapshot in kept.values()}
    for build in finished_builds(settings.marts):
        if build.name not in builds and build.name < (published.marts or ""):
            rmtree(build)
    return list(kept.values())


def _vacuum(world: World, names: Iterable[str], kept: Sequence[Snapshot], grace: timedelta) -> None:
    for name in names:
        versions = [snapshot.tables[name] for snapshot in kept if name in snapshot.tables]
        world.lake.vacuum(LAKE_TABLES[name], versions, grace)


def _changed(last: Cleared, now: Mapping[str, Seen], grace: timedelta) -> list[str]:
    """Tables of which something may be left: they changed since, or too late before the last clearing."""
    return [name for name, seen in now.items() if not seen.is_clean(last.at, grace)]


def _seen(world: World, last: Cleared, now: datetime) -> Mapping[str, Seen]:
    found: dict[str, Seen] = {}
    for name, table in LAKE_TABLES.items():
        files, before = world.lake.fingerprint(world.lake.open(table)), last.tables.get(name)
        found[name] = before if before is not None and before.files == files else Seen(files, now)
    return found
