"""Alembic's entry: runs on the connection it is handed, in that connection's transaction."""

from alembic import context

from resources.operational_tables import SCHEMA
from resources.spotify.tables import accounts

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=accounts.metadata,  # which holds every table
    version_table_schema=SCHEMA,
    include_schemas=True,
)
context.run_migrations()
