"""Listeners and the ledger of imports."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SCHEMA = "longplay"


def upgrade() -> None:
    """Make the three tables."""
    _users()
    _imports()
    _import_months()


def downgrade() -> None:
    """Drop them, with what they hold."""
    for table in ("import_months", "imports", "users"):
        op.drop_table(table, schema=SCHEMA)


def _time(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", sa.String, primary_key=True),
        sa.Column("time_zone", sa.String, comment="IANA zone; null until told"),
        _time("created_at", nullable=False),
        schema=SCHEMA,
    )


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("import_id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, sa.ForeignKey(f"{SCHEMA}.users.user_id"), nullable=False),
        sa.Column("file_name", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("format", sa.String),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("rows_read", sa.BigInteger, comment="null until the whole import has been read"),
        *(_count(name) for name in ("rows_stored", "rows_duplicate", "rows_rejected")),
        _time("first_played_at"),
        _time("last_played_at"),
        sa.Column("status", sa.String, nullable=False, server_default="pending"),
        sa.Column("error", sa.String),
        _time("created_at", nullable=False),
        _time("finished_at"),
        *(_count(name) for name in ("rows_done", "bytes_done")),
        sa.Column(
            "months",
            sa.ARRAY(sa.String),
            nullable=False,
            server_default="{}",
            comment="months its rows are in",
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'held', 'completed', 'failed', 'undone')", name="imports_status"
        ),
        schema=SCHEMA,
    )
    op.create_index("imports_by_user", "imports", ["user_id", "created_at"], schema=SCHEMA)


def _import_months() -> None:
    imports_id = f"{SCHEMA}.imports.import_id"
    op.create_table(
        "import_months",
        sa.Column("import_id", sa.String, sa.ForeignKey(imports_id, ondelete="CASCADE"), primary_key=True),
        sa.Column("month", sa.String, primary_key=True),
        sa.Column("rows_stored", sa.BigInteger, nullable=False),
        sa.Column("rows_duplicate", sa.BigInteger, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("import_months_by_month", "import_months", ["month"], schema=SCHEMA)
