"""Feedback is in the lake once, and weights are what weights can be."""

import dagster as dg
import polars as pl

from assets.checks import table_checks
from assets.recommendations import feedback_log, fold
from assets.tables import FEEDBACK_EVENTS, LISTENER_PROFILES, PROFILE_MONTHS, TRACK_TRAITS
from resources.world import World

_MOST_NAMED = 10

feedback_tables = table_checks("feedback_tables", (FEEDBACK_EVENTS,))
profile_month_tables = table_checks("profile_month_tables", (PROFILE_MONTHS,))
profile_tables = table_checks("profile_tables", (TRACK_TRAITS, LISTENER_PROFILES))


def copy_result(world: World) -> dg.AssetCheckResult:
    """Whether every event that was looked at is in the lake, as far as the log still has them."""
    missing = feedback_log.missing(world)
    return dg.AssetCheckResult(
        asset_key=FEEDBACK_EVENTS.name,
        check_name="holds_every_event",
        passed=not missing,
        metadata={"missing events": len(missing), "first of them": missing[:_MOST_NAMED]},
    )


@dg.asset_check(
    asset="feedback_events",
    name="holds_every_event",
    blocking=True,
    description="Every feedback event of the log, up to the last one looked at, was copied.",
)
def holds_every_event(world: dg.ResourceParam[World]) -> dg.AssetCheckResult:
    """Nothing was lost between PostgreSQL and the lake; that nothing is doubled is the key's check."""
    return copy_result(world)


def weights_that_cannot_be(profiles: pl.LazyFrame) -> pl.DataFrame:
    """Rows whose weight is no number from 0 to 1, or not the one that its millionths say."""
    exact, weight = pl.col("weight_millionths"), pl.col("weight")
    is_right = exact.is_between(0, fold.ONE) & (weight * fold.ONE).round().eq(exact) & weight.is_finite()
    return profiles.filter(~is_right.fill_null(value=False)).collect()


@dg.asset_check(
    asset="listener_profiles",
    name="weights_are_between_0_and_1",
    blocking=True,
    description="Every weight is a number from 0 to 1.",
)
def weights_are_between_0_and_1(world: dg.ResourceParam[World]) -> dg.AssetCheckResult:
    """Clamped steps cannot leave the range; a mistake in folding would."""
    wrong = weights_that_cannot_be(world.lake.scan(LISTENER_PROFILES))
    return dg.AssetCheckResult(passed=wrong.is_empty(), metadata={"wrong weights": wrong.height})


def bounds_that_cannot_be(profile_months: pl.LazyFrame) -> pl.DataFrame:
    """Rows whose bounds leave the range or cross, or that count nothing."""
    low, high = pl.col("low"), pl.col("high")
    is_right = (low >= 0) & (low <= high) & (high <= fold.ONE) & (pl.col("steps") > 0)
    return profile_months.filter(~is_right.fill_null(value=False)).collect()


def bounds_result(world: World) -> dg.AssetCheckResult:
    """Whether all months that weights are merged from hold bounds that can be."""
    wrong = bounds_that_cannot_be(world.lake.scan(PROFILE_MONTHS))
    return dg.AssetCheckResult(
        asset_key=PROFILE_MONTHS.name,
        check_name="bounds_are_between_0_and_1",
        passed=wrong.is_empty(),
        metadata={"wrong bounds": wrong.height},
    )


@dg.asset_check(
    asset="profile_months",
    name="bounds_are_between_0_and_1",
    blocking=True,
    description="Every bound lies between 0 and 1, and the lower is not above the upper.",
)
def bounds_are_between_0_and_1(world: dg.ResourceParam[World]) -> dg.AssetCheckResult:
    """The same of the months that weights are merged from."""
    return bounds_result(world)
