"""Hand-written DuckDB SQL: a lake's ``raw_plays`` to the same tables, as Parquet files."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb

from benchmarks import sql


def prepare(raw_plays: str, as_of: str, folder: str) -> Callable[[], None]:
    """Spills beside its results where memory does not hold it."""
    Path(folder).mkdir(parents=True)
    connection = duckdb.connect(config={"temp_directory": f"{folder}/spilled"})
    connection.execute("SET preserve_insertion_order = false")
    as_of_us = int(datetime.fromisoformat(as_of).timestamp() * 1e6)

    def job() -> None:
        raw = f"{raw_plays}/*/*.parquet"
        sql.execute(connection, "tops", raw=raw, target=folder, as_of_us=as_of_us)

    return job
