"""Rows put in the order of what they say, and texts that repeat a lot made numbers of the same order."""

from collections.abc import Callable, Sequence

import polars as pl

Ties = Callable[[pl.Series], pl.DataFrame]
"""The columns that order some rows, given their places, where everything cheap is equal."""


def places_in_order(keys: pl.DataFrame, ties: Ties) -> pl.Series:
    """The places of rows, sorted by all of ``keys`` and then by what ``ties`` says; nulls come last."""
    ordered = keys.with_row_index("place").sort(keys.columns, nulls_last=True)
    is_repeat = ordered.select(is_as_before(keys.columns)).to_series()
    is_tied = is_repeat | is_repeat.shift(-1, fill_value=False)
    if not is_tied.any():
        return ordered["place"]
    group = (~is_repeat).cum_sum().alias("tied")
    tied = ordered.select("place").with_columns(group).filter(is_tied)
    told = ties(tied["place"])
    by_all = tied.hstack(told).sort("tied", *told.columns, nulls_last=True)
    return ordered["place"].scatter(is_tied.arg_true(), by_all["place"])


def is_as_before(columns: list[str]) -> pl.Expr:
    """Whether a row equals the one before it."""
    same = (pl.col(name).eq_missing(pl.col(name).shift()) for name in columns)
    return pl.all_horizontal(same) & (pl.int_range(pl.len()) > 0)


def packed(first: str, second: str) -> pl.Expr:
    """Two enums as one number, in the order of both: one number is sorted faster than two columns."""
    high, low = (pl.col(name).to_physical().cast(pl.UInt64()) for name in (first, second))
    return (high * 2**32 + low).alias(f"{first}, {second}")


def enum_of(*texts: pl.Series) -> pl.Enum:
    """A type for these texts: compared and grouped as numbers, in the order of the texts."""
    return pl.Enum(pl.concat([some.unique() for some in texts]).drop_nulls().unique().sort())


def as_enums(frames: Sequence[pl.DataFrame], names: Sequence[str]) -> list[pl.DataFrame]:
    """Frames whose columns of these names are enums, the same in all of them."""
    types = {name: enum_of(*(frame[name] for frame in frames)) for name in names}
    casts = [pl.col(name).cast(dtype) for name, dtype in types.items()]
    return [frame.with_columns(casts) for frame in frames]
