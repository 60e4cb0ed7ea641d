"""Whether the chain is what was mined: every block, every record, where it ends, and which ids there are.

The walk keeps one block's records at a time. It looks at everything that is stored: what a hash does
not cover (a place in a block, the head, the ids) is counted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from assets.trust.faults import Fault, block_faults
from assets.trust.hashes import GENESIS, record_hash
from assets.trust.ids import contradictions
from resources.chain_rows import Block, Head
from resources.chain_view import ChainView, Placed

MOST_FAULTS: Final = 1_000
"""More are not listed: one change breaks a few things, and a thousand are enough to know."""


@dataclass
class Verdict:
    """What a walk found.

    Args:
        top: the last block of the longest valid prefix.
        blocks, sealed, pending: how many blocks above the genesis block, and records, were looked at.
    """

    top: Block = GENESIS
    blocks: int = 0
    sealed: int = 0
    pending: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_valid(self) -> bool:
        """Nothing was found."""
        return not self.faults

    @property
    def valid_height(self) -> int:
        """Where the longest valid prefix ends."""
        return self.top.height

    def add(self, fault: Fault) -> None:
        """One more, if there is still room in the list."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)


def verify(view: ChainView, witness: Mapping[int, str], after: Block = GENESIS) -> Verdict:
    """Walks the chain, all of it unless told where to begin.

    Args:
        witness: hashes of blocks by their height, as somebody else keeps them (the lake's copy).
        after: a block that was found right before, with all that is below it.
    """
    verdict = Verdict(top=after)
    _walk(verdict, view, witness, after)
    _look_at_the_end(verdict, view.head())
    for placed in view.unsealed():
        verdict.pending += 1
        record = placed.record
        if record_hash(record) != record.record_hash:
            verdict.add(Fault(None, "a pending record is not what was queued", record.record_id))
        if placed.position is not None:
            verdict.add(Fault(None, "a pending record has a place in a block", record.record_id))
    for told in contradictions(view.present_ids(), view.lost_ids(), view.head()):
        verdict.add(Fault(None, told))
    return verdict


def _walk(verdict: Verdict, view: ChainView, witness: Mapping[int, str], after: Block) -> None:
    above = None if after is GENESIS else after.height
    blocks, records = view.blocks(above), _Sealed(view.sealed(above), verdict)
    if above is None:
        blocks = _after_genesis(blocks, verdict)
    is_right_so_far, previous = True, after
    for block in blocks:
        found = list(block_faults(block, previous, records.of(block.height), witness))
        for fault in found:
            verdict.add(fault)
        is_right_so_far = is_right_so_far and not found
        if is_right_so_far:
            verdict.top = block
        previous = block
        verdict.blocks += 1
    records.finish()
    _miss_blocks(verdict, previous, witness)


def _after_genesis(blocks: Iterator[Block], verdict: Verdict) -> Iterator[Block]:
    """Blocks above height 0; those at it or below are not what they should be, or the genesis block."""
    has_genesis = False
    for block in blocks:
        if block.height > 0:
            if not has_genesis:
                verdict.add(Fault(0, "the genesis block is gone"))
                has_genesis = True
            yield block
        elif block == GENESIS:
            has_genesis = True
        else:
            has_genesis = has_genesis or block.height == 0
            verdict.add(Fault(block.height, "is not the genesis block"))
    if not has_genesis:
        verdict.add(Fault(0, "the genesis block is gone"))


def _miss_blocks(verdict: Verdict, last: Block, witness: Mapping[int, str]) -> None:
    for height in sorted(height for height in witness if height > last.height):
        verdict.add(Fault(height, "is gone: the lake has a copy of it"))


def _look_at_the_end(verdict: Verdict, head: Head | None) -> None:
    """The head moves with every block: it tells of a tail that was cut before a copy was made."""
    if head is None:
        verdict.add(Fault(None, "the head of the chain is gone"))
    elif any(fault.height for fault in verdict.faults):
        return  # where the chain ends is known once it is repaired
    elif (head.height, head.hash) != (verdict.top.height, verdict.top.hash):
        told = f"the head names block {head.height}, the chain ends at block {verdict.top.height}"
        verdict.add(Fault(None, told if head.height != verdict.top.height else f"{told} with another hash"))


class _Sealed:
    """The records of block after block; those of no block are faults."""

    def __init__(self, placed: Iterator[Placed], verdict: Verdict) -> None:
        self._groups = groupby(placed, key=lambda each: each.height)
        self._verdict = verdict
        self._next = next(self._groups, None)

    def of(self, height: int) -> list[Placed]:
        """The records of a height above those asked for before."""
        while self._next is not None and self._height() < height:
            self._astray()
        if self._next is None or self._height() > height:
            return []
        records = list(self._next[1])
        self._verdict.sealed += len(records)
        self._next = next(self._groups, None)
        return records

    def finish(self) -> None:
        """What is left belongs to no block."""
        while self._next is not None:
            self._astray()

    def _height(self) -> int:
        assert self._next is not None
        return int(self._next[0] or 0)

    def _astray(self) -> None:
        assert self._next is not None
        for placed in self._next[1]:
            what = f"a record says it is in block {placed.height}, which there is not"
            self._verdict.add(Fault(None, what, placed.record.record_id))
        self._next = next(self._groups, None)
