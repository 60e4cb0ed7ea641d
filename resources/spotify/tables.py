"""The operational tables of linked Spotify accounts, as they are after the newest migration.

What must be changed in one transaction while accounts are followed: who is linked, what is due, what
the call budget has left, what failed. Only sealed secrets stand here (``vault``).
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)
from sqlalchemy.dialects.postgresql import JSONB

from resources.operational_tables import metadata, users


def _time(name: str, comment: str | None = None, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable, comment=comment)


link_attempts = Table(
    "link_attempts",
    metadata,
    Column("state", String, primary_key=True, comment="what Spotify sends back; used once"),
    Column("user_id", String, nullable=False),
    Column("redirect_uri", String, nullable=False),
    Column("sealed_verifier", LargeBinary, nullable=False),
    _time("expires_at", nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("user_id", ForeignKey(users.c.user_id), primary_key=True),
    Column("spotify_id", String, nullable=False, comment="Spotify's id of the account"),
    Column("scopes", String, nullable=False),
    Column("sealed_refresh_token", LargeBinary, nullable=False),
    Column("sealed_access_token", LargeBinary),
    _time("access_token_at", "when the access token was given; replaced 50 minutes later"),
    _time("authorized_at", "the refresh token dies six months later", nullable=False),
    Column("is_valid", Boolean, nullable=False, server_default="true", comment="false: asked once a day"),
    Column("failures", Integer, nullable=False, server_default="0", comment="refusals in a row"),
    _time("refused_since", "the first refusal in a row"),
    Column("last_error", String),
    _time("synced_at", "the last poll that was stored"),
    _time("due_at", "when to poll next", nullable=False),
    Column("interval_s", Float, comment="seconds between polls its recent rate asks for"),
    Column("last_page", JSONB, nullable=False, server_default="[]", comment="keys of the last page's items"),
    _time("newest_played_at", "the newest played_at of any page"),
    _time("last_seen_at", "login or page visit"),
    _time("top_refreshed_at", "when spotify_top_* were last replaced"),
)

api_calls = Table(
    "api_calls",
    metadata,
    Column("call_id", BigInteger, Identity(), primary_key=True),
    _time("called_at", nullable=False),
    Column("purpose", String, nullable=False, comment="sync, top or catalogue"),
    Index("api_calls_by_time", "called_at"),
)

api_pauses = Table(
    "api_pauses",
    metadata,
    Column("reason", String, primary_key=True, comment="rate_limit, quota or app"),
    _time("until", "no call before", nullable=False),
    Column("message", String, comment="what to tell of a refused app"),
)

sync_gaps = Table(
    "sync_gaps",
    metadata,
    Column("user_id", ForeignKey(users.c.user_id), primary_key=True),
    Column("after_at", DateTime(timezone=True), primary_key=True, comment="the newest play before the gap"),
    _time("before_at", "the oldest play seen after it", nullable=False),
    _time("found_at", nullable=False),
)

failed_jobs = Table(
    "failed_jobs",
    metadata,
    Column("job", String, primary_key=True, comment="top or link"),
    Column("user_id", ForeignKey(users.c.user_id), primary_key=True),
    Column("error", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    _time("failed_at", nullable=False),
)

catalogue_items = Table(
    "catalogue_items",
    metadata,
    Column("kind", String, primary_key=True, comment="track, artist or album"),
    Column("spotify_id", String, primary_key=True),
    Column("plays", BigInteger, nullable=False, server_default="0", comment="most played first"),
    _time("fetched_at", "null until Spotify answered"),
    _time("due_at", "when to ask (again)"),
    Column("attempts", Integer, nullable=False, server_default="0", comment="failures in a row"),
    Column("error", String),
    Column("name", String),
    Column("duration_ms", BigInteger),
    Column("isrc", String),
    Column("release_date", String, comment="2024, 2024-05 or 2024-05-31, as Spotify says"),
    Column("image_url", String),
    Column("genres", ARRAY(String)),
    Column("album_id", String),
    Column("artist_ids", ARRAY(String)),
    Index("catalogue_items_by_due", "due_at", "plays"),
)
