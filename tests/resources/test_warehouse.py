"""The warehouse: a file of views that older clients open too."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from resources.untouched import is_untouched
from resources.warehouse import View, about, write_views


def test_a_warehouse_is_written_in_the_format_of_duckdb_1_0(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    write_views(path, [View("plays", pl.Schema({"play": pl.Int64()}), [])], {"id": "1"})
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.sql("SELECT tags FROM duckdb_databases() WHERE database_name = 'warehouse'")
        [(tags,)] = found.fetchall()
        assert tags["storage_version"].startswith("v1.0.0")
        assert connection.sql("SELECT * FROM plays").columns == ["play"]


LEAVES = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("CREATE TABLE notes AS SELECT 1 AS x")
print("written", flush=True)
if sys.argv[2] == "dies":
    os._exit(1)
sys.stdin.read()
"""
DAY = datetime(2026, 1, 1, tzinfo=UTC)


def publish(path: Path, day: int) -> datetime:
    made_at = DAY + timedelta(days=day, microseconds=7)
    view = View("plays", pl.Schema({"play": pl.Int64()}), [])
    write_views(path, [view], {"id": str(day)}, made_at)
    return made_at


def client(path: Path, end: str) -> "subprocess.Popen[str]":
    """One that opens the file for writing, makes a table, and dies or stays."""
    path.chmod(0o600)  # root may write in any case
    arguments = [sys.executable, "-c", LEAVES, str(path), end]
    opened = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert opened.stdout is not None
    assert opened.stdout.readline() == "written\n"
    if end == "dies":
        opened.communicate()
    return opened


def tables(path: Path) -> list[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return sorted(name for (name,) in connection.execute("SHOW TABLES").fetchall())


@pytest.mark.parametrize("end", ["dies", "stays"])
def test_what_a_client_wrote_into_the_file_never_reaches_the_next(tmp_path: Path, end: str) -> None:
    path = tmp_path / "warehouse.duckdb"
    made_at = publish(path, 1)
    assert is_untouched(path, made_at)
    opened = client(path, end)
    try:
        assert not is_untouched(path, made_at)
        made_at = publish(path, 2)
        assert tables(path) == ["longplay_snapshot", "plays"]
        assert about(path)["id"] == "2"
    finally:
        opened.communicate()  # which writes its table down, into the file that is no longer there
    assert is_untouched(path, made_at)
    assert tables(path) == ["longplay_snapshot", "plays"]


def test_a_client_that_closed_the_file_it_wrote_to_is_seen_too(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    made_at = publish(path, 1)
    path.chmod(0o600)
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE notes AS SELECT 1 AS x")
    assert not is_untouched(path, made_at)


def test_the_published_file_is_for_reading(tmp_path: Path) -> None:
    publish(tmp_path / "warehouse.duckdb", 1)
    assert (tmp_path / "warehouse.duckdb").stat().st_mode & 0o777 == 0o400
