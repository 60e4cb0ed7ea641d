"""Statistics say what the plays say, and are fresh."""

from datetime import datetime, timedelta

import dagster as dg
import polars as pl

from assets.checks import checked_months, table_checks
from assets.stats.assets import counting
from assets.stats.months import Counting
from assets.tables import (
    ALBUMS,
    ARTISTS,
    CLOCK_MONTHS,
    PLAY_MONTHS,
    PLAYS,
    TOP_ALBUMS,
    TOP_ARTISTS,
    TOP_GENRES,
    TOP_TRACKS,
    TRACK_ALBUMS,
    TRACK_ALIASES,
    TRACK_MONTHS,
    TRACKS,
)
from resources.world import World

FRESH_FOR = timedelta(days=2)

month_tables = table_checks("month_tables", (PLAY_MONTHS, CLOCK_MONTHS, TRACK_MONTHS))
catalogue_tables = table_checks("catalogue_tables", (TRACKS, TRACK_ALBUMS, ALBUMS, ARTISTS, TRACK_ALIASES))
top_tables = table_checks("top_tables", (TOP_TRACKS, TOP_ARTISTS, TOP_ALBUMS, TOP_GENRES))


def months_that_differ(plays: pl.LazyFrame, play_months: pl.LazyFrame, counting: Counting) -> pl.DataFrame:
    """Months in which ``play_months`` does not add up to the plays: ``month``, plays and ms of either."""
    facts = [pl.col("plays").sum().cast(pl.Int64), pl.col("ms_played").sum()]
    told = counting.shown(plays).with_columns(plays=1).group_by("month").agg(facts)
    added = play_months.group_by("month").agg(facts)
    both = told.join(added, on="month", how="full", coalesce=True, suffix="_added").fill_null(0)
    differs = (pl.col("plays") != pl.col("plays_added")) | (pl.col("ms_played") != pl.col("ms_played_added"))
    return both.filter(differs).sort("month").collect()


@dg.asset_check(
    asset="play_months",
    additional_deps=["plays"],
    name="adds_up_to_plays",
    blocking=True,
    description="Plays and milliseconds of each month are those of its plays.",
)
def adds_up_to_plays(
    context: dg.AssetCheckExecutionContext, world: dg.ResourceParam[World]
) -> dg.AssetCheckResult:
    """Nothing was lost or doubled between plays and statistics."""
    months = checked_months(context)
    plays, added = world.lake.scan(PLAYS, months=months), world.lake.scan(PLAY_MONTHS, months=months)
    wrong = months_that_differ(plays, added, counting(world.settings))
    return dg.AssetCheckResult(passed=wrong.is_empty(), metadata={"wrong": wrong["month"].to_list()})


def is_fresh(as_of: datetime | None, now: datetime) -> bool:
    """Whether top lists end recently enough; there being none is fresh."""
    return as_of is None or now - as_of <= FRESH_FOR


@dg.asset_check(asset="top_tracks", name="is_fresh", description="Ranked within the last two days.")
def tops_are_fresh(world: dg.ResourceParam[World]) -> dg.AssetCheckResult:
    """A warning when the nightly refresh has stopped coming."""
    as_of = world.lake.scan(TOP_TRACKS).select(pl.col("as_of").max()).collect().item()
    passed = is_fresh(as_of, world.clock())
    return dg.AssetCheckResult(
        passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata={"as of": str(as_of)}
    )
