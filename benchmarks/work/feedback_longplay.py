"""Feedback events in memory, folded by month and merged into every listener's weights."""

from collections.abc import Callable
from typing import Any

import polars as pl

from assets.recommendations import profiles, strengths
from assets.tables import ARTISTS
from benchmarks.work.feedback_rows import events, track_traits


def prepare(count: str) -> Callable[[], dict[str, Any]]:
    """The events are start-up."""
    said, traits = events(int(count)), track_traits()

    def job() -> dict[str, Any]:
        return {"weights": folded(said, traits).height}

    return job


def folded(said: pl.DataFrame, traits: pl.DataFrame) -> pl.DataFrame:
    """``listener_profiles`` of the events."""
    months = profiles.months([strengths.of_events(said.lazy())], traits.lazy())
    return profiles.merged(months, profiles.PREFERENCES.to_frame(), ARTISTS.empty().lazy())
