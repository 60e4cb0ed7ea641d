"""Spotify's own top lists as a Dagster job: every night for whoever is active, and when a page asks.

The two tables are raw: what Spotify said cannot be made again. So this is a job that reports what it
wrote, and they are assets that only it materialises.
"""

from datetime import datetime
from typing import Final

import dagster as dg

from assets.checks import evaluations
from assets.stats.refresh_top import Refresh, due, due_of, failed
from assets.stats.spotify_top import TABLES
from resources.operational import Row
from resources.world import World

NIGHTLY: Final = "0 3 * * *"
VISITED: Final = "page.visited"
MOST_REQUESTS_A_TICK: Final = 50


class TopStatsConfig(dg.Config):
    """Whose lists to replace if they are too old; those of all who are due, when empty.

    ``is_retry``: of these (or all) who stand in the list of failed jobs, however old theirs are.
    """

    users: list[str] = []  # noqa: RUF012 - a pydantic default
    is_retry: bool = False


@dg.op(description="Replaces Spotify's top lists of the linked accounts that are due.", pool="top_stats")
def refresh_top(
    context: dg.OpExecutionContext, config: TopStatsConfig, world: dg.ResourceParam[World]
) -> dict[str, object]:
    """What the command line prints: who was refreshed, who failed and why, who must wait and why."""
    if config.is_retry:
        world.budget.resume_app()  # a person asks
    users = _wanted(world, config)
    run = Refresh(world)(users)
    _report(context, world, run)
    return {"done": run.done, "failed": run.failed, "left": run.left, "stopped": run.stopped}


@dg.job(
    name="top_stats",
    description="What Spotify calls its listeners' top tracks and artists, for three terms.",
    tags={"dagster/max_retries": "2"},
)
def top_stats_job() -> None:
    """One run over some listeners."""
    refresh_top()


@dg.schedule(
    name="top_stats_nightly",
    job=top_stats_job,
    cron_schedule=NIGHTLY,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Replaces top lists that are too old, of whoever was active within seven days.",
)
def top_stats_nightly(
    context: dg.ScheduleEvaluationContext, world: dg.ResourceParam[World]
) -> dg.RunRequest | dg.SkipReason:
    """One run for everybody who is due, before the nightly refresh publishes."""
    if not due(world):
        return dg.SkipReason("No linked account is due.")
    return dg.RunRequest(run_key=f"{context.scheduled_execution_time:%Y-%m-%d}")


@dg.sensor(
    name="top_stats_asked",
    job=top_stats_job,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Replaces the top lists of whoever visits a page, when they are too old.",
)
def top_stats_asked(
    context: dg.SensorEvaluationContext, world: dg.ResourceParam[World]
) -> dg.SensorResult | dg.SkipReason:
    """One run for all who came since the last tick; the cursor is the last event it looked at.

    While Spotify wants no calls the events stay where they are. Who stands in the list of failed jobs
    was tried often enough: the night or ``longplay retry`` tries again.
    """
    events = world.events.since(int(context.cursor or 0), [VISITED])
    if not events:
        return dg.SkipReason("Nobody came.")
    pause = world.budget.paused()
    if pause is not None:
        return dg.SkipReason(str(pause))
    users, last = _first(events, set(due_of(world, _visits(events))) - set(failed(world)))
    requests = [dg.RunRequest(run_key=f"event {last}", run_config=_config(users))] if users else []
    return dg.SensorResult(requests, cursor=str(last))


def _visits(events: list[Row]) -> dict[str, datetime]:
    """The last visit of each listener."""
    return {row["user_id"]: row["happened_at"] for row in events if row["user_id"]}


def _first(events: list[Row], wanted: set[str]) -> tuple[list[str], int]:
    """The first of those wanted in the order they came, and the last event before the next of them."""
    users: dict[str, None] = {}
    last = int(events[0]["event_id"])
    for row in events:
        if row["user_id"] in wanted - users.keys():
            if len(users) == MOST_REQUESTS_A_TICK:
                break
            users[row["user_id"]] = None
        last = int(row["event_id"])
    return list(users), last


def _wanted(world: World, config: TopStatsConfig) -> list[str]:
    if config.is_retry:
        return [user for user in failed(world) if not config.users or user in config.users]
    if config.users:
        return due_of(world, dict.fromkeys(config.users, world.clock()))
    return due(world)


def _config(users: list[str]) -> dict[str, object]:
    return {"ops": {"refresh_top": {"config": {"users": users}}}}


def _report(context: dg.OpExecutionContext, world: World, run: Refresh) -> None:
    """What was written, and the checks of it: a snapshot waits for these as for any table's."""
    about = {"listeners": len(run.done), "failed": run.failed or "none", "still due": len(run.left)}
    context.add_output_metadata({**about, "stopped": run.stopped or "no"})
    if not run.done:
        return
    for table in TABLES.values():
        counted = {"dagster/row_count": world.lake.open(table).count(), "listeners": len(run.done)}
        context.log_event(dg.AssetMaterialization(table.name, metadata=counted))
        for event in evaluations(world, table, None):
            context.log_event(event)  # type: ignore[arg-type] # it takes them; its annotation lags behind
