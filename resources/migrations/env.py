"""Alembic's entry: runs on the connection it is handed, in that connection's transaction."""

from alembic import context

import resources.chain_tables
import resources.event_tables
import resources.spotify.tables  # noqa: F401 - tables are known once their modules are
from resources.operational_tables import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
    include_schemas=True,
)
context.run_migrations()
