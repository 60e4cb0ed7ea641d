"""Tastes as Dagster assets: feedback folded by month, and the weights that months add up to."""

from collections.abc import Iterator, Sequence

import dagster as dg
import polars as pl

from assets import charts, store
from assets.automation import month_follows_any, whole_follows
from assets.checks import as_event, evaluations
from assets.partitions import MONTHS
from assets.recommendations import checks, commit
from assets.specs import results, spec
from assets.stats.assets import counting
from assets.tables import LISTENER_PROFILES, PROFILE_MONTHS, TRACK_TRAITS
from resources.world import World

Results = Iterator[dg.MaterializeResult[None]]
_MOST_SHOWN = 20


@dg.multi_asset(
    name="fold_feedback",
    specs=[spec(PROFILE_MONTHS, ["plays", "feedback_events"], month_follows_any())],
    partitions_def=MONTHS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="lake",
)
def fold_feedback(context: dg.AssetExecutionContext, world: dg.ResourceParam[World]) -> Results:
    """What each month's plays, skips and words do to each weight."""
    months = list(context.partition_keys)
    commit.fold_months(world, months, counting(world.settings))
    yield from results(store.month_counts(world.lake, [PROFILE_MONTHS], months))


@dg.multi_asset(
    name="weigh_tastes",
    specs=[
        spec(table, ["profile_months", "tracks", "track_aliases", "artists"], whole_follows())
        for table in (TRACK_TRAITS, LISTENER_PROFILES)
    ],
    pool="lake",
)
def weigh_tastes(context: dg.AssetExecutionContext, world: dg.ResourceParam[World]) -> Results:
    """Months merged into weights, after folding again those whose tracks are known otherwise now."""
    lake = world.lake
    again = commit.weigh(world, counting(world.settings))
    for event in _folded_again(world, again):
        context.log_event(event)
    counts = {table.name: lake.open(table).count() for table in (TRACK_TRAITS, LISTENER_PROFILES)}
    shown = dg.MetadataValue.md(charts.ranked(_liked_most(world), "label", "weight", "weight, 0 to 1"))
    about = {"months folded again": len(again), "genres liked most": shown}
    yield from results(counts, {LISTENER_PROFILES.name: about})


def _folded_again(
    world: World, months: Sequence[str]
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """The months, and the checks of them: a snapshot waits for those of the newest materialization."""
    rows = world.lake.month_rows(PROFILE_MONTHS)
    for month in months:
        counted = {"dagster/partition_row_count": rows.get(month, 0)}
        yield dg.AssetMaterialization(PROFILE_MONTHS.name, partition=month, metadata=counted)
    if months:
        yield from evaluations(world, PROFILE_MONTHS, None)
        yield as_event(checks.bounds_result(world))


def _liked_most(world: World) -> pl.DataFrame:
    """The genres that all listeners together like most; ties by how often they were spoken of."""
    genres = world.lake.scan(LISTENER_PROFILES).filter(pl.col("kind") == "genre")
    by_label = genres.group_by("label").agg(pl.col("weight").mean(), pl.col("steps").sum())
    in_order = by_label.sort("weight", "steps", "label", descending=[True, True, False])
    return in_order.head(_MOST_SHOWN).collect()
