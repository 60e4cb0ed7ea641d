"""Statistics as Dagster assets: months added up, and top lists merged from them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import dagster as dg
import polars as pl

from assets import charts, store
from assets.automation import month_follows, whole_follows
from assets.partitions import MONTHS
from assets.specs import monthly_results, results, spec
from assets.stats import commit as add_up
from assets.stats.months import Counting, hours_of_week
from assets.stats.rank import KNOWN, TOPS, rank
from assets.tables import CLOCK_MONTHS, TOP_ALBUMS, TOP_ARTISTS, TOP_GENRES, TOP_TRACKS, Table
from resources.settings import Settings
from resources.world import World

_SHOWN: Final = 10
_NAMED: Final = {
    TOP_TRACKS.name: "track_name",
    TOP_ARTISTS.name: "artist_name",
    TOP_ALBUMS.name: "album_name",
    TOP_GENRES.name: "genre",
}
Results = Iterator[dg.MaterializeResult[None]]


class TopsConfig(dg.Config):
    """Whose tops, all listeners' when empty; and the moment the periods end at (ISO 8601), now when empty."""

    users: list[str] = []  # noqa: RUF012 - a pydantic default
    as_of: str = ""


def counting(settings: Settings) -> Counting:
    """What counts, by the settings."""
    return Counting(settings.counted_after_ms, settings.include_incognito)


@dg.multi_asset(
    name="add_up_months",
    specs=[spec(table, ["plays"], month_follows()) for table in add_up.MONTHLY],
    partitions_def=MONTHS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="lake",
)
def add_up_months(context: dg.AssetExecutionContext, world: dg.ResourceParam[World]) -> Results:
    """Plays added up by track, and by quarter-hour, for each month."""
    lake, months = world.lake, list(context.partition_keys)
    add_up.add_up_months(world, months, counting(world.settings))
    hours = hours_of_week(lake.scan(CLOCK_MONTHS)).collect()
    heat = charts.week_heat_map(hours, charts.hours_or_plays(hours))
    counts = store.month_counts(lake, add_up.MONTHLY, months)
    shown = {CLOCK_MONTHS.name: {"hour of week, UTC": dg.MetadataValue.md(heat)}}
    yield from monthly_results(context, counts, shown)


@dg.multi_asset(
    name="rank_tops",
    specs=[
        spec(table, ["play_months", "plays", *(known.name for known in KNOWN)], whole_follows())
        for table in TOPS
    ],
    pool="lake",
)
def rank_tops(config: TopsConfig, world: dg.ResourceParam[World]) -> Results:
    """Top tracks, artists, albums and genres of every period, as of a moment."""
    as_of = datetime.fromisoformat(config.as_of) if config.as_of else world.clock()
    counts = rank(world, as_of, counting(world.settings), config.users)
    yield from results(counts, {table.name: _favourites(world, table, config.users) for table in TOPS})


def _favourites(world: World, table: Table, users: Sequence[str]) -> dict[str, dg.MetadataValue[Any]]:
    """The first of all time and of anybody: by time, or by plays where time is unknown of most."""
    lists = store.of_users(world.lake.scan(table), users).filter(
        pl.col("period") == "all_time", pl.col("rank") <= _SHOWN
    )
    rows = lists.with_columns(hours=pl.col("ms_estimated") / 3_600_000).collect()
    if rows.is_empty():
        return {}
    by_time = rows.filter(ranked_by="time")
    unit = "hours" if by_time["hours"].null_count() * 2 <= by_time.height else "plays"
    chosen = (by_time if unit == "hours" else rows.filter(ranked_by="plays")).drop_nulls(unit)
    best = chosen.sort(unit, "rank", descending=[True, False]).head(_SHOWN)
    drawn = charts.ranked(best, _NAMED[table.name], unit, f"{unit}, all time")
    return {"all time": dg.MetadataValue.md(drawn)}
