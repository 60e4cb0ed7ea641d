from datetime import date, datetime
from pathlib import Path

import pytest

from marts.world import MINUTE, clock, rows


def _local(folder: Path, user: str) -> dict[str, tuple[datetime, str]]:
    found = rows(folder, "listens", "play_id", "started_at_local", "time_zone", user_id=user)
    return {play_id: (local, zone) for play_id, local, zone in found}


def test_clocks_jump_with_summer_time_in_berlin(marts: Path) -> None:
    berta = _local(marts, "berta")
    assert berta["b1"] == (clock("2024-03-31 01:59"), "Europe/Berlin")
    assert berta["b2"] == (clock("2024-03-31 03:00"), "Europe/Berlin")
    assert berta["b3"] == berta["b4"] == (clock("2024-10-27 02:30"), "Europe/Berlin")


def test_clocks_jump_with_summer_time_in_chicago(marts: Path) -> None:
    chad = _local(marts, "chad")
    assert chad["c1"] == (clock("2024-03-10 01:59"), "America/Chicago")
    assert chad["c2"] == (clock("2024-03-10 03:00"), "America/Chicago")
    assert chad["c3"] == (clock("2024-06-30 23:59"), "America/Chicago")


def test_a_play_abroad_has_the_clock_of_a_country_with_one_zone(marts: Path) -> None:
    berta = _local(marts, "berta")
    assert berta["b5"] == (clock("2025-01-01 01:00"), "Asia/Tokyo")
    assert berta["b6"] == (clock("2025-01-01 00:30"), "Europe/Berlin")


def test_the_local_day_is_the_day_of_the_local_clock(marts: Path) -> None:
    found = rows(marts, "listens", "local_date", play_id="c3")
    assert found == [(date(2024, 6, 30),)]


@pytest.mark.parametrize("user", ["nemo", "ghost"])
def test_an_unknown_zone_or_listener_is_counted_in_utc(user: str, marts: Path) -> None:
    assert set(_local(marts, user).values()) == {(clock("2024-07-01 12:00"), "UTC")}


def _counted(folder: Path) -> set[str]:
    return {play_id for (play_id,) in rows(folder, "listens", "play_id", user_id="len", is_counted=True)}


def test_long_complete_and_unmeasured_plays_count(marts: Path) -> None:
    assert _counted(marts) == {
        "at_threshold",
        "below_to_the_end",
        "short_to_the_end",
        "unmeasured",
        "unmeasured_unknown",
    }


def test_a_lower_threshold_counts_more_plays_and_needs_no_new_import(other_marts: Path) -> None:
    assert _counted(other_marts) == {
        "at_threshold",
        "below",
        "below_to_the_end",
        "short_to_the_end",
        "short_nearly",
        "short_partly",
        "unmeasured",
        "unmeasured_unknown",
        "measured_unknown",
    }


def test_an_unknown_length_is_estimated_by_the_tracks_and_else_stays_unknown(marts: Path) -> None:
    columns = ("play_id", "ms_played", "ms_estimated", "is_estimated")
    found = {row[0]: row[1:] for row in rows(marts, "listens", *columns, user_id="len")}
    assert found["unmeasured"] == (None, 3 * MINUTE, True)
    assert found["unmeasured_unknown"] == (None, None, True)
    assert found["measured_unknown"] == (10_000, 10_000, False)


def test_an_alias_is_listened_to_as_the_track_it_stands_for(marts: Path) -> None:
    found = rows(marts, "listens", "track_id", "track_name", "artist_name", "album_name", play_id="y4")
    assert found == [("t3", "T3", "Ada", "Blurred")]


def test_private_plays_are_listens_but_not_statistics(marts: Path) -> None:
    assert rows(marts, "listens", "play_id", user_id="priv") == [("p1",), ("p2",), ("p3",)]
    assert rows(marts, "listening_days", "plays", "ms_estimated", user_id="priv") == [(2, 6 * MINUTE)]
    for mart in ("sittings", "monthly_listening", "listening_clock", "year_in_music", "discoveries"):
        assert {plays for (plays,) in rows(marts, mart, "plays", user_id="priv")} == {2}, mart


def test_private_plays_are_statistics_when_asked_for(other_marts: Path) -> None:
    assert rows(other_marts, "listening_days", "plays", "ms_estimated", user_id="priv") == [(3, 9 * MINUTE)]
