"""Nothing of a dataset is lost: rows read = stored + rejected, in its row and in the lake."""

from typing import Any

import dagster as dg
import polars as pl

from assets.checks import table_checks
from assets.datasets.assets import RAW
from assets.tables import DATASET_QUALITY, DATASET_TRACKS, DATASETS, REJECTED_DATASET_ROWS
from resources.lake import Lake
from resources.world import World

quality_tables = table_checks("quality_tables", (DATASET_QUALITY,))
dataset_tables = table_checks("dataset_tables", RAW)


def unaccounted(lake: Lake) -> list[dict[str, Any]]:
    """Datasets whose rows do not add up, or are not as many in the lake as their row says."""
    told = lake.scan(DATASETS).select("dataset_id", "rows_read", "rows_stored", "rows_rejected")
    counted = told
    for table, name in ((DATASET_TRACKS, "stored"), (REJECTED_DATASET_ROWS, "rejected")):
        rows = lake.scan(table).group_by("dataset_id").agg(pl.len().cast(pl.Int64()).alias(name))
        counted = counted.join(rows, on="dataset_id", how="left")
    both = counted.with_columns(pl.col("stored", "rejected").fill_null(0))
    adds_up = pl.col("rows_read") == pl.col("rows_stored") + pl.col("rows_rejected")
    is_there = (pl.col("rows_stored") == pl.col("stored")) & (pl.col("rows_rejected") == pl.col("rejected"))
    return both.filter(~(adds_up & is_there)).sort("dataset_id").collect().to_dicts()


def out_of_range(quality: pl.LazyFrame) -> list[str]:
    """Datasets with a score that is none: below 0, above 1 or not a number."""
    names = ("metadata", "consistency", "size", "diversity", "licence", "total")
    is_score = pl.all_horizontal(pl.col(name).is_between(0, 1) for name in names)
    return quality.filter(~is_score.fill_null(value=False)).collect()["dataset_id"].to_list()


def accounted(world: World) -> dg.AssetCheckResult:
    """The result of ``every_dataset_row_is_accounted_for``, for the jobs that write datasets."""
    wrong = unaccounted(world.lake)
    return dg.AssetCheckResult(
        asset_key=DATASET_TRACKS.name,
        check_name="every_dataset_row_is_accounted_for",
        passed=not wrong,
        metadata={"wrong": wrong},
    )


@dg.asset_check(
    asset=DATASET_TRACKS.name,
    name="every_dataset_row_is_accounted_for",
    additional_deps=[DATASETS.name, REJECTED_DATASET_ROWS.name],
    blocking=True,
    description="A dataset's rows read = stored + rejected, as its row says and in the lake.",
)
def every_dataset_row_is_accounted_for(world: dg.ResourceParam[World]) -> dg.AssetCheckResult:
    """The equation, held against what is stored."""
    return accounted(world)


@dg.asset_check(
    asset=DATASET_QUALITY.name,
    name="scores_are_from_0_to_1",
    blocking=True,
    description="Every component and every total is a number from 0 to 1.",
)
def scores_are_from_0_to_1(world: dg.ResourceParam[World]) -> dg.AssetCheckResult:
    """A score outside would rank datasets wrongly for ever."""
    wrong = out_of_range(world.lake.scan(DATASET_QUALITY))
    return dg.AssetCheckResult(passed=not wrong, metadata={"wrong": wrong})
