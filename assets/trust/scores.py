"""Scores of content by its voices, and who passes a filter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import polars as pl

from assets.tables import TRUST_SCORES
from resources.settings import Settings

NOBODY: Final = "unknown"
"""The creator of content whose artist the catalogue does not know."""
NEUTRAL: Final = 0.5
_Z: Final = 1.959963984540054
"""Of the normal distribution, two-sided 95 %."""

_VERIFICATIONS, _VOICES = pl.col("verifications"), pl.col("voices")


def scored(votes: Sequence[pl.DataFrame], tracks: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of ``trust_scores``: everything in the catalogue, and everything somebody spoke of.

    Args:
        votes: counts of some listeners each, as ``voices.counted`` has them.
    """
    names = ("verifications", "reports")
    sums = pl.concat(votes).lazy().group_by("content_id").agg(pl.col(names).sum())
    content = tracks.join(aliases, left_on="track_id", right_on="alias_id", how="anti").select(
        pl.col("track_id").alias("content_id"), pl.col("artist_id").alias("creator_id")
    )
    seen = content.join(sums, on="content_id", how="full", coalesce=True)
    told = seen.with_columns(pl.col("creator_id").fill_null(NOBODY), pl.col(names).fill_null(0))
    return TRUST_SCORES.conform(
        told.with_columns(voices=pl.sum_horizontal(names)).with_columns(
            score=pl.when(_VOICES > 0).then(_VERIFICATIONS / _VOICES).otherwise(NEUTRAL),
            wilson_low=_wilson_low(),
        )
    )


def _wilson_low() -> pl.Expr:
    """Lower end of the 95 % interval of Wilson (1927), never above the share; 0 where nobody spoke."""
    share, z2 = _VERIFICATIONS / _VOICES, _Z * _Z
    spread = _Z * ((share * (1 - share) + z2 / (4 * _VOICES)) / _VOICES).sqrt()
    low = (share + z2 / (2 * _VOICES) - spread) / (1 + z2 / _VOICES)
    return pl.when(_VOICES > 0).then(low.clip(0, share)).otherwise(0.0)


@dataclass(frozen=True)
class Rule:
    """Which scores pass; everything does when it is off."""

    is_on: bool
    threshold: float
    min_voices: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the settings have it."""
        return cls(settings.trust, settings.trust_threshold, settings.trust_min_voices)

    def is_trusted(self, score: pl.Expr, voices: pl.Expr) -> pl.Expr:
        """Whether content passes: its score is high enough, or too few have spoken to say."""
        if not self.is_on:
            return pl.lit(value=True)
        return (voices < self.min_voices) | (score >= self.threshold)

    def passing(self, tracks: pl.LazyFrame, scores: pl.LazyFrame) -> pl.LazyFrame:
        """The rows whose ``track_id`` is trusted; content of no score passes."""
        refused = scores.filter(~self.is_trusted(pl.col("score"), _VOICES)).select("content_id")
        return tracks.join(refused, left_on="track_id", right_on="content_id", how="anti")


def without_disliked(tracks: pl.LazyFrame, disliked: pl.LazyFrame) -> pl.LazyFrame:
    """Rows (user_id, track_id, …) less what the listener's own latest word is against."""
    return tracks.join(
        disliked, left_on=["user_id", "track_id"], right_on=["user_id", "content_id"], how="anti"
    )


def changed(scores: pl.LazyFrame, newest: pl.LazyFrame) -> pl.LazyFrame:
    """Scores that differ from what the content's newest record says, or that have none; by content.

    Args:
        newest: content_id, creator_id, verifications, reports.
    """
    names = ["content_id", "creator_id", "verifications", "reports"]
    return scores.select(names).join(newest, on=names, how="anti").sort(names)
