"""Feedback folded into what a month does to each weight, months into weights, and events since into those."""

from collections.abc import Callable, Sequence
from typing import Final

import polars as pl

from assets.recommendations import fold, strengths
from assets.recommendations.traits import listed
from assets.tables import LISTENER_PROFILES, PROFILE_MONTHS

OF_A_WEIGHT: Final = ("user_id", "kind", "name")
PREFERENCES: Final = pl.Schema(
    {"user_id": pl.String(), "kind": pl.String(), "name": pl.String(), "weight_millionths": pl.Int64()}
)
"""Where weights start, as listeners told."""
_MOST_NAMES: Final = 2**32
_Collect = Callable[[pl.LazyFrame], pl.DataFrame]


def _planned(frame: pl.LazyFrame) -> pl.DataFrame:
    """What lies in the lake, read as little as can be."""
    return frame.collect()


def _at_once(frame: pl.LazyFrame) -> pl.DataFrame:
    """A few rows in memory: planning how to go about them takes longer than the work."""
    return frame.collect(engine="in-memory", optimizations=pl.QueryOptFlags.none())


def months(feedback: Sequence[pl.LazyFrame], track_traits: pl.LazyFrame) -> pl.DataFrame:
    """``profile_months`` of all the feedback of some months (see ``strengths.SCHEMA``)."""
    made = _folded(feedback, track_traits, PROFILE_MONTHS.key, _planned)
    return made.select(pl.col(name).cast(dtype) for name, dtype in PROFILE_MONTHS.schema.items())


def merged(profile_months: pl.DataFrame, preferences: pl.DataFrame, artists: pl.LazyFrame) -> pl.DataFrame:
    """``listener_profiles`` of all the months of some listeners, from where their preferences start."""
    in_order = profile_months.lazy().sort(*OF_A_WEIGHT, "month")
    numbered = in_order.select(
        *OF_A_WEIGHT, *fold.FOLDED, group=_is_another(OF_A_WEIGHT).cum_sum().cast(pl.Int64)
    )
    made = fold.folded(numbered.collect(), OF_A_WEIGHT).lazy()
    told = preferences.lazy().select(*OF_A_WEIGHT, pl.col("weight_millionths").cast(pl.Int64))
    begun = made.join(told, on=OF_A_WEIGHT, how="full", coalesce=True)
    labels = artists.select(pl.lit("artist").alias("kind"), name="artist_id", label="artist_name")
    return _weighed(begun.join(labels, on=["kind", "name"], how="left"), _planned)


def current(profile: pl.DataFrame, since: pl.DataFrame, track_traits: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``listener_profiles`` with events that were given since they were made, in their order.

    Args:
        profile: one or more listeners' rows.
        since: their rows of ``feedback_events`` that are not counted yet.
        track_traits: of the tracks that were spoken of; those that are missing move nothing.
    """
    feedback = [strengths.of_events(since.lazy())]
    made = _folded(feedback, track_traits.lazy(), OF_A_WEIGHT, _at_once)
    known = profile.lazy().rename({"steps": "steps_before", "last_at": "last_before"})
    both = known.join(made.lazy(), on=OF_A_WEIGHT, how="full", coalesce=True).with_columns(
        steps=pl.col("steps").fill_null(0) + pl.col("steps_before").fill_null(0),
        last_at=pl.max_horizontal("last_at", "last_before"),
    )
    return _weighed(both, _at_once)


def _folded(
    feedback: Sequence[pl.LazyFrame], track_traits: pl.LazyFrame, by: Sequence[str], collect: _Collect
) -> pl.DataFrame:
    """One step for each of the weights that feedback moves, sorted by ``by``.

    Groups are numbered in their order, for numbers are sorted faster than names; rows of a group stay in
    the order of the feedback.
    """
    apart = [name for name in by if name not in ("kind", "name")]
    in_order = pl.concat(feedback).sort(*apart, *strengths.ORDER, nulls_last=False)
    who = _is_another(apart).cum_sum().cast(pl.Int64) * _MOST_NAMES
    named = listed(track_traits).with_columns(trait=pl.struct("kind", "name").rank("dense").cast(pl.Int64))
    moved = in_order.with_columns(who=who).join(named, on="track_id", maintain_order="left")
    group = (pl.col("who") + pl.col("trait")).alias("group")
    found = collect(moved.select(*by, "at", "strength", group))
    in_groups = found.lazy().select(
        "group",
        *fold.single(pl.col("strength")),
        steps=pl.lit(1, pl.Int64),
        last_at="at",
        row=pl.int_range(pl.len(), dtype=pl.UInt32),
    )
    made = fold.folded(collect(in_groups.sort("group", maintain_order=True)), ["row"])
    return found[made["row"], list(by)].hstack(made.drop("row"))


def _is_another(columns: Sequence[str]) -> pl.Expr:
    """Whether a row differs from the one before it."""
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in columns)


def _weighed(begun: pl.LazyFrame, collect: _Collect) -> pl.DataFrame:
    """Rows of ``listener_profiles``: where a weight starts, or a step, may be missing."""
    filled = begun.with_columns(
        pl.col("add", "low", "steps").fill_null(0),
        pl.col("high").fill_null(fold.ONE),
        pl.col("weight_millionths").fill_null(fold.START),
        label=pl.coalesce("label", "name"),
    )
    weighed = filled.with_columns(weight_millionths=fold.applied(pl.col("weight_millionths")))
    exact = collect(LISTENER_PROFILES.conform(weighed.with_columns(weight=pl.lit(0.0))))
    # not by Polars: by a constant it multiplies with the reciprocal, or not, as rows happen to lie in chunks
    return exact.with_columns(weight=pl.Series(exact["weight_millionths"].to_numpy() / fold.ONE))
