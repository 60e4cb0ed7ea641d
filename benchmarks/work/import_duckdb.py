"""DuckDB's read_json on the unpacked files, into Parquet with the columns of ``raw_plays``."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks import sql


def prepare(unpacked: str, folder: str) -> Callable[[], dict[str, int]]:
    """``unpacked`` holds the files; DuckDB without extensions cannot read them inside a zip."""
    Path(folder).mkdir(parents=True)
    connection = duckdb.connect()

    def job() -> dict[str, int]:
        sql.execute(connection, "import", files=f"{unpacked}/**/*.json", target=f"{folder}/raw.parquet")
        count = connection.execute(f"SELECT count(*) FROM read_parquet('{folder}/raw.parquet')").fetchone()
        return {"rows": count[0] if count else 0}

    return job
