"""The listeners this Longplay knows."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as upsert

from resources.listeners import listener_id
from resources.operational_tables import users


def ensure_known(connection: Connection, user_id: str, created_at: datetime) -> None:
    """Knows a listener from now on; whoever was let in by an older Longplay stays known.

    Raises:
        ListenerIdError: nobody may be called so.
    """
    is_known = connection.scalar(select(users.c.user_id).where(users.c.user_id == user_id)) is not None
    if not is_known:
        new = upsert(users).values(user_id=listener_id(user_id), created_at=created_at)
        connection.execute(new.on_conflict_do_nothing())
