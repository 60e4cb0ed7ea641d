"""One more day of one listener, on top of a history; and one more play, by the command."""

import statistics
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

from assets.tables import TOP_TRACKS
from benchmarks.command import imported
from benchmarks.figures import OURS, Row, Scale, rows
from benchmarks.inputs import AS_OF, Place
from benchmarks.measure import Sample, work
from benchmarks.tops import steps
from benchmarks.work.make_used_home import LAST_DAY
from simulator import simulate, write_extended

ROUNDS_AT_LEAST = 3


def measured(scale: Scale, place: Place) -> Iterator[Row]:
    """A row for each home the command adds a play to, then one for each size of history."""
    yield from _commands(scale, place)
    for listened, times in scale.lakes:
        plays, home = listened * times, place.home(listened, scale.plays_a_listener, times)
        if not (home / "lake" / TOP_TRACKS.name).exists():
            work("tops_longplay", home, AS_OF)
        numbers = count(len(list((home / "lake" / "raw_plays").rglob("day-*"))))
        rounds = max(ROUNDS_AT_LEAST, scale.rounds)
        days = [work("add_day", home, AS_OF, next(numbers)) for _ in range(rounds)]
        yield from rows(f"on {plays:,} plays", {OURS: days}, {OURS: steps(days)})


def _commands(scale: Scale, place: Place) -> Iterator[Row]:
    """`longplay import` of one play: the whole process, in a home of one import and in one of many."""
    used = place.used_home(scale.used_imports, scale.used_years, scale.used_plays)
    with place.scratch() as parent:
        parent.mkdir()
        new, old = parent / "new", parent / "old"
        imported(new, _one_play(parent, 0), "listener")
        subprocess.run(["cp", "-a", used, old], check=True)  # owners too: a server of root's has another
        played: dict[Path, list[Sample]] = {new: [], old: []}
        for number in range(1, max(ROUNDS_AT_LEAST, scale.rounds) + 1):
            for home, samples in played.items():
                samples.append(imported(home, _one_play(parent, number), "listener"))
        homes = {new: "1 import", old: f"{scale.used_imports} imports over {scale.used_years} years"}
        for home, samples in played.items():
            size = f"`longplay import` of 1 play after {homes[home]}"
            yield from rows(size, {OURS: samples}, {OURS: _said(samples)})


def _said(samples: list[Sample]) -> str:
    used = statistics.median(sample.processor_seconds for sample in samples)
    return f"{used:.1f} s of processor time, start-up included"


def _one_play(folder: Path, number: int) -> Path:
    """The ``number``-th, on a day after the history."""
    export, day = folder / f"play_{number}", LAST_DAY + timedelta(days=1 + number)
    if not export.exists():
        write_extended(simulate(number, plays=1, first_day=day, last_day=day), export, seed=number)
    return export
