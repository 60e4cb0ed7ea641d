"""The operational tables, as they are after the newest migration.

They live in a schema of their own: Dagster keeps its tables in ``public`` of the same database.
"""

from typing import Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
)

SCHEMA: Final = "longplay"
REVISION: Final = "0006"
"""The newest migration; known here so that a start need not read the migrations to see it is done."""

STATUSES: Final = ("pending", "running", "held", "completed", "failed", "undone")

metadata = MetaData(schema=SCHEMA)

users = Table(
    "users",
    metadata,
    Column("user_id", String, primary_key=True),
    Column("time_zone", String, comment="IANA zone; null until told"),
    Column("created_at", DateTime(timezone=True), nullable=False),
)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


imports = Table(
    "imports",
    metadata,
    Column("import_id", String, primary_key=True),
    Column("user_id", ForeignKey(users.c.user_id), nullable=False),
    Column("file_name", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("format", String),
    Column("bytes", BigInteger),
    Column("rows_read", BigInteger, comment="null until the whole import has been read"),
    _count("rows_stored"),
    _count("rows_duplicate"),
    _count("rows_rejected"),
    Column("first_played_at", DateTime(timezone=True)),
    Column("last_played_at", DateTime(timezone=True)),
    Column("status", String, nullable=False, server_default="pending"),
    Column("error", String),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    _count("rows_done"),
    _count("bytes_done"),
    Column("months", ARRAY(String), nullable=False, server_default="{}", comment="months its rows are in"),
    Column("notes", String, comment="what was done to read it; null: nothing"),
    CheckConstraint(f"status IN ({', '.join(repr(status) for status in STATUSES)})", name="imports_status"),
    Index("imports_by_user", "user_id", "created_at"),
)

import_months = Table(
    "import_months",
    metadata,
    Column("import_id", ForeignKey(imports.c.import_id, ondelete="CASCADE"), primary_key=True),
    Column("month", String, primary_key=True),
    Column("rows_stored", BigInteger, nullable=False),
    Column("rows_duplicate", BigInteger, nullable=False),
    Index("import_months_by_month", "month"),
)
