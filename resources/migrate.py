"""Brings the operational tables to the newest revision."""

from pathlib import Path

from sqlalchemy import Connection, Engine, text

from resources import locks
from resources.operational_tables import REVISION, SCHEMA

MIGRATIONS = Path(__file__).with_name("migrations")


class NewerDatabaseError(RuntimeError):
    """The database was migrated by a newer version of this program."""


def ensure_migrated(engine: Engine) -> None:
    """Run what is missing; processes that start together wait for one of them.

    Costs two small queries when there is nothing to do: Alembic is not even imported.

    Raises:
        NewerDatabaseError: the database is of a version this program does not know.
    """
    with engine.connect() as connection:
        if revision(connection) == REVISION:
            return
    with engine.begin() as connection:
        locks.lock_transaction(connection, locks.MIGRATING)
        if revision(connection) != REVISION:
            _upgrade(connection)


def revision(connection: Connection) -> str | None:
    """The database's revision; None before the first migration."""
    if connection.scalar(text(f"SELECT to_regclass('{SCHEMA}.alembic_version')")) is None:
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {SCHEMA}.alembic_version"))
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a tenth of a second that most starts need not pay
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if (found := revision(connection)) is not None and found not in known:
        raise NewerDatabaseError(
            f"The database is at revision {found}, newer than this longplay; upgrade longplay."
        )
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    command.upgrade(config, "head")
