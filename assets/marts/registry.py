"""The marts as registry tables, read from the dbt project: its yml is the one list of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
import polars as pl

from assets.stats.bounds import LONG_MS, TIMES_ITS_LENGTH
from assets.tables import UTC_MICROSECONDS, Column, Table

_DTYPES: Mapping[str, pl.DataType] = MappingProxyType(
    {
        "VARCHAR": pl.String(),
        "BIGINT": pl.Int64(),
        "DOUBLE": pl.Float64(),
        "BOOLEAN": pl.Boolean(),
        "DATE": pl.Date(),
        "TIMESTAMP": pl.Datetime("us"),
        "TIMESTAMP WITH TIME ZONE": UTC_MICROSECONDS,
    }
)


_FINISHED = "complete"


class _Meta(msgspec.Struct):
    key: tuple[str, ...]


class _Config(msgspec.Struct):
    meta: _Meta


class _Column(msgspec.Struct):
    name: str
    data_type: str
    description: str


class _Model(msgspec.Struct):
    name: str
    description: str
    config: _Config
    columns: list[_Column]


class _Properties(msgspec.Struct):
    models: list[_Model]


def marts(project_dir: Path) -> Mapping[str, Table]:
    """Every mart by name, from ``models/marts/*.yml``.

    Raises:
        FileNotFoundError: the folder holds no mart.
        msgspec.ValidationError: a mart lacks a description, a key or a column's type.
        KeyError: a column has a type that no mart may have (a wider integer, say).
    """
    files = sorted((project_dir / "models" / "marts").glob("*.yml"))
    if not files:
        raise FileNotFoundError(f"no marts in {project_dir}: is this the dbt project?")
    models = [model for file in files for model in _models(file)]
    return MappingProxyType({model.name: _table(model) for model in models})


def dbt_environment(sources: Path, build: Path) -> dict[str, str]:
    """The variables profiles.yml reads.

    Args:
        sources: the DuckDB file with a view for every lake table; it is opened read-only.
        build: the existing, empty folder the marts are written to, one Parquet file each.
    """
    return {"LONGPLAY_DBT_SOURCES": str(sources.absolute()), "LONGPLAY_MARTS": str(build.absolute())}


def dbt_build(*, counted_after_ms: int, include_incognito: bool, sitting_gap_minutes: int) -> list[str]:
    """The dbt command that makes and tests every mart under these settings."""
    variables = {
        "counted_after_ms": counted_after_ms,
        "include_incognito": include_incognito,
        "sitting_gap_minutes": sitting_gap_minutes,
        "times_its_length": TIMES_ITS_LENGTH,
        "long_ms": LONG_MS,
    }
    return ["build", "--vars", json.dumps(variables)]


def finish(build: Path) -> None:
    """Marks a build that dbt made and tested whole: only such a build is published."""
    (build / _FINISHED).touch()


def finished_builds(folder: Path) -> list[Path]:
    """The folders of the builds that were finished, oldest first."""
    return sorted(mark.parent for mark in folder.glob(f"*/{_FINISHED}"))


def mart_path(build: Path, name: str) -> Path:
    """Where a build keeps a mart."""
    return build / f"{name}.parquet"


def _models(file: Path) -> list[_Model]:
    return msgspec.yaml.decode(file.read_bytes(), type=_Properties).models


def _table(model: _Model) -> Table:
    columns = {column.name: Column(_DTYPES[column.data_type], column.description) for column in model.columns}
    return Table(
        name=model.name,
        group="marts",
        layer="marts",
        description=model.description.strip(),
        key=model.config.meta.key,
        columns=columns,
    )
