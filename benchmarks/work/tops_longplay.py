"""Longplay: ``raw_plays`` of a lake to every table an import needs, top lists among them."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from assets.tables import LAKE_TABLES, RAW_PLAYS
from benchmarks.stages import Stages
from resources.settings import Settings
from resources.world import World


def prepare(home: str, as_of: str) -> Callable[[], dict[str, dict[str, float]]]:
    """Forgets what was made before; tells the seconds of each step."""
    world = World(Settings(home=Path(home)))
    world.operational  # noqa: B018 - starts PostgreSQL
    for table in LAKE_TABLES.values():
        if table.layer != "raw":
            shutil.rmtree(world.lake.uri(table.name), ignore_errors=True)
    stages = Stages(world, datetime.fromisoformat(as_of))

    def job() -> dict[str, dict[str, float]]:
        stages.make(list(world.lake.month_rows(RAW_PLAYS)))
        return {"steps": stages.seconds}

    return job
