"""Clock texts to UTC microseconds: a columnar pass for the usual forms, one by one for the rest."""

import re
from datetime import UTC, datetime

import polars as pl

from assets.tables import UTC_MICROSECONDS

_USUAL_FORMS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?", re.ASCII)


def parse_times(texts: pl.Series) -> pl.Series:
    """UTC times; null where a text is no time. A text without a zone is UTC."""
    times = pl.Series(texts.name, [None] * len(texts), dtype=UTC_MICROSECONDS)
    for form in _USUAL_FORMS:
        left = texts.is_not_null() & times.is_null()
        if not left.any():
            return times
        parsed = texts.str.to_datetime(form, strict=False, time_unit="us").dt.replace_time_zone("UTC")
        times = parsed if times.null_count() == len(times) else times.zip_with(times.is_not_null(), parsed)
    return times.zip_with(times.is_not_null(), _parse_each(texts, times))


def _parse_each(texts: pl.Series, known: pl.Series) -> pl.Series:
    left = (texts.is_not_null() & known.is_null()).to_list()
    values = [parse_time(text) if todo else None for text, todo in zip(texts.to_list(), left, strict=True)]
    return pl.Series(texts.name, values, dtype=UTC_MICROSECONDS)


def parse_time(text: str) -> datetime | None:
    """One ISO time; None when it is none."""
    clean = text.strip()
    if not _ISO.fullmatch(clean):
        return None
    clean = clean.replace(" UTC", "Z").replace("UTC", "Z").replace(",", ".")
    clean = re.sub(r" (?=[Z+-])", "", clean)
    try:
        parsed = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", clean))
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
