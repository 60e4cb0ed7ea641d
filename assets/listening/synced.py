"""Days of sync in the ledger: one row a listener and UTC day, told from files by its id."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

SOURCE: Final = "spotify_api"
"""Where plays come from that were synced, in the ledger and in every row."""


def import_id(user_id: str, day: datetime) -> str:
    """The ledger's row of what was synced on a UTC day."""
    told = f"{user_id}\x1f{SOURCE}:{day.astimezone(UTC):%Y-%m-%d}"
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


def is_synced(row: Mapping[str, Any]) -> bool:
    """Whether an import of the ledger is a day of sync, which no file can be imported again for."""
    return bool(row["import_id"] == import_id(str(row["user_id"]), row["created_at"]))
