"""How many calls of the Spotify API may still be made: one budget for all accounts and processes.

Every call is a row before it is made. A window holds the calls later than its length ago, so that a
call leaves the 60-second window 60 seconds after it was made, to the microsecond.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from resources import locks
from resources.settings import Settings
from resources.spotify.tables import api_calls, api_pauses

Purpose = Literal["sync", "top", "catalogue"]

SHARES_PERCENT: Final[Mapping[Purpose, int]] = MappingProxyType({"sync": 100, "top": 80, "catalogue": 60})
"""A purpose may call while all calls of the day are below its share: the catalogue gives way first."""

SPENDING: Final = "spotify_budget"
DAY: Final = timedelta(days=1)
APP: Final = "app"
"""The pause of an app that Spotify refuses; a person may end it at once."""
APP_PAUSE: Final = timedelta(hours=1)
"""Premium takes hours to be seen again: one call an hour finds it out."""
KEPT: Final = DAY + timedelta(hours=1)
"""A clock may go back by an hour and still find its day's calls and pauses."""

PRUNED_EVERY_CALLS: Final = 100

NOW: Final = bindparam("now", type_=DateTime(timezone=True))
PAUSED_UNTIL: Final = select(func.max(api_pauses.c.until)).where(
    api_pauses.c.until > NOW, api_pauses.c.until <= NOW + KEPT
)
"""Null when nothing pauses. No pause is longer than a day: a later one is of a clock that was wrong."""


class BudgetSpentError(RuntimeError):
    """No call of this purpose before ``until`` (aware UTC)."""

    def __init__(self, until: datetime, purpose: str = "sync", why: str | None = None) -> None:
        spent = (
            f"The budget of Spotify calls leaves none for {purpose} before {until:%Y-%m-%d %H:%M:%S} UTC; it "
            "goes on by itself then. LONGPLAY_SPOTIFY_CALLS_A_DAY and _A_MINUTE set the budget."
        )
        super().__init__(why or spent)
        self.until = until


@dataclass(frozen=True)
class Limit:
    """At most ``calls`` in any window of this length."""

    calls: int
    window: timedelta


@dataclass(frozen=True)
class Pause:
    """No call before ``until``; ``message`` where it is the app that is refused."""

    until: datetime
    message: str | None = None

    def __str__(self) -> str:
        until = f"{self.until:%Y-%m-%d %H:%M} UTC"
        if self.message is None:
            return f"Spotify asked for no calls until {until}."
        return f"{self.message} It is asked again after {until}; `longplay sync` asks at once."


class Budget:
    """Safe to share between threads; processes share it through Postgres."""

    def __init__(self, engine: Engine, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._blocked: Mapping[Purpose, Select[datetime]] = {
            purpose: select(_blocked_until(self._limits(purpose))) for purpose in SHARES_PERCENT
        }

    def take(self, purpose: Purpose) -> None:
        """Record one call that is about to be made; raises ``BudgetSpentError`` where none may be."""
        with self._engine.begin() as connection:
            locks.lock_transaction(connection, SPENDING)
            now = self._clock()  # after the wait for the lock
            until = connection.scalar(self._blocked[purpose], {"now": now})
            if until is None:
                _record(connection, purpose, now)
        if until is not None:
            paused = self.paused()
            raise BudgetSpentError(until, purpose, str(paused) if paused and paused.message else None)

    def pause_app(self, message: str) -> None:
        """No call for an hour: Spotify refuses the app, as the message says."""
        self.pause(APP, self._clock() + APP_PAUSE, message)

    def resume_app(self) -> None:
        """The app may be asked for again at once: a person says so, or it was let in."""
        with self._engine.begin() as connection:
            connection.execute(delete(api_pauses).where(api_pauses.c.reason == APP))

    def paused(self) -> Pause | None:
        """The pause in force that lasts longest."""
        return self._pause(api_pauses.c.until > NOW, api_pauses.c.until <= NOW + KEPT)

    def app_refused(self) -> Pause | None:
        """That of a refused app, also one that is over, until the app is let in again."""
        return self._pause(api_pauses.c.reason == APP)

    def _pause(self, *conditions: ColumnElement[bool]) -> Pause | None:
        query = select(api_pauses.c.until, api_pauses.c.message).where(*conditions)
        with self._engine.connect() as connection:
            longest = query.order_by(api_pauses.c.until.desc()).limit(1)
            row = connection.execute(longest, {"now": self._clock()}).one_or_none()
        return Pause(row.until, row.message) if row else None

    def pause(self, reason: str, until: datetime, message: str | None = None) -> None:
        """No call before ``until``, at most a day from now; a pause is never shortened."""
        now = self._clock()
        pausing = upsert(api_pauses).values(reason=reason, until=min(until, now + DAY), message=message)
        told = pausing.excluded.until
        kept = case((api_pauses.c.until > now + KEPT, told), else_=func.greatest(api_pauses.c.until, told))
        with self._engine.begin() as connection:
            connection.execute(
                pausing.on_conflict_do_update(
                    index_elements=["reason"], set_={"until": kept, "message": message}
                )
            )

    def paused_until(self) -> datetime | None:
        """When Spotify lets calls through again; None when it does now."""
        with self._engine.connect() as connection:
            until: datetime | None = connection.scalar(PAUSED_UNTIL, {"now": self._clock()})
        return until

    def used(self) -> int:
        """Calls of the last 24 hours."""
        query = select(func.count()).where(_within(DAY))
        with self._engine.connect() as connection:
            return connection.scalar(query, {"now": self._clock()}) or 0

    def left(self, purpose: Purpose) -> int:
        """Calls the day still has for this purpose, pauses and the minute apart."""
        return max(0, self._a_day(purpose) - self.used())

    def _a_day(self, purpose: Purpose) -> int:
        return -(-self._settings.spotify_calls_a_day * SHARES_PERCENT[purpose] // 100)

    def _limits(self, purpose: Purpose) -> tuple[Limit, ...]:
        a_minute = self._settings.spotify_calls_a_minute
        return (
            Limit(self._a_day(purpose), DAY),
            Limit(a_minute, timedelta(seconds=60)),
            Limit(max(1, a_minute // 2), timedelta(seconds=30)),
        )


def _within(window: timedelta) -> ColumnElement[bool]:
    """In the window, or ahead of now because a clock went back.

    Farther ahead than any window reaches is a clock's error, which must not block for years.
    """
    return (api_calls.c.called_at > NOW - window) & (api_calls.c.called_at <= NOW + DAY)


def _blocked_until(limits: tuple[Limit, ...]) -> ColumnElement[datetime]:
    """When a call may be made; null: now (Postgres' greatest passes over nulls)."""
    return func.greatest(*map(_free_at, limits), PAUSED_UNTIL.scalar_subquery())


def _free_at(limit: Limit) -> ColumnElement[datetime]:
    """With ``calls`` in the window, the oldest of the newest ``calls`` must leave it first; else null.

    Counting thousands takes milliseconds: it is left out where not even all ids together are so many.
    """
    newest = select(api_calls.c.called_at + limit.window).where(_within(limit.window))
    first_to_leave = newest.order_by(api_calls.c.called_at.desc()).offset(limit.calls - 1).limit(1)
    ids = select(func.max(api_calls.c.call_id) - func.min(api_calls.c.call_id) + 1).scalar_subquery()
    return case((ids >= limit.calls, first_to_leave.scalar_subquery()))


def _record(connection: Connection, purpose: Purpose, now: datetime) -> None:
    recorded = insert(api_calls).values(called_at=now, purpose=purpose).returning(api_calls.c.call_id)
    if connection.execute(recorded).scalar_one() % PRUNED_EVERY_CALLS == 0:
        connection.execute(delete(api_calls).where(api_calls.c.called_at <= now - KEPT))
