"""Clamped steps put together, so that a run of them is one step, whatever the grouping.

A step adds and then keeps the weight between two bounds: x becomes min(high, max(low, x + add)). Two in
a row are a step again: (a1, l1, h1) and then (a2, l2, h2) are (a1 + a2, clamp(l1 + a2), clamp(h1 + a2)),
clamped to l2 and h2. Weights are whole millionths: any grouping gives the same bits.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

ONE: Final = 1_000_000
"""A weight of 1, in millionths."""
START: Final = ONE // 2
"""Where a weight starts that nobody gave a preference for."""

FOLDED: Final = ("add", "low", "high", "steps", "last_at")
"""A step: what it does to a weight, how many it is made of, and when the last of these was."""

_Numbers = npt.NDArray[np.int64]


def single(strength: pl.Expr) -> list[pl.Expr]:
    """The columns of one feedback of this strength (millionths): the weight stays between 0 and 1."""
    low, high = pl.lit(0, pl.Int64), pl.lit(ONE, pl.Int64)
    return [strength.cast(pl.Int64).alias("add"), low.alias("low"), high.alias("high")]


def folded(steps: pl.DataFrame, kept: Sequence[str]) -> pl.DataFrame:
    """One step for each group, from rows that stand together by group and in order within it.

    Args:
        steps: ``group`` (a number), ``add``, ``low``, ``high``, ``steps`` and ``last_at``, none of them null.
        kept: the columns that tell what a group is of.
    """
    if steps.is_empty():
        return steps.select(*kept, *FOLDED)
    group = steps["group"].to_numpy()
    starts = np.flatnonzero(np.diff(group, prepend=group[0] - 1)).astype(np.int64)
    add, low, high = _composed(
        steps["add"].to_numpy(), steps["low"].to_numpy(), steps["high"].to_numpy(), starts
    )
    counted = np.add.reduceat(steps["steps"].to_numpy(), starts)
    moments: _Numbers = np.maximum.reduceat(steps["last_at"].to_physical().to_numpy(), starts)
    last_at = pl.Series("last_at", moments).cast(steps.schema["last_at"])
    numbers = {"add": add, "low": low, "high": high, "steps": counted}
    columns = [pl.Series(name, values) for name, values in numbers.items()]
    return steps[starts, list(kept)].hstack([*columns, last_at])


def applied(weight: pl.Expr) -> pl.Expr:
    """The weight after the step in the columns ``add``, ``low`` and ``high``."""
    return pl.min_horizontal("high", pl.max_horizontal("low", weight + pl.col("add")))


def _composed(
    add: _Numbers, low: _Numbers, high: _Numbers, starts: _Numbers
) -> tuple[_Numbers, _Numbers, _Numbers]:
    """Neighbours of a group put together, then neighbours of those: a round a binary digit of the longest.

    Args:
        starts: where each group begins.
    """
    lengths = np.diff(starts, append=len(add))
    while (lengths > 1).any():
        place = np.arange(len(add)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        left = np.flatnonzero(place % 2 == 0)
        is_paired = place[left] + 1 < np.repeat(lengths, (lengths + 1) // 2)
        right = left[is_paired] + 1
        bounds = (_bounded(bound, add, low, high, left[is_paired], right) for bound in (low, high))
        paired_low, paired_high = bounds
        sums = add[left[is_paired]] + add[right]
        add, low, high = add[left], low[left], high[left]
        add[is_paired], low[is_paired], high[is_paired] = sums, paired_low, paired_high
        lengths = (lengths + 1) // 2
    return add, low, high


def _bounded(  # noqa: PLR0913, PLR0917 - two steps, in columns
    bound: _Numbers, add: _Numbers, low: _Numbers, high: _Numbers, left: _Numbers, right: _Numbers
) -> _Numbers:
    """A bound of the step on the left after the step on the right."""
    moved: _Numbers = np.minimum(high[right], np.maximum(low[right], bound[left] + add[right]))
    return moved
