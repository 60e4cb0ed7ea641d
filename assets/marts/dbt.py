"""dbt as it runs here: in this environment, offline, its files under the home."""

import os
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib import metadata
from pathlib import Path
from shutil import copyfile, rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from assets.marts.lineage import FILE, Check, Lineage, written
from assets.marts.registry import dbt_build, dbt_environment
from assets.views import DBT_PROJECT
from resources.settings import Settings

if TYPE_CHECKING:
    from dagster_dbt import DbtCliResource


_PARSED = "partial_parse.msgpack"


def manifest_of(folder: Path, variables: Sequence[str] = ()) -> Path:
    """What dbt knows of its project, kept in ``folder``; parsed when the models are newer.

    Args:
        folder: of the manifest and of what dbt need not parse again, when the variables are the same.
        variables: the options that name them.
    """
    manifest, kept = folder / "manifest.json", folder / _PARSED
    models = [path for path in DBT_PROJECT.rglob("*") if path.suffix in {".sql", ".yml"}]
    newest = max(path.stat().st_mtime for path in models)
    if not (kept.exists() and manifest.exists()) or manifest.stat().st_mtime < newest:
        parsed = folder / "parsed"
        parsed.mkdir(parents=True, exist_ok=True)
        _cli().cli(["parse", "--quiet", *variables], target_path=parsed).wait()
        for path in (kept, manifest):  # whole, and the manifest last: a parse may be killed
            (parsed / path.name).replace(path)
    return manifest


def told_by_dbt(manifest: Path) -> dict[str, Lineage]:
    """Every mart's lineage from a manifest, through Dagster's own reading of it."""
    from dagster_dbt import dbt_assets  # noqa: PLC0415 - a second, and not while the product runs

    every_mart = dbt_assets(manifest=manifest, name="every_mart")(lambda: None)
    checks = sorted(every_mart.check_specs, key=lambda spec: spec.name)
    return {
        spec.key.to_user_string(): Lineage(
            sorted(dep.asset_key.to_user_string() for dep in spec.deps),
            {
                check.name: Check(
                    check.blocking,
                    sorted(dep.asset_key.to_user_string() for dep in check.additional_deps),
                )
                for check in checks
                if check.asset_key == spec.key
            },
        )
        for spec in sorted(every_mart.specs, key=lambda spec: spec.key)
    }


def build_events(settings: Settings, sources: Path, build: Path) -> Iterator[Any]:
    """Has dbt make and test every mart; what Dagster is told of it, as it happens.

    Args:
        settings: what counts as a play, and how far apart sittings are.
        sources: the DuckDB file with a view for every lake table.
        build: the empty folder for the marts.
    """
    folder = settings.home / "dbt"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():  # by a run before
        if left.is_symlink():
            left.unlink()
        elif left.is_dir():
            rmtree(left)
    always = folder / "now"  # dbt parses everything again where a path of its profile is another one
    always.symlink_to(build.absolute(), target_is_directory=True)
    os.environ.update(dbt_environment(always / sources.relative_to(build), always))
    command, *variables = dbt_build(
        counted_after_ms=settings.counted_after_ms,
        include_incognito=settings.include_incognito,
        sitting_gap_minutes=settings.sitting_gap_minutes,
    )
    manifest, work = manifest_of(folder, variables), folder / "build"
    work.mkdir()
    copyfile(folder / _PARSED, work / _PARSED)
    yield from _cli().cli([command, *variables], manifest=manifest, target_path=work).stream()


def _cli() -> "DbtCliResource":
    """The stock resource asks ``dbt --version``, which asks the network."""
    from dagster_dbt import DbtCliResource  # noqa: PLC0415 - seconds, which only who makes marts pays
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


if __name__ == "__main__":
    with TemporaryDirectory() as home:
        FILE.write_bytes(written(told_by_dbt(manifest_of(Path(home)))))
