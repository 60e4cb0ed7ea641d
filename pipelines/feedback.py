"""Feedback as a Dagster job: the event log copied to the lake, its months kept, its copied past dropped.

``feedback_events`` is raw: so this is a job that reports what it wrote, and it is an asset that only
this job materialises. Here too is what ``longplay feedback`` and ``longplay prefer`` do.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import dagster as dg
import polars as pl
from rich.console import Console

from assets.checks import as_event, evaluations, has_failed
from assets.listening import first_month
from assets.listening.readers import UnreadableExport, masked_name, open_export
from assets.recommendations import checks, feedback_log
from assets.recommendations.find_track import artist_id, found_track, found_tracks
from assets.tables import FEEDBACK_EVENTS, RAW_PLAYS, REJECTED_ROWS, TRACK_ALIASES, TRACKS
from pipelines.at_work import is_at_work
from pipelines.exit_codes import Exit
from resources.event_rows import Event
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
    first_month.reach(world, copied.months)
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


def like_loved(world: World, console: Console, paths: Sequence[Path], user_id: str) -> int:
    """Lists of loved tracks as likes of the times they tell; a like that was said before counts once."""
    world.operational.ensure_user(user_id, world.clock())
    code: int = Exit.DONE
    for path in paths:
        try:
            console.print(_likes_of(world, path, user_id), markup=False, soft_wrap=True)
        except UnreadableExport as error:
            console.print(str(error), style="red", markup=False, soft_wrap=True)
            code = Exit.UNREADABLE
    return code


def _likes_of(world: World, path: Path, user_id: str) -> str:
    """Notes the likes of one list; what became of its rows, for people."""
    reading = open_export(path, import_id="", user_id=user_id, now=world.clock(), is_loved_wanted=True)
    batches = list(reading)
    loved = found_tracks(
        world.lake.scan(TRACKS),
        world.lake.scan(TRACK_ALIASES),
        pl.concat([RAW_PLAYS.empty(), *(batch.plays for batch in batches)]).select(
            "artist_name", "track_name", happened_at="started_at"
        ),
    )
    said = world.lake.scan(FEEDBACK_EVENTS).filter(user_id=user_id).filter(pl.col("type") == "like").collect()
    new = loved.join(said, ["track_id", "happened_at"], how="anti", maintain_order="left")
    noted = sum(_like(world, user_id, row).is_new for row in new.iter_rows(named=True))
    reasons = pl.concat([REJECTED_ROWS.empty(), *(batch.rejected for batch in batches)])["reason"]
    rejected = f"{len(reasons):,} rows rejected"
    if len(reasons):
        rejected += f" ({', '.join(sorted(set(reasons)))})"
    unknown = loved.height - loved["is_known"].sum()
    notes = "".join(f" It {problem}." for _, problem in reading.problems)
    return (
        f"{masked_name(path)}: {noted:,} likes noted, {loved.height - noted:,} known already, {rejected}; "
        f"{unknown:,} are of tracks that nobody played yet.{notes}"
        + "".join(f"\n{name}: {why}" for name, why in reading.skipped)
    )


def _like(world: World, user_id: str, row: dict[str, Any]) -> Event:
    return world.events.append(
        type="like",
        content={"track_id": row["track_id"]},
        user_id=user_id,
        happened_at=row["happened_at"],
        key=f"loved:{row['happened_at'].isoformat()}:{row['name_id']}",
    )


def prefer(  # noqa: PLR0913 - what one command may say
    world: World, console: Console, kind: str, name: str, *, weight: float, user_id: str
) -> int:
    """Starts a weight somewhere; an artist is known by an id made of the name."""
    meant = artist_id(name) if kind == "artist" else name
    world.preferences.prefer(user_id, kind, meant, weight, world.clock())
    console.print(f"{user_id} starts at {weight} with {kind} {name}.", markup=False)
    return 0
