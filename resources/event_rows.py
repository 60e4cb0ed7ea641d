"""Rows of the event log: what is appended, in whose transaction, and which event a key stands for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from resources import locks
from resources.event_tables import event_keys, events
from resources.event_types import FEEDBACK, InvalidEventError, checked_content, checked_key, checked_time
from resources.operational_tables import SCHEMA, users

Row = dict[str, Any]


@dataclass(frozen=True)
class NewEvent:
    """What is to be appended.

    Args:
        key: the sender's own name for the event: sent again, the first one stands.
    """

    type: str
    happened_at: datetime
    user_id: str | None = None
    content: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None


@dataclass(frozen=True)
class Event:
    """A row of the log."""

    event_id: int
    recorded_at: datetime
    happened_at: datetime
    user_id: str | None
    type: str
    content: Row
    idempotency_key: str | None
    is_new: bool = field(default=True, compare=False)
    """False where the key was known: this is the event that came first."""


COLUMNS: Final = [events.c[name] for name in Event.__dataclass_fields__ if name in events.c]


def append(connection: Connection, new: NewEvent, now: datetime) -> Event:
    """Appends in a transaction of the caller's, together with whatever else it changes.

    Raises:
        InvalidEventError: its type is unknown, its content or time cannot be, or nobody knows the listener.
    """
    values = _checked(connection, new, now)
    locks.lock_transaction(connection, locks.EVENTS, is_shared=True)
    connection.execute(text(f"SELECT {SCHEMA}.ensure_events_month(:now)"), {"now": now})
    if new.key is not None:
        values["event_id"] = _next_id(connection)
        if not _take_key(connection, values):
            return _first_of_key(connection, new)
    row = connection.execute(insert(events).values(values).returning(*COLUMNS)).mappings().one()
    return Event(**row)


def _checked(connection: Connection, new: NewEvent, now: datetime) -> Row:
    values: Row = {
        "type": new.type,
        "content": checked_content(new.type, new.content),
        "happened_at": checked_time(new.happened_at, now),
        "recorded_at": now,
        "user_id": new.user_id,
        "idempotency_key": checked_key(new.key),
    }
    if new.type in FEEDBACK:
        _require_user(connection, new.user_id)
    return values


def _require_user(connection: Connection, user_id: str | None) -> None:
    if user_id is None:
        raise InvalidEventError("Feedback is somebody's: name the listener.")
    if connection.scalar(select(users.c.user_id).where(users.c.user_id == user_id)) is None:
        raise InvalidEventError(
            f"Nobody knows the listener {user_id}: import something of theirs first, or check the name."
        )


def _next_id(connection: Connection) -> int:
    sequence = select(func.nextval(func.pg_get_serial_sequence(f"{SCHEMA}.events", "event_id")))
    return int(connection.execute(sequence).scalar_one())


def _take_key(connection: Connection, values: Row) -> bool:
    """Whether the key was free; waits for a transaction that is about to take the same."""
    named = {name: values[name] for name in ("idempotency_key", "event_id", "recorded_at")}
    new = upsert(event_keys).values(user_id=values["user_id"] or "", **named)
    return connection.execute(new.on_conflict_do_nothing()).rowcount == 1


def _first_of_key(connection: Connection, new: NewEvent) -> Event:
    is_key = (event_keys.c.user_id == (new.user_id or "")) & (event_keys.c.idempotency_key == new.key)
    is_same = (event_keys.c.event_id == events.c.event_id) & (
        event_keys.c.recorded_at == events.c.recorded_at
    )
    query = select(*COLUMNS).join(event_keys, is_same).where(is_key)
    return Event(**connection.execute(query).mappings().one(), is_new=False)
