"""The Merkle tree of RFC 6962 (section 2.1), over leaves that are hashed already: hex digits.

A tree of n leaves is a tree of the largest power of two below n beside the tree of the rest. That is
the same as pairing neighbours level by level, where an odd last one moves up as it is.
"""

import hashlib
from collections.abc import Sequence
from typing import Literal, NamedTuple

EMPTY = hashlib.sha256().hexdigest()


class Step(NamedTuple):
    """A neighbour on the way to the root, and the side it stands on."""

    side: Literal["left", "right"]
    hash: str


def root(leaves: Sequence[str]) -> str:
    """The root over leaves in their order.

    Raises:
        ValueError: a leaf is not hex digits.
    """
    level = [bytes.fromhex(leaf) for leaf in leaves]
    while len(level) > 1:
        level = _paired(level)
    return level[0].hex() if level else EMPTY


def path(leaves: Sequence[str], position: int) -> list[Step]:
    """The neighbours from a leaf up to the root."""
    level, steps = [bytes.fromhex(leaf) for leaf in leaves], []
    while len(level) > 1:
        neighbour = position ^ 1
        if neighbour < len(level):
            steps.append(Step("left" if neighbour < position else "right", level[neighbour].hex()))
        level, position = _paired(level), position // 2
    return steps


def climbed(leaf: str, steps: Sequence[Step]) -> str:
    """The root that a leaf and its path lead to."""
    found = bytes.fromhex(leaf)
    for side, neighbour in steps:
        other = bytes.fromhex(neighbour)
        found = _node(other, found) if side == "left" else _node(found, other)
    return found.hex()


def _paired(level: Sequence[bytes]) -> list[bytes]:
    pairs = [_node(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
    return pairs + list(level[len(pairs) * 2 :])


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
