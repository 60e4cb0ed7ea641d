from pathlib import Path

from marts.world import MINUTE, at, rows


def _habit(folder: Path, habit: str) -> list[tuple[object, ...]]:
    return rows(
        folder, "skip_habits", "value", "plays", "skips", "skip_rate", user_id="yves", year=2024, habit=habit
    )


def test_skips_by_hour_are_local_and_leave_unknown_flags_out(marts: Path) -> None:
    assert _habit(marts, "hour") == [("00", 1, 0, 0.0), ("09", 4, 2, 0.5)]


def test_skips_by_weekday_are_iso_weekdays(marts: Path) -> None:
    expected = [("1", 1, 0, 0.0), ("2", 1, 1, 1.0), ("4", 1, 0, 0.0), ("5", 1, 0, 0.0), ("6", 1, 1, 1.0)]
    assert _habit(marts, "weekday") == expected


def test_skips_by_what_started_the_play_name_the_unknown(marts: Path) -> None:
    expected = [
        ("clickrow", 1, 0, 0.0),
        ("fwdbtn", 1, 1, 1.0),
        ("trackdone", 2, 0, 0.0),
        ("unknown", 1, 1, 1.0),
    ]
    assert _habit(marts, "started_by") == expected


def test_skips_by_familiarity_count_an_alias_as_the_same_track(marts: Path) -> None:
    assert _habit(marts, "familiarity") == [("01", 3, 0, 0.0), ("02-05", 2, 2, 1.0)]


def test_the_clock_counts_by_local_weekday_and_hour(marts: Path) -> None:
    found = rows(marts, "listening_clock", "weekday", "hour", "plays", "ms_estimated", user_id="berta")
    assert found == [
        (3, 0, 1, 3 * MINUTE),
        (3, 1, 1, 3 * MINUTE),
        (7, 1, 1, 3 * MINUTE),
        (7, 2, 2, 6 * MINUTE),
        (7, 3, 1, 3 * MINUTE),
    ]


def test_what_was_returned_to_on_three_later_days_is_kept(marts: Path) -> None:
    columns = ("entity_id", "first_played_at", "plays", "days_played", "is_kept")
    found = rows(marts, "discoveries", *columns, user_id="disco", entity="track")
    assert found == [
        ("t3", at("2024-05-01 12:00"), 4, 4, True),
        ("t4", at("2024-05-02 13:00"), 3, 3, False),
    ]


def test_artists_are_discovered_with_their_first_track(marts: Path) -> None:
    found = rows(marts, "discoveries", "entity_name", "first_played_at", user_id="yves", entity="artist")
    assert found == [
        ("Nines", at("2023-12-31 23:30")),
        ("Ada", at("2024-02-02 08:00")),
        ("Zoe", at("2024-08-03 19:00")),
    ]
