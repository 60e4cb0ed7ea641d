"""One more day of one listener, on top of a history."""

from collections.abc import Iterator
from itertools import count

from benchmarks.figures import OURS, Row, Scale, rows
from benchmarks.inputs import AS_OF, Place
from benchmarks.measure import work
from benchmarks.tops import steps

ROUNDS_AT_LEAST = 3


def measured(scale: Scale, place: Place) -> Iterator[Row]:
    """Two rows for each size of history."""
    for plays in scale.day_plays:
        home = place.home(plays, scale.plays_a_listener)
        whole = work("tops_longplay", home, AS_OF)
        numbers = count(len(list((home / "lake" / "raw_plays").rglob("day-*"))))
        days = [
            work("add_day", home, AS_OF, next(numbers)) for _ in range(max(ROUNDS_AT_LEAST, scale.rounds))
        ]
        samples = {OURS: days, "Longplay, everything again": [whole]}
        yield from rows(f"on {plays:,} plays", samples, {OURS: steps(days)})
