"""The warehouse: a file of views that older clients open too."""

from pathlib import Path

import duckdb
import polars as pl

from resources.warehouse import View, write_views


def test_a_warehouse_is_written_in_the_format_of_duckdb_1_0(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    write_views(path, [View("plays", pl.Schema({"play": pl.Int64()}), [])], {"id": "1"})
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.sql("SELECT tags FROM duckdb_databases() WHERE database_name = 'warehouse'")
        [(tags,)] = found.fetchall()
        assert tags["storage_version"].startswith("v1.0.0")
        assert connection.sql("SELECT * FROM plays").columns == ["play"]
