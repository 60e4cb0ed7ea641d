"""Scores are shares, the chain is what was mined, and no record is lost or there twice."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from assets.checks import as_event, evaluations, table_checks
from assets.tables import TRUST_BLOCKS, TRUST_RECORDS, TRUST_SCORES
from assets.trust.chain import examined
from assets.trust.ids import contradictions
from assets.trust.verify import Verdict
from resources.world import World

MOST_TOLD = 20

trust_tables = table_checks("trust_tables", (TRUST_SCORES, TRUST_RECORDS, TRUST_BLOCKS))


def out_of_range(scores: pl.LazyFrame) -> pl.DataFrame:
    """Scores that are no share, or not the one their voices make."""
    voices, share = pl.col("verifications") + pl.col("reports"), pl.col("score")
    is_share = share.is_between(0, 1) & pl.col("wilson_low").is_between(0, 1)
    is_counted = (pl.col("voices") == voices) & (pl.col("verifications") >= 0) & (pl.col("reports") >= 0)
    return scores.filter(~(is_share & is_counted).fill_null(value=False)).collect()


@dg.asset_check(
    asset="trust_scores",
    name="scores_are_shares",
    blocking=True,
    description="Scores and their lower bounds are in 0…1, voices are what was counted.",
)
def scores_are_shares(world: dg.ResourceParam[World]) -> dg.AssetCheckResult:
    """No score that a filter could misread."""
    wrong = out_of_range(world.lake.scan(TRUST_SCORES))
    some = wrong["content_id"].head(MOST_TOLD).to_list()
    return dg.AssetCheckResult(passed=wrong.is_empty(), metadata={"wrong": wrong.height, "some": some})


@dg.asset_check(
    asset="trust_blocks",
    name="chain_valid",
    blocking=True,
    description="Every block and record is what was mined, to the byte, and no block is missing.",
)
def chain_valid(world: dg.ResourceParam[World]) -> dg.AssetCheckResult:
    """The whole chain walked; `longplay chain repair` mends what this finds, and so does the next mining."""
    return _valid(examined(world))


@dg.asset_check(
    asset="trust_records",
    name="records_are_conserved",
    blocking=True,
    description="Every record that was queued is pending, sealed once, or told of in the quarantine.",
)
def records_are_conserved(world: dg.ResourceParam[World]) -> dg.AssetCheckResult:
    """Ids are 1, 2, 3 … and each is in one place."""
    return _conserved(world)


def mined_events(world: World, verdict: Verdict) -> Iterator[dg.AssetCheckEvaluation]:
    """The checks of the chain's two tables as events, for the job that mines."""
    for table in (TRUST_RECORDS, TRUST_BLOCKS):
        yield from evaluations(world, table, None)
    yield from map(as_event, (_valid(verdict), _conserved(world)))


def about(verdict: Verdict) -> dict[str, Any]:
    """What a verdict says, for a person."""
    return {
        "height": verdict.valid_height,
        "blocks looked at": verdict.blocks,
        "records looked at": verdict.sealed + verdict.pending,
        "faults": [str(fault) for fault in verdict.faults[:MOST_TOLD]],
    }


def _valid(verdict: Verdict) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=TRUST_BLOCKS.name,
        check_name="chain_valid",
        passed=verdict.is_valid,
        metadata=about(verdict),
    )


def _conserved(world: World) -> dg.AssetCheckResult:
    with world.chain.reading() as view:
        wrong = list(contradictions(view.present_ids(), view.lost_ids(), view.head()))
        pending = view.waiting().records
    return dg.AssetCheckResult(
        asset_key=TRUST_RECORDS.name,
        check_name="records_are_conserved",
        passed=not wrong,
        metadata={"pending": pending, "wrong": wrong},
    )
