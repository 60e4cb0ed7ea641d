"""Time zones of people and of countries."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import polars as pl

from assets.tables import COUNTRY_TIME_ZONES, LISTENERS

UNKNOWN_ZONE = "UTC"
_SINCE = datetime(2008, 1, 1, 12, tzinfo=UTC)
_DAYS = 366 * 30  # what the database foresees of daylight saving is the same every year


def country_time_zones() -> pl.DataFrame:
    """Countries whose zones in ``zone.tab`` (IANA tz database) have told the same time since 2008.

    The zone listed first stands for its country. (Germany has two zones, and one time.)
    """
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text()
    zones: dict[str, list[str]] = {}
    for line in table.splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            zones.setdefault(country, []).append(zone)
    single = [(country, of[0]) for country, of in zones.items() if _tell_one_time(of)]
    frame = pl.LazyFrame(single, schema=["country", "time_zone"], orient="row")
    return COUNTRY_TIME_ZONES.conform(frame).collect()


def _tell_one_time(zones: Sequence[str]) -> bool:
    """Whether the zones have the same offset at noon of every day; most that differ do on the first."""
    first, *others = (ZoneInfo(zone) for zone in zones)
    return all(
        (_SINCE + timedelta(days=day)).astimezone(first).utcoffset()
        == (_SINCE + timedelta(days=day)).astimezone(other).utcoffset()
        for other in others
        for day in range(_DAYS)
    )


def listeners(told: pl.LazyFrame, clock_months: pl.LazyFrame, zones: pl.LazyFrame) -> pl.LazyFrame:
    """Each listener's zone: told, else that of the country they listened in most, else UTC.

    Args:
        told: ``user_id``, ``time_zone`` (null where not told).
        clock_months: the table.
        zones: ``country_time_zones``.
    """
    spent = (
        clock_months.filter(pl.col("country").is_not_null())
        .group_by("user_id", "country")
        .agg(pl.col("ms_played").sum(), pl.col("plays").sum())
    )
    home = spent.sort("ms_played", "plays", "country", descending=[True, True, False]).unique(
        "user_id", keep="first", maintain_order=True
    )
    guessed = home.join(zones, on="country").select("user_id", guess="time_zone")
    known = told.join(guessed, on="user_id", how="left")
    return LISTENERS.conform(
        known.select(
            "user_id",
            time_zone=pl.coalesce("time_zone", "guess", pl.lit(UNKNOWN_ZONE)),
            is_time_zone_guessed=pl.col("time_zone").is_null(),
        )
    )
