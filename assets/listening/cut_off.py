"""What a kill left of an import: the ledger says it is being read, and nobody reads it."""

from contextlib import suppress

from assets.listening.ingest import UNREAD
from assets.tables import RAW_PLAYS, REJECTED_ROWS
from resources import row_filter
from resources.locks import ImportBusyError
from resources.operational import Row
from resources.world import World

CUT_OFF = "it was cut off before its rows were stored: import the file again; nothing was stored"


def end_if_cut_off(world: World, import_id: str) -> Row | None:
    """Marks an import failed of which nothing was stored; None where it is not so.

    Whoever imports holds a lock from ``running`` until the rows are stored, and a kill frees it. What was
    stored after all needs no file: it waits as running for its months to be made.
    """
    with suppress(ImportBusyError), world.operational.lock_import(import_id):
        row = world.operational.get_import(import_id)
        if row["status"] not in ("pending", "running") or is_stored(world, row):
            return None
        with world.operational.writing():
            world.lake.stage(RAW_PLAYS, import_id).discard()
            world.lake.delete(REJECTED_ROWS, row_filter.equal("import_id", import_id))
            world.operational.update_import(import_id, status="failed", error=CUT_OFF, months=[], **UNREAD)
        return world.operational.get_import(import_id)
    return None


def is_stored(world: World, row: Row) -> bool:
    """Whether every row of an import has reached the lake; one of nothing but rejected rows has no month."""
    if row["rows_read"] is None:
        return False
    return not row["months"] or world.lake.has_files(RAW_PLAYS, row["import_id"])
