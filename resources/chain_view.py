"""The trust chain read within one transaction: blocks and records in their order, ids, the quarantine.

What is damaged must be readable, or it could not be found: a time that Python has no date for is read
as the year 1, which no block or record was ever hashed with.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from resources.chain_rows import Block, Head, Record
from resources.chain_tables import chain_head, quarantined_blocks, trust_blocks, trust_records
from resources.operational_tables import SCHEMA

Ranges = list[tuple[int, int]]
"""Ids from a first to a last, in order."""

_ROWS_A_FETCH: Final = 10_000


class Placed(NamedTuple):
    """A record and where it says it is sealed."""

    height: int | None
    position: int | None
    record: Record


class Waiting(NamedTuple):
    """How many records are pending, and since when the oldest is."""

    records: int
    oldest_at: datetime | None


def _readable(moment: ColumnElement[Any]) -> ColumnElement[Any]:
    can_be_read = moment.between(_day("0002-01-01"), _day("9998-12-31"))
    return case((can_be_read, moment), else_=_day("0001-01-02"))


def _day(day: str) -> ColumnElement[Any]:
    return literal_column(f"timestamptz '{day}Z'")


_BLOCK = [_readable(column) if column.name == "mined_at" else column for column in trust_blocks.c]
_RECORD = [
    _readable(trust_records.c[name]) if name == "queued_at" else trust_records.c[name]
    for name in Record._fields
]
_PLACED: Select[Any] = select(trust_records.c.height, trust_records.c.position, *_RECORD)
_IS_PENDING = trust_records.c.height.is_(None)

_PRESENT_IDS = f"""
SELECT min(record_id), max(record_id) FROM (
    SELECT record_id, record_id - row_number() OVER (ORDER BY record_id) AS island
    FROM {SCHEMA}.trust_records
) AS numbered GROUP BY island ORDER BY 1
"""
_LOST_IDS = f"""
SELECT (range->>0)::bigint, (range->>1)::bigint
FROM {SCHEMA}.quarantined_blocks, jsonb_array_elements(lost) AS range ORDER BY 1
"""


@dataclass(frozen=True)
class ChainView:
    """What the chain holds, as the transaction of ``connection`` sees it."""

    connection: Connection

    def head(self) -> Head | None:
        """The row that says where the chain ends; None when it is gone, which it never should be."""
        query = select(chain_head.c.height, chain_head.c.hash, chain_head.c.records_queued)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else Head._make(row)

    def block(self, height: int) -> Block | None:
        """One block."""
        row = self.connection.execute(select(*_BLOCK).where(trust_blocks.c.height == height)).one_or_none()
        return None if row is None else Block._make(row)

    def blocks(self, after: int | None = None) -> Iterator[Block]:
        """Blocks (above a height) in the order of their heights."""
        query = select(*_BLOCK).order_by(trust_blocks.c.height)
        if after is not None:
            query = query.where(trust_blocks.c.height > after)
        for row in self._streamed(query):
            yield Block._make(row)

    def sealed(self, after: int | None = None) -> Iterator[Placed]:
        """Records that say they are in a block (above a height), in the order they say."""
        query = _PLACED.where(~_IS_PENDING if after is None else trust_records.c.height > after)
        places = (trust_records.c.height, trust_records.c.position, trust_records.c.record_id)
        yield from self._placed(query.order_by(*places))

    def sealed_in(self, height: int) -> list[Placed]:
        """The records of one block, in their order."""
        query = _PLACED.where(trust_records.c.height == height)
        return list(self._placed(query.order_by(trust_records.c.position, trust_records.c.record_id)))

    def pending(self, most: int | None = None) -> Iterator[Record]:
        """Records that no block seals, oldest first."""
        return (placed.record for placed in self.unsealed(most))

    def unsealed(self, most: int | None = None) -> Iterator[Placed]:
        """The same with their places, of which they should have none."""
        return self._placed(_PLACED.where(_IS_PENDING).order_by(trust_records.c.record_id).limit(most))

    def waiting(self) -> Waiting:
        """What waits to be mined."""
        query = select(func.count(), func.min(_readable(trust_records.c.queued_at))).where(_IS_PENDING)
        return Waiting._make(self.connection.execute(query).one())

    def records_of(self, content_id: str) -> list[Placed]:
        """Every record of a content, newest first."""
        query = _PLACED.where(trust_records.c.content_id == content_id)
        return list(self._placed(query.order_by(trust_records.c.record_id.desc())))

    def newest(self) -> Iterator[tuple[str, str, int, int]]:
        """What each content's newest record says: content, creator, verifications, reports."""
        names = ("content_id", "creator_id", "verifications", "reports")
        content = [trust_records.c[name] for name in names[:2]]
        query = (
            select(*(trust_records.c[name] for name in names))
            .ext(distinct_on(*content))
            .order_by(*content, trust_records.c.record_id.desc())
        )
        for row in self._streamed(query):
            yield row[0], row[1], row[2], row[3]

    # Ids and the quarantine

    def present_ids(self) -> Ranges:
        """Ids of the records that are pending or sealed."""
        return self._ranges(_PRESENT_IDS)

    def lost_ids(self) -> Ranges:
        """Ids that a repair found gone, or took out."""
        return self._ranges(_LOST_IDS)

    def quarantined(self) -> int:
        """The number of the last entry in the quarantine; 0 when it is empty."""
        return int(self.connection.scalar(select(func.max(quarantined_blocks.c.id))) or 0)

    def lowest_quarantined(self, after: int) -> int | None:
        """The lowest height among the entries after one; None when none of them was a block."""
        query = select(func.min(quarantined_blocks.c.height)).where(quarantined_blocks.c.id > after)
        found: int | None = self.connection.scalar(query)
        return found

    def _ranges(self, query: str) -> Ranges:
        return [(row[0], row[1]) for row in self.connection.execute(text(query))]

    def _placed(self, query: Select[Any]) -> Iterator[Placed]:
        for height, position, *record in self._streamed(query):
            yield Placed(height, position, Record._make(record))

    def _streamed(self, query: Select[Any]) -> Iterator[Any]:
        """Rows a batch at a time: a chain of any length is read in little memory."""
        return iter(self.connection.execute(query, execution_options={"yield_per": _ROWS_A_FETCH}))
