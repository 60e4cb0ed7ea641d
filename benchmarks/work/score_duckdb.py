"""Hand-written DuckDB SQL: the scores of a CSV."""

from collections.abc import Callable
from typing import Any

import duckdb

from benchmarks import sql

_NAMES = ("metadata", "consistency", "size", "diversity", "licence", "total")


def prepare(path: str) -> Callable[[], dict[str, Any]]:
    """Tells the scores."""
    connection = duckdb.connect()

    def job() -> dict[str, Any]:
        sql.execute(connection, "datasets", path=path)
        [row] = connection.sql("SELECT * FROM scores").fetchall()
        return {"scores": dict(zip(_NAMES, row, strict=True))}

    return job
