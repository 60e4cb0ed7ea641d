"""The same weights by a loop over the events: find the weight, add, clamp, store."""

from collections.abc import Callable
from typing import Any

import polars as pl

from assets.recommendations.strengths import STRENGTHS
from benchmarks.work.feedback_rows import events, track_traits

Weights = dict[tuple[str, str, str], int]
_ONE = 1_000_000


def prepare(count: str) -> Callable[[], dict[str, Any]]:
    """The events are start-up."""
    said, traits = events(int(count)), track_traits()

    def job() -> dict[str, Any]:
        return {"weights": len(looped(said, traits))}

    return job


def looped(said: pl.DataFrame, traits: pl.DataFrame) -> Weights:
    """The weight of each listener, kind and name, in millionths."""
    names = {
        track: [("artist", artist), *(("genre", genre) for genre in genres), ("mood", mood)]
        for track, artist, genres, mood in traits.iter_rows()
    }
    in_order = said.sort("happened_at", "event_id").select("user_id", "type", "track_id", "rating")
    weights: Weights = {}
    for user, kind, track, rating in in_order.iter_rows():
        strength = round(rating * 200_000) - 100_000 if kind == "rate" else STRENGTHS[kind]
        for named in names.get(track, ()):
            of = (user, *named)
            weights[of] = max(0, min(_ONE, weights.get(of, _ONE // 2) + strength))
    return weights
