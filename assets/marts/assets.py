"""The marts as Dagster assets: one dbt build into a fresh folder, tested there."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from assets.automation import mart_follows
from assets.checks import as_event
from assets.marts.dbt import build_events
from assets.marts.lineage import Lineage, code_version, lineages
from assets.marts.pictures import picture_of, row_count
from assets.marts.registry import finish, mart_path, marts
from assets.specs import spec
from assets.tables import Table
from assets.views import DBT_PROJECT, lake_views, pinned
from resources.snapshots import snapshot_id
from resources.warehouse import write_views
from resources.world import World


def dbt_marts() -> dg.AssetsDefinition:
    """Every mart as an asset, and every dbt test as a check of it; dbt is not loaded for that."""
    tables, told = marts(DBT_PROJECT), lineages()

    @dg.multi_asset(
        name="build_marts",
        specs=[_spec(table, told[name]) for name, table in tables.items()],
        check_specs=[check for name in tables for check in _check_specs(name, told[name])],
        can_subset=True,
        pool="marts",
    )
    def build_marts(context: dg.AssetExecutionContext, world: dg.ResourceParam[World]) -> Iterator[Any]:
        """Lake tables pinned at one version each, views over them, and a dbt build of the marts."""
        build = world.settings.marts / snapshot_id(world.clock())
        build.mkdir(parents=True)
        with world.operational.quiet():
            versions = pinned(world.lake)
        sources = build / "sources.duckdb"
        write_views(sources, lake_views(world.lake, versions), {"id": build.name})
        yield from _reported(context, build_events(world.settings, sources, build), build)
        finish(build)

    return build_marts


def _spec(table: Table, lineage: Lineage) -> dg.AssetSpec:
    made = spec(table, lineage.made_from, mart_follows())
    return made.replace_attributes(kinds={"dbt", "duckdb"}, code_version=code_version(table.name))


def _check_specs(mart: str, lineage: Lineage) -> Iterator[dg.AssetCheckSpec]:
    """Each waits for nothing but what its mart waits for.

    A dbt test may read any table. Were they all dependencies, Dagster could build no run of marts without
    the others: it fails on a table of a check that is neither asked for nor upstream of what is.
    """
    for name, check in lineage.checks.items():
        upstream = [table for table in check.reads if table in lineage.made_from]
        yield dg.AssetCheckSpec(name, asset=mart, additional_deps=upstream, blocking=check.is_blocking)


def _reported(context: dg.AssetExecutionContext, events: Iterable[Any], build: Path) -> Iterator[Any]:
    """Every mart and check of a build, whichever of them were asked for.

    A build is one thing: readers get all of its marts or none. But the daemon may ask for some of them
    alone (it looks while a run has made a part of its tables), and so may a person in the UI; what was
    not asked for was made as well, and is told in the log of events.
    """
    for event in events:
        if isinstance(event, dg.AssetMaterialization):
            name = event.asset_key.to_python_identifier()
            shown = _shown(name, mart_path(build, name))
            if event.asset_key in context.selected_asset_keys:
                context.add_asset_metadata(shown, event.asset_key)  # an output's own is kept twice
                yield dg.Output(None, output_name=name)
            else:
                context.log_event(dg.AssetMaterialization(event.asset_key, metadata=shown))
        elif isinstance(event, dg.AssetCheckEvaluation):
            found = _result(event)
            if _key(event) in context.selected_asset_check_keys:
                yield found  # a snapshot of the same run waits for it
            else:
                context.log_event(as_event(found))
        else:
            context.log_event(event)


def _shown(name: str, file: Path) -> Mapping[str, Any]:
    """What a person looks at: the picture first. Nothing of how dbt went about it, which its log tells."""
    shown = picture_of(name, file)
    picture = {} if shown is None else {shown[0]: dg.MetadataValue.md(shown[1])}
    return {**picture, "dagster/row_count": row_count(file)}


def _key(event: dg.AssetCheckEvaluation) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(event.asset_key, event.check_name)


def _result(event: dg.AssetCheckEvaluation) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=event.passed,
        asset_key=event.asset_key,
        check_name=event.check_name,
        severity=event.severity,
        metadata={"rows at fault": event.metadata.get("dagster_dbt/failed_row_count", 0)},
    )
