from pathlib import Path

import polars as pl
import pytest

from assets.marts.registry import mart_path, marts
from assets.tables import Table
from marts.world import PROJECT, dbt

TABLES = marts(PROJECT)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
@pytest.mark.parametrize("made", ["marts", "empty_marts"])
def test_a_mart_has_the_columns_its_yml_says_with_and_without_rows(
    made: str, table: Table, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(made)
    assert pl.read_parquet_schema(mart_path(folder, table.name)) == table.schema


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_lake_without_rows_makes_marts_without_rows(table: Table, empty_marts: Path) -> None:
    assert pl.read_parquet(mart_path(empty_marts, table.name)).is_empty()


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_the_key_of_a_mart_identifies_its_rows(table: Table, marts: Path) -> None:
    keys = pl.read_parquet(mart_path(marts, table.name)).select(table.key)
    assert not keys.is_empty()
    assert not keys.is_duplicated().any()
    assert keys.null_count().sum_horizontal().item() == 0


def test_a_build_holds_one_file_for_each_mart_and_nothing_else(marts: Path) -> None:
    assert {file.name for file in marts.iterdir()} == {f"{name}.parquet" for name in TABLES}


def test_parsing_needs_no_environment(tmp_path: Path) -> None:
    assert dbt(["parse"], {}, tmp_path).returncode == 0
    assert (tmp_path / "target" / "manifest.json").exists()


def test_every_model_in_the_folder_of_marts_is_in_the_registry() -> None:
    assert {file.stem for file in (PROJECT / "models" / "marts").glob("*.sql")} == set(TABLES)


def test_a_folder_without_marts_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        marts(tmp_path)
