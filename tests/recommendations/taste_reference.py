"""Weights by the book: a dictionary, and one feedback after another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from assets.tables import FEEDBACK_EVENTS, TRACK_TRAITS

BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
ONE = 1_000_000
WORTH = {"play": 50_000, "skip": -50_000, "like": 100_000, "dislike": -100_000, "favorite": 200_000}
TRAITS: Mapping[str, tuple[str | None, list[str], str | None]] = {
    "t1": ("a1", ["rock", "shoegaze"], "calm"),
    "t2": ("a1", ["rock"], None),
    "t3": ("a2", [], "calm"),
    "t4": ("a2", ["pop"], "wild"),
    "t5": (None, [], None),
}
Weights = dict[tuple[str, str, str], int]


@dataclass(frozen=True)
class Said:
    """One feedback."""

    number: int
    user: str
    kind: str
    track: str
    minutes: int
    rating: float | None = None

    @property
    def at(self) -> datetime:
        return BEGAN + timedelta(minutes=self.minutes)

    @property
    def worth(self) -> int:
        if self.rating is not None:
            return round(self.rating * 200_000) - 100_000
        return WORTH[self.kind]


def names_of(track: str) -> list[tuple[str, str]]:
    """Kinds and names of the weights that feedback on a track moves."""
    artist, genres, mood = TRAITS.get(track, (None, [], None))
    named = [("genre", genre) for genre in genres]
    return named + [(kind, name) for kind, name in (("artist", artist), ("mood", mood)) if name is not None]


def one_at_a_time(said: Iterable[Said], starts: Mapping[tuple[str, str, str], int]) -> Weights:
    """What the source does: find the weight, add, clamp, store."""
    weights = dict(starts)
    for each in sorted(said, key=lambda each: (each.at, each.number)):
        for kind, name in names_of(each.track):
            of = (each.user, kind, name)
            weights[of] = max(0, min(ONE, weights.get(of, ONE // 2) + each.worth))
    return weights


def events(said: Iterable[Said]) -> pl.DataFrame:
    """Rows of ``feedback_events``."""
    rows: list[dict[str, Any]] = [
        {
            "event_id": each.number,
            "happened_at": each.at,
            "recorded_at": each.at,
            "month": f"{each.at:%Y-%m}",
            "user_id": each.user,
            "type": each.kind,
            "track_id": each.track,
            "rating": each.rating,
        }
        for each in said
    ]
    return pl.DataFrame(rows, FEEDBACK_EVENTS.schema)


def track_traits() -> pl.DataFrame:
    """``track_traits`` of ``TRAITS``."""
    return pl.DataFrame([(track, *told) for track, told in TRAITS.items()], TRACK_TRAITS.schema, orient="row")


def weights_of(profiles: pl.DataFrame) -> Weights:
    """The weights of ``listener_profiles``."""
    return {row[:3]: row[3] for row in profiles.select("user_id", "kind", "name", "weight_millionths").rows()}
