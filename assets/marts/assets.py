"""The marts as Dagster assets: one dbt build into a fresh folder, tested there."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.automation import Condition, mart_follows
from assets.checks import as_event
from assets.marts.pictures import picture_of, row_count
from assets.marts.registry import dbt_build, dbt_environment, finish, mart_path
from assets.specs import OWNERS
from assets.views import DBT_PROJECT, lake_views, pinned
from resources.settings import Settings
from resources.snapshots import snapshot_id
from resources.warehouse import write_views
from resources.world import World

if TYPE_CHECKING:
    from dagster_dbt import DbtCliResource, DbtProject

_KEPT = ("dagster/column_schema",)


def dbt_marts(project: "DbtProject") -> dg.AssetsDefinition:
    """Every mart as an asset, and every dbt test as a check of it."""
    from dagster_dbt import DagsterDbtTranslator, dbt_assets  # noqa: PLC0415 - a second

    class Translator(DagsterDbtTranslator):
        """Our owners, conditions and descriptions (the stock ones append the SQL)."""

        def get_automation_condition(self, dbt_resource_props: Mapping[str, Any]) -> Condition | None:
            return mart_follows() if dbt_resource_props["resource_type"] == "model" else None

        def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
            return str(dbt_resource_props["description"])

        def get_owners(self, _: Mapping[str, Any]) -> Sequence[str]:
            return OWNERS

        def get_asset_spec(
            self, manifest: Mapping[str, Any], unique_id: str, project: "DbtProject | None"
        ) -> dg.AssetSpec:
            return _without_dbt(super().get_asset_spec(manifest, unique_id, project))

        def get_asset_check_spec(
            self,
            asset_spec: dg.AssetSpec,
            manifest: Mapping[str, Any],
            unique_id: str,
            project: "DbtProject | None",
        ) -> dg.AssetCheckSpec | None:
            spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
            return None if spec is None else _among_upstream(spec, asset_spec)

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
        write_views(build / "sources.duckdb", lake_views(world.lake, versions), {"id": build.name})
        os.environ.update(dbt_environment(build / "sources.duckdb", build))
        run = dbt_cli().cli(
            _command(world.settings),
            manifest=project.manifest_path,
            dagster_dbt_translator=Translator(),
            target_path=project.target_path / context.run.run_id,
        )
        yield from _reported(context, run.stream(), build)
        finish(build)

    return build_marts


def _among_upstream(spec: dg.AssetCheckSpec, asset: dg.AssetSpec) -> dg.AssetCheckSpec:
    """The check, waiting for nothing but what its mart waits for.

    A dbt test may read any table. Were they all dependencies, Dagster could build no run of marts without
    the others: it fails on a table of a check that is neither asked for nor upstream of what is.
    """
    upstream = {dep.asset_key for dep in asset.deps}
    return dg.AssetCheckSpec(
        name=spec.name,
        asset=spec.asset_key,
        description=spec.description,
        additional_deps=[dep for dep in spec.additional_deps if dep.asset_key in upstream],
        metadata=spec.metadata,
        blocking=spec.blocking,
    )


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


def _without_dbt(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The columns alone: where dbt has its project, and a table that ends with its run, nobody looks for."""
    return spec.replace_attributes(
        metadata={name: told for name, told in spec.metadata.items() if name in _KEPT}
    )


def dbt_project(home: Path) -> "DbtProject":
    """The dbt project with its manifest under ``home``, parsed when the models are newer."""
    from dagster_dbt import DbtProject  # noqa: PLC0415 - a second that an import does not pay

    project = DbtProject(DBT_PROJECT, profiles_dir=DBT_PROJECT, target_path=home / "dbt")
    models = [path for path in DBT_PROJECT.rglob("*") if path.suffix in {".sql", ".yml"}]
    newest = max(path.stat().st_mtime for path in models)
    if not project.manifest_path.exists() or project.manifest_path.stat().st_mtime < newest:
        project.target_path.mkdir(parents=True, exist_ok=True)
        dbt_cli().cli(["parse", "--quiet"], target_path=project.target_path).wait()
    return project


def dbt_cli() -> "DbtCliResource":
    """Dbt of this environment. The stock resource asks ``dbt --version``, which asks the network."""
    from dagster_dbt import DbtCliResource  # noqa: PLC0415
    from packaging.version import Version  # noqa: PLC0415

    class Offline(DbtCliResource):
        """Knows its version from the installed package, and loads no second adapter here."""

        @cached_property
        def _cli_version(self) -> Version:
            return Version(metadata.version("dbt-core"))

        def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
            """Only ``fetch_row_counts`` would use it."""

    return Offline(
        project_dir=str(DBT_PROJECT),
        profiles_dir=str(DBT_PROJECT),
        dbt_executable=str(Path(sys.executable).with_name("dbt")),
    )


def _command(settings: Settings) -> list[str]:
    return dbt_build(
        counted_after_ms=settings.counted_after_ms,
        include_incognito=settings.include_incognito,
        sitting_gap_minutes=settings.sitting_gap_minutes,
    )
