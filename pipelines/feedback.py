"""Feedback as a Dagster job: the event log copied to the lake, its months kept, its copied past dropped.

``feedback_events`` is raw: so this is a job that reports what it wrote, and it is an asset that only
this job materialises. Here too is what ``longplay feedback`` and ``longplay prefer`` do.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import dagster as dg
from rich.console import Console

from assets.checks import as_event, evaluations, has_failed
from assets.recommendations import checks, feedback_log
from assets.recommendations.find_track import artist_id, found_track
from assets.tables import FEEDBACK_EVENTS, TRACK_ALIASES, TRACKS
from pipelines.at_work import is_at_work
from resources.event_types import FEEDBACK, InvalidEventError
from resources.world import World

DAILY: Final = "10 0 * * *"


@dg.op(description="Copies what listeners said since the last time, once.", pool="feedback")
def copy_feedback(context: dg.OpExecutionContext, world: dg.ResourceParam[World]) -> dict[str, object]:
    """How many rows were copied, up to which event, and which months of the log were dropped."""
    world.events.ensure_partitions(world.clock())
    copied = feedback_log.copy(world)
    for event in _told(context, world, copied):
        context.log_event(event)  # type: ignore[arg-type] # it takes them; its annotation lags behind
    feedback_log.told(world, copied.until)
    dropped = feedback_log.drop_copied_months(world, world.settings.events_kept_months)
    about = {"rows": copied.rows, "until": copied.until, "months": copied.months, "dropped": dropped}
    context.add_output_metadata(about)
    return about


def _told(
    context: dg.OpExecutionContext, world: World, copied: feedback_log.Copied
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """The months that have new rows, and the checks of them; of all where one failed before."""
    rows = world.lake.month_rows(FEEDBACK_EVENTS)
    for month in copied.months:
        counted = {"dagster/partition_row_count": rows.get(month, 0)}
        yield dg.AssetMaterialization(FEEDBACK_EVENTS.name, partition=month, metadata=counted)
    if not copied.months:
        return
    is_broken = has_failed(context.instance, checks.feedback_tables.check_keys, context.run_id)
    yield from evaluations(world, FEEDBACK_EVENTS, None if is_broken else copied.months)
    yield as_event(checks.copy_result(world))


@dg.job(name="feedback", description="Copies what listeners said to the lake; the tables follow.")
def feedback_job() -> None:
    """Everything since the last time."""
    copy_feedback()


@dg.sensor(
    name="feedback_given",
    job=feedback_job,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a copy when listeners said something of tracks.",
)
def feedback_given(
    context: dg.SensorEvaluationContext, world: dg.ResourceParam[World]
) -> dg.RunRequest | dg.SkipReason:
    """One run at a time, for all that was said."""
    if not feedback_log.is_behind(world):
        return dg.SkipReason("Nobody said anything new.")
    if is_at_work(context.instance, feedback_job):
        return dg.SkipReason("A run is at it.")
    return dg.RunRequest()


@dg.schedule(
    name="event_log_daily",
    job=feedback_job,
    cron_schedule=DAILY,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Keeps a place for next month's events, and drops months that are copied and old.",
)
def event_log_daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Also when nobody says anything."""
    return dg.RunRequest(run_key=f"{context.scheduled_execution_time:%Y-%m-%d}")


# What a person types


def give(  # noqa: PLR0913 - what one command may say
    world: World,
    console: Console,
    kind: str,
    track: str,
    user_id: str,
    *,
    rating: float | None = None,
    at: datetime | None = None,
    key: str | None = None,
) -> int:
    """Writes one feedback to the event log and says how it was taken."""
    if kind not in FEEDBACK:
        raise InvalidEventError(f"{kind} is no feedback; use one of {', '.join(FEEDBACK)}.")
    found = found_track(world.lake.scan(TRACKS), world.lake.scan(TRACK_ALIASES), track)
    content = {"track_id": found.track_id} | ({} if rating is None else {"rating": rating})
    event = world.events.append(type=kind, content=content, user_id=user_id, happened_at=at, key=key)
    taken = "Noted" if event.is_new else "Known already, by its key"
    console.print(f"{taken}: {event.type} of {found.shown} (event {event.event_id}).", markup=False)
    if not found.is_known:
        console.print(
            "The catalogue does not know this track: it moves no taste until somebody plays it.",
            markup=False,
        )
    return 0


def prefer(  # noqa: PLR0913 - what one command may say
    world: World, console: Console, kind: str, name: str, *, weight: float, user_id: str
) -> int:
    """Starts a weight somewhere; an artist is known by an id made of the name."""
    meant = artist_id(name) if kind == "artist" else name
    world.preferences.prefer(user_id, kind, meant, weight, world.clock())
    console.print(f"{user_id} starts at {weight} with {kind} {name}.", markup=False)
    return 0
