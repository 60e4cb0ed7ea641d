"""What is wrong with a block that stands on another: everything a block and its records say is looked at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assets.trust import merkle
from assets.trust.hashes import block_hash, has_work, record_hash
from resources.chain_rows import Block
from resources.chain_view import Placed


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was mined; ``height`` is None where no block is concerned."""

    height: int | None
    what: str
    record_id: int | None = None

    def __str__(self) -> str:
        where = "" if self.height is None else f"block {self.height}: "
        return f"{where}{self.what}" + ("" if self.record_id is None else f" (record {self.record_id})")


def block_faults(
    block: Block, previous: Block, records: Sequence[Placed], witness: Mapping[int, str]
) -> Iterator[Fault]:
    """What is wrong with a block that stands on another; a block that is right has nothing."""
    height = block.height
    for is_right, what in (
        (height == previous.height + 1, f"follows block {previous.height}"),
        (block.previous_hash == previous.hash, "does not name the hash of the block before it"),
        (block_hash(block) == block.hash, "its hash is not that of its header"),
        (has_work(block.hash, block.difficulty), "its hash does not prove the work"),
        (block.mined_at >= previous.mined_at, "is older than the block before it"),
        (len(records) == block.records, f"seals {block.records} records, but {len(records)} are in it"),
        (_are_in_their_places(records), "its records are not in their places"),
        (witness.get(height, block.hash) == block.hash, "is another one than the lake has a copy of"),
    ):
        if not is_right:
            yield Fault(height, what)
    yield from _record_faults(block, records)


def _record_faults(block: Block, records: Sequence[Placed]) -> Iterator[Fault]:
    leaves = [record_hash(placed.record) for placed in records]
    for leaf, placed in zip(leaves, records, strict=True):
        if leaf != placed.record.record_hash:
            yield Fault(block.height, "a record is not what was mined", placed.record.record_id)
    if merkle.root(leaves) != block.merkle_root:
        yield Fault(block.height, "its Merkle root is not that of its records")


def _are_in_their_places(records: Sequence[Placed]) -> bool:
    return all(placed.position == number for number, placed in enumerate(records))
