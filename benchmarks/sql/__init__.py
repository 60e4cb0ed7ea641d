"""The peers' SQL, in files beside this one."""

from pathlib import Path

import duckdb


def execute(connection: duckdb.DuckDBPyConnection, name: str, **variables: object) -> None:
    """Runs ``<name>.sql`` with ``getvariable`` knowing the variables."""
    for variable, value in variables.items():
        connection.execute(f"SET VARIABLE {variable} = ?", [value])
    text = (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
    connection.execute(text)
