"""What listeners say, folded into their tastes: all of it, at a request, and on its way through the lake."""

from collections.abc import Iterator, Sequence
from functools import partial

from benchmarks.figures import OURS, Row, Scale, rows
from benchmarks.inputs import Place
from benchmarks.measure import Sample, in_turns, work
from benchmarks.tops import steps

LOOP = "a loop over the events"


def measured(scale: Scale, place: Place) -> Iterator[Row]:
    """Two rows for each number of events, then one of requests and one of the whole way."""
    for count in scale.feedback_events:
        yield from _in_memory(scale, count)
        yield from _at_a_request(scale, count)
        yield from _through_the_lake(place, count)


def _in_memory(scale: Scale, count: int) -> Iterator[Row]:
    contenders = {
        OURS: partial(work, "feedback_longplay", count),
        LOOP: partial(work, "feedback_loop", count),
    }
    samples = in_turns(contenders, scale.rounds)
    compared = work("feedback_compare", count).told["weights_compared"]
    yield from rows(f"{count:,} events in memory", samples, {LOOP: f"{compared:,} weights are the same"})


def _at_a_request(scale: Scale, count: int) -> Iterator[Row]:
    since = scale.feedback_since
    sample = work("feedback_requests", count, scale.feedback_requests, since)
    size = f"{scale.feedback_requests:,} requests, {since} events since the snapshot in each"
    yield from rows(size, {OURS: [sample]}, {OURS: _times([sample])})


def _times(samples: Sequence[Sample]) -> str:
    told = samples[-1].told
    return f"a request: median {told['median_ms']} ms, 95 % within {told['p95_ms']} ms"


def _through_the_lake(place: Place, count: int) -> Iterator[Row]:
    with place.scratch() as home:
        sample = work("feedback_lake", home, count)
    size = f"{count:,} events, from the log to the lake"
    yield from rows(size, {OURS: [sample]}, {OURS: steps([sample])})
