from pathlib import Path

from marts.world import MINUTE, at, rows


def test_podcasts_are_summed_by_show_with_unknown_shows_together(marts: Path) -> None:
    columns = ("show_id", "show_name", "episodes", "plays", "plays_counted", "ms_estimated")
    assert rows(marts, "podcasts", *columns, user_id="yves") == [
        ("name:Daily Talk", "Daily Talk", 2, 3, 2, 60 * MINUTE + 10_000),
        ("unknown", None, 1, 1, 1, MINUTE),
    ]


def test_an_audiobook_without_an_author_is_summed_by_its_title(marts: Path) -> None:
    columns = ("audiobook_id", "title", "chapters", "ms_estimated", "first_played_at", "last_played_at")
    found = rows(marts, "audiobooks", *columns, user_id="yves")
    times = (at("2024-06-05 10:00"), at("2024-06-06 10:00"))
    assert found == [("title:moby dick", "Moby Dick", 2, 120 * MINUTE, *times)]
