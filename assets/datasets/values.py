"""What a dataset's numbers and ids mean: expressions over one column of a file, of whatever type.

A number is invalid where there is a value that is none or lies outside its range; nothing, NaN and the
words that stand for it are missing instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

from assets.datasets.field_names import TIME_UNITS
from assets.datasets.lengths import clock_s, worded_s
from assets.datasets.lists import text
from assets.datasets.years import FIRST_YEAR, LAST_YEAR, year_of

_NOTHING: Final = ("", "nan", "null", "none", "na", "n/a", "n.a.", "#n/a", "<na>", "nat", "-", "--", "?")
_SHOWN_CHARACTERS: Final = 60
_NUMBER_AND_UNIT: Final = r"^([-+]?\d[\d.,]*)\s*([\p{L}%]*)\.?$"
_GROUPED: Final = r"^[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$"
_CONTROLS: Final = r"[\x00-\x1f\x7f]+"
NO_TEXT = pl.lit(None, dtype=pl.String())
NO_NUMBER = pl.lit(None, dtype=pl.Float64())


@dataclass(frozen=True)
class Number:
    """A number, and the text that stood where there is none but should be one; null otherwise."""

    value: pl.Expr
    invalid: pl.Expr


def number(  # noqa: PLR0913 - all but the first two by name
    values: pl.Expr,
    dtype: pl.DataType,
    *,
    low: float = 0.0,
    high: float = float("inf"),
    is_open: bool = False,
    unit: float | None = 1.0,
    units: Mapping[str, float] = MappingProxyType({}),
) -> Number:
    """A finite number from ``low`` to ``high``; above ``low`` where the range ``is_open`` there.

    Text may have a decimal comma, and say its unit: 73 %, 120 BPM.

    Args:
        unit: what a number that says none is multiplied with; None where such a number cannot be understood.
        units: what those that say one are.
    """
    said = _plain(values, dtype)
    value = NO_NUMBER if unit is None else _parsed(values, said, dtype) * unit
    if dtype == pl.String:
        known = units if unit is None else {"": unit, **units}
        value = pl.coalesce(value, _with_unit(said, known, is_thousands=False))
    is_inside = (value > low if is_open else value >= low) & (value <= high) & value.is_finite()
    return _told(said, pl.when(is_inside).then(value))


def plain_number(values: pl.Expr, dtype: pl.DataType, *, is_thousands: bool) -> pl.Expr:
    """A number that says no unit; null of anything else."""
    said = _plain(values, dtype)
    parsed = _parsed(values, said, dtype)
    if dtype != pl.String:
        return parsed
    return pl.coalesce(parsed, _with_unit(said, {"": 1.0}, is_thousands=is_thousands))


def seconds(values: pl.Expr, dtype: pl.DataType, seconds_a_unit: float) -> Number:
    """A length above 0; text may also be a clock (3:45 or 1:02:03), or say units (3 min 45 s)."""
    said = _plain(values, dtype)
    value = _parsed(values, said, dtype) * seconds_a_unit
    if dtype == pl.String:
        told = _with_unit(said, {"": seconds_a_unit, **TIME_UNITS}, is_thousands=True)
        value = pl.coalesce(value, clock_s(said), told, worded_s(said))
    return _told(said, pl.when((value > 0) & value.is_finite()).then(value))


def year(values: pl.Expr, dtype: pl.DataType) -> Number:
    """A whole number of four digits, or the year of a date."""
    said = _plain(values, dtype)
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        value = values.dt.year().cast(pl.Float64())
        return _told(said, pl.when(value.is_between(FIRST_YEAR, LAST_YEAR)).then(value))
    return _told(said, year_of(said))


def spotify_id(values: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """The id of a track in an id, a URI or an address; null where it is none."""
    said = text(values, dtype)
    return said.str.extract(
        r"^(?:spotify:track:|https?://open\.spotify\.com/(?:intl-[a-z-]+/)?track/)?([0-9A-Za-z]{22})(?:[?#].*)?$"
    )


def isrc(values: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A recording code without hyphens; null where it is none."""
    plain = text(values, dtype).str.replace_all(r"[-\s]", "").str.to_uppercase()
    return plain.str.extract(r"^(?:ISRC:?)?([A-Z]{2}[A-Z0-9]{3}[0-9]{7})$")


def is_present(values: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Whether a field says something: 0 does, NaN and blanks do not."""
    if dtype == pl.String:
        return values.is_not_null() & (values.str.strip_chars() != "")
    return values.is_not_null() & values.is_not_nan() if dtype.is_float() else values.is_not_null()


def _plain(values: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Text without blanks at its ends."""
    return values.str.strip_chars() if dtype == pl.String else text(values, dtype)


def _parsed(values: pl.Expr, said: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype.is_numeric():
        return values.cast(pl.Float64())
    return said.cast(pl.Float64(), strict=False) if dtype == pl.String else NO_NUMBER


def _with_unit(said: pl.Expr, units: Mapping[str, float], *, is_thousands: bool) -> pl.Expr:
    """A number with a unit behind it, or written as in countries with a decimal comma.

    Args:
        is_thousands: 215,000 is a number of six digits, and not one with three places.
    """
    parts = pl.when(said.str.contains(r"^[-+\d]")).then(said).str.extract_groups(_NUMBER_AND_UNIT).struct
    digits = parts.field("1")
    is_grouped = digits.str.contains(_GROUPED) & (is_thousands or digits.str.contains(r"\..*,|,.*\.|,.*,"))
    english = digits.str.replace_all(",", "", literal=True)
    european = digits.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    is_european = digits.str.contains(r",\d+$") & ~is_grouped
    plain = pl.when(is_grouped).then(english).when(is_european).then(european).otherwise(digits)
    scale = parts.field("2").str.to_lowercase().replace_strict(units, default=None, return_dtype=pl.Float64)
    return plain.cast(pl.Float64(), strict=False) * scale


def _told(said: pl.Expr, value: pl.Expr) -> Number:
    """What is no number but stands for nothing is missing, not invalid."""
    left = pl.when(value.is_null()).then(said)
    is_nothing = left.str.to_lowercase().is_in(_NOTHING)
    shown = left.str.replace_all(_CONTROLS, " ").str.slice(0, _SHOWN_CHARACTERS)
    return Number(value, pl.when(~is_nothing).then(shown))
