"""Time zones of people and of countries."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files

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
    noons = _local_noons({zone for of in zones.values() if len(of) > 1 for zone in of})
    single = [(country, of[0]) for country, of in zones.items() if _tell_one_time(noons, of)]
    frame = pl.LazyFrame(single, schema=["country", "time_zone"], orient="row")
    return COUNTRY_TIME_ZONES.conform(frame).collect()


def _local_noons(zones: Iterable[str]) -> pl.DataFrame:
    """What clocks tell at noon (UTC) of every day: a column a zone."""
    noon = pl.datetime_range(_SINCE, _SINCE + timedelta(days=_DAYS - 1), "1d", time_zone="UTC")
    told = [noon.dt.convert_time_zone(zone).dt.replace_time_zone(None).alias(zone) for zone in sorted(zones)]
    return pl.select(told)


def _tell_one_time(noons: pl.DataFrame, zones: Sequence[str]) -> bool:
    first, *others = zones
    return all(noons[other].equals(noons[first]) for other in others)


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
