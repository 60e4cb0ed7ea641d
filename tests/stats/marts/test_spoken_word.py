from pathlib import Path

from marts.world import MINUTE, at, rows


def test_podcasts_are_summed_by_show_with_unknown_shows_together(marts: Path) -> None:
    columns = ("show_id", "show_name", "episodes", "plays", "plays_counted", "ms_estimated")
    assert rows(marts, "podcasts", *columns, user_id="yves") == [
        ("name:Daily Talk", "Daily Talk", 2, 3, 2, 60 * MINUTE + 10_000),
        ("unknown", None, 1, 1, 1, MINUTE),
    ]


def test_each_show_has_a_row_of_its_own(marts: Path) -> None:
    found = rows(marts, "podcasts", "show_id", "show_name", "episodes", "ms_estimated", user_id="pod")
    assert found == [
        ("name:Daily Talk", "Daily Talk", 2, 40 * MINUTE),
        ("name:Deep Sea", "Deep Sea", 1, 20 * MINUTE),
    ]


def test_an_artist_nobody_knows_is_heard_and_ranked_nowhere(marts: Path) -> None:
    assert ("nobody", None, "Unknown Artist") in rows(
        marts, "listens", "track_id", "artist_id", "artist_name", user_id="pod"
    )
    found = rows(marts, "year_in_music", "plays", "artists", "top_track_id", "top_artist_name", user_id="pod")
    assert found == [(2, 1, "t1", "Nines")]
    named = rows(marts, "discoveries", "entity", "entity_name", user_id="pod")
    assert named == [("artist", "Nines"), ("track", "T1")]
    assert rows(marts, "sittings", "top_artist_id", "top_artist_name", sitting_id="pod4") == [(None, None)]


def test_an_audiobook_without_an_author_is_summed_by_its_title(marts: Path) -> None:
    columns = ("audiobook_id", "title", "chapters", "ms_estimated", "first_played_at", "last_played_at")
    found = rows(marts, "audiobooks", *columns, user_id="yves")
    times = (at("2024-06-05 10:00"), at("2024-06-06 10:00"))
    assert found == [("title:moby dick", "Moby Dick", 2, 120 * MINUTE, *times)]
