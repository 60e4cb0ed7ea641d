"""Compaction: what arrives in rows is kept in files of some size."""

from contextlib import suppress
from typing import Final

from assets.tables import FEEDBACK_EVENTS, RAW_PLAYS, REJECTED_ROWS
from resources.compaction import compact, needs_compaction
from resources.locks import PipelineBusyError
from resources.world import World

APPENDED: Final = (RAW_PLAYS, REJECTED_ROWS, FEEDBACK_EVENTS)
"""Tables that grow by small appends; others are written anew where they change."""
_NOT_SETTLED: Final = ("pending", "running", "failed", "undone")


def compact_where_many(world: World) -> None:
    """Compacts the tables that have many small files, while nobody writes; another time where somebody does.

    Files of an import that is not settled stay: by their names it is known whether its rows were stored.
    """
    wanted = [table for table in APPENDED if needs_compaction(world.lake, table)]
    if wanted:
        with suppress(PipelineBusyError), world.operational.quiet():
            waiting = [row["import_id"] for row in world.operational.list_imports(_NOT_SETTLED)]
            for table in wanted:
                compact(world.lake, table, waiting)
