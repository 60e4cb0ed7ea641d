"""Following linked accounts as a Dagster job: a run a tick, asked for whenever somebody is due."""

import dagster as dg
import polars as pl

from assets.checks import evaluations, has_failed
from assets.listening.checks import raw_tables
from assets.listening.commit import settle
from assets.listening.sync import Tick, sync_due
from assets.tables import RAW_PLAYS, REJECTED_ROWS
from resources.world import World

_ACTIVE = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


class SyncConfig(dg.Config):
    """Whom to poll, due or not; all that are due when empty."""

    users: list[str] = []  # noqa: RUF012 - a pydantic default


@dg.op(description="Polls the linked accounts that are due and stores what they played.", pool="sync")
def poll_accounts(
    context: dg.OpExecutionContext, config: SyncConfig, world: dg.ResourceParam[World]
) -> dict[str, object]:
    """What the command line prints."""
    tick = sync_due(world, config.users)
    if not tick.months:
        settle(world, [])  # nothing but rejected rows: no month will follow that could settle it
    _report(context, world, tick)
    return {
        "polled": tick.polled,
        "rows": tick.rows,
        "gaps": tick.gaps,
        "months": tick.months,
        "troubles": tick.troubles,
        "stopped": tick.stopped,
    }


@dg.job(name="sync", description="Polls the linked accounts that are due; the tables follow.")
def sync_job() -> None:
    """One tick."""
    poll_accounts()


@dg.sensor(
    name="accounts_due",
    job=sync_job,
    minimum_interval_seconds=300,  # each tick with news is a file in the lake
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a sync when a linked account is due and calls are left.",
)
def accounts_due(
    context: dg.SensorEvaluationContext, world: dg.ResourceParam[World]
) -> dg.SensorResult | dg.SkipReason:
    """One run at a time: accounts that become due meanwhile wait for the next look."""
    now = world.clock()
    due = [each for each in world.accounts.list() if each.is_valid and each.due_at <= now]
    if not due:
        return dg.SkipReason("No linked account is due.")
    paused_until = world.budget.paused_until()
    if paused_until is not None:
        return dg.SkipReason(f"Spotify asked for no calls until {paused_until:%Y-%m-%d %H:%M} UTC.")
    if context.instance.get_runs(dg.RunsFilter(job_name=sync_job.name, statuses=_ACTIVE), limit=1):
        return dg.SkipReason("A sync is running.")
    return dg.SensorResult([dg.RunRequest(run_key=f"sync:{now:%Y-%m-%dT%H:%M}")])


def _report(context: dg.OpExecutionContext, world: World, tick: Tick) -> None:
    """What was written, and the checks of it: a snapshot waits for these as for any table's."""
    about = {"accounts polled": tick.polled, "rows": tick.rows, "gaps found": tick.gaps}
    context.add_output_metadata({**about, "troubles": tick.troubles, "stopped": tick.stopped or "no"})
    if not tick.months:
        return
    rows = world.lake.month_rows(RAW_PLAYS)
    for month in tick.months:
        counted = {"dagster/partition_row_count": rows.get(month, 0)}
        context.log_event(dg.AssetMaterialization(RAW_PLAYS.name, partition=month, metadata=about | counted))
    refused = world.lake.scan(REJECTED_ROWS).select(pl.len()).collect().item()
    context.log_event(dg.AssetMaterialization(REJECTED_ROWS.name, metadata={"dagster/row_count": refused}))
    is_broken = has_failed(context.instance, raw_tables.check_keys, context.run_id)
    months = None if is_broken else tick.months
    for event in (*evaluations(world, RAW_PLAYS, months), *evaluations(world, REJECTED_ROWS, None)):
        context.log_event(event)  # type: ignore[arg-type] # it takes them; its annotation lags behind
