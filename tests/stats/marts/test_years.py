from datetime import date
from pathlib import Path

import pytest

from marts.world import rows


def _year(folder: Path, *columns: str) -> list[tuple[object, ...]]:
    return rows(folder, "year_in_music", "year", *columns, user_id="yves")


def test_a_year_begins_and_ends_on_the_local_clock(marts: Path) -> None:
    assert _year(marts, "plays", "plays_counted", "minutes") == [(2024, 7, 6, 18), (2025, 1, 1, 3)]


def test_podcasts_and_audiobooks_are_no_part_of_a_year_in_music(marts: Path) -> None:
    assert _year(marts, "tracks", "artists", "albums") == [(2024, 4, 3, 3), (2025, 1, 1, 1)]


def test_the_tops_of_a_year_break_ties_by_plays_then_name(marts: Path) -> None:
    tops = ("top_track_id", "top_track_minutes", "top_artist_name", "top_artist_minutes", "top_album_name")
    assert _year(marts, *tops)[0] == (2024, "t3", 6, "Nines", 6, "Crop Circle")


def test_only_artists_never_heard_before_are_discovered_in_a_year(marts: Path) -> None:
    assert _year(marts, "artists_discovered") == [(2024, 3), (2025, 0)]


def test_the_busiest_day_and_hour_are_local(marts: Path) -> None:
    columns = ("busiest_date", "busiest_date_minutes", "top_hour")
    assert _year(marts, *columns) == [(2024, date(2024, 8, 3), 4, 9), (2025, date(2025, 1, 1), 3, 0)]


def test_the_skip_rate_is_over_plays_that_say_whether_they_were_skipped(marts: Path) -> None:
    assert _year(marts, "skip_rate") == [(2024, pytest.approx(2 / 5)), (2025, 0.0)]


def test_the_quarters_share_the_year(marts: Path) -> None:
    total = 18 * 60 + 5
    shares = [12 * 60 / total, 0, 6 * 60 / total, 5 / total]
    found = _year(marts, "share_q1", "share_q2", "share_q3", "share_q4")[0]
    assert found[1:] == pytest.approx(tuple(shares))


def test_months_add_up_their_local_days(marts: Path) -> None:
    columns = ("local_month", "kind", "plays", "plays_counted", "days_listened")
    found = rows(marts, "monthly_listening", *columns, user_id="yves")
    assert found == [
        (date(2024, 1, 1), "music", 1, 1, 1),
        (date(2024, 2, 1), "music", 3, 3, 3),
        (date(2024, 6, 1), "audiobook", 2, 2, 2),
        (date(2024, 6, 1), "podcast", 4, 3, 4),
        (date(2024, 8, 1), "music", 2, 2, 2),
        (date(2024, 11, 1), "music", 1, 0, 1),
        (date(2025, 1, 1), "music", 1, 1, 1),
    ]
