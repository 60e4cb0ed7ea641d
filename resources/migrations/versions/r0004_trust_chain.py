"""The trust chain: records, blocks, where the chain ends, and what a repair took out of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"

SCHEMA = "longplay"

_GENESIS = f"""
INSERT INTO {SCHEMA}.trust_blocks VALUES (0, repeat('0', 64), :hash, to_timestamp(0), 4, 29749,
    encode(sha256(''), 'hex'), 0)
"""
_HEAD = f"INSERT INTO {SCHEMA}.chain_head VALUES (true, 0, :hash, 0)"
_GENESIS_HASH = "00000351da3f5924e12b68462a06853eede6dadfc4ba6fd2ac31257c30b43a6e"


def upgrade() -> None:
    """Make the tables, and the genesis block, which is the same in every home."""
    _records()
    _blocks()
    _head()
    _quarantine()
    for statement in (_GENESIS, _HEAD):
        op.get_bind().execute(sa.text(statement), {"hash": _GENESIS_HASH})


def downgrade() -> None:
    """Drop them, with the chain."""
    for table in ("quarantined_blocks", "chain_head", "trust_blocks", "trust_records"):
        op.drop_table(table, schema=SCHEMA)


def _create(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(name, *columns, schema=SCHEMA)


def _text(name: str, comment: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False, comment=comment)


def _number(name: str, comment: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, comment=comment)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _id(name: str, comment: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False, comment=comment)


def _records() -> None:
    _create(
        "trust_records",
        _id("record_id", "1, 2, 3 … without gaps"),
        _text("content_id", "the track"),
        _text("creator_id", "its artist"),
        _number("verifications"),
        _number("reports"),
        _time("queued_at"),
        _text("record_hash", "leaf of the Merkle tree"),
        sa.Column("height", sa.BigInteger, comment="the block that seals it; null while pending"),
        sa.Column("position", sa.Integer, comment="its place in the block, from 0"),
    )
    for index, columns in {
        "trust_records_by_content": ["content_id", "creator_id", "record_id"],
        "trust_records_by_place": ["height", "position"],
    }.items():
        op.create_index(index, "trust_records", columns, schema=SCHEMA)


def _blocks() -> None:
    _create(
        "trust_blocks",
        _id("height"),
        _text("previous_hash"),
        sa.Column("hash", sa.String, nullable=False, unique=True),
        _time("mined_at"),
        sa.Column(
            "difficulty", sa.Integer, nullable=False, comment="zero hex digits that the hash begins with"
        ),
        _number("nonce"),
        _text("merkle_root"),
        sa.Column("records", sa.Integer, nullable=False, comment="how many it seals"),
    )


def _head() -> None:
    _create(
        "chain_head",
        sa.Column("is_head", sa.Boolean, primary_key=True, server_default="true"),
        _number("height"),
        _text("hash"),
        _number("records_queued", "ids of records are 1 to this"),
        sa.CheckConstraint("is_head", name="chain_head_is_one"),
    )


def _quarantine() -> None:
    _create(
        "quarantined_blocks",
        _id("id"),
        _time("found_at"),
        sa.Column("height", sa.BigInteger, comment="null for what was in no block"),
        _text("reason"),
        sa.Column("header", JSONB, comment="the block's row as it was found"),
        sa.Column("records", JSONB, nullable=False, comment="rows of its records as they were found"),
        sa.Column(
            "lost", JSONB, nullable=False, comment="first and last of ids that only stand here, or nowhere"
        ),
    )
