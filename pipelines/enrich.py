"""The job that looks the catalogue up at Spotify, and the sensor that asks for it.

Answers come from Spotify, not from other tables: so this is a job that reports what it wrote, and
``spotify_items`` an asset that only it materialises; the catalogue follows.
"""

from datetime import timedelta
from typing import Final

import dagster as dg

from assets.catalog import commit, lookup
from assets.tables import SPOTIFY_ITEMS, TRACKS
from pipelines.at_work import is_at_work
from resources.world import World

MOST_ITEMS_A_RUN: Final = 200
WORTH_A_RUN: Final = 50
"""Everything made from the catalogue is made again after a run, the marts too: fewer answers than this are
not worth it, unless there is nothing more to ask for, and they waited for each other."""
WAIT_FOR_OTHERS: Final = timedelta(hours=6)
"""Who hears one new track at every poll would have all of it made twice at every poll."""


class EnrichConfig(dg.Config):
    """How many items to look up at most."""

    most: int = MOST_ITEMS_A_RUN


@dg.op(description="Looks items up at Spotify, most played first, within the budget.", pool="enrich")
def look_items_up(
    context: dg.OpExecutionContext, config: EnrichConfig, world: dg.ResourceParam[World]
) -> dict[str, object]:
    """What was asked for and what came of it."""
    done = lookup.look_up(world, config.most)
    if done.stopped:
        context.log.info(done.stopped)
    rows = lookup.into_lake(world)
    about = {"answered": done.answered, "failed": done.failed, "gone": done.gone}
    if not commit.is_told(world.lake):
        context.log_event(
            dg.AssetMaterialization(SPOTIFY_ITEMS.name, metadata={"dagster/row_count": rows, **about})
        )
    return {**about, "stopped": done.stopped, "rows": rows}


@dg.job(name="enrich", description="Looks the catalogue up at Spotify; the tables follow.")
def enrich_job() -> None:
    """Some items."""
    look_items_up()


@dg.sensor(
    name="catalogue_wanted",
    job=enrich_job,
    minimum_interval_seconds=1800,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a look-up of tracks and artists that are not known yet, while calls are left.",
)
def catalogue_wanted(
    context: dg.SensorEvaluationContext, world: dg.ResourceParam[World]
) -> dg.SensorResult | dg.SkipReason:
    """A run when there is something to ask, somebody to ask as, and calls are left."""
    if not lookup.by_preference(world.accounts.list()):
        return dg.SkipReason("No valid account is linked.")
    if is_at_work(context.instance, enrich_job):
        return dg.SkipReason("A run is at it.")
    version = str(world.lake.version(TRACKS))
    if version != context.cursor:
        lookup.want(world)
    wait = reason_to_wait(world)
    requests = [] if wait else [dg.RunRequest()]
    return dg.SensorResult(requests, skip_reason=wait, cursor=version)


def reason_to_wait(world: World) -> str | None:
    """Why no run is worth it now; None when one is."""
    if not lookup.is_finished(world):
        return None
    if pause := world.budget.paused():
        return str(pause)
    due = lookup.items_of(world).count_due(world.clock())
    left = world.budget.left("catalogue")
    if not due:
        return "Nothing is due."
    if left < min(due, WORTH_A_RUN):
        return f"{left} calls are left of the catalogue's share."
    return _reason_to_gather(world, due)


def _reason_to_gather(world: World, due: int) -> str | None:
    answered_at = lookup.items_of(world).newest_answer_at()
    if due >= WORTH_A_RUN or answered_at is None or world.clock() >= answered_at + WAIT_FOR_OTHERS:
        return None
    until = answered_at + WAIT_FOR_OTHERS
    return f"{due} are due; until there are {WORTH_A_RUN} they wait for {until:%H:%M} UTC."
