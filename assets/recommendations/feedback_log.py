"""The event log copied into the lake: each event once, whatever is killed when.

How far was copied is noted in the very commit that adds the rows. So is, in a commit of its own, how
far was told to whoever follows: a kill between the two is made good by telling again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from assets import store
from assets.listening import months as calendar
from assets.tables import FEEDBACK_EVENTS
from resources.event_types import FEEDBACK
from resources.world import World

EVENTS_A_COMMIT: Final = 100_000
_COPIED: Final = "events/copied"
_TOLD: Final = "events/told"


@dataclass(frozen=True)
class Copied:
    """What a run copied.

    Args:
        until: the number of the last event looked at, whatever its type.
        months: the months whose rows are new to whoever follows.
    """

    rows: int
    until: int
    months: list[str]


def copied_until(world: World) -> int:
    """The number of the last event that was looked at; 0 before the first."""
    return world.lake.noted(world.lake.open(FEEDBACK_EVENTS), _COPIED)


def is_behind(world: World) -> bool:
    """Whether there is feedback that was not copied, or was copied and not told."""
    opened = world.lake.open(FEEDBACK_EVENTS)
    until, told = (world.lake.noted(opened, name) for name in (_COPIED, _TOLD))
    return told < until or world.events.count(after=until, types=FEEDBACK) > 0


def copy(world: World, most: int = EVENTS_A_COMMIT) -> Copied:
    """Adds to ``feedback_events`` what was said since the last time.

    Raises:
        EventsBusyError: an append does not end, so that nobody knows what comes before it.
    """
    highest = world.events.highest()
    rows = 0
    with world.operational.writing():
        while (begun := copied_until(world)) < highest:
            rows += store.until_first(lambda: _copy_some(world, highest, most))
            if copied_until(world) <= begun:
                break
    return Copied(rows, copied_until(world), _months_to_tell(world))


def told(world: World, until: int) -> None:
    """Whoever follows was told of everything up to an event."""
    lake = world.lake
    with world.operational.writing():
        store.until_first(lambda: lake.note(FEEDBACK_EVENTS, lake.open(FEEDBACK_EVENTS), {_TOLD: until}))


def drop_copied_months(world: World, kept_months: int) -> list[str]:
    """Months leave the event log that are copied and older than those that are kept."""
    this_month = f"{world.clock():%Y-%m}"
    before = calendar.starts_at(calendar.shifted(this_month, -kept_months))
    return world.events.drop_months(copied_until(world), before)


def missing(world: World) -> list[int]:
    """Numbers of events that were looked at and are not in the lake, as far as the log still has them."""
    said = world.events.ids(copied_until(world), FEEDBACK)
    known = world.lake.scan(FEEDBACK_EVENTS).select("event_id")
    wanted = pl.LazyFrame({"event_id": said}, schema={"event_id": pl.Int64()})
    return wanted.join(known, on="event_id", how="anti").sort("event_id").collect()["event_id"].to_list()


def _copy_some(world: World, highest: int, most: int) -> int:
    """One commit; returns its rows."""
    lake = world.lake
    opened = lake.open(FEEDBACK_EVENTS)
    begun = lake.noted(opened, _COPIED)
    rows = world.events.since(begun, FEEDBACK, until=highest, most=most)
    until = rows[-1]["event_id"] if len(rows) == most else highest
    if until <= begun:
        return 0
    if rows:
        lake.append_noted(FEEDBACK_EVENTS, opened, _frame(rows), {_COPIED: until})
    else:
        lake.note(FEEDBACK_EVENTS, opened, {_COPIED: until})
    return len(rows)


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    said = [
        (
            row["event_id"],
            row["happened_at"],
            row["recorded_at"],
            _month(row["happened_at"]),
            row["user_id"],
            row["type"],
            row["content"]["track_id"],
            row["content"].get("rating"),
        )
        for row in rows
    ]
    return FEEDBACK_EVENTS.conform(pl.LazyFrame(said, FEEDBACK_EVENTS.schema, orient="row")).collect()


def _month(moment: datetime) -> str:
    return f"{moment:%Y-%m}"


def _months_to_tell(world: World) -> list[str]:
    opened = world.lake.open(FEEDBACK_EVENTS)
    since = world.lake.noted(opened, _TOLD)
    if since >= world.lake.noted(opened, _COPIED):
        return []
    new = world.lake.scan_opened(FEEDBACK_EVENTS, opened).filter(pl.col("event_id") > since)
    return new.select(pl.col("month").unique().sort()).collect()["month"].to_list()
