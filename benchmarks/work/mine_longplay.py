"""Longplay's own search, called off after so many nonces were tried."""

from collections.abc import Callable

from assets.trust import search
from assets.trust.hashes import GENESIS
from assets.trust.mine import CancelledError, mined, unmined

_NEVER_FOUND = 16


def prepare(tries: str, processes: str) -> Callable[[], dict[str, int]]:
    """A block of a difficulty that no search gets through; each core tries its share of the chunks."""
    chunks = max(1, int(tries) // search.TRIES // int(processes))
    block = unmined(GENESIS, [], GENESIS.mined_at, _NEVER_FOUND)

    def job() -> dict[str, int]:
        looked = iter(range(chunks))
        try:
            mined(block, int(processes), lambda: next(looked, None) == chunks - 1)
        except CancelledError:
            return {"tries": chunks * int(processes) * search.TRIES}
        raise AssertionError("a hash with sixteen zeros was found")

    return job
