import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

import resources.chain_tables
import resources.event_tables
import resources.spotify.tables  # noqa: F401 - tables are known once their modules are
from resources.migrate import MIGRATIONS, NewerDatabaseError, ensure_migrated, revision
from resources.operational_tables import REVISION, SCHEMA, metadata
from resources.postgres import connect


def is_month(name: str | None) -> bool:
    """A partition of the event log: which there are depends on the day."""
    return re.fullmatch(r"events_\d{4}_\d{2}", name or "") is not None


def test_an_empty_database_gets_every_table_and_a_second_start_changes_nothing(
    empty_database_url: str,
) -> None:
    engine = connect(empty_database_url)
    ensure_migrated(engine)
    ensure_migrated(engine)
    assert {name for name in inspect(engine).get_table_names(SCHEMA) if not is_month(name)} == {
        "users",
        "imports",
        "import_months",
        "alembic_version",
        "link_attempts",
        "accounts",
        "api_calls",
        "api_pauses",
        "sync_gaps",
        "failed_jobs",
        "events",
        "event_keys",
        "preferences",
        "catalogue_items",
        "trust_records",
        "trust_blocks",
        "chain_head",
        "quarantined_blocks",
    }
    assert inspect(engine).get_table_names("public") == []
    engine.dispose()


def test_processes_that_start_together_migrate_once(empty_database_url: str) -> None:
    engines = [connect(empty_database_url) for _ in range(4)]
    with ThreadPoolExecutor(len(engines)) as threads:
        list(threads.map(ensure_migrated, engines))
    with engines[0].connect() as connection:
        assert revision(connection) == REVISION
    for engine in engines:
        engine.dispose()


def test_the_migrated_schema_is_the_declared_one(database_url: str) -> None:
    engine = connect(database_url)
    options = {
        "include_schemas": True,
        "compare_type": True,
        "compare_server_default": True,
        "version_table_schema": SCHEMA,
        "include_name": lambda name, kind, _: kind != "table" or not is_month(name),
    }
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()


def test_the_known_revision_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_a_database_of_a_newer_version_is_refused(database_url: str) -> None:
    engine = connect(database_url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {SCHEMA}.alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError, match="upgrade longplay"):
        ensure_migrated(engine)
    engine.dispose()
