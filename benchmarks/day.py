"""One more day of one listener, on top of a history."""

from collections.abc import Iterator
from itertools import count

from assets.tables import TOP_TRACKS
from benchmarks.figures import OURS, Row, Scale, rows
from benchmarks.inputs import AS_OF, Place
from benchmarks.measure import work
from benchmarks.tops import steps

ROUNDS_AT_LEAST = 3


def measured(scale: Scale, place: Place) -> Iterator[Row]:
    """A row for each size of history."""
    for listened, times in scale.lakes:
        plays, home = listened * times, place.home(listened, scale.plays_a_listener, times)
        if not (home / "lake" / TOP_TRACKS.name).exists():
            work("tops_longplay", home, AS_OF)
        numbers = count(len(list((home / "lake" / "raw_plays").rglob("day-*"))))
        rounds = max(ROUNDS_AT_LEAST, scale.rounds)
        days = [work("add_day", home, AS_OF, next(numbers)) for _ in range(rounds)]
        yield from rows(f"on {plays:,} plays", {OURS: days}, {OURS: steps(days)})
