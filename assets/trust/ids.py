"""Conservation: the ids of records are 1, 2, 3 … Each one is pending, sealed, or lost in the quarantine."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from resources.chain_rows import Head
from resources.chain_view import Ranges


def contradictions(present: Ranges, lost: Ranges, head: Head | None) -> Iterator[str]:
    """What does not add up, in words.

    Args:
        present: ids of the records that are pending or sealed.
        lost: ids that a repair found gone or took out.
        head: knows how many records were ever queued.
    """
    queued = 0 if head is None else head.records_queued
    known = united([*present, *lost])
    if both := _count(present) + _count(lost) - _count(known):
        yield f"{both} records are there twice, or although they were lost"
    if beyond := _count(known) - _count(clipped(known, queued)):
        yield f"{beyond} records have ids beyond the {queued} that were queued"
    if missing := _count(gaps(known, queued)):
        yield f"{missing} of {queued} records that were queued are gone"


def united(ranges: Sequence[tuple[int, int]]) -> Ranges:
    """Ranges that do not touch, over the same ids."""
    found: Ranges = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def clipped(ranges: Sequence[tuple[int, int]], last: int) -> Ranges:
    """What lies from 1 to ``last``."""
    return [(max(begin, 1), min(end, last)) for begin, end in ranges if begin <= last and end >= 1]


def gaps(known: Ranges, last: int) -> Ranges:
    """Ids from 1 to ``last`` in none of the ranges, which do not touch."""
    edges = [(0, 0), *clipped(known, last), (last + 1, last + 1)]
    return [(before + 1, after - 1) for (_, before), (after, _) in pairwise(edges) if after > before + 1]


def is_in(ranges: Ranges, number: int) -> bool:
    """Whether one of the ranges holds a number."""
    return any(first <= number <= last for first, last in ranges)


def _count(ranges: Ranges) -> int:
    return sum(last - first + 1 for first, last in ranges)
