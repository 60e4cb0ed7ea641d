"""What listeners say they prefer before anything is known of them: where their weights start."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert as upsert

from resources.event_tables import preferences
from resources.operational_tables import users

KINDS: Final = ("genre", "artist", "mood")
LONGEST_NAME: Final = 200
_ONE: Final = 1_000_000

Row = dict[str, Any]


class InvalidPreferenceError(ValueError):
    """A preference that cannot be kept; the message says what to change."""


@dataclass(frozen=True)
class Preferences:
    """Reads and writes preferences; safe to share between threads."""

    engine: Engine

    def prefer(self, user_id: str, kind: str, name: str, weight: float, now: datetime) -> None:
        """Starts a listener's weight (0 to 1) somewhere; told again, the last one holds.

        Raises:
            InvalidPreferenceError: no such kind or listener, no name, or a weight that is none.
        """
        values = {**_checked(kind, name, weight), "told_at": now}
        new = upsert(preferences).values(user_id=user_id, **values)
        changed = {column: values[column] for column in ("weight_millionths", "told_at")}
        with self.engine.begin() as connection:
            if connection.scalar(select(users.c.user_id).where(users.c.user_id == user_id)) is None:
                raise InvalidPreferenceError(
                    f"Nobody knows the listener {user_id}: check the name, or import something first."
                )
            connection.execute(
                new.on_conflict_do_update(index_elements=["user_id", "kind", "name"], set_=changed)
            )

    def list(self) -> "list[Row]":
        """user_id, kind, name, weight_millionths and told_at of all, in that order."""
        columns = preferences.c
        query = select(preferences).order_by(columns.user_id, columns.kind, columns.name)
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _checked(kind: str, name: str, weight: float) -> Row:
    if kind not in KINDS:
        raise InvalidPreferenceError(f"{kind} is nothing to prefer; use one of {', '.join(KINDS)}.")
    named = name.strip()
    if kind != "artist":  # of these the catalogue knows no capitals
        named = named.lower()
    if not 1 <= len(named) <= LONGEST_NAME or not named.isprintable():
        raise InvalidPreferenceError(f"A {kind} has a name of 1 to {LONGEST_NAME} printable characters.")
    if not 0 <= weight <= 1:  # NaN is not
        raise InvalidPreferenceError(f"A weight is a number from 0 to 1, not {weight}.")
    return {"kind": kind, "name": named, "weight_millionths": round(weight * _ONE)}
