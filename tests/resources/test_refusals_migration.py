"""An old home: accounts that the old rule stopped for good are asked again."""

from datetime import UTC, datetime, timedelta

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from resources.migrate import MIGRATIONS, ensure_migrated
from resources.operational_tables import SCHEMA
from resources.postgres import connect

LINK = f"""
INSERT INTO {SCHEMA}.users (user_id, created_at) VALUES ('ana', now()), ('ben', now());
INSERT INTO {SCHEMA}.accounts (user_id, spotify_id, scopes, sealed_refresh_token, authorized_at, is_valid,
    failures, last_error, due_at)
VALUES ('ana', 's-ana', '', '\\x00', now(), false, 3, 'refused', now() + interval '9 years'),
    ('ben', 's-ben', '', '\\x00', now(), true, 0, NULL, '2100-01-01');
INSERT INTO {SCHEMA}.catalogue_items (kind, spotify_id, due_at, attempts, error)
VALUES ('track', 'gone', NULL, 1, 'unknown'), ('track', 'refused', now() + interval '30 days', 9, 'refused'),
    ('track', 'answered', '2100-01-01', 0, NULL)
"""


def test_what_the_old_rule_stopped_is_due_at_once_and_the_rest_stays(empty_database_url: str) -> None:
    engine = connect(empty_database_url)
    ensure_migrated(engine)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
        connection.execute(text(LINK))
    ensure_migrated(engine)
    with engine.connect() as connection:
        accounts = connection.execute(text(f"SELECT user_id, due_at FROM {SCHEMA}.accounts"))
        due = {row.user_id: row.due_at for row in accounts}
        items = connection.execute(text(f"SELECT spotify_id, due_at FROM {SCHEMA}.catalogue_items"))
        wanted = {row.spotify_id: row.due_at for row in items}
    engine.dispose()
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert due["ana"] < soon < due["ben"]
    assert {name for name, at in wanted.items() if at < soon} == {"gone", "refused"}
