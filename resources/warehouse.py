"""DuckDB files of views over Parquet: one consistent snapshot for any DuckDB client."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl

from resources import untouched

_DUCKDB_TYPES: Mapping[type[pl.DataType], str] = {
    pl.String: "VARCHAR",
    pl.Int8: "TINYINT",
    pl.Int16: "SMALLINT",
    pl.Int32: "INTEGER",
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
}

NO_DOWNLOADS: Final[dict[str, Any]] = {"autoinstall_known_extensions": False}
"""How DuckDB is told not to fetch what it lacks (httpfs, for views of an object store)."""
_CONFIG: Final[dict[str, Any]] = {**NO_DOWNLOADS, "storage_compatibility_version": "v1.0.0"}
"""Clients of DuckDB 1.0 and newer open the file: they refuse what a newer DuckDB writes by default."""


@dataclass(frozen=True)
class View:
    """One view: the Parquet files behind it, or none; the types it has either way."""

    name: str
    schema: pl.Schema
    files: Sequence[str]
    is_monthly: bool = False

    @property
    def sql(self) -> str:
        """The view's query; absolute addresses, so that any client may run it from anywhere."""
        if not self.files:
            typed = (f"NULL::{duckdb_type(dtype)} AS {_quoted(name)}" for name, dtype in self.schema.items())
            return f"SELECT {', '.join(typed)} WHERE false"
        columns = ", ".join(_quoted(name) for name in self.schema)
        files = ", ".join(_literal(file) for file in self.files)
        months = ", hive_partitioning = true, hive_types = {'month': VARCHAR}" if self.is_monthly else ""
        return f"SELECT {columns} FROM read_parquet([{files}]{months})"


def duckdb_type(dtype: pl.DataType) -> str:
    """The DuckDB name of a Polars type."""
    if isinstance(dtype, pl.List):
        inner = dtype.inner
        return f"{duckdb_type(inner if isinstance(inner, pl.DataType) else inner())}[]"
    if isinstance(dtype, pl.Datetime):
        return "TIMESTAMPTZ" if dtype.time_zone else "TIMESTAMP"
    return _DUCKDB_TYPES[type(dtype)]


def write_views(
    path: Path, views: Sequence[View], about: Mapping[str, str], made_at: datetime | None = None
) -> None:
    """Writes a DuckDB file of views beside ``path`` and renames it there.

    Clients that have the old file open keep it: they go on reading the snapshot they opened, and what they
    wrote into it, or left to be replayed beside it, goes with it.

    Args:
        path: where the file is to be.
        views: what it shows.
        about: rows of its table ``longplay_snapshot`` (name, value).
        made_at: when what it shows was published; ``is_untouched`` knows the file by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    try:
        with duckdb.connect(str(new), config=_CONFIG) as connection:
            connection.execute("CREATE TABLE longplay_snapshot (name VARCHAR, value VARCHAR)")
            connection.executemany("INSERT INTO longplay_snapshot VALUES (?, ?)", list(about.items()))
            for view in views:
                connection.execute(f"CREATE VIEW {_quoted(view.name)} AS {view.sql}")
        untouched.replace(path, new, made_at)
    finally:
        for leftover in (new, untouched.log_of(new)):
            leftover.unlink(missing_ok=True)


def about(path: Path) -> dict[str, str]:
    """What a warehouse file says of itself; empty when there is none, or none that can be read."""
    if not path.exists():
        return {}
    with suppress(duckdb.Error), duckdb.connect(str(path), read_only=True) as connection:
        return dict(connection.execute("SELECT name, value FROM longplay_snapshot").fetchall())
    return {}


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def _literal(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))
