"""Linked Spotify accounts: tokens, polls, the call budget, failures, events and catalogue look-ups."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

SCHEMA = "longplay"
_TABLES = (
    "link_attempts",
    "accounts",
    "api_calls",
    "api_pauses",
    "sync_gaps",
    "failed_jobs",
    "events",
    "catalogue_items",
)


def upgrade() -> None:
    """Make the tables."""
    _link_attempts()
    _accounts()
    _budget()
    _troubles()
    _events()
    _catalogue_items()


def downgrade() -> None:
    """Drop them, with what they hold."""
    for table in reversed(_TABLES):
        op.drop_table(table, schema=SCHEMA)


def _create(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(name, *columns, schema=SCHEMA)


def _text(name: str, comment: str | None = None, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String, nullable=nullable, comment=comment)


def _time(name: str, comment: str | None = None, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, comment=comment)


def _user(*, primary_key: bool = True) -> sa.Column[object]:
    return sa.Column("user_id", sa.String, sa.ForeignKey(f"{SCHEMA}.users.user_id"), primary_key=primary_key)


def _number(name: str, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0", comment=comment)


def _link_attempts() -> None:
    _create(
        "link_attempts",
        sa.Column("state", sa.String, primary_key=True, comment="what Spotify sends back; used once"),
        _text("user_id"),
        _text("redirect_uri"),
        sa.Column("sealed_verifier", sa.LargeBinary, nullable=False),
        _time("expires_at", nullable=False),
    )


def _accounts() -> None:
    _create(
        "accounts",
        _user(),
        _text("spotify_id", "Spotify's id of the account"),
        _text("scopes"),
        sa.Column("sealed_refresh_token", sa.LargeBinary, nullable=False),
        sa.Column("sealed_access_token", sa.LargeBinary),
        _time("access_token_at", "when the access token was given; replaced 50 minutes later"),
        _time("authorized_at", "the refresh token dies six months later", nullable=False),
        sa.Column(
            "is_valid", sa.Boolean, nullable=False, server_default="true", comment="false: quarantined"
        ),
        _number("failures", "in a row"),
        _text("last_error", nullable=True),
        _time("synced_at", "the last poll that was stored"),
        _time("due_at", "when to poll next", nullable=False),
        sa.Column("interval_s", sa.Float, comment="seconds between polls its recent rate asks for"),
        sa.Column(
            "last_page", JSONB, nullable=False, server_default="[]", comment="keys of the last page's items"
        ),
        _time("newest_played_at", "the newest played_at of any page"),
        _time("last_seen_at", "login or page visit"),
        _time("top_refreshed_at", "when spotify_top_* were last replaced"),
    )


def _budget() -> None:
    _create(
        "api_calls",
        sa.Column("call_id", sa.BigInteger, sa.Identity(), primary_key=True),
        _time("called_at", nullable=False),
        _text("purpose", "sync, top or catalogue"),
    )
    op.create_index("api_calls_by_time", "api_calls", ["called_at"], schema=SCHEMA)
    _create(
        "api_pauses",
        sa.Column("reason", sa.String, primary_key=True, comment="rate_limit or quota"),
        _time("until", "no call before", nullable=False),
    )


def _troubles() -> None:
    _create(
        "sync_gaps",
        _user(),
        sa.Column(
            "after_at", sa.DateTime(timezone=True), primary_key=True, comment="the newest play before the gap"
        ),
        _time("before_at", "the oldest play seen after it", nullable=False),
        _time("found_at", nullable=False),
    )
    _create(
        "failed_jobs",
        sa.Column("job", sa.String, primary_key=True, comment="top or link"),
        _user(),
        _text("error"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _time("failed_at", nullable=False),
    )


def _events() -> None:
    _create(
        "events",
        sa.Column("event_id", sa.BigInteger, sa.Identity(), primary_key=True),
        _time("happened_at", nullable=False),
        _text("user_id", nullable=True),
        _text("type", "account.linked, account.quarantined, page.visited …"),
        sa.Column("content", JSONB, nullable=False, server_default="{}"),
    )


def _catalogue_items() -> None:
    _create(
        "catalogue_items",
        sa.Column("kind", sa.String, primary_key=True, comment="track, artist or album"),
        sa.Column("spotify_id", sa.String, primary_key=True),
        sa.Column("plays", sa.BigInteger, nullable=False, server_default="0", comment="most played first"),
        _time("fetched_at", "null until Spotify answered"),
        _time("due_at", "when to ask (again); null: never again"),
        _number("attempts", "failures in a row"),
        _text("error", nullable=True),
        _text("name", nullable=True),
        sa.Column("duration_ms", sa.BigInteger),
        _text("isrc", nullable=True),
        _text("release_date", "2024, 2024-05 or 2024-05-31, as Spotify says", nullable=True),
        _text("image_url", nullable=True),
        sa.Column("genres", sa.ARRAY(sa.String)),
        _text("album_id", nullable=True),
        sa.Column("artist_ids", sa.ARRAY(sa.String)),
    )
    op.create_index("catalogue_items_by_due", "catalogue_items", ["due_at", "plays"], schema=SCHEMA)
