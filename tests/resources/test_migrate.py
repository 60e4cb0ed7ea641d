from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from resources.migrate import MIGRATIONS, NewerDatabaseError, ensure_migrated, revision
from resources.operational_tables import REVISION, SCHEMA
from resources.postgres import connect
from resources.spotify.tables import accounts


def test_an_empty_database_gets_every_table_and_a_second_start_changes_nothing(
    empty_database_url: str,
) -> None:
    engine = connect(empty_database_url)
    ensure_migrated(engine)
    ensure_migrated(engine)
    assert {*inspect(engine).get_table_names(SCHEMA)} == {
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
        "catalogue_items",
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
    }
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), accounts.metadata) == []
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
