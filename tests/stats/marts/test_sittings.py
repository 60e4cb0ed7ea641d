from pathlib import Path

from marts.world import MINUTE, at, rows


def test_a_silence_of_exactly_the_gap_does_not_end_a_sitting_and_a_longer_one_does(marts: Path) -> None:
    found = rows(marts, "sittings", "sitting_number", "sitting_id", "plays", user_id="sit")
    assert found == [(1, "s1", 2), (2, "s3", 1), (3, "s4", 1), (4, "s5", 4)]


def test_a_wider_gap_joins_sittings(other_marts: Path) -> None:
    found = rows(other_marts, "sittings", "sitting_id", "plays", user_id="sit")
    assert found == [("s1", 3), ("s4", 1), ("s5", 4)]


def test_a_sitting_ends_when_what_was_heard_ends_not_at_a_late_stop_time(marts: Path) -> None:
    found = rows(marts, "sittings", "started_at", "ended_at", "ms_estimated", sitting_id="s4")
    assert found == [(at("2024-05-01 12:00"), at("2024-05-01 12:03"), 3 * MINUTE)]


def test_an_unmeasured_play_lasts_as_long_as_its_track(marts: Path) -> None:
    found = rows(marts, "sittings", "ended_at", "ms_estimated", "tracks", sitting_id="s5")
    assert found == [(at("2024-05-01 14:36"), 69 * MINUTE, 3)]


def test_the_top_artist_of_a_sitting_breaks_ties_by_name(marts: Path) -> None:
    found = rows(marts, "sittings", "sitting_id", "top_artist_id", "top_artist_name", user_id="sit")
    assert found == [
        ("s1", "name:Ada", "Ada"),
        ("s3", "name:Ada", "Ada"),
        ("s4", "name:Zoe", "Zoe"),
        ("s5", "name:Nines", "Nines"),
    ]


def test_a_sitting_of_unknown_artists_has_no_top_artist(marts: Path) -> None:
    found = rows(marts, "sittings", "top_artist_name", sitting_id="measured_unknown")
    assert found == [(None,)]
