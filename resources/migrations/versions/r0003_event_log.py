"""One event log: append-only, in months, with idempotency keys; and what listeners say they prefer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

SCHEMA = "longplay"

_REFUSE = f"""
CREATE FUNCTION {SCHEMA}.refuse_change_of_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The event log is append-only: % of % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation',
              HINT = 'A whole month leaves by dropping its partition, once it is copied to the lake.';
END $$
"""

_ENSURE_MONTH = f"""
CREATE FUNCTION {SCHEMA}.ensure_events_month(moment timestamptz) RETURNS void LANGUAGE plpgsql
    SET timezone = 'UTC' AS $$
DECLARE
    month_start timestamptz := date_trunc('month', moment);
    partition text := 'events_' || to_char(month_start, 'YYYY_MM');
BEGIN
    IF to_regclass('{SCHEMA}.' || partition) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('longplay:event months', 0));
    -- asked of the table: what this session remembers of names may be from before the wait
    IF EXISTS (SELECT FROM pg_class
               WHERE relname = partition AND relnamespace = '{SCHEMA}'::regnamespace) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE {SCHEMA}.%I PARTITION OF {SCHEMA}.events FOR VALUES FROM (%L) TO (%L)',
                   partition, month_start, month_start + interval '1 month');
    EXECUTE format('CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {SCHEMA}.%I '
                   'EXECUTE FUNCTION {SCHEMA}.refuse_change_of_events()', partition);
END $$
"""

_TRIGGERS = f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {SCHEMA}.events
    FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.refuse_change_of_events();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {SCHEMA}.events
    EXECUTE FUNCTION {SCHEMA}.refuse_change_of_events()
"""

_MONTHS_SO_FAR = f"""
SELECT {SCHEMA}.ensure_events_month(month) FROM (
    SELECT date_trunc('month', happened_at, 'UTC') AS month FROM events_before
    UNION SELECT now()
    UNION SELECT date_trunc('month', now(), 'UTC') + interval '1 month'
) AS months ORDER BY month
"""

_COPY_BACK = f"""
INSERT INTO {SCHEMA}.events (event_id, {{extra}} happened_at, user_id, type, content)
    SELECT event_id, {{values}} happened_at, user_id, type, content FROM events_before ORDER BY event_id
"""

_GO_ON_COUNTING = f"""
SELECT setval(pg_get_serial_sequence('{SCHEMA}.events', 'event_id'), :last) WHERE :last IS NOT NULL
"""


def upgrade() -> None:
    """The log as it is now, with the rows it had; keys and preferences, empty."""
    last = _set_aside()
    _events()
    for statement in (_REFUSE, _ENSURE_MONTH, _TRIGGERS, _MONTHS_SO_FAR):
        op.execute(statement)
    op.execute(_COPY_BACK.format(extra="recorded_at,", values="happened_at,"))
    _count_on_from(last)
    _event_keys()
    _preferences()


def downgrade() -> None:
    """The log as it was, with its rows; keys and preferences are lost."""
    for table in ("preferences", "event_keys"):
        op.drop_table(table, schema=SCHEMA)
    last = _set_aside()
    for function in ("ensure_events_month(timestamptz)", "refuse_change_of_events()"):
        op.execute(f"DROP FUNCTION {SCHEMA}.{function}")
    _events_before()
    op.execute(_COPY_BACK.format(extra="", values=""))
    _count_on_from(last)


def _set_aside() -> int | None:
    """The rows in a table that ends with the transaction; returns the last id that was given."""
    connection = op.get_bind()
    sequence = connection.scalar(sa.text(f"SELECT pg_get_serial_sequence('{SCHEMA}.events', 'event_id')"))
    last: int | None = connection.scalar(
        sa.text("SELECT pg_sequence_last_value(CAST(:sequence AS regclass))"), {"sequence": sequence}
    )
    op.execute(f"CREATE TEMPORARY TABLE events_before ON COMMIT DROP AS SELECT * FROM {SCHEMA}.events")
    op.drop_table("events", schema=SCHEMA)
    return last


def _count_on_from(last: int | None) -> None:
    """Ids are never given twice: whoever reads on from one would miss the second."""
    op.get_bind().execute(sa.text(_GO_ON_COUNTING).bindparams(sa.bindparam("last", last, sa.BigInteger)))


def _time(name: str, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, comment=comment)


def _id(*, is_in_months: bool) -> list[sa.Column[object]]:
    ident: sa.Column[object] = sa.Column("event_id", sa.BigInteger, sa.Identity(), primary_key=True)
    recorded: sa.Column[object] = sa.Column(
        "recorded_at",
        sa.DateTime(timezone=True),
        primary_key=True,
        comment="when this server wrote it; its month is the partition",
    )
    return [ident, recorded] if is_in_months else [ident]


def _told(user: str | None, kinds: str, content: str | None) -> list[sa.Column[object]]:
    return [
        sa.Column("user_id", sa.String, comment=user),
        sa.Column("type", sa.String, nullable=False, comment=kinds),
        sa.Column("content", JSONB, nullable=False, server_default="{}", comment=content),
    ]


def _events() -> None:
    op.create_table(
        "events",
        *_id(is_in_months=True),
        _time("happened_at", "when the person did it"),
        *_told("null for what the system did", "see resources/event_types.py", "typed by type"),
        sa.Column("idempotency_key", sa.String, comment="the sender's own name for it; see event_keys"),
        schema=SCHEMA,
        postgresql_partition_by="RANGE (recorded_at)",
    )


def _events_before() -> None:
    kinds = "account.linked, account.quarantined, page.visited …"
    op.create_table(
        "events", *_id(is_in_months=False), _time("happened_at"), *_told(None, kinds, None), schema=SCHEMA
    )


def _event_keys() -> None:
    op.create_table(
        "event_keys",
        sa.Column("user_id", sa.String, primary_key=True, comment="empty for what the system did"),
        sa.Column("idempotency_key", sa.String, primary_key=True),
        sa.Column("event_id", sa.BigInteger, nullable=False),
        _time("recorded_at", "of the event: a key leaves with its month"),
        schema=SCHEMA,
    )
    op.create_index("event_keys_by_time", "event_keys", ["recorded_at"], schema=SCHEMA)


def _preferences() -> None:
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.String, sa.ForeignKey(f"{SCHEMA}.users.user_id"), primary_key=True),
        sa.Column("kind", sa.String, primary_key=True, comment="genre, artist or mood"),
        sa.Column("name", sa.String, primary_key=True, comment="the genre, artist_id or mood"),
        sa.Column(
            "weight_millionths", sa.Integer, nullable=False, comment="where the weight starts, of 1000000"
        ),
        _time("told_at"),
        sa.CheckConstraint("kind IN ('genre', 'artist', 'mood')", name="preferences_kind"),
        sa.CheckConstraint("weight_millionths BETWEEN 0 AND 1000000", name="preferences_weight"),
        schema=SCHEMA,
    )
