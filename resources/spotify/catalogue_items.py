"""What is looked up at Spotify one by one: what is wanted, what is due, what was answered, what failed.

Each answer is stored at once: a run that is cut off loses at most the call it was waiting for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Engine, String, case, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from resources.operational import Row
from resources.spotify.tables import catalogue_items as items
from resources.spotify.web_api import Kind

STAYS: Final = timedelta(days=180)
"""How long an answer is good."""
FIRST_BACK_OFF: Final = timedelta(hours=1)
LONGEST_BACK_OFF: Final = timedelta(days=30)
GONE_FOR: Final = timedelta(days=1)
"""A first "not found" may be an outage's."""

_BACK_OFFS: Final = [FIRST_BACK_OFF * 2**failures for failures in range(10)]
_ITEMS_A_STATEMENT: Final = 20_000
_KEY: Final = ["kind", "spotify_id"]


@dataclass(frozen=True)
class Asked:
    """An item that may be asked for."""

    kind: Kind
    spotify_id: str


@dataclass(frozen=True)
class Answer:
    """What Spotify says of an item; None where it says nothing.

    Args:
        release_date: "2024", "2024-05" or "2024-05-31".
        artist_ids: the first one first.
    """

    name: str | None = None
    duration_ms: int | None = None
    isrc: str | None = None
    release_date: str | None = None
    image_url: str | None = None
    genres: list[str] | None = None
    album_id: str | None = None
    artist_ids: list[str] | None = None


class CatalogueItems:
    """Reads and writes ``catalogue_items``."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def want(self, wanted: Iterable[tuple[Kind, str, int]], now: datetime) -> int:
        """Have these items, each once, with their plays: new ones are due at once.

        Returns:
            how many are new or have other plays than before.
        """
        rest, changed = iter(wanted), 0
        with self.engine.begin() as connection:
            while some := list(islice(rest, _ITEMS_A_STATEMENT)):
                changed += connection.execute(_having(some, now)).rowcount
        return changed

    def due(self, now: datetime, limit: int) -> list[Asked]:
        """What to ask for: what was never answered before what is only old, most played first."""
        query = (
            select(items.c.kind, items.c.spotify_id)
            .where(items.c.due_at <= now)
            .order_by(items.c.fetched_at.is_not(None), items.c.plays.desc(), items.c.kind, items.c.spotify_id)
            .limit(limit)
        )
        with self.engine.connect() as connection:
            return [Asked(**row) for row in connection.execute(query).mappings()]

    def count_due(self, now: datetime) -> int:
        """How many items are due."""
        with self.engine.connect() as connection:
            found = connection.scalar(select(func.count()).select_from(items).where(items.c.due_at <= now))
        return int(found or 0)

    def fetched(self, answers: Mapping[Asked, Answer], now: datetime) -> None:
        """Store what one call told; what it says nothing of stays as an earlier one said."""
        state = {"fetched_at": now, "due_at": now + STAYS, "attempts": 0, "error": None}
        with self.engine.begin() as connection:
            for asked, answer in answers.items():
                said = {name: value for name, value in asdict(answer).items() if value is not None}
                told = upsert(items).values(**asdict(asked), **said, **state)
                connection.execute(told.on_conflict_do_update(index_elements=_KEY, set_=said | state))

    def failed(self, asked: Asked, error: str, now: datetime) -> None:
        """Ask again an hour later, and after each further failure twice as late, up to 30 days."""
        waits = [(items.c.attempts == doublings, now + wait) for doublings, wait in enumerate(_BACK_OFFS)]
        due_at = case(*waits, else_=now + LONGEST_BACK_OFF)
        self._set(asked, {"due_at": due_at, "attempts": items.c.attempts + 1, "error": error})

    def gone(self, asked: Asked, error: str, now: datetime) -> None:
        """Spotify has no such item, or says so: ask again a day later, then as late as for an answer.

        What an earlier answer said stays.
        """
        is_said_again = case((items.c.error == error, now + STAYS), else_=now + GONE_FOR)
        self._set(asked, {"due_at": is_said_again, "attempts": items.c.attempts + 1, "error": error})

    def answered(self) -> list[Row]:
        """Every item that was ever answered: what was said and when."""
        query = (
            select(items).where(items.c.fetched_at.is_not(None)).order_by(items.c.kind, items.c.spotify_id)
        )
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def newest_answer_at(self) -> datetime | None:
        """When the last answer was stored."""
        with self.engine.connect() as connection:
            newest: datetime | None = connection.scalar(select(func.max(items.c.fetched_at)))
        return newest

    def _set(self, asked: Asked, values: dict[str, Any]) -> None:
        is_it: tuple[ColumnElement[bool], ...] = (
            items.c.kind == asked.kind,
            items.c.spotify_id == asked.spotify_id,
        )
        with self.engine.begin() as connection:
            connection.execute(update(items).where(*is_it).values(values))


def _having(wanted: Sequence[tuple[Kind, str, int]], now: datetime) -> Any:  # noqa: ANN401
    """One statement however many items; rows whose plays stayed the same are not written."""
    kinds, ids, plays = (list(column) for column in zip(*wanted, strict=True))
    columns = func.unnest(
        literal(kinds, ARRAY(String)), literal(ids, ARRAY(String)), literal(plays, ARRAY(BigInteger))
    )
    rows = columns.table_valued("kind", "spotify_id", "plays").render_derived()
    new = select(rows.c.kind, rows.c.spotify_id, rows.c.plays, literal(now))
    having = upsert(items).from_select(["kind", "spotify_id", "plays", "due_at"], new)
    return having.on_conflict_do_update(
        index_elements=_KEY,
        set_={"plays": having.excluded.plays},
        where=items.c.plays != having.excluded.plays,
    )
