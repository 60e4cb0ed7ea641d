from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from assets.listening import time_zones
from assets.tables import CLOCK_MONTHS, COUNTRY_TIME_ZONES

ZONES = {"country": ["DE", "JP"], "time_zone": ["Europe/Berlin", "Asia/Tokyo"]}


def known() -> dict[str, str]:
    return dict(time_zones.country_time_zones().iter_rows())


def test_countries_of_one_time_have_its_zone() -> None:
    zones = known()
    assert {country: zones[country] for country in ("DE", "GB", "JP")} == {
        "DE": "Europe/Berlin",
        "GB": "Europe/London",
        "JP": "Asia/Tokyo",
    }


def test_countries_of_several_times_have_none() -> None:
    assert not known().keys() & {"US", "BR", "AU", "CA", "RU", "ES", "PT", "MX", "ID", "UA"}


def test_every_zone_is_one_that_polars_knows_and_every_country_stands_once() -> None:
    frame = time_zones.country_time_zones()
    assert frame.schema == COUNTRY_TIME_ZONES.schema
    assert frame["country"].is_unique().all()
    assert frame.height > 200
    moment = pl.Series([datetime(2024, 7, 1, tzinfo=UTC)])
    for zone in frame["time_zone"]:
        assert moment.dt.convert_time_zone(zone).dt.hour().item() == moment[0].astimezone(ZoneInfo(zone)).hour


def listeners(
    told: dict[str, str | None], heard: list[tuple[str, str | None, int]]
) -> dict[str, tuple[str, bool]]:
    clocks = pl.DataFrame(
        [
            {
                "month": "2024-05",
                "user_id": user,
                "country": country,
                "kind": "music",
                "quarter_hour_at": datetime(2024, 5, 1, tzinfo=UTC),
                "plays": 1,
                "ms_played": ms,
            }
            for user, country, ms in heard
        ],
        schema=CLOCK_MONTHS.schema,
    )
    people = pl.LazyFrame(
        {"user_id": list(told), "time_zone": list(told.values())}, schema_overrides={"time_zone": pl.String}
    )
    found = time_zones.listeners(people, clocks.lazy(), pl.LazyFrame(ZONES)).collect()
    return {user: (zone, guessed) for user, zone, guessed in found.iter_rows()}


def test_a_zone_that_was_told_stands() -> None:
    assert listeners({"a": "America/Lima"}, [("a", "DE", 5)]) == {"a": ("America/Lima", False)}


def test_a_zone_is_guessed_from_the_country_listened_in_longest() -> None:
    heard = [("a", "DE", 5), ("a", "JP", 4), ("a", "JP", 3), ("a", None, 99), ("b", "DE", 1)]
    assert listeners({"a": None, "b": None}, heard) == {
        "a": ("Asia/Tokyo", True),
        "b": ("Europe/Berlin", True),
    }


def test_countries_that_tie_are_taken_by_plays_then_by_name() -> None:
    assert listeners({"a": None}, [("a", "JP", 4), ("a", "DE", 4)]) == {"a": ("Europe/Berlin", True)}
    assert listeners({"a": None}, [("a", "JP", 2), ("a", "JP", 2), ("a", "DE", 4)]) == {
        "a": ("Asia/Tokyo", True)
    }


def test_who_listens_most_where_there_are_several_zones_has_utc() -> None:
    assert listeners({"a": None, "b": None}, [("a", "US", 9), ("a", "DE", 1)]) == {
        "a": ("UTC", True),
        "b": ("UTC", True),
    }
