"""Longplay: a zip into ``raw_plays``, every row accounted for."""

from collections.abc import Callable
from pathlib import Path

from assets.listening.ingest import Ingest, Request
from resources.settings import Settings
from resources.world import World


def prepare(export: str, home: str) -> Callable[[], dict[str, int]]:
    """A fresh home at ``home``; starting its PostgreSQL is start-up."""
    world = World(Settings(home=Path(home)))
    ingest = Ingest(world.lake, world.operational, world.clock)

    def job() -> dict[str, int]:
        row = ingest(Request(Path(export), "listener")).row
        return {"rows": row["rows_read"] - row["rows_rejected"]}

    return job
