"""Time zones of people and of countries."""

from importlib.resources import files

import polars as pl

from assets.tables import COUNTRY_TIME_ZONES, LISTENERS

UNKNOWN_ZONE = "UTC"


def country_time_zones() -> pl.DataFrame:
    """Countries with exactly one zone in ``zone.tab`` of the IANA tz database."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text()
    rows = [line.split("\t")[:3] for line in table.splitlines() if not line.startswith("#")]
    zones = pl.DataFrame(rows, schema=["country", "coordinates", "time_zone"], orient="row")
    return COUNTRY_TIME_ZONES.conform(
        zones.lazy()
        .group_by("country")
        .agg("time_zone")
        .filter(pl.col("time_zone").list.len() == 1)
        .with_columns(pl.col("time_zone").list.first())
    ).collect()


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
