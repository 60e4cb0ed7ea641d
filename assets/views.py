"""Views over the Parquet files of lake tables and marts: what DuckDB is shown of them."""

from collections.abc import Mapping
from pathlib import Path

from assets.marts.registry import finished_builds, mart_path, marts
from assets.tables import LAKE_TABLES, Table
from resources.lake import Lake
from resources.warehouse import View

DBT_PROJECT = Path(__file__).parent.parent / "dbt_project"


def pinned(lake: Lake) -> dict[str, int]:
    """The newest version of every lake table."""
    return {table.name: lake.version(table) for table in LAKE_TABLES.values()}


def newest_build(folder: Path) -> str | None:
    """The newest build of the marts that dbt finished; None before the first."""
    finished = finished_builds(folder)
    return finished[-1].name if finished else None


def lake_views(lake: Lake, versions: Mapping[str, int]) -> list[View]:
    """A view for every lake table, at a version."""
    return [
        View(name, table.schema, lake.files(name, versions[name]), table.is_monthly)
        for name, table in LAKE_TABLES.items()
    ]


def mart_views(folder: Path, build: str | None) -> list[View]:
    """A view for every mart of a build; empty ones before the first."""

    def files(table: Table) -> list[str]:
        return [] if build is None else [str(mart_path(folder / build, table.name))]

    return [View(name, table.schema, files(table)) for name, table in marts(DBT_PROJECT).items()]
