"""Advisory locks of Postgres: held by a connection, so that a crash of the holder frees them.

Each takes a connection of its own out of the pool for good (``detach``), because a session lock
outlives the transaction and must not travel back into the pool.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from resources.postgres import DatabaseUnavailableError

MIGRATING: Final = "migrations"
SETTLING: Final = "settle"
PIPELINE: Final = "pipeline"
EVENTS: Final = "events"
CHAIN: Final = "chain"

QUIET_ATTEMPTS: Final = 30
QUIET_ATTEMPT_S: Final[float] = 2


class ImportBusyError(RuntimeError):
    """Another process holds the import."""


class PipelineBusyError(RuntimeError):
    """The pipeline did not come to rest in time."""


def key(name: str) -> int:
    """The 64-bit number Postgres knows a lock by."""
    return int.from_bytes(hashlib.blake2b(f"longplay:{name}".encode(), digest_size=8).digest(), signed=True)


def lock_transaction(connection: Connection, name: str, *, is_shared: bool = False) -> None:
    """Wait for a lock that ends with the transaction; a shared one keeps out only who wants it alone."""
    taken = "pg_advisory_xact_lock_shared" if is_shared else "pg_advisory_xact_lock"
    connection.execute(text(f"SELECT {taken}(:key)"), {"key": key(name)})


@contextmanager
def importing(engine: Engine, import_id: str) -> Iterator[None]:
    """Only one process imports this; raises ``ImportBusyError`` at once when it is not this one."""
    with _session(engine) as connection:
        if not connection.scalar(
            text("SELECT pg_try_advisory_lock(:key)"), {"key": key(f"import:{import_id}")}
        ):
            raise ImportBusyError(f"Import {import_id} is being imported by another process.")
        yield


@contextmanager
def free_of(engine: Engine, names: Sequence[str]) -> Iterator[list[str]]:
    """Holds those of these locks that nobody else holds, in one connection; gives their names."""
    with _session(engine) as connection:
        query = text(
            "SELECT name FROM unnest(:names, :keys) AS each(name, key) WHERE pg_try_advisory_lock(key)"
        )
        keys = [key(name) for name in names]
        yield list(connection.scalars(query.bindparams(names=list(names), keys=keys))) if names else []


@contextmanager
def writing(engine: Engine) -> Iterator[None]:
    """Held by whoever writes Postgres and the lake in one breath; many may at a time."""
    with _session(engine) as connection:
        connection.execute(text("SELECT pg_advisory_lock_shared(:key)"), {"key": key(PIPELINE)})
        yield


@contextmanager
def quiet(engine: Engine, attempts: int = QUIET_ATTEMPTS) -> Iterator[None]:
    """Nobody is ``writing``; raises ``PipelineBusyError`` after ``attempts`` of two seconds.

    Between attempts the writers that queued behind it go ahead, so that a writer inside a writer
    (an import that starts a process) cannot wait for it for ever.
    """
    with _session(engine) as connection:
        connection.execute(text(f"SET lock_timeout = {int(QUIET_ATTEMPT_S * 1000)}"))
        if not any(_locked(connection) for _ in range(attempts)):
            raise PipelineBusyError("The pipeline is still writing; try again when its runs have finished.")
        connection.execute(text("SET lock_timeout = 0"))
        yield


def _locked(connection: Connection) -> bool:
    try:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key(PIPELINE)})
    except OperationalError as error:
        if getattr(error.orig, "pgcode", None) != "55P03":  # lock_not_available
            raise
        return False
    return True


@contextmanager
def _session(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()
        try:
            yield connection
        finally:  # at once: the server may notice the closed connection only a while later
            with suppress(SQLAlchemyError, DatabaseUnavailableError):  # went away: so did the locks
                connection.execute(text("SELECT pg_advisory_unlock_all()"))
