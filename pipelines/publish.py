"""Publishing: a manifest of table versions and a marts build, and the warehouse of views over it."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import dagster as dg

from assets import agreement
from assets.automation import published_when_checked
from assets.specs import OWNERS
from assets.tables import LAKE_TABLES
from assets.views import lake_views, mart_views, newest_build, pinned
from pipelines.clear import clear_when_due
from pipelines.compact import compact_where_many
from resources import snapshots, warehouse
from resources.lake import Lake
from resources.settings import Settings
from resources.snapshots import Snapshot
from resources.untouched import is_untouched
from resources.world import World

ATTEMPTS: Final = 15
_ATTEMPT_S: Final = 2.0
_MOST_NAMED: Final = 5


class TablesDisagreeError(RuntimeError):
    """A table does not show the newest rows of what it is made from, and nobody made it again in time."""


def snapshot_asset(mart_names: Iterable[str]) -> dg.AssetsDefinition:
    """The asset behind which readers see one version of every table and one build of the marts."""

    @dg.asset(
        name="snapshot",
        deps=[*LAKE_TABLES, *mart_names],
        group_name="publishing",
        owners=OWNERS,
        kinds={"duckdb"},
        code_version="1",
        automation_condition=published_when_checked(),
        description="What readers see: one version of every table and one build of the marts.",
        pool="publish",
    )
    def snapshot(world: dg.ResourceParam[World]) -> dg.MaterializeResult[None]:
        """Moves readers to the newest tables."""
        published = publish(world)
        about: dict[str, Any] = {
            "snapshot": published.id,
            "tables": published.tables,
            "marts": published.marts or "none yet",
        }
        return dg.MaterializeResult(metadata={**about, "dagster/row_count": len(published.tables)})

    return snapshot


def publish(world: World) -> Snapshot:
    """Writes and points at a new snapshot while nothing is being written, then clears what nobody reads.

    Raises:
        PipelineBusyError: others were writing all the time.
        TablesDisagreeError: tables did not come to agree within half a minute.
    """
    settings = world.settings
    compact_where_many(world)
    now, tables = _pinned_together(world)
    published = Snapshot(snapshots.snapshot_id(now), now, tables, newest_build(settings.marts))
    snapshots.write(settings.snapshots, published)
    _show_current(world)
    clear_when_due(world, published)
    return published


def _pinned_together(world: World) -> tuple[datetime, dict[str, int]]:
    """One version of every table, all of one state: a run that is between two tables is waited for."""
    before = snapshots.current(world.settings.snapshots)
    agreed = None if before is None else before.tables
    for _ in range(ATTEMPTS):
        now = world.clock()
        with world.operational.quiet():
            tables = pinned(world.lake)
        apart = agreement.apart(world.lake, tables, agreed)
        if not apart:
            return now, tables
        world.sleep(_ATTEMPT_S)
    raise TablesDisagreeError(_disagreement(apart))


def _disagreement(apart: dict[str, list[str]]) -> str:
    months = sorted({month for found in apart.values() for month in found})
    few = f" ({', '.join(months[:_MOST_NAMED])}{' …' if len(months) > _MOST_NAMED else ''})" if months else ""
    return (
        f"{', '.join(sorted(apart))}{few} were not yet made from the newest rows, so readers keep what they "
        "see; a running `longplay up` makes them, and so does `longplay materialize`."
    )


def write_warehouse(settings: Settings, lake: Lake, published: Snapshot) -> None:
    """Makes ``warehouse.duckdb`` show a snapshot; clients that have it open keep what they have."""
    views = [*lake_views(lake, published.tables), *mart_views(settings.marts, published.marts)]
    facts = {"id": published.id, "created_at": published.created_at.isoformat(), "home": str(settings.home)}
    warehouse.write_views(settings.warehouse, views, facts, published.created_at)


def ensure_warehouse(world: World) -> Path:
    """The warehouse of the current snapshot, rebuilt when the home was moved or a client wrote to the file.

    Raises:
        FileNotFoundError: nothing was published yet.
    """
    settings = world.settings
    if not _shows(settings, _published(settings)):
        _show_current(world)
    return settings.warehouse


def _show_current(world: World) -> None:
    """Again when another was published meanwhile: the last to write must not leave an older one."""
    shown = None
    while shown != (published := _published(world.settings)):
        write_warehouse(world.settings, world.lake, published)
        shown = published


def _published(settings: Settings) -> Snapshot:
    published = snapshots.current(settings.snapshots)
    if published is None:
        raise FileNotFoundError("Nothing is published yet: import something first.")
    return published


def _shows(settings: Settings, published: Snapshot) -> bool:
    if not is_untouched(settings.warehouse, published.created_at):
        return False
    facts = warehouse.about(settings.warehouse)
    return (facts.get("id"), facts.get("home"), facts.get("created_at")) == (
        published.id,
        str(settings.home),
        published.created_at.isoformat(),
    )
