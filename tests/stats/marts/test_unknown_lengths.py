"""Where no length is known nothing claims to know one: neither zero minutes nor a favourite by time."""

from datetime import date
from pathlib import Path

import pytest

from marts.world import MINUTE, rows

MARTS_WITH_TIME = (
    *("discoveries", "listening_clock", "listening_days", "monthly_listening", "podcasts", "sittings"),
    "year_in_music",
)


@pytest.mark.parametrize("mart", MARTS_WITH_TIME)
def test_time_that_nobody_knows_is_null(marts: Path, mart: str) -> None:
    assert {ms for (ms,) in rows(marts, mart, "ms_estimated", user_id="mona")} == {None}


def test_where_no_length_is_known_the_year_ranks_by_plays(marts: Path) -> None:
    columns = ("minutes", "top_track_id", "top_track_minutes", "top_artist_name", "top_artist_minutes")
    assert rows(marts, "year_in_music", *columns, user_id="mona") == [
        (None, "mute 1", None, "Heard Often", None)
    ]
    clock = ("busiest_date", "busiest_date_minutes", "top_hour", "share_q2")
    assert rows(marts, "year_in_music", *clock, user_id="mona") == [(date(2024, 5, 1), None, 12, None)]


def test_a_length_known_of_few_plays_makes_nobody_a_favourite(marts: Path) -> None:
    columns = (
        "minutes",
        "top_artist_name",
        "top_artist_minutes",
        "top_track_id",
        "top_album_name",
        "top_hour",
    )
    assert rows(marts, "year_in_music", *columns, user_id="pat") == [
        (3, "Heard Often", None, "mute 1", "Quiet", 12)
    ]
    known = rows(marts, "listening_days", "local_date", "ms_estimated", user_id="pat")
    assert [ms for day, ms in known if day == date(2024, 5, 5)] == [3 * MINUTE]
