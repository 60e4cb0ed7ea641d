"""The operational tables: who listens, what was imported, and what became of every row.

Small rows that need transactions; what is large lives in the lake. All times are UTC and passed in.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Connection, Engine, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from resources import locks, settlement
from resources.migrate import ensure_migrated
from resources.operational_tables import import_months, imports, users
from resources.people import ensure_known
from resources.postgres import open_engine
from resources.settings import Settings
from resources.settlement import Outcome, UnknownImportError

__all__ = ["Operational", "Outcome", "Row", "UnknownImportError"]

Row = dict[str, Any]


class Operational:
    """Reads and writes the operational tables; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Connected and migrated; starts the embedded server where no URL is set.

        Raises:
            DatabaseUnavailableError: Postgres does not answer.
            NewerDatabaseError: the database is of a newer version.
        """
        engine = open_engine(settings)
        ensure_migrated(engine)
        return cls(engine)

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    # The ledger of imports

    def start_import(
        self, *, import_id: str, user_id: str, file_name: str, sha256: str, created_at: datetime
    ) -> Row:
        """The import's row: a new pending one, or the one it already has, as it is. Knows the user too."""
        new = {"import_id": import_id, "user_id": user_id, "file_name": file_name, "sha256": sha256}
        with self.engine.begin() as connection:
            ensure_known(connection, user_id, created_at)
            connection.execute(upsert(imports).values(**new, created_at=created_at).on_conflict_do_nothing())
            return _import(connection, import_id)

    def update_import(self, import_id: str, **values: object) -> None:
        """Set columns of ``imports``; raises ``UnknownImportError``."""
        with self.engine.begin() as connection:
            changed = connection.execute(
                update(imports).where(imports.c.import_id == import_id).values(**values)
            )
            if changed.rowcount == 0:
                raise UnknownImportError(f"There is no import {import_id}.")

    def get_import(self, import_id: str) -> Row:
        """Every column of one import; raises ``UnknownImportError``."""
        with self.engine.connect() as connection:
            return _import(connection, import_id)

    def list_imports(self, statuses: Iterable[str] | None = None) -> list[Row]:
        """Every column of the imports (of these statuses), oldest first."""
        query = select(imports).order_by(imports.c.created_at, imports.c.import_id)
        if statuses is not None:
            query = query.where(imports.c.status.in_(list(statuses)))
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def list_import_months(self, import_id: str) -> list[Outcome]:
        """What became of one import's rows, by month."""
        query = (
            select(import_months)
            .where(import_months.c.import_id == import_id)
            .order_by(import_months.c.month)
        )
        with self.engine.connect() as connection:
            return [Outcome(**row) for row in connection.execute(query).mappings()]

    def undo_import(self, import_id: str, finished_at: datetime) -> list[str]:
        """Mark it undone; returns the months to resolve again, whose ``settle`` takes its counts away."""
        with self.engine.begin() as connection:
            row = _import(connection, import_id)
            values = {"status": "undone", "error": None, "finished_at": finished_at}
            connection.execute(update(imports).where(imports.c.import_id == import_id).values(values))
            settled = select(import_months.c.month).where(import_months.c.import_id == import_id)
            return sorted({*row["months"], *connection.scalars(settled)})

    def settle(self, months: Sequence[str], outcomes: Sequence[Outcome], finished_at: datetime) -> list[str]:
        """Replace what became of the rows of ``months`` by ``outcomes``; returns the imports this completed.

        An import's totals are the sums over its months, so a later import that tells a play better
        moves an earlier one's rows from stored to duplicate. A running import is completed when
        every row it read is stored, duplicate or rejected.

        Raises:
            UnknownImportError: rows of an import the ledger does not hold.
            ValueError: an outcome of a month that is not being settled.
        """
        with self.engine.begin() as connection:
            locks.lock_transaction(connection, locks.SETTLING)
            return settlement.settle(connection, months, outcomes, finished_at)

    # The people

    def ensure_user(self, user_id: str, created_at: datetime) -> None:
        """Know the listener from now on."""
        with self.engine.begin() as connection:
            ensure_known(connection, user_id, created_at)

    def set_time_zone(self, user_id: str, time_zone: str | None, created_at: datetime) -> None:
        """The IANA zone the listener's days are counted in; None forgets it."""
        with self.engine.begin() as connection:
            ensure_known(connection, user_id, created_at)
            connection.execute(update(users).where(users.c.user_id == user_id).values(time_zone=time_zone))

    def time_zone(self, user_id: str) -> str | None:
        """The IANA zone of the listener; None until told."""
        with self.engine.connect() as connection:
            return connection.scalar(select(users.c.time_zone).where(users.c.user_id == user_id))

    def list_users(self) -> list[Row]:
        """user_id, time_zone (null until told), created_at; by user_id."""
        with self.engine.connect() as connection:
            return [
                dict(row) for row in connection.execute(select(users).order_by(users.c.user_id)).mappings()
            ]

    # Locks that a crash frees

    @contextmanager
    def one_at_a_time(self, what: str) -> Iterator[None]:
        """Waits until no other process does this: for what must be there once and is made at first need.

        What was made is on disk afterwards, though Dagster's connections do not wait for that themselves:
        it would not make its tables a second time, and a record of a transaction that does wait takes all
        that came before with it.
        """
        with self.engine.begin() as connection:
            locks.lock_transaction(connection, what)
            yield
            connection.scalar(select(func.pg_logical_emit_message(True, "longplay", what)))

    def lock_import(self, import_id: str) -> AbstractContextManager[None]:
        """Only one process at a time; raises ``ImportBusyError`` at once when another holds it."""
        return locks.importing(self.engine, import_id)

    def writing(self) -> AbstractContextManager[None]:
        """Held by whoever changes Postgres and the lake together; many may at a time."""
        return locks.writing(self.engine)

    def quiet(self, attempts: int = locks.QUIET_ATTEMPTS) -> AbstractContextManager[None]:
        """Nobody is ``writing``: Postgres and the lake agree. Raises ``PipelineBusyError`` after a minute."""
        return locks.quiet(self.engine, attempts)


def _import(connection: Connection, import_id: str) -> Row:
    row = connection.execute(select(imports).where(imports.c.import_id == import_id)).mappings().one_or_none()
    if row is None:
        raise UnknownImportError(f"There is no import {import_id}.")
    return dict(row)
