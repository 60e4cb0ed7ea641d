"""The search for a nonce, as fast as one core's hashlib goes.

What belongs here: nothing but the standard library, because a second core runs this file as a program
(``mine.py`` starts it). The header's hash is taken once, then once more for every thousand nonces with
all but their last three digits; what is left for a try is a copy, three bytes and a comparison. Hashes
are compared as numbers: one below ``16 ** (64 - difficulty)`` begins with that many zeros.
"""

import hashlib
import os
import sys
from collections.abc import Iterator

THOUSANDS = 100
TRIES = THOUSANDS * 1000
"""Nonces of a chunk: a twentieth of a second or so, after which a search looks up."""


def found_in(prefix: bytes, difficulty: int, chunk: int) -> int | None:
    """The first nonce of a chunk whose hash has the work; None where there is none.

    Chunk 0 begins at 1000: smaller nonces have no three last digits to vary.
    """
    target = (16 ** (64 - difficulty) - 1).to_bytes(32)
    base, suffixes = hashlib.sha256(prefix), [b"%03d" % last for last in range(1000)]
    for thousands in range(1 + chunk * THOUSANDS, 1 + (chunk + 1) * THOUSANDS):
        state = base.copy()
        state.update(b"%d" % thousands)
        last = _last_digits(state, suffixes, target)
        if last is not None:
            return thousands * 1000 + last
    return None


def _last_digits(state: "hashlib._Hash", suffixes: list[bytes], target: bytes) -> int | None:
    copy = state.copy
    for last in suffixes:
        tried = copy()
        tried.update(last)
        if tried.digest() <= target:
            return int(last)
    return None


def search(prefix: bytes, difficulty: int, first: int = 0, step: int = 1) -> Iterator[int | None]:
    """Chunk after chunk, each ``step``-th from ``first``: None for one that was tried, at last the nonce."""
    chunk, nonce = first, None
    while nonce is None:
        yield (nonce := found_in(prefix, difficulty, chunk))
        chunk += step


def main(prefix_hex: str, difficulty: str, first: str, step: str, parent: str) -> None:
    """A line for each chunk, the last of which is the nonce; ends with the process that started it."""
    for nonce in search(bytes.fromhex(prefix_hex), int(difficulty), int(first), int(step)):
        if os.getppid() != int(parent):
            return
        sys.stdout.write("\n" if nonce is None else f"{nonce}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
