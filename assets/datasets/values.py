"""What a dataset's texts and numbers mean: expressions over one column of a file, of whatever type.

A number is invalid where there is a value that is none or lies outside its range; nothing, NaN and the
words that stand for it are missing instead.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

_NOTHING: Final = ("", "nan", "null", "none", "na", "n/a")
_SHOWN_CHARACTERS: Final = 60
_YEAR_DIGITS: Final = 4
FIRST_YEAR, LAST_YEAR = 1000, 2999
_CLOCK: Final = r"^(?:(\d{1,3}):)?(\d{1,3}):([0-5]?\d(?:\.\d+)?)$"
_YEAR: Final = r"^(\d{4})(?:\.0+|[-/]\d{1,2}(?:[-/T ].*)?|\.\d{2}\.\d{2})?$"
_LIST: Final = r"""^\[["'].*["']\]$"""
_BETWEEN: Final = r"""["']\s*,\s*["']"""
_NAME: Final = r'"name"\s*:\s*"((?:[^"\\]|\\.)*)"'
_CONTROLS: Final = r"[\x00-\x1f\x7f]+"
NO_TEXT = pl.lit(None, dtype=pl.String())
NO_NUMBER = pl.lit(None, dtype=pl.Float64())


@dataclass(frozen=True)
class Number:
    """A number, and the text that stood where there is none but should be one; null otherwise."""

    value: pl.Expr
    invalid: pl.Expr


def text(values: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Text without control characters and blanks at its ends; null where nothing is left."""
    plain = values.cast(pl.String(), strict=False)
    if dtype.is_float():
        plain = pl.when(values.is_not_nan()).then(plain)
    tidy = plain.str.replace_all(_CONTROLS, " ").str.strip_chars()
    return pl.when(tidy != "").then(tidy)


def texts(values: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """The same; of a list the items, joined with ``; ``.

    It is written as ``["a", "b"]``, ``['a', 'b']`` or, as Spotify does, ``[{"name": "a", …}, …]``.
    """
    plain = text(values, dtype)
    is_list = plain.str.contains_any(["['", '["']) & plain.str.contains(_LIST)
    inner = pl.when(is_list).then(plain).str.strip_chars("[] ")  # nothing is looked for in the others
    joined = inner.str.replace_all(_BETWEEN, "; ").str.strip_chars("\"'").str.replace_all(r"\\(.)", "$1")
    unlisted = pl.coalesce(pl.when(joined != "").then(joined), pl.when(plain != "[]").then(plain))
    return pl.coalesce(_names(plain), unlisted)


def _names(plain: pl.Expr) -> pl.Expr:
    """The names in a list of objects; null where it is none, or says none."""
    objects = pl.when(plain.str.starts_with("[{")).then(plain)
    told = objects.str.extract_all(_NAME).list.eval(pl.element().str.extract(_NAME))
    names = told.list.join("; ").str.replace_all(r"\\(.)", "$1")
    return pl.when(names != "").then(names)


def number(values: pl.Expr, dtype: pl.DataType, low: float, high: float, *, is_open: bool = False) -> Number:
    """A finite number from ``low`` to ``high``; above ``low`` where the range ``is_open`` there."""
    said = _plain(values, dtype)
    value = _parsed(values, said, dtype)
    is_inside = (value > low if is_open else value >= low) & (value <= high) & value.is_finite()
    return _told(said, pl.when(is_inside).then(value))


def seconds(values: pl.Expr, dtype: pl.DataType, seconds_a_unit: float) -> Number:
    """A length above 0; text may also be a clock: 3:45 or 1:02:03."""
    said = _plain(values, dtype)
    value = _parsed(values, said, dtype) * seconds_a_unit
    if dtype == pl.String:
        clock = pl.when(said.str.contains(":", literal=True)).then(said)
        value = pl.coalesce(value, _clock_s(clock))
    return _told(said, pl.when((value > 0) & value.is_finite()).then(value))


def year(values: pl.Expr, dtype: pl.DataType) -> Number:
    """A whole number of four digits, or the year of a date that begins with it."""
    said = _plain(values, dtype)
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        value = values.dt.year().cast(pl.Float64())
    else:
        is_short = said.str.len_bytes() == _YEAR_DIGITS
        longer = pl.when(~is_short).then(said).str.extract(_YEAR)
        value = pl.coalesce(pl.when(is_short).then(said), longer).cast(pl.Float64(), strict=False)
    is_year = value.is_between(FIRST_YEAR, LAST_YEAR)
    return _told(said, pl.when(is_year).then(value))


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


def _clock_s(said: pl.Expr) -> pl.Expr:
    parts = said.str.extract_groups(_CLOCK).struct
    hours, minutes, rest = (parts.field(each).cast(pl.Float64(), strict=False) for each in "123")
    return hours.fill_null(0.0) * 3600 + minutes * 60 + rest


def _told(said: pl.Expr, value: pl.Expr) -> Number:
    """What is no number but stands for nothing is missing, not invalid."""
    left = pl.when(value.is_null()).then(said)
    is_nothing = left.str.to_lowercase().is_in(_NOTHING)
    shown = left.str.replace_all(_CONTROLS, " ").str.slice(0, _SHOWN_CHARACTERS)
    return Number(value, pl.when(~is_nothing).then(shown))
