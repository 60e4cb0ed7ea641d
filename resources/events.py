"""The event log: whatever a person does, and what the system has to tell, appended and never changed.

Ids are given before a transaction ends, so that a slow one may commit an id after higher ones were
read. Every append therefore holds a lock that many may hold; whoever reads on by id first asks
``highest``, which waits for those that are under way.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, select, text
from sqlalchemy.exc import OperationalError

from resources import locks
from resources.event_rows import COLUMNS, Event, NewEvent, Row, append
from resources.event_tables import event_keys, events
from resources.event_types import InvalidEventError
from resources.operational_tables import SCHEMA

__all__ = ["Event", "Events", "EventsBusyError", "InvalidEventError", "NewEvent", "append"]

_MOMENT: Final = timedelta(microseconds=1)
_LOCK_NOT_AVAILABLE: Final = "55P03"


class EventsBusyError(RuntimeError):
    """Somebody has been appending for long: what the log holds cannot be told yet."""


@dataclass(frozen=True)
class Events:
    """Appends to the log and reads it; safe to share between threads."""

    engine: Engine
    clock: Callable[[], datetime]
    wait_ms: int = 10_000
    """How long ``highest`` and ``drop_months`` wait for appends that are under way."""

    def append(
        self,
        *,
        type: str,  # noqa: A002 - the column's name
        content: Mapping[str, Any] | None = None,
        user_id: str | None = None,
        happened_at: datetime | None = None,
        key: str | None = None,
    ) -> Event:
        """Appends one event, which happened now unless told otherwise; the first one of its key.

        Raises:
            InvalidEventError: its type is unknown, its content or time cannot be, or nobody knows the
                listener.
        """
        now = self.clock()
        with self.engine.begin() as connection:
            return append(connection, NewEvent(type, happened_at or now, user_id, content or {}, key), now)

    def since(
        self, event_id: int, types: Sequence[str] = (), until: int | None = None, most: int | None = None
    ) -> list[Row]:
        """Events after one (and not after another), oldest first, of some types or all."""
        query = select(*COLUMNS).where(events.c.event_id > event_id).order_by(events.c.event_id).limit(most)
        if until is not None:
            query = query.where(events.c.event_id <= until)
        if types:
            query = query.where(events.c.type.in_(types))
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def highest(self) -> int:
        """The highest id, when no lower one can appear any more; 0 when the log is empty.

        Raises:
            EventsBusyError: an append is under way and does not end.
        """
        with self._nobody_appends() as connection:
            return int(connection.scalar(select(func.max(events.c.event_id))) or 0)

    def count(self, after: int = 0, until: int | None = None, types: Sequence[str] = ()) -> int:
        """How many events of some types (or all) there are between two ids."""
        query = select(func.count()).select_from(events).where(events.c.event_id > after)
        if until is not None:
            query = query.where(events.c.event_id <= until)
        if types:
            query = query.where(events.c.type.in_(types))
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def ids(self, until: int, types: Sequence[str]) -> list[int]:
        """Numbers of the events of some types up to one."""
        query = select(events.c.event_id).where(events.c.event_id <= until, events.c.type.in_(types))
        with self.engine.connect() as connection:
            return list(connection.scalars(query))

    # Months

    def ensure_partitions(self, now: datetime) -> None:
        """This month and the next have a place, so that no append has to make one."""
        query = text(
            f"SELECT {SCHEMA}.ensure_events_month(:now), {SCHEMA}.ensure_events_month("
            "date_trunc('month', CAST(:now AS timestamptz), 'UTC') + interval '1 month')"
        )
        with self.engine.begin() as connection:
            connection.execute(query, {"now": now})

    def months(self) -> list[str]:
        """The months ("2026-11") that have a place in the log, oldest first."""
        with self.engine.connect() as connection:
            return _months(connection)

    def drop_months(self, copied: int, before: datetime) -> list[str]:
        """Drops the months that ended before a moment and of which everything is copied, with their keys.

        Args:
            copied: the highest id that was copied.
        """
        with self._nobody_appends() as connection:
            old = [month for month in _months(connection) if _ends_at(month) <= before]
            return [month for month in old if _drop(connection, month, copied)]

    @contextmanager
    def _nobody_appends(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            connection.execute(text(f"SET LOCAL lock_timeout = {self.wait_ms}"))
            try:
                locks.lock_transaction(connection, locks.EVENTS)
            except OperationalError as error:
                if getattr(error.orig, "pgcode", None) != _LOCK_NOT_AVAILABLE:
                    raise
                raise EventsBusyError("An append to the event log does not end: try again later.") from error
            yield connection


def _months(connection: Connection) -> list[str]:
    query = text(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        f"WHERE i.inhparent = '{SCHEMA}.events'::regclass ORDER BY c.relname"
    )
    return [name.removeprefix("events_").replace("_", "-") for name in connection.scalars(query)]


def _starts_at(month: str) -> datetime:
    return datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC)


def _ends_at(month: str) -> datetime:
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]), 12)
    return datetime(year, number + 1, 1, tzinfo=UTC)


def _drop(connection: Connection, month: str, copied: int) -> bool:
    """Drops a month unless it holds an event that is not copied."""
    partition = f"{SCHEMA}.events_{month.replace('-', '_')}"
    highest = connection.scalar(text(f"SELECT max(event_id) FROM {partition}"))
    if highest is not None and highest > copied:
        return False
    is_of_month = event_keys.c.recorded_at.between(_starts_at(month), _ends_at(month) - _MOMENT)
    connection.execute(delete(event_keys).where(is_of_month))
    connection.execute(text(f"DROP TABLE {partition}"))
    return True
