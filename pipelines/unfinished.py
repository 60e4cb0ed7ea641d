"""What a kill left half-done: imports and undos readers do not see yet, and runs nobody runs any more."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Final
from uuid import uuid4

import dagster as dg

from assets import agreement
from assets.listening import cut_off
from assets.listening.synced import is_synced
from assets.tables import RAW_PLAYS, REJECTED_ROWS
from resources import row_filter, snapshots
from resources.locks import ImportBusyError
from resources.operational import Operational, Row
from resources.world import World

ABANDONED_AFTER: Final = timedelta(minutes=10)
PROCESS = ".dagster/longplay_process"
"""Tag of a run: the process it lives in, whose lock Postgres frees when the process dies. It means nothing
to people, and Dagster's UI leaves out tags that begin like this."""


def imports(world: World) -> list[Row]:
    """Imports whose rows came or left since the last snapshot: their months must be made (again)."""
    published = snapshots.current(world.settings.snapshots)
    rows = world.operational.list_imports(["running", "completed", "undone"])
    return [row for row in rows if _is_stored(row) and snapshots.is_since(row["finished_at"], published)]


def end_cut_off_imports(world: World) -> list[Row]:
    """Marks imports failed that a kill left without rows; returns them.

    A pending one has no lock yet, so it counts as cut off only when it is old.
    """
    waiting = world.operational.list_imports(["pending", "running"])
    old = [row for row in waiting if row["status"] == "running" or is_old(world, row)]
    old = [row for row in old if not is_synced(row)]  # the next tick puts those right
    return [ended for row in old if (ended := cut_off.end_if_cut_off(world, row["import_id"]))]


def is_old(world: World, row: Row) -> bool:
    """Whether an import was asked for so long ago that whoever asked would be further by now."""
    return bool(world.clock() - row["created_at"] > ABANDONED_AFTER)


def months_apart(world: World) -> list[str]:
    """Months whose tables another run left half-made: nothing is published until somebody makes them."""
    published = snapshots.current(world.settings.snapshots)
    return agreement.months_apart(world.lake, None if published is None else published.tables)


def take_out(world: World, import_id: str) -> list[str]:
    """Takes an import's rows out of raw; returns the months to resolve again.

    Marked undone first: when this is cut off, the next command finds it and goes on.

    Raises:
        ImportBusyError: it is being imported.
        UnknownImportError: the ledger has no such import.
    """
    with world.operational.lock_import(import_id), world.operational.writing():
        months = world.operational.undo_import(import_id, world.clock())
        for table in (RAW_PLAYS, REJECTED_ROWS):
            world.lake.delete(table, row_filter.equal("import_id", import_id))
    return months


@contextmanager
def alive(operational: Operational) -> Iterator[str]:
    """A name for this process that ``end_abandoned_runs`` of another takes for alive."""
    process = uuid4().hex
    with operational.lock_import(f"process:{process}"):
        yield process


def end_abandoned_runs(instance: dg.DagsterInstance, operational: Operational) -> None:
    """Ends runs whose process was killed and frees the pools they held: others would wait for ever."""
    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        if PROCESS in run.tags and not _is_alive(operational, run.tags[PROCESS]):
            instance.report_run_failed(run, "Its process was killed.")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _is_stored(row: Row) -> bool:
    return row["status"] != "running" or row["rows_read"] is not None


def _is_alive(operational: Operational, process: str) -> bool:
    with ExitStack() as held:
        try:
            held.enter_context(operational.lock_import(f"process:{process}"))
        except ImportBusyError:
            return True
    return False
