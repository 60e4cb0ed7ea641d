"""What listeners say, invented: the same events for every contender."""

from datetime import UTC, datetime
from typing import Final

import numpy as np
import polars as pl

from assets.tables import FEEDBACK_EVENTS, TRACK_TRAITS
from resources.event_types import FEEDBACK

LISTENERS: Final = 100
_SEED: Final = 11
_TRACKS: Final = 8_000
_GENRES: Final = 120
_MOODS: Final = 9
_BEGAN: Final = datetime(2024, 1, 1, tzinfo=UTC)
_DAYS: Final = 730


def events(count: int) -> pl.DataFrame:
    """Rows of ``feedback_events`` over two years: some tracks are spoken of much more than others."""
    chance = np.random.default_rng(_SEED)
    day_us = 86_400 * 1_000_000
    drawn = pl.DataFrame(
        {
            "event_id": np.arange(1, count + 1),
            "after_us": np.sort(chance.integers(0, _DAYS * day_us, count)),
            "user_id": chance.integers(0, LISTENERS, count),
            "type": chance.choice(FEEDBACK, count),
            "track_id": np.minimum(chance.zipf(1.3, count), _TRACKS) - 1,
            "rating": chance.random(count),
        }
    )
    at = pl.lit(_BEGAN).dt.cast_time_unit("us") + pl.duration(microseconds="after_us")
    told = drawn.lazy().with_columns(
        happened_at=at,
        recorded_at=at,
        month=at.dt.strftime("%Y-%m"),
        user_id=pl.format("listener {}", "user_id"),
        track_id=pl.format("track {}", "track_id"),
        rating=pl.when(pl.col("type") == "rate").then("rating"),
    )
    return FEEDBACK_EVENTS.conform(told).collect()


def track_traits() -> pl.DataFrame:
    """Every track has an artist, up to three genres and a mood."""
    rows = [
        (
            f"track {number}",
            f"artist {number % (_TRACKS // 8)}",
            sorted({f"genre {number * step % _GENRES}" for step in (1, 3, 7)}),
            f"mood {number % _MOODS}",
        )
        for number in range(_TRACKS)
    ]
    return TRACK_TRAITS.conform(pl.LazyFrame(rows, TRACK_TRAITS.schema, orient="row")).collect()
