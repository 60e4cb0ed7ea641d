"""The tables of the event log and of preferences, as they are after the newest migration.

``events`` is partitioned by the month of ``recorded_at``; a trigger refuses every change of a row. A
unique key cannot span partitions, so idempotency keys stand in a table of their own.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Table,
)
from sqlalchemy.dialects.postgresql import JSONB

from resources.operational_tables import metadata, users


def _time(name: str, comment: str | None = None, *, primary_key: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, primary_key=primary_key, comment=comment)


events = Table(
    "events",
    metadata,
    Column("event_id", BigInteger, Identity(), primary_key=True),
    _time("recorded_at", "when this server wrote it; its month is the partition", primary_key=True),
    _time("happened_at", "when the person did it"),
    Column("user_id", String, comment="null for what the system did"),
    Column("type", String, nullable=False, comment="see resources/event_types.py"),
    Column("content", JSONB, nullable=False, server_default="{}", comment="typed by type"),
    Column("idempotency_key", String, comment="the sender's own name for it; see event_keys"),
    postgresql_partition_by="RANGE (recorded_at)",
)

event_keys = Table(
    "event_keys",
    metadata,
    Column("user_id", String, primary_key=True, comment="empty for what the system did"),
    Column("idempotency_key", String, primary_key=True),
    Column("event_id", BigInteger, nullable=False),
    _time("recorded_at", "of the event: a key leaves with its month"),
    Index("event_keys_by_time", "recorded_at"),
)

preferences = Table(
    "preferences",
    metadata,
    Column("user_id", ForeignKey(users.c.user_id), primary_key=True),
    Column("kind", String, primary_key=True, comment="genre, artist or mood"),
    Column("name", String, primary_key=True, comment="the genre, artist_id or mood"),
    Column("weight_millionths", Integer, nullable=False, comment="where the weight starts, of 1000000"),
    _time("told_at"),
    CheckConstraint("kind IN ('genre', 'artist', 'mood')", name="preferences_kind"),
    CheckConstraint("weight_millionths BETWEEN 0 AND 1000000", name="preferences_weight"),
)
