"""Longplay: a dataset's CSV read into the lake and scored, every row stored and accounted for."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assets.datasets.commit import Request, add
from assets.datasets.quality import WEIGHTS
from assets.datasets.scoring import score
from assets.tables import DATASET_QUALITY
from resources.settings import Settings
from resources.world import World


def prepare(home: str, path: str) -> Callable[[], dict[str, Any]]:
    """Tells the scores, and the seconds of reading and of scoring."""
    world = World(Settings(home=Path(home)))
    world.operational  # noqa: B018 - starts PostgreSQL

    def job() -> dict[str, Any]:
        began = time.perf_counter()
        add(world, Request(Path(path)))
        read = time.perf_counter()
        score(world)
        seconds = {"read and stored": read - began, "scored and explained": time.perf_counter() - read}
        [row] = world.lake.scan(DATASET_QUALITY).collect().rows(named=True)
        return {"steps": seconds, "scores": {name: row[name] for name in (*WEIGHTS, "total")}}

    return job
