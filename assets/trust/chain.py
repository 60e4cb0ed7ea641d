"""The chain at work: looked at with the lake's copy as a witness, mended, and mined on."""

from collections.abc import Callable
from dataclasses import dataclass, field

from assets.trust.commit import queue
from assets.trust.hashes import GENESIS, record_hash
from assets.trust.lake_copy import copied
from assets.trust.mine import Mined, mined, never, unmined
from assets.trust.repair import Repair, repair
from assets.trust.verify import Verdict, verify
from resources.chain import StaleHeadError
from resources.chain_rows import Block, Record
from resources.chain_view import ChainView
from resources.world import World


class DamagedChainError(RuntimeError):
    """The chain is not what was mined: it is repaired before anything is added."""


def examined(world: World, after: Block = GENESIS) -> Verdict:
    """The verdict on the chain (above a block that is known to be right), the lake's copy as a witness."""
    copy = copied(world.lake)  # what is mined meanwhile is in the chain and not in the copy
    with world.chain.reading() as view:
        return verify(view, copy.witness(view).hashes, after)


def mend(world: World) -> Repair | None:
    """Repairs the chain if it is damaged, queues anew what was tampered with; None when it is valid."""
    copy = copied(world.lake)
    with world.operational.writing():
        done = repair(world.chain, lambda view: copy.witness(view).blocks, world.clock())
    if done is not None:
        queue(world)
    return done


@dataclass
class Mining:
    """Blocks mined one after another while records are pending."""

    world: World
    is_cancelled: Callable[[], bool] = never
    done: list[Mined] = field(default_factory=list)
    lost_races: int = 0

    def __call__(self, most_blocks: int) -> "Mining":
        """Mines until nothing is pending.

        Raises:
            DamagedChainError: what is to be sealed, or what it is put upon, was tampered with.
            CancelledError: the search was called off; the blocks before it stay.
        """
        while len(self.done) < most_blocks and self._mine_one():
            pass
        return self

    def _mine_one(self) -> bool:
        """Whether there was something to mine; a loser of a race starts over on the new head."""
        settings = self.world.settings
        with self.world.chain.reading() as view:
            top = _top(view)
            records = [_untampered(record) for record in view.pending(settings.mining_block_records)]
        if not records:
            return False
        block = unmined(top, records, self.world.clock(), settings.mining_difficulty)
        found = mined(block, settings.mining_processes, self.is_cancelled)
        try:
            with self.world.operational.writing():
                self.world.chain.append(found.block, [record.record_id for record in records])
        except StaleHeadError:
            self.lost_races += 1
        else:
            self.done.append(found)
        return True


def _top(view: ChainView) -> Block:
    head = view.head()
    top = None if head is None else view.block(head.height)
    if head is None or top is None or top.hash != head.hash:
        raise DamagedChainError(
            "The head of the trust chain names no block: `longplay chain repair` mends it."
        )
    return top


def _untampered(record: Record) -> Record:
    if record_hash(record) != record.record_hash:
        raise DamagedChainError(
            f"The pending trust record {record.record_id} is not what was queued: "
            "`longplay chain repair` takes it out."
        )
    return record
