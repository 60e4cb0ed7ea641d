"""The trust chain in Postgres: records wait to be sealed, blocks are appended, damage is set aside.

What belongs here: transactions. What a hash is made of, and what is valid, is ``assets/trust``. Who
changes the chain holds its lock until the transaction ends, so that everybody else sees all of a
change or none, and a kill leaves none.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Engine, cast, delete, func, insert, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from resources import locks
from resources.chain_rows import Block, Head, Record
from resources.chain_tables import chain_head, quarantined_blocks, trust_blocks, trust_records
from resources.chain_view import ChainView, Placed, Ranges, Waiting
from resources.operational_tables import SCHEMA

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Chain", "ChainChange", "ChainView", "Placed", "Ranges", "StaleHeadError", "Waiting"]

_ROWS_AN_INSERT = 10_000
_QUEUE = f"""
INSERT INTO {SCHEMA}.trust_records
    (record_id, content_id, creator_id, verifications, reports, queued_at, record_hash)
SELECT * FROM unnest(CAST(:record_id AS bigint[]), CAST(:content_id AS text[]), CAST(:creator_id AS text[]),
    CAST(:verifications AS bigint[]), CAST(:reports AS bigint[]), CAST(:queued_at AS timestamptz[]),
    CAST(:record_hash AS text[]))
"""
_SEAL = f"""
UPDATE {SCHEMA}.trust_records AS record SET height = :height, position = sealed.place - 1
FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS sealed(record_id, place)
WHERE record.record_id = sealed.record_id AND record.height IS NULL
"""


class StaleHeadError(Exception):
    """Another block came first: mine again, on top of it."""


class NoHeadError(RuntimeError):
    """The row that says where the chain ends is gone."""


@dataclass(frozen=True)
class Chain:
    """The chain; safe to share between threads."""

    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[ChainView]:
        """The chain as of one moment."""
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect().execution_options(**options) as connection:
            yield ChainView(connection)

    @contextmanager
    def changing(self) -> Iterator["ChainChange"]:
        """Nobody else changes the chain; what was changed is there when this ends without an error."""
        with self.engine.begin() as connection:
            locks.lock_transaction(connection, locks.CHAIN)
            yield ChainChange(connection)

    def append(self, block: Block, record_ids: Sequence[int]) -> None:
        """Adds a block on top; its records, pending until now, are sealed in their order.

        Raises:
            StaleHeadError: the chain does not end where the block begins, or a record is pending no more.
        """
        with self.changing() as change:
            change.append(block, record_ids)


@dataclass(frozen=True)
class ChainChange(ChainView):
    """The chain in a transaction that may change it."""

    def queue(self, scores: "pl.DataFrame", queued_at: datetime, sealed: Callable[[Record], Record]) -> int:
        """Makes a pending record of each row; returns how many.

        Args:
            scores: content_id, creator_id, verifications, reports.
            sealed: puts the hash into a record.

        Raises:
            NoHeadError: nobody knows which ids are taken.
        """
        columns = scores.select("content_id", "creator_id", "verifications", "reports")
        last = self._take_ids(scores.height)
        numbered = enumerate(columns.iter_rows(), last - scores.height + 1)
        records = (sealed(Record._make((number, *row, queued_at, ""))) for number, row in numbered)
        while batch := list(islice(records, _ROWS_AN_INSERT)):
            columns_of = dict(zip(Record._fields, map(list, zip(*batch, strict=True)), strict=True))
            self.connection.execute(text(_QUEUE), columns_of)
        return scores.height

    def append(self, block: Block, record_ids: Sequence[int]) -> None:
        """``Chain.append`` in this transaction."""
        head = self.head()
        if head is None or (head.height + 1, head.hash) != (block.height, block.previous_hash):
            raise StaleHeadError(f"the chain does not end at block {block.height - 1} any more")
        self.connection.execute(insert(trust_blocks).values(block._asdict()))
        ids = {"height": block.height, "ids": list(record_ids)}
        if self.connection.execute(text(_SEAL), ids).rowcount != block.records:
            raise StaleHeadError("a record of the block is pending no more")
        self.connection.execute(update(chain_head).values(height=block.height, hash=block.hash))

    # What a repair does

    def set_aside(self, rows: Sequence[dict[str, Any]]) -> None:
        """Adds entries to the quarantine: found_at, height, reason, header, records, lost."""
        first = self.quarantined() + 1
        self.connection.execute(
            insert(quarantined_blocks), [{"id": number, **row} for number, row in enumerate(rows, first)]
        )

    def delete_blocks(self, heights: Sequence[int]) -> None:
        """Takes blocks out."""
        self.connection.execute(delete(trust_blocks).where(_is_one_of(trust_blocks.c.height, heights)))

    def delete_records(self, ids: Sequence[int]) -> None:
        """Takes records out."""
        self.connection.execute(delete(trust_records).where(_is_one_of(trust_records.c.record_id, ids)))

    def make_pending(self, ids: Sequence[int]) -> None:
        """Records that no block seals any more."""
        of_ids = _is_one_of(trust_records.c.record_id, ids)
        self.connection.execute(update(trust_records).where(of_ids).values(height=None, position=None))

    def put_block(self, block: Block) -> None:
        """A block as it must be, in the place of the one of its height."""
        new = upsert(trust_blocks).values(block._asdict())
        self.connection.execute(new.on_conflict_do_update(index_elements=["height"], set_=block._asdict()))

    def put_head(self, head: Head) -> None:
        """Where the chain ends."""
        values = head._asdict()
        new = upsert(chain_head).values(is_head=True, **values)
        self.connection.execute(new.on_conflict_do_update(index_elements=["is_head"], set_=values))

    def _take_ids(self, count: int) -> int:
        taken = chain_head.c.records_queued + count
        last = self.connection.scalar(
            update(chain_head).values(records_queued=taken).returning(chain_head.c.records_queued)
        )
        if last is None:
            raise NoHeadError("The head of the trust chain is gone: `longplay chain repair` makes it anew.")
        return int(last)


def _is_one_of(column: ColumnElement[int], numbers: Sequence[int]) -> ColumnElement[bool]:
    """As one array, however many."""
    return column == func.any(cast(list(numbers), ARRAY(BigInteger)))
