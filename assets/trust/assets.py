"""Trust as Dagster assets: scores of content, and the lake's copy of the chain that seals them."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets import charts
from assets.automation import whole_follows
from assets.specs import results, spec
from assets.tables import TRUST_BLOCKS, TRUST_RECORDS, TRUST_SCORES
from assets.trust.commit import score
from assets.trust.lake_copy import copy_to_lake
from resources.world import World

Results = Iterator[dg.MaterializeResult[None]]


@dg.multi_asset(
    name="score_trust",
    specs=[
        spec(TRUST_SCORES, ["play_months", "feedback_events", "tracks", "track_aliases"], whole_follows())
    ],
    pool="lake",
)
def score_trust(world: dg.ResourceParam[World]) -> Results:
    """Voices counted into scores; what changed waits in PostgreSQL to be sealed."""
    rows = score(world)
    with world.chain.reading() as view:
        pending = view.waiting().records
    plot = charts.bars_of(
        tenths(world.lake.scan(TRUST_SCORES)), "score", "content", "tracks with a score so high"
    )
    about = {"records pending": pending, "scores of what somebody spoke of": dg.MetadataValue.md(plot)}
    yield from results(rows, {TRUST_SCORES.name: about})


@dg.multi_asset(
    name="copy_chain",
    specs=[
        spec(TRUST_RECORDS, ["trust_scores"], whole_follows()),
        spec(TRUST_BLOCKS, ["trust_scores"], whole_follows()),
    ],
)
def copy_chain(world: dg.ResourceParam[World]) -> Results:
    """The chain, copied from PostgreSQL: the job ``mine`` makes the same copy after each block."""
    yield from results(copy_to_lake(world))


def tenths(scores: pl.LazyFrame) -> pl.DataFrame:
    """How much content has a score in each tenth of 0 to 1: ``score`` (from), ``content``."""
    tenth = (pl.col("score") * 10).floor().clip(0, 9).cast(pl.Int64())
    counted = scores.filter(pl.col("voices") > 0).group_by(tenth.alias("tenth")).agg(content=pl.len())
    every = pl.LazyFrame({"tenth": pl.int_range(10, eager=True)})
    both = every.join(counted, on="tenth", how="left").sort("tenth")
    label = pl.format("0.{}", "tenth")
    return both.select(label.alias("score"), pl.col("content").fill_null(0)).collect()
