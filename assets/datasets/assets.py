"""Datasets as Dagster assets: what people give is raw; their quality follows."""

from collections.abc import Iterator

import dagster as dg

from assets import charts
from assets.automation import whole_follows
from assets.datasets.quality import WEIGHTS
from assets.datasets.scoring import score
from assets.specs import results, spec
from assets.tables import DATASET_QUALITY, DATASET_TRACKS, DATASETS, REJECTED_DATASET_ROWS
from resources.world import World

RAW = (DATASETS, DATASET_TRACKS, REJECTED_DATASET_ROWS)
"""Only the jobs that add and remove datasets materialise these."""
MOST_SHOWN = 12


@dg.multi_asset(
    name="score_datasets",
    specs=[spec(DATASET_QUALITY, [DATASETS.name, DATASET_TRACKS.name], whole_follows())],
    pool="lake",
)
def score_datasets(world: dg.ResourceParam[World]) -> Iterator[dg.MaterializeResult[None]]:
    """Five scores a dataset, their total, and what cost points."""
    rows = {DATASET_QUALITY.name: score(world)}
    picture = {"scores": dg.MetadataValue.md(_picture(world))} if rows[DATASET_QUALITY.name] else {}
    yield from results(rows, {DATASET_QUALITY.name: picture})


def _picture(world: World) -> str:
    """The points of the best datasets by component, and what is missing to 1."""
    names = world.lake.scan(DATASETS).select("dataset_id", "name")
    both = world.lake.scan(DATASET_QUALITY).join(names, on="dataset_id")
    best = both.sort("total", "dataset_id", descending=[True, False]).head(MOST_SHOWN).collect()
    points = best.select("name", *(best[name] * weight for name, weight in WEIGHTS.items()))
    return charts.stacked_bars(points, "name", list(WEIGHTS), 1.0)
