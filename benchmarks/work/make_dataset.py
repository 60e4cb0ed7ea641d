"""Writes a dataset of so many tracks, a CSV, in which no row stands twice: no peer looks for that."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from simulator import simulate
from simulator.datasets import Faults, dataset_rows, write_dataset

_FIRST_DAY, _LAST_DAY = date(2020, 1, 1), date(2024, 1, 1)


def prepare(tracks: str, folder: str) -> Callable[[], None]:
    """A tenth as many plays are simulated, and their tracks are in it."""
    count = int(tracks)

    def job() -> None:
        plays = min(max(count // 10, 500), 20_000)
        truth = simulate(3, plays=plays, first_day=_FIRST_DAY, last_day=_LAST_DAY)
        write_dataset(dataset_rows(truth, count, faults=Faults(repeated=0)), Path(folder))

    return job
