"""The ledger tells what was done to read an import: an encoding, damage that was passed over."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

SCHEMA = "longplay"


def upgrade() -> None:
    """Add the column; nobody knows what was done for older imports."""
    notes = sa.Column("notes", sa.String, comment="what was done to read it; null: nothing")
    op.add_column("imports", notes, schema=SCHEMA)


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("imports", "notes", schema=SCHEMA)
