"""Lengths as datasets write them, in seconds: expressions over one column of text."""

from functools import cache
from typing import Final

import polars as pl

from assets.datasets.field_names import TIME_UNITS

_CLOCK: Final = r"^(?:(\d{1,3}):)?(\d{1,3}):([0-5]?\d(?:[.,]\d+)?)$"
_NUMBER: Final = r"(\d+(?:[.,]\d+)?)"
_SIGNS: Final = {3600.0: (), 60.0: ("'", "′", "’"), 1.0: ('"', "″", "”", "''")}
_AND: Final = r"\s*(?:,|and|und|et|y|e|en)?\s*"


def clock_s(said: pl.Expr) -> pl.Expr:
    """``3:45`` and ``1:02:03``; null of anything else."""
    parts = pl.when(said.str.contains(":", literal=True)).then(said).str.extract_groups(_CLOCK).struct
    hours, minutes, rest = (_float(parts.field(each)) for each in "123")
    return hours.fill_null(0.0) * 3600 + minutes * 60 + rest


def worded_s(said: pl.Expr) -> pl.Expr:
    """``3 min 45 s``, ``3m45``, ``3'45"`` and ``PT3M45S``; null of anything else."""
    is_worded = said.str.contains(r"^(?i:pt)?\d") & said.str.contains(r"[^\d.,:\s+-]")
    parts = pl.when(is_worded).then(said.str.to_lowercase()).str.extract_groups(_worded()).struct
    hours, minutes, rest = (_float(parts.field(each)) for each in "123")
    is_told = pl.any_horizontal(part.is_not_null() for part in (hours, minutes))
    told = hours.fill_null(0.0) * 3600 + minutes.fill_null(0.0) * 60 + rest.fill_null(0.0)
    return pl.when(is_told).then(told)


def _float(digits: pl.Expr) -> pl.Expr:
    return digits.str.replace(",", ".", literal=True).cast(pl.Float64(), strict=False)


@cache
def _worded() -> str:
    hours, minutes, seconds = (_names(scale) for scale in (3600.0, 60.0, 1.0))
    with_hours = rf"(?:{_NUMBER}\s*(?:{hours})\.?{_AND})?"
    with_minutes = rf"(?:{_NUMBER}\s*(?:{minutes})\.?{_AND})?"
    return rf"^(?:pt)?{with_hours}{with_minutes}(?:{_NUMBER}\s*(?:(?:{seconds})\.?)?)?$"


def _names(scale: float) -> str:
    """Units of so many seconds, the longest first: ``min`` before ``m``."""
    named = [unit for unit, seconds in TIME_UNITS.items() if seconds == scale]
    return "|".join(sorted({*named, *_SIGNS[scale]}, key=len, reverse=True))
