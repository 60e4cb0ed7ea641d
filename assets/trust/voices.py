"""What listeners say of a content: one person is one voice, however often they play or press a button.

Their latest explicit word counts (like, dislike, favorite, rate; latest by time, then event id; a rating
of exactly 0.5 says neither), else the majority of their plays and skips; a tie is no voice.

Frames: ``play_months`` and ``feedback_events`` as registered, ``aliases`` as ``track_aliases``.
"""

import polars as pl

EXPLICIT = ("like", "dislike", "favorite", "rate")
_TYPE, _RATING = pl.col("type"), pl.col("rating")
_VERIFIES = _TYPE.is_in(["like", "favorite"]) | ((_TYPE == "rate") & (_RATING > 0.5))
_REPORTS = (_TYPE == "dislike") | ((_TYPE == "rate") & (_RATING < 0.5))
_SIDE = _VERIFIES.fill_null(value=False).cast(pl.Int8()) - _REPORTS.fill_null(value=False).cast(pl.Int8())
"""1 verifies, -1 reports, 0 says neither."""

_WHO, _WHAT = "user_id", "content_id"


def explicit(events: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    """Each listener's latest explicit word on a content: user_id, content_id, side."""
    said = _of_content(events.filter(_TYPE.is_in(EXPLICIT)), aliases)
    latest = said.with_columns(side=_SIDE).sort("happened_at", "event_id")
    return latest.group_by(_WHO, _WHAT).agg(pl.col("side").last())


def implicit(play_months: pl.LazyFrame, events: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    """Which of plays and skips each listener has more of for a content: user_id, content_id, side."""
    history = _of_content(play_months, aliases).select(_WHO, _WHAT, "completes", "skips")
    pressed = _of_content(events.filter(_TYPE.is_in(["play", "skip"])), aliases).select(
        _WHO,
        _WHAT,
        (_TYPE == "play").cast(pl.Int64()).alias("completes"),
        (_TYPE == "skip").cast(pl.Int64()).alias("skips"),
    )
    sums = pl.concat([history, pressed]).group_by(_WHO, _WHAT).agg(pl.col("completes", "skips").sum())
    return sums.select(_WHO, _WHAT, side=(pl.col("completes") - pl.col("skips")).sign().cast(pl.Int8()))


def counted(play_months: pl.LazyFrame, events: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    """Voices a content, of the listeners in the frames: content_id, verifications, reports."""
    both = implicit(play_months, events, aliases).join(
        explicit(events, aliases), on=[_WHO, _WHAT], how="full", coalesce=True, suffix="_said"
    )
    side = pl.coalesce("side_said", "side")
    return both.group_by(_WHAT).agg(
        (side == 1).sum().cast(pl.Int64()).alias("verifications"),
        (side == -1).sum().cast(pl.Int64()).alias("reports"),
    )


def disliked(events: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    """What listeners' own latest word is against, whatever others say: user_id, content_id."""
    return explicit(events, aliases).filter(pl.col("side") == -1).select(_WHO, _WHAT)


def _of_content(rows: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    """A track under another id is the same content."""
    names = aliases.select("alias_id", pl.col("track_id").alias(_WHAT))
    known = rows.join(names, left_on="track_id", right_on="alias_id", how="left")
    return known.with_columns(pl.coalesce(_WHAT, "track_id").alias(_WHAT))
