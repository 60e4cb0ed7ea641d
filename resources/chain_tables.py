"""The tables of the trust chain, as they are after the newest migration.

No person's id stands in any of them. There is no foreign key from a record to its block: damage must
be found by walking the chain, not half prevented by the database that is damaged.
"""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, DateTime, Index, Integer, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from resources.operational_tables import metadata


def _text(name: str, comment: str | None = None) -> Column[str]:
    return Column(name, String, nullable=False, comment=comment)


def _number(name: str, comment: str | None = None) -> Column[int]:
    return Column(name, BigInteger, nullable=False, comment=comment)


def _time(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False)


trust_records = Table(
    "trust_records",
    metadata,
    Column("record_id", BigInteger, primary_key=True, autoincrement=False, comment="1, 2, 3 … without gaps"),
    _text("content_id", "the track"),
    _text("creator_id", "its artist"),
    _number("verifications"),
    _number("reports"),
    _time("queued_at"),
    _text("record_hash", "leaf of the Merkle tree"),
    Column("height", BigInteger, comment="the block that seals it; null while pending"),
    Column("position", Integer, comment="its place in the block, from 0"),
    Index("trust_records_by_content", "content_id", "creator_id", "record_id"),
    Index("trust_records_by_place", "height", "position"),
)

trust_blocks = Table(
    "trust_blocks",
    metadata,
    Column("height", BigInteger, primary_key=True, autoincrement=False),
    _text("previous_hash"),
    Column("hash", String, nullable=False, unique=True),
    _time("mined_at"),
    Column("difficulty", Integer, nullable=False, comment="zero hex digits that the hash begins with"),
    _number("nonce"),
    _text("merkle_root"),
    Column("records", Integer, nullable=False, comment="how many it seals"),
)

chain_head = Table(
    "chain_head",
    metadata,
    Column("is_head", Boolean, primary_key=True, server_default="true"),
    _number("height"),
    _text("hash"),
    _number("records_queued", "ids of records are 1 to this"),
    CheckConstraint("is_head", name="chain_head_is_one"),
)

quarantined_blocks = Table(
    "quarantined_blocks",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _time("found_at"),
    Column("height", BigInteger, comment="null for what was in no block"),
    _text("reason"),
    Column("header", JSONB, comment="the block's row as it was found"),
    Column("records", JSONB, nullable=False, comment="rows of its records as they were found"),
    Column("lost", JSONB, nullable=False, comment="first and last of ids that only stand here, or nowhere"),
)
