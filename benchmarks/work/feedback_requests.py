"""Requests that each fold what one listener said since the snapshot into the weights it holds."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from assets.recommendations import profiles
from benchmarks.work.feedback_longplay import folded
from benchmarks.work.feedback_rows import LISTENERS, events, track_traits


def prepare(count: str, requests: str, since: str) -> Callable[[], dict[str, Any]]:
    """A snapshot of so many events, and what each listener said ``since``: a request takes its listener's."""
    said, traits = events(int(count)), track_traits()
    new = said.group_by("user_id", maintain_order=True).tail(int(since))
    snapshot = folded(said.join(new, on="event_id", how="anti"), traits)
    held = snapshot.partition_by("user_id", as_dict=True)
    told = new.partition_by("user_id", as_dict=True)
    spoken_of = {of: traits.join(rows, on="track_id", how="semi") for of, rows in told.items()}
    listeners = sorted(told)[:LISTENERS]

    def job() -> dict[str, Any]:
        took = []
        for number in range(int(requests)):
            of = listeners[number % len(listeners)]
            took.append(_seconds(held.get(of, snapshot.clear()), told[of], spoken_of[of]))
        middle, late = np.quantile(took, [0.5, 0.95]) * 1000
        return {"median_ms": round(float(middle), 2), "p95_ms": round(float(late), 2)}

    return job


def _seconds(held: pl.DataFrame, told: pl.DataFrame, traits: pl.DataFrame) -> float:
    began = time.perf_counter()
    profiles.current(held, told, traits)
    return time.perf_counter() - began
