"""What happens when something happens: a file arrives, an import was cut off, a table changed."""

from collections.abc import Iterator
from itertools import chain, islice

import dagster as dg

from assets.listening import first_month, months
from assets.listening.cut_off import CUT_OFF
from assets.listening.readers import masked_name
from pipelines import unfinished
from pipelines.at_work import is_at_work
from pipelines.imports import import_job
from pipelines.inbox import dropped, look
from pipelines.jobs import listening_job
from pipelines.loose import advice, loose
from resources.locks import ImportBusyError
from resources.world import World

MOST_REQUESTS_A_TICK = 50
_RUNNING = dg.DefaultSensorStatus.RUNNING


@dg.sensor(
    name="inbox",
    job=import_job,
    minimum_interval_seconds=30,
    default_status=_RUNNING,
    description="Imports what is dropped in inbox/<user>/ once it has stopped growing.",
)
def inbox_sensor(context: dg.SensorEvaluationContext, world: dg.ResourceParam[World]) -> dg.SensorResult:
    """A run for each complete file."""
    ready, cursor = look(dropped(world.settings.inbox), context.cursor, MOST_REQUESTS_A_TICK)
    requests = [
        dg.RunRequest(
            run_key=item.run_key,
            run_config=import_config(item.name, item.user_id, is_confirmed=False),
        )
        for item in ready
    ]
    ownerless = loose(world.settings.inbox)
    told = advice(ownerless, world.settings.user, masked_name) if ownerless and not requests else None
    return dg.SensorResult(requests, skip_reason=told, cursor=cursor)


@dg.sensor(
    name="unfinished_imports",
    jobs=[listening_job, import_job],
    minimum_interval_seconds=300,
    default_status=_RUNNING,
    description="Finishes imports that were cut off: makes their months, or reads their file again.",
)
def unfinished_sensor(
    context: dg.SensorEvaluationContext, world: dg.ResourceParam[World]
) -> Iterator[dg.RunRequest]:
    """Runs over the months of each import that waits without anybody at work on it, and over its file."""
    unfinished.end_abandoned_runs(context.instance, world.operational)
    unfinished.end_cut_off_imports(world)
    asked = chain(_months_left(world), _files_left(world, context.instance))
    yield from islice(asked, MOST_REQUESTS_A_TICK)


def _months_left(world: World) -> Iterator[dg.RunRequest]:
    for row in world.operational.list_imports(["running"]):
        if unfinished.is_old(world, row) and _is_idle(world, row):
            if first_month.reach(world, row["months"]):
                continue  # whoever decides on runs must learn of these months first
            for first, last in months.ranges(row["months"] or [f"{world.clock():%Y-%m}"], most=1):
                yield dg.RunRequest(
                    run_key=f"{row['import_id']}:{world.clock():%Y%m%d%H}",
                    job_name=listening_job.name,
                    tags=range_tags(first, last),
                )


def _is_idle(world: World, row: dict[str, object]) -> bool:
    try:
        with world.operational.lock_import(str(row["import_id"])):
            return row["rows_read"] is not None
    except ImportBusyError:
        return False


def _files_left(world: World, instance: dg.DagsterInstance) -> Iterator[dg.RunRequest]:
    """Files in the inbox whose import was cut off. Once a day: one may kill whoever reads it.

    Not while imports run or wait: Dagster itself starts a run again whose process died.
    """
    rows = [row for row in world.operational.list_imports(["failed"]) if row["error"] == CUT_OFF]
    if not rows or is_at_work(instance, import_job):
        return
    cut_off = {(row["user_id"], row["file_name"]) for row in rows}
    for item in dropped(world.settings.inbox):
        if (item.user_id, masked_name(item.path)) in cut_off:
            yield dg.RunRequest(
                run_key=f"again:{world.clock():%Y%m%d}:{item.run_key}",
                job_name=import_job.name,
                run_config=import_config(item.name, item.user_id, is_confirmed=False),
            )


def import_config(path: str, user_id: str, *, is_confirmed: bool) -> dict[str, object]:
    """The run config of the import job."""
    config = {"path": path, "user_id": user_id, "is_confirmed": is_confirmed}
    return {"ops": {"read_export": {"config": config}}}


def range_tags(first: str, last: str) -> dict[str, str]:
    """The tags of a run over a range of months."""
    return {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}


def tables_follow() -> dg.AutomationConditionSensorDefinition:
    """Evaluates every table's condition (see ``assets/automation.py``); months come in backfills."""
    return dg.AutomationConditionSensorDefinition(
        "tables_follow",
        target=dg.AssetSelection.all(),
        default_status=_RUNNING,
        minimum_interval_seconds=60,  # a look at all conditions takes 0.4 s of processor time
        description="Makes tables again when those they are made from changed.",
        emit_backfills=True,
    )
