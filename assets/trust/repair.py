"""A damaged chain made valid again: the longest valid prefix stays, the rest is kept in the quarantine.

Records that are what was queued return to pending, to be mined again; those that are not stand in the
quarantine only, and their content is queued anew from its live score. All of it is one transaction,
the alert in the event log with it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from assets.trust.hashes import GENESIS, record_hash
from assets.trust.ids import gaps, is_in, united
from assets.trust.quarantine import Entries, told
from assets.trust.verify import Verdict, verify
from resources import events
from resources.chain import Chain, ChainChange
from resources.chain_rows import Block, Head
from resources.chain_view import ChainView, Placed, Ranges
from resources.event_types import ALERT


@dataclass(frozen=True)
class Repair:
    """What was found and what was done."""

    verdict: Verdict
    blocks_quarantined: int
    records_pending_again: int
    records_quarantined: int
    ids_lost: int

    @property
    def kept_height(self) -> int:
        """The chain ends there now."""
        return self.verdict.valid_height


def repair(chain: Chain, witness: Callable[[ChainView], Mapping[int, Block]], now: datetime) -> Repair | None:
    """Verifies the chain while nobody else changes it, and mends what is wrong; None when nothing is.

    Args:
        witness: blocks by their height, as the lake has copied them.
    """
    with chain.changing() as change:
        copied = witness(change)
        verdict = verify(change, {height: block.hash for height, block in copied.items()})
        if verdict.is_valid:
            return None
        done = _mended(change, verdict, copied, now)
        _alert(change, done, now)
        return done


@dataclass(frozen=True)
class _Remains:
    """What a repair takes out of its place: blocks that do not stay, and records in none that does."""

    blocks: Sequence[Block]
    unsealed: Sequence[Placed]
    pending: Sequence[Placed]
    tampered: Sequence[Placed]

    @cached_property
    def bad_ids(self) -> set[int]:
        """Of records that are not what was queued."""
        return {placed.record.record_id for placed in self.tampered}

    @cached_property
    def good_ids(self) -> list[int]:
        """Of records that return to pending."""
        return [each.record.record_id for each in self.unsealed if each.record.record_id not in self.bad_ids]


def _mended(change: ChainChange, verdict: Verdict, witness: Mapping[int, Block], now: datetime) -> Repair:
    head, top, lost_before = change.head(), verdict.top, change.lost_ids()
    remains = _remains(change, top, lost_before)
    _put_right(change, remains)
    lost, queued = _lost(change, lost_before, head)
    change.put_head(Head(top.height, top.hash, queued))
    entries = Entries(verdict, now, remains.unsealed, remains.bad_ids)
    heights = {block.height for block in remains.blocks}
    gone = [witness[at] for at in sorted(witness) if at > top.height and at not in heights]
    blocks = [entries.block(block) for block in (*remains.blocks, *gone)]
    change.set_aside([*blocks, entries.rest(heights, remains.tampered, head, lost)])
    lost_ids = sum(last - first + 1 for first, last in lost)
    return Repair(verdict, len(blocks), len(remains.good_ids), len(remains.tampered), lost_ids)


def _remains(change: ChainChange, top: Block, lost: Ranges) -> _Remains:
    blocks = [block for block in change.blocks() if block.height > top.height or _is_false_genesis(block)]
    unsealed = [placed for placed in change.sealed() if _is_unsealed(placed, top)]
    pending = list(change.unsealed())
    tampered = [placed for placed in [*unsealed, *pending] if _is_tampered(placed, lost)]
    return _Remains(blocks, unsealed, pending, tampered)


def _put_right(change: ChainChange, remains: _Remains) -> None:
    change.delete_blocks([block.height for block in remains.blocks])
    change.delete_records(sorted(remains.bad_ids))
    change.make_pending([*remains.good_ids, *(placed.record.record_id for placed in remains.pending)])
    change.put_block(GENESIS)


def _is_false_genesis(block: Block) -> bool:
    return block.height <= GENESIS.height and block != GENESIS


def _is_unsealed(placed: Placed, top: Block) -> bool:
    """A record that is in no block of the valid prefix."""
    return placed.height is not None and not GENESIS.height < placed.height <= top.height


def _is_tampered(placed: Placed, lost: Ranges) -> bool:
    record = placed.record
    return record_hash(record) != record.record_hash or record.record_id < 1 or is_in(lost, record.record_id)


def _lost(change: ChainChange, lost_before: Ranges, head: Head | None) -> tuple[Ranges, int]:
    """Ids that are newly gone, and how many records were ever queued."""
    known = united([*change.present_ids(), *lost_before])
    highest = known[-1][1] if known else 0
    queued = max(highest, 0 if head is None else head.records_queued)
    return gaps(known, queued), queued


def _alert(change: ChainChange, done: Repair, now: datetime) -> None:
    content = {
        "what": "The trust chain was damaged and has been repaired.",
        "faults": told(done.verdict.faults),
        "faults_found": len(done.verdict.faults),
        "kept_height": done.kept_height,
        "blocks_quarantined": done.blocks_quarantined,
        "records_pending_again": done.records_pending_again,
        "records_quarantined": done.records_quarantined,
        "ids_lost": done.ids_lost,
    }
    events.append(change.connection, events.NewEvent(ALERT, now, None, content), now)
