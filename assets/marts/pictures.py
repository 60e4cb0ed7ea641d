"""What a mart looks like: the picture that its page in the Dagster UI shows first, all listeners together."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from assets import charts

_MS_AN_HOUR: Final = 3_600_000
_MOST_LINES: Final = 10
_MOST_MONTHS: Final = 120
_SITTINGS: Final = ("under 15 min", "15–30", "30–60", "1–2 h", "2–4 h", "over 4 h")
_SITTING_MINUTES: Final = (15, 30, 60, 120, 240)

Picture = tuple[str, str]
"""What it shows, and the picture as Markdown."""


def picture_of(name: str, file: Path) -> Picture | None:
    """The picture of a mart; None of one that has no rows.

    Args:
        name: of the mart.
        file: its Parquet file.
    """
    rows = pl.scan_parquet(file)
    return None if rows.head(1).collect().is_empty() else _PICTURES[name](rows)


def row_count(file: Path) -> int:
    """Rows of a mart, from its file's footer."""
    return int(pl.scan_parquet(file).select(pl.len()).collect().item())


def _years(rows: pl.LazyFrame) -> Picture:
    frame, unit = _amounts(rows, ["year"])
    return f"{unit} a year", charts.bars_of(frame, "year", unit, f"{unit} a year")


def _months(rows: pl.LazyFrame) -> Picture:
    month = pl.col("local_month").dt.strftime("%Y-%m").alias("month")
    frame, unit = _amounts(rows.with_columns(month), ["month"])
    return f"{unit} a month", charts.bars_of(frame.tail(_MOST_MONTHS), "month", unit, f"{unit} a month")


def _week(rows: pl.LazyFrame) -> Picture:
    frame, unit = _amounts(rows, ["weekday", "hour"])
    return f"{unit}, hour of the week, local", charts.week_heat_map(frame, unit)


def _days(rows: pl.LazyFrame) -> Picture:
    frame, unit = _amounts(rows, ["local_date"])
    return f"{unit} a day", charts.calendar(frame, "local_date", unit, unit)


def _streaks(rows: pl.LazyFrame) -> Picture:
    span = pl.format("from {}", pl.col("first_date").dt.strftime("%-d %b %Y")).alias("streak")
    longest = rows.sort("days", "last_date", "user_id", descending=[True, True, False]).head(_MOST_LINES)
    drawn = charts.ranked(longest.select(span, "days").collect(), "streak", "days", "days in a row")
    return "longest streaks", drawn


def _discoveries(rows: pl.LazyFrame) -> Picture:
    artists = rows.filter(pl.col("entity") == "artist", pl.col("local_date").is_not_null())
    by_year = artists.group_by(pl.col("local_date").dt.year().alias("year")).agg(pl.len().alias("artists"))
    drawn = charts.bars_of(
        by_year.sort("year").collect(), "year", "artists", "artists heard first in the year"
    )
    return "new artists a year", drawn


def _skips(rows: pl.LazyFrame) -> Picture:
    hours = rows.filter(pl.col("habit") == "hour").group_by("value")
    rate = (100 * pl.col("skips").sum() / pl.col("plays").sum()).alias("skipped")
    frame = hours.agg(rate).sort("value").collect()
    return "skips by the hour", charts.bars_of(
        frame, "value", "skipped", "% skipped, by hour of the day (local)"
    )


def _sittings(rows: pl.LazyFrame) -> Picture:
    minutes = (pl.col("ended_at") - pl.col("started_at")).dt.total_minutes()
    place = pl.sum_horizontal((minutes >= edge).cast(pl.Int64) for edge in _SITTING_MINUTES).alias("place")
    counts = rows.group_by(place).agg(pl.len().alias("sittings"))
    every = (
        pl.LazyFrame({"length": _SITTINGS, "place": range(len(_SITTINGS))})
        .join(counts, on="place", how="left")
        .sort("place")
    )
    drawn = charts.ranked(every.collect(), "length", "sittings", "sittings, by how long they were")
    return "how long sittings are", drawn


def _listens(rows: pl.LazyFrame) -> Picture:
    by_year = rows.group_by(pl.col("local_date").dt.year().alias("year")).agg(pl.len().alias("plays"))
    return "plays a year", charts.bars_of(by_year.sort("year").collect(), "year", "plays", "plays a year")


def _top(name: str) -> Callable[[pl.LazyFrame], Picture]:
    def picture(rows: pl.LazyFrame) -> Picture:
        frame, unit = _amounts(rows, [name])
        best = frame.sort(unit, name, descending=[True, False], nulls_last=True).head(_MOST_LINES)
        return f"most {unit}", charts.ranked(best, name, unit, unit)

    return picture


def _amounts(rows: pl.LazyFrame, by: list[str]) -> tuple[pl.DataFrame, str]:
    """Hours listened, or plays where no length is known, by some columns and in their order."""
    sums = (pl.col("ms_estimated").sum() / _MS_AN_HOUR).alias("hours"), pl.col("plays").sum()
    frame = rows.group_by(by).agg(sums).sort(by).collect()
    return frame, charts.hours_or_plays(frame)


_PICTURES: Final[Mapping[str, Callable[[pl.LazyFrame], Picture]]] = MappingProxyType(
    {
        "year_in_music": _years,
        "monthly_listening": _months,
        "listening_clock": _week,
        "listening_days": _days,
        "streaks": _streaks,
        "discoveries": _discoveries,
        "skip_habits": _skips,
        "sittings": _sittings,
        "listens": _listens,
        "podcasts": _top("show_name"),
        "audiobooks": _top("title"),
    }
)
