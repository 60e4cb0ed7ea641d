"""The year in which a track came out, of a year or of any date: expressions over one column of a file."""

from functools import cache
from typing import Final

import polars as pl

from assets.listening.readers.month_names import beginnings

FIRST_YEAR: Final = 1000
LAST_YEAR: Final = 2999
_YEAR_DIGITS: Final = 4
_USUAL: Final = r"^(\d{4})(?:[.,]0+|[-/]\d{1,2}(?:[-/T ].*)?)?$"
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_OTHERS: Final = (
    rf"^{_DAY}\s?[./-]\s?{_DAY}\s?[./-]\s?(\d{{4}})(?:[\sT,].*)?\.?$",  # 29.04.2013, 4/29/2013 12:00
    rf"^{_MONTH}\s?[./-]\s?(\d{{4}})$",
    rf"^(\d{{4}})\.\s?{_DAY}\.\s?{_DAY}\.?(?:\s.*)?$",  # 2013.04.29, 2013. 4. 29.
    r"^(\d{4})(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?$",  # 20130429, 201304
    r"^(\d{4})\s?[年년]",
    r"^(\d{4})\s?(?i:г|год|года|р|рік|року|r|rok|roku|m)\.?$",
    r"^(\d{4})[ -]?(?:Q[1-4]|W\d{1,2})(?:-?\d)?$",
    r"^Q[1-4][ /-]?(\d{4})$",
    r"^\d{1,2}[. /-]\s?[IVX]{1,4}[. /-]\s?(\d{4})$",  # 29.IV.2013
    r"^[(\[©℗®'\"“”\s]*(\d{4})[)\]'\"“”\s.,]*$",
)
_FOUR_DIGITS: Final = r"\b([12]\d{3})\b"
_ZONE: Final = r":\d\d\s*[+-]\d{4}\b"


def year_of(said: pl.Expr) -> pl.Expr:
    """The year that a text says, as a number; null where it says none.

    It is written alone (``2013``, ``2013.0``), begins or ends a date (``2013-04``, ``29.04.2013``), or is
    the only number of four digits beside the name of a month (``29th April 2013``, ``avril 2013``).
    """
    is_short = said.str.len_bytes() == _YEAR_DIGITS
    longer = pl.when(~is_short).then(said)
    usual = longer.str.extract(_USUAL)
    rest = pl.when(usual.is_null()).then(longer)  # nothing more is looked for in the others
    others = [rest.str.extract(form) for form in _OTHERS]
    found = pl.coalesce(pl.when(is_short).then(said), usual, *others, _beside_month(rest))
    value = found.cast(pl.Float64(), strict=False)
    return pl.when(value.is_between(FIRST_YEAR, LAST_YEAR)).then(value)


def _beside_month(said: pl.Expr) -> pl.Expr:
    plain = said.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    bare = plain.str.replace_all(_ZONE, " ")
    is_dated = bare.str.contains(_month()) & (bare.str.count_matches(_FOUR_DIGITS) == 1)
    return pl.when(is_dated).then(bare).str.extract(_FOUR_DIGITS)


@cache
def _month() -> str:
    return rf"(?:^|[^\p{{L}}])(?:{'|'.join(beginnings())})"
