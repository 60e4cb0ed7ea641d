"""The marts as Dagster assets: one dbt build into a fresh folder, tested there."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.automation import Condition, whole_follows
from assets.specs import OWNERS
from assets.stats.marts import dbt_build, dbt_environment
from assets.views import lake_views, pinned
from resources.settings import Settings
from resources.snapshots import snapshot_id
from resources.warehouse import write_views
from resources.world import World

if TYPE_CHECKING:
    from dagster_dbt import DbtProject

COMPLETE = "complete"
"""The file a finished build ends with: only such a build is published."""


def dbt_marts(project: "DbtProject") -> dg.AssetsDefinition:
    """Every mart as an asset, and every dbt test as a check of it."""
    from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets  # noqa: PLC0415 - a second

    class Translator(DagsterDbtTranslator):
        """Our owners and conditions; the model's own name."""

        def get_automation_condition(self, dbt_resource_props: Mapping[str, Any]) -> Condition | None:
            return whole_follows() if dbt_resource_props["resource_type"] == "model" else None

        def get_owners(self, _: Mapping[str, Any]) -> Sequence[str]:
            return OWNERS

        def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
            return dg.AssetKey(dbt_resource_props["name"])

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        dagster_dbt_translator=Translator(),
        name="build_marts",
        pool="marts",
    )
    def build_marts(context: dg.AssetExecutionContext, world: dg.ResourceParam[World]) -> Iterator[Any]:
        """Lake tables pinned at one version each, views over them, and a dbt build of the marts."""
        build = world.settings.marts / snapshot_id(world.clock())
        build.mkdir(parents=True)
        with world.operational.quiet():
            versions = pinned(world.lake)
        write_views(build / "sources.duckdb", lake_views(world.lake, versions), {})
        os.environ.update(dbt_environment(build / "sources.duckdb", build))
        dbt = DbtCliResource(project_dir=project)
        yield from dbt.cli(_command(world.settings), context=context).stream().fetch_row_counts()
        (build / COMPLETE).touch()

    return build_marts


def _command(settings: Settings) -> list[str]:
    return dbt_build(
        counted_after_ms=settings.counted_after_ms,
        include_incognito=settings.include_incognito,
        sitting_gap_minutes=settings.sitting_gap_minutes,
    )
