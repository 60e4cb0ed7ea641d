"""Datasets as Dagster jobs: one is added or removed; the catalogue and the tops follow.

Datasets come from people, not from other tables: so these are jobs that report what they wrote, and the
raw tables of datasets are assets that only they materialise.
"""

from pathlib import Path
from shutil import rmtree

import dagster as dg

from assets.catalog.commit import CATALOGUE
from assets.checks import as_event, evaluations
from assets.datasets import checks, commit
from assets.datasets.assets import RAW
from assets.datasets.ledger import ACCEPTED, Row
from assets.listening.ingest import keep_original
from assets.stats.rank import TOPS
from assets.tables import DATASET_QUALITY
from pipelines.inbox import dropped_datasets, look, lying
from resources.world import World

MOST_REQUESTS_A_TICK = 50


class DatasetConfig(dg.Config):
    """A dataset to add: a path, or the name of what lies in the inbox, and what is not said beside it."""

    path: str
    licence: str | None = None
    name: str | None = None


class RemovedConfig(dg.Config):
    """A dataset to remove, by its id or its name."""

    dataset: str


@dg.op(description="Validates a dataset's licence and reads it into the lake.", pool="datasets")
def read_dataset(
    context: dg.OpExecutionContext, config: DatasetConfig, world: dg.ResourceParam[World]
) -> dict[str, object]:
    """What the command line prints: its row in ``datasets``, and files that are no part of it."""
    found = world.given.get(config.path) or lying(world.settings.inbox, config.path) or Path(config.path)
    path = found.expanduser().absolute()
    done = commit.add(world, commit.Request(path, config.licence, config.name))
    _report(context, world, done.row, is_told=done.is_new)
    if done.row["status"] == ACCEPTED:
        _leave_inbox(world, path, done.row["dataset_id"])
    return {**_plain(done.row), "is_new": done.is_new, "passed_over": list(done.passed_over)}


@dg.op(description="Takes a dataset and all its rows out of the lake.", pool="datasets")
def take_out_dataset(
    context: dg.OpExecutionContext, config: RemovedConfig, world: dg.ResourceParam[World]
) -> dict[str, object]:
    """What its row in ``datasets`` was."""
    row = commit.remove(world, config.dataset)
    _report(context, world, row, is_told=True)
    return _plain(row)


@dg.job(
    name="add_dataset",
    description="Reads one dataset into the lake; the catalogue follows.",
    tags={"dagster/max_retries": "2"},
)
def add_dataset_job() -> None:
    """One dataset."""
    read_dataset()


@dg.job(name="remove_dataset", description="Takes a dataset out of the lake; the catalogue follows.")
def remove_dataset_job() -> None:
    """One dataset."""
    take_out_dataset()


catalogue_job = dg.define_asset_job(
    "catalogue",
    selection=dg.AssetSelection.assets(
        DATASET_QUALITY.name, *(table.name for table in (*CATALOGUE, *TOPS)), "snapshot"
    ),
    description="Scores datasets, tells the catalogue what they say, ranks anew, and publishes.",
)


@dg.sensor(
    name="datasets_dropped",
    job=add_dataset_job,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Adds what is dropped in inbox/datasets/ once it has stopped growing.",
)
def datasets_dropped(context: dg.SensorEvaluationContext, world: dg.ResourceParam[World]) -> dg.SensorResult:
    """A run for each complete dataset; one that was rejected stays, and is asked for when it changed."""
    ready, cursor = look(dropped_datasets(world.settings.inbox), context.cursor, MOST_REQUESTS_A_TICK)
    requests = [dg.RunRequest(run_key=item.run_key, run_config=dataset_config(item.name)) for item in ready]
    return dg.SensorResult(requests, cursor=cursor)


def dataset_config(path: str, licence: str | None = None, name: str | None = None) -> dict[str, object]:
    """The run config of the job that adds a dataset."""
    config = {"path": path, "licence": licence, "name": name}
    return {
        "ops": {
            "read_dataset": {"config": {key: value for key, value in config.items() if value is not None}}
        }
    }


def _report(context: dg.OpExecutionContext, world: World, row: Row, *, is_told: bool) -> None:
    """What was written, and the checks of it: a snapshot waits for these as for any table's."""
    counts = {name: row[name] for name in ("rows_read", "rows_stored", "rows_rejected", "bytes")}
    about = {
        "dataset": row["dataset_id"],
        "status": row["status"],
        "reason": row["reason"] or "none",
        **counts,
    }
    context.add_output_metadata(about)
    if not is_told:
        return
    for table in RAW:
        counted = {"dagster/row_count": world.lake.open(table).count()}
        context.log_event(dg.AssetMaterialization(table.name, metadata={**about, **counted}))
        for event in evaluations(world, table, None):
            context.log_event(event)  # type: ignore[arg-type] # it takes them; its annotation lags behind
    context.log_event(as_event(checks.accounted(world)))  # type: ignore[arg-type]


def _plain(row: Row) -> dict[str, object]:
    """A row as a run keeps it: its moment as text."""
    return row | {"added_at": f"{row['added_at']:%Y-%m-%d %H:%M:%S}"}


def _leave_inbox(world: World, path: Path, dataset_id: str) -> None:
    settings = world.settings
    if settings.keep_originals:
        keep_original(path, settings.originals, dataset_id)
    if path in (item.path for item in dropped_datasets(settings.inbox)):  # never a folder of somebody's
        rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
