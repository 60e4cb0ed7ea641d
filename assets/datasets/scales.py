"""In which unit numbers are where neither their column's header nor they say: told by the whole column."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from assets.datasets.columns import Columns
from assets.datasets.headers import simple
from assets.datasets.typed import sourced
from assets.datasets.values import plain_number

_LONG: Final = 10_000
"""Seconds that hardly a track lasts, but milliseconds that each does."""
_TIME: Final = "time"
"""What players call the length of a track, and others when something was."""
_LATE: Final = 10_000_000
"""Seconds or milliseconds that say when."""
_LEAST_PERCENT: Final = 10
"""A column that stays below may be of marks from 0 to 10, or of stars."""
_MOST_PERCENT: Final = 100
_STRAY: Final = 100
"""Of so many numbers one may be wrong, and the others still tell the scale."""


def scaled(known: Columns, scan: pl.LazyFrame, rows: pl.LazyFrame) -> Columns:
    """The columns with the units that their numbers tell.

    A length is in milliseconds where most are longer than any track in seconds; an energy is in percent where
    it is above 1, and never between 0 and 1; where it is both, nobody knows, and ``energy_a_unit`` is None.
    A column ``time`` that holds no lengths is none of them.

    Args:
        scan: a file's records, see ``RawTable``.
        rows: the same, typed as ``known`` says.
    """
    length, given = pl.col("duration_s"), pl.col("duration_s", "invalid_duration").count()
    told = rows.select(
        pl.col("invalid_energy").is_not_null().any(), length.median().alias("middle"), given.name.prefix("n_")
    )
    is_odd, middle, lengths, others = told.collect().row(0)
    if simple(known.of.get("duration", "")) == _TIME and (others > lengths or (middle or 0) > _LATE):
        fields = {field: name for field, name in known.of.items() if field != "duration"}
        known, middle = replace(known, of=fields), None
    if is_odd and "energy" in known.of and "energy" not in known.in_units:
        known = replace(known, energy_a_unit=_energy_a_unit(_plain_numbers(known, scan, "energy")))
    if (middle or 0) >= _LONG and "duration" not in known.in_units:
        plain = _plain_numbers(known, scan, "duration")
        is_ms = (plain.select(pl.col("number").median()).collect().item() or 0) >= _LONG
        known = replace(known, seconds_a_unit=1e-3 if is_ms else known.seconds_a_unit)
    return known


def _plain_numbers(known: Columns, scan: pl.LazyFrame, field: str) -> pl.LazyFrame:
    """``number``: those of a column that say no unit."""
    scan, source = sourced(known, scan)
    at, dtype = source[field], scan.collect_schema()[source[field]]
    return scan.select(number=plain_number(pl.col(at), dtype, is_thousands=field == "duration")).filter(
        pl.col("number").is_finite()
    )


def _energy_a_unit(numbers: pl.LazyFrame) -> float | None:
    number = pl.col("number")
    is_share = (number > 0) & (number < 1)
    is_percent = (number > 1) & (number <= _MOST_PERCENT)
    counted = numbers.select(
        shares=is_share.sum(),
        percents=is_percent.sum(),
        beyond=(number > _MOST_PERCENT).sum(),
        most=number.filter(is_percent).max(),
    )
    return _told(counted.collect().row(0, named=True))


def _told(counted: Mapping[str, float | None]) -> float | None:
    shares, percents, beyond, most = (counted[name] or 0 for name in ("shares", "percents", "beyond", "most"))
    if (percents + beyond) * _STRAY <= shares or not percents + beyond:
        return 1.0
    if not shares and most > _LEAST_PERCENT and beyond * _STRAY <= percents:
        return 0.01
    return None
