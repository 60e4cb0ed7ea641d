"""Refusals are counted over time, an app's refusal has a message, and nothing refused once is final.

Accounts that the old rule stopped for good are asked again at once, and so are items of the catalogue that
were refused, or said to be unknown, for whatever reason then.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

SCHEMA = "longplay"

_ASKED_AGAIN = (
    f"UPDATE {SCHEMA}.accounts SET due_at = now() WHERE NOT is_valid",
    f"UPDATE {SCHEMA}.catalogue_items SET due_at = now() WHERE due_at IS NULL",
    f"UPDATE {SCHEMA}.catalogue_items SET due_at = now(), attempts = 0 WHERE due_at > now() AND attempts > 0",
)
_COMMENTS = (
    ("accounts", "is_valid", "false: quarantined", "false: asked once a day"),
    ("accounts", "failures", "in a row", "refusals in a row"),
    ("api_pauses", "reason", "rate_limit or quota", "rate_limit, quota or app"),
    ("catalogue_items", "due_at", "when to ask (again); null: never again", "when to ask (again)"),
)


def upgrade() -> None:
    """Add what is counted and told, and have asked again what was stopped."""
    since = sa.Column("refused_since", sa.DateTime(timezone=True), comment="the first refusal in a row")
    op.add_column("accounts", since, schema=SCHEMA)
    message = sa.Column("message", sa.String, comment="what to tell of a refused app")
    op.add_column("api_pauses", message, schema=SCHEMA)
    for table, column, _, comment in _COMMENTS:
        op.alter_column(table, column, comment=comment, schema=SCHEMA)
    for statement in _ASKED_AGAIN:
        op.execute(statement)


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("accounts", "refused_since", schema=SCHEMA)
    op.drop_column("api_pauses", "message", schema=SCHEMA)
    for table, column, comment, _ in _COMMENTS:
        op.alter_column(table, column, comment=comment, schema=SCHEMA)
