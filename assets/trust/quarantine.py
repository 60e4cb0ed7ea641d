"""Entries of the quarantine: what a repair took out of the chain, as it was found, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from assets.trust.faults import Fault
from assets.trust.verify import Verdict
from resources.chain_rows import Block, Head
from resources.chain_view import Placed, Ranges

_MOST_TOLD: Final = 20
_FOLLOWS: Final = "stands on a block that is not valid"

Row = dict[str, Any]


@dataclass(frozen=True)
class Entries:
    """Entries of the quarantine."""

    verdict: Verdict
    found_at: datetime
    unsealed: Sequence[Placed]
    bad_ids: set[int]

    @cached_property
    def _by_height(self) -> dict[int | None, list[Placed]]:
        found: dict[int | None, list[Placed]] = {}
        for each in self.unsealed:
            found.setdefault(each.height, []).append(each)
        return found

    def block(self, block: Block) -> Row:
        """A block that is not valid, or that stood on one, with the records that said they were in it."""
        records = self._by_height.get(block.height, [])
        return self._row(block.height, self._reason(block.height) or _FOLLOWS, block, records, [])

    def rest(self, heights: set[int], tampered: Sequence[Placed], head: Head | None, lost: Ranges) -> Row:
        """What was in no block: astray or pending records, the head, the ids that are gone."""
        records = [placed for placed in tampered if placed.height not in heights]
        reason = self._reason(None) or "what the repair of blocks left over"
        return self._row(None, reason, head, records, lost)

    def _row(
        self,
        height: int | None,
        reason: str,
        header: Block | Head | None,
        records: Sequence[Placed],
        lost: Ranges,
    ) -> Row:
        return {
            "found_at": self.found_at,
            "height": height,
            "reason": reason,
            "header": None if header is None else _storable(header._asdict()),
            "records": [self._record(placed) for placed in records],
            "lost": [list(each) for each in lost],
        }

    def _record(self, placed: Placed) -> Row:
        is_bad = placed.record.record_id in self.bad_ids
        outcome = {"outcome": "quarantined" if is_bad else "pending"}
        return {**_storable(placed.record._asdict()), "position": placed.position, **outcome}

    def _reason(self, height: int | None) -> str:
        return "; ".join(told(fault for fault in self.verdict.faults if fault.height == height))


def told(faults: Iterable[Fault]) -> list[str]:
    """A few of them, in words."""
    words = [str(fault) for fault in faults]
    rest = len(words) - _MOST_TOLD
    return words if rest <= 0 else [*words[:_MOST_TOLD], f"and {rest} more"]


def _storable(row: Row) -> Row:
    return {name: str(value) if isinstance(value, datetime) else value for name, value in row.items()}
