"""What each kind of feedback is worth, and in which order it counts.

The order is one for all: by month, then by time (when a play started, when something was said), then
plays by their id, then events by their number.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from assets.stats.months import Counting, is_complete
from assets.tables import UTC_MICROSECONDS

STRENGTHS: Final[Mapping[str, int]] = MappingProxyType(
    {"play": 50_000, "skip": -50_000, "like": 100_000, "dislike": -100_000, "favorite": 200_000}
)
"""Millionths; a rating r in 0…1 is worth (r − 0.5) × 0.2 (QFZZ, "Feedback strength mapping")."""
_OF_RATING: Final = 200_000

ORDER: Final = ("month", "at", "event_id", "play_id")
"""Sorted by these, nulls first, feedback is in its order; ``event_id`` is null for plays."""
SCHEMA: Final = pl.Schema(
    {
        "month": pl.String(),
        "user_id": pl.String(),
        "track_id": pl.String(),
        "at": UTC_MICROSECONDS,
        "event_id": pl.Int64(),
        "play_id": pl.String(),
        "strength": pl.Int64(),
    }
)
"""The columns of feedback, whatever it was."""


def of_plays(plays: pl.LazyFrame, counting: Counting) -> pl.LazyFrame:
    """Feedback in the history: plays that ran to the end, and others that were skipped."""
    skipped = pl.when("is_skipped").then(STRENGTHS["skip"])
    worth = pl.when(is_complete()).then(STRENGTHS["play"]).otherwise(skipped)
    rated = counting.shown(plays).with_columns(strength=worth, at="started_at", event_id=pl.lit(None))
    return _feedback(rated.filter(pl.col("kind") == "music"))


def of_events(events: pl.LazyFrame) -> pl.LazyFrame:
    """Feedback that was given outright: rows of ``feedback_events``."""
    rating = (pl.col("rating") * _OF_RATING).round() - _OF_RATING // 2
    said = pl.col("type").replace_strict(dict(STRENGTHS), default=None, return_dtype=pl.Int64())
    worth = pl.when(pl.col("type") == "rate").then(rating.cast(pl.Int64)).otherwise(said)
    return _feedback(events.with_columns(strength=worth, at="happened_at", play_id=pl.lit(None)))


def _feedback(rated: pl.LazyFrame) -> pl.LazyFrame:
    typed = rated.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
    return typed.drop_nulls("strength")
