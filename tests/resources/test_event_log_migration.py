"""A log of before the months moves into them, and back, with every row and never the same number twice."""

from datetime import UTC, datetime
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from resources.events import Events
from resources.migrate import MIGRATIONS
from resources.operational_tables import SCHEMA
from resources.postgres import connect

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SAID = [
    (1, datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), "ana", "account.linked", {}),
    (2, datetime(2026, 1, 1, tzinfo=UTC), None, "page.visited", {"page": "top"}),
    (3, datetime(2026, 11, 20, tzinfo=UTC), "ben", "account.quarantined", {"error": "refused"}),
]


def migrate(engine: Engine, revision: str, *, is_back: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        config.attributes["connection"] = connection
        (command.downgrade if is_back else command.upgrade)(config, revision)


def say(connection: Connection) -> None:
    """What a home of the older version has in its log, and an event that was taken back."""
    insert = text(
        "INSERT INTO longplay.events (happened_at, user_id, type, content)"
        " VALUES (:at, :user, :type, CAST(:content AS jsonb))"
    )
    for _, at, user, kind, content in SAID:
        told = {"at": at, "user": user, "type": kind, "content": str(content).replace("'", '"')}
        connection.execute(insert, told)
    connection.execute(insert, {"at": NOW, "user": None, "type": "page.visited", "content": "{}"})
    connection.execute(text("DELETE FROM longplay.events WHERE event_id = 4"))


def rows(engine: Engine) -> list[tuple[Any, ...]]:
    query = "SELECT event_id, happened_at, user_id, type, content FROM longplay.events ORDER BY event_id"
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_events_of_before_keep_their_numbers_and_new_ones_go_on_from_them(empty_database_url: str) -> None:
    engine = connect(empty_database_url)
    migrate(engine, "0002")
    with engine.begin() as connection:
        say(connection)
    migrate(engine, "0003")
    log = Events(engine, lambda: NOW)
    assert rows(engine) == SAID
    assert {"2025-12", "2026-01", "2026-11"} <= set(log.months())
    assert log.append(type="page.visited").event_id == 5
    migrate(engine, "0002", is_back=True)
    assert [row[0] for row in rows(engine)] == [1, 2, 3, 5]
    with engine.begin() as connection:
        say(connection)
    assert max(row[0] for row in rows(engine)) > 5
    engine.dispose()


def test_an_empty_log_becomes_an_empty_one(empty_database_url: str) -> None:
    engine = connect(empty_database_url)
    migrate(engine, "0003")
    log = Events(engine, lambda: NOW)
    assert log.highest() == 0
    assert log.append(type="page.visited").event_id == 1
    engine.dispose()
