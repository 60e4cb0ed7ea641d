"""``dataset_quality`` made of the datasets in the lake: what is new, or licensed otherwise, is scored."""

from typing import Any, Final

import polars as pl

from assets import store
from assets.datasets import quality
from assets.datasets.explain import explanation
from assets.datasets.ledger import ACCEPTED, Row
from assets.datasets.licence import parsed
from assets.tables import DATASET_QUALITY, DATASET_TRACKS, DATASETS
from resources.world import World

RULES: Final = 1
"""Raise it when datasets must be scored anew though nothing of them changed."""
_NOTE: Final = f"{DATASET_QUALITY.name}/rules"


def score(world: World) -> int:
    """Makes ``dataset_quality`` current; returns its rows."""

    def compute() -> store.Noted:
        accepted = world.lake.scan(DATASETS).filter(pl.col("status") == ACCEPTED).collect()
        known = _known(world)
        rows = [_scored(world, row, known.get(row["dataset_id"])) for row in accepted.iter_rows(named=True)]
        frame = DATASET_QUALITY.conform(pl.LazyFrame(rows, schema=DATASET_QUALITY.schema)).collect()
        return store.Noted([frame], {_NOTE: RULES})

    return store.replace(world, [DATASET_QUALITY], compute)[DATASET_QUALITY.name]


def _known(world: World) -> dict[str, Row]:
    """What was scored by the same rules."""
    opened = world.lake.open(DATASET_QUALITY)
    if world.lake.noted(opened, _NOTE) != RULES:
        return {}
    rows = world.lake.scan_opened(DATASET_QUALITY, opened).collect()
    return {row["dataset_id"]: row for row in rows.iter_rows(named=True)}


def _scored(world: World, row: Row, known: Row | None) -> Row:
    """A row of ``dataset_quality``: a dataset's content never changes, its licence may."""
    permits = parsed(row["licence"]).permissiveness
    if known is not None and known["licence"] == permits and known["tracks"] == row["rows_stored"]:
        return known
    tracks = world.lake.scan(DATASET_TRACKS).filter(pl.col("dataset_id") == row["dataset_id"])
    present = dict(zip(row["fields"], row["fields_present"], strict=True))
    return {"dataset_id": row["dataset_id"], **scored(tracks, present, permits)}


def scored(tracks: pl.LazyFrame, fields: dict[str, int], permissiveness: float) -> dict[str, Any]:
    """The scores of some tracks and what cost points, as ``dataset_quality`` has them."""
    counts = quality.count(tracks, fields)
    scores = quality.scores(counts, permissiveness)
    found = {name: getattr(scores, name) for name in (*quality.WEIGHTS, "total")}
    return {"tracks": counts.tracks, **found, "explanation": explanation(tracks, counts, scores)}
