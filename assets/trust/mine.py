"""A block made of pending records, and the proof of work that seals it, on one core or several.

What is searched is in ``search.py``. Nothing is written anywhere until the nonce is found, so a search
may be cancelled, or killed with its process, at any moment.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from assets.trust import merkle, search
from assets.trust.hashes import block_hash, header_before_nonce
from resources.chain_rows import Block, Record

_SEARCH: Final = Path(search.__file__)
_WORTH_HELP: Final = 16**5
"""Expected tries from which a second process finds a nonce sooner than it starts."""

Searcher = subprocess.Popen[bytes]


class CancelledError(Exception):
    """The search was called off; nothing was written."""


@dataclass(frozen=True)
class Mined:
    """A block with its proof of work, and what it took."""

    block: Block
    tries: int
    seconds: float

    @property
    def hashes_a_second(self) -> float:
        """Of all cores together."""
        return self.tries / self.seconds if self.seconds else 0.0


def never() -> bool:
    """A search that is not called off."""
    return False


def unmined(previous: Block, records: Sequence[Record], now: datetime, difficulty: int) -> Block:
    """The next block over some records in their order, all but the nonce and the hash.

    A clock that was put back does not make it older than the block before it.
    """
    return Block(
        height=previous.height + 1,
        previous_hash=previous.hash,
        hash="",
        mined_at=max(now, previous.mined_at),
        difficulty=difficulty,
        nonce=0,
        merkle_root=merkle.root([record.record_hash for record in records]),
        records=len(records),
    )


def mined(block: Block, processes: int = 1, is_cancelled: Callable[[], bool] = never) -> Mined:
    """The block with a nonce that proves the work.

    Args:
        processes: cores that search; this process is one of them.
        is_cancelled: asked about twenty times a second.

    Raises:
        CancelledError: it said so.
    """
    prefix, began = header_before_nonce(block), time.perf_counter()
    cores = processes if 16**block.difficulty >= _WORTH_HELP else 1
    nonce, tries = _found(prefix, block.difficulty, cores, is_cancelled)
    sealed = block._replace(nonce=nonce)
    return Mined(sealed._replace(hash=block_hash(sealed)), tries, time.perf_counter() - began)


def _found(
    prefix: bytes, difficulty: int, processes: int, is_cancelled: Callable[[], bool]
) -> tuple[int, int]:
    """A nonce and how many were tried, to a chunk."""
    chunks = 0
    with _helpers(prefix, difficulty, processes) as helpers:
        for own in search.search(prefix, difficulty, 0, processes):
            if is_cancelled():
                raise CancelledError("Mining was called off; nothing was written.")
            told = [(1, own), *map(_told, helpers)]
            chunks += sum(lines for lines, _ in told)
            for nonce in (found for _, found in told if found is not None):
                return nonce, chunks * search.TRIES - _untried(nonce)
    raise AssertionError("a search ends with a nonce")


def _untried(nonce: int) -> int:
    """Nonces of the last chunk that come after the one that was found."""
    return search.TRIES - 1 - (nonce - 1000) % search.TRIES


@contextmanager
def _helpers(prefix: bytes, difficulty: int, processes: int) -> Iterator[list[Searcher]]:
    """Processes that search the other chunks; they end with the search, or with this process."""
    helpers: list[Searcher] = []
    try:
        for first in range(1, processes):
            arguments = [prefix.hex(), difficulty, first, processes, os.getpid()]
            command = [sys.executable, "-I", "-S", str(_SEARCH), *map(str, arguments)]
            helpers.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE))
        for helper in helpers:
            os.set_blocking(_output(helper), False)
        yield helpers
    finally:
        for helper in helpers:
            helper.kill()
            helper.communicate()


def _told(helper: Searcher) -> tuple[int, int | None]:
    """The chunks that a helper has tried since it was asked last, and the nonce if it has one.

    It writes a line at once, so that none is read in halves.
    """
    with contextlib.suppress(BlockingIOError):
        lines = os.read(_output(helper), 1 << 16).split(b"\n")
        return len(lines) - 1, next((int(line) for line in lines[:-1] if line), None)
    return 0, None


def _output(helper: Searcher) -> int:
    assert helper.stdout is not None
    return helper.stdout.fileno()
