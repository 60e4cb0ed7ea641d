"""Following linked accounts as a Dagster job: a run a tick, asked for whenever somebody is due."""

import dagster as dg

from assets.listening.commit import settle
from assets.listening.sync import Tick, sync_due
from pipelines import raw_rows
from pipelines.at_work import is_at_work
from resources.world import World


class SyncConfig(dg.Config):
    """Whom to poll, due or not; all that are due when empty. ``is_by_hand``: a person asks, now."""

    users: list[str] = []  # noqa: RUF012 - a pydantic default
    is_by_hand: bool = False


@dg.op(description="Polls the linked accounts that are due and stores what they played.", pool="sync")
def poll_accounts(
    context: dg.OpExecutionContext, config: SyncConfig, world: dg.ResourceParam[World]
) -> dict[str, object]:
    """What the command line prints."""
    tick = sync_due(world, config.users, is_by_hand=config.is_by_hand)
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
        "untried": tick.untried,
        "rested": tick.rested,
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
    due = [each for each in world.accounts.list() if each.due_at <= now]
    if not due:
        return dg.SkipReason("No linked account is due.")
    pause = world.budget.paused()
    if pause is not None:
        return dg.SkipReason(str(pause))
    if is_at_work(context.instance, sync_job):
        return dg.SkipReason("A sync is running.")
    return dg.SensorResult([dg.RunRequest(run_key=f"sync:{now:%Y-%m-%dT%H:%M}")])


def _report(context: dg.OpExecutionContext, world: World, tick: Tick) -> None:
    """What was written, and the checks of it: a snapshot waits for these as for any table's."""
    about = {"accounts polled": tick.polled, "rows": tick.rows, "gaps found": tick.gaps}
    told = {"troubles": tick.troubles or "none", "stopped": tick.stopped or "no"}
    context.add_output_metadata({**about, **told})
    if tick.months:
        raw_rows.report(context, world, tick.months, about, has_rejected=True)
