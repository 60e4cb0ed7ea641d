"""Statistics as Dagster assets: months added up, and top lists merged from them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import dagster as dg
import polars as pl

from assets import charts, store
from assets.automation import month_follows, whole_follows
from assets.partitions import MONTHS
from assets.specs import results, show_once, spec
from assets.stats import commit as add_up
from assets.stats.months import Counting, hours_of_week
from assets.stats.rank import KNOWN, TOPS, rank
from assets.tables import CLOCK_MONTHS, TOP_ARTISTS
from resources.settings import Settings
from resources.world import World

_SHOWN: Final = 10
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
    heat = charts.week_heat_map(hours_of_week(lake.scan(CLOCK_MONTHS)).collect())
    counts = store.month_counts(lake, add_up.MONTHLY, months)
    show_once(context, CLOCK_MONTHS, {"hour of week, UTC": dg.MetadataValue.md(heat)})
    yield from results(counts)


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
    artists = store.of_users(world.lake.scan(TOP_ARTISTS), config.users).filter(
        pl.col("period") == "all_time", pl.col("rank") <= _SHOWN
    )
    yield from results(counts, {TOP_ARTISTS.name: {"all time": dg.MetadataValue.md(_favourites(artists))}})


def _favourites(artists: pl.LazyFrame) -> str:
    """By the hours, or by plays where time is unknown of most."""
    lists = artists.with_columns(hours=pl.col("ms_estimated") / 3_600_000).collect()
    by_time, by_plays = (lists.filter(ranked_by=measure).head(_SHOWN) for measure in ("time", "plays"))
    if by_time["hours"].null_count() * 2 > by_time.height:
        return charts.bars_of(by_plays, "artist_name", "plays")
    return charts.bars_of(by_time.drop_nulls("hours"), "artist_name", "hours")
