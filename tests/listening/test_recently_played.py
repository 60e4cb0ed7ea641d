from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from assets.listening import recently_played
from assets.listening.readers.columns import Origin
from assets.tables import RAW_PLAYS, REJECTED_ROWS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ORIGIN = Origin("abc", "me", "recently_played_x", is_video=False, now=NOW)


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def item(at: datetime, track: int = 1, **changes: object) -> dict[str, Any]:
    told = {
        "id": f"{track:022}",
        "uri": f"spotify:track:{track:022}",
        "name": f"Song {track}",
        "duration_ms": 200_000,
        "artists": [{"name": "Guest"}, {"name": "Other"}],
        "album": {"name": "Album", "artists": [{"name": "Artist"}]},
        "external_ids": {"isrc": "GBAYE0601498"},
    }
    return {"played_at": stamp(at), "track": told | changes, "context": None}


def page(*found: object) -> list[recently_played.Item]:
    return recently_played.items({"items": list(found)})


def long_page(first: datetime, plays: int = 50) -> list[recently_played.Item]:
    return page(*(item(first + timedelta(minutes=3 * i), i) for i in reversed(range(plays))))


def test_an_item_becomes_a_raw_row_whose_clock_is_the_stop() -> None:
    at = NOW.replace(hour=9, microsecond=789_000)

    plays, rejected = recently_played.rows(page(item(at)), ORIGIN)

    assert plays.schema == RAW_PLAYS.schema
    assert rejected.schema == REJECTED_ROWS.schema
    assert rejected.is_empty()
    told = {name: value for name, value in plays.row(0, named=True).items() if value is not None}
    assert told == {
        "import_id": "abc",
        "file": "recently_played_x",
        "row": 0,
        "user_id": "me",
        "source": "spotify_api",
        "month": "2026-11",
        "ended_at": at,
        "kind": "music",
        "track_uri": f"spotify:track:{1:022}",
        "track_name": "Song 1",
        "artist_name": "Artist",
        "album_name": "Album",
        "duration_ms": 200_000,
        "isrc": "GBAYE0601498",
    }


def test_the_tracks_artist_stands_where_the_album_names_none() -> None:
    plays, _ = recently_played.rows(page(item(NOW, album={"name": "Album"})), ORIGIN)

    assert plays["artist_name"].to_list() == ["Guest"]


def test_rows_are_numbered_in_the_order_they_were_played() -> None:
    plays, _ = recently_played.rows(long_page(NOW - timedelta(hours=5), 3), ORIGIN)

    assert plays["row"].to_list() == [0, 1, 2]
    assert plays["ended_at"].is_sorted()


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"played_at": stamp(NOW), "track": None}, "wrong_type"),
        ({"played_at": stamp(NOW), "track": []}, "wrong_type"),
        (item(NOW) | {"played_at": None}, "no_time"),
        (item(NOW) | {"played_at": "yesterday"}, "bad_time"),
        (item(NOW) | {"played_at": 12}, "bad_time"),
        (item(NOW + timedelta(days=3)), "in_the_future"),
        (item(datetime(1970, 1, 1, tzinfo=UTC)), "no_time"),
        ({"played_at": stamp(NOW), "track": {"duration_ms": 5}}, "no_identity"),
        (None, "wrong_type"),
        ("text", "wrong_type"),
        ([], "wrong_type"),
    ],
)
def test_a_broken_item_is_a_rejected_row_and_what_is_beside_it_is_kept(broken: object, reason: str) -> None:
    plays, rejected = recently_played.rows(page(item(NOW), broken, item(NOW, 2)), ORIGIN)

    assert sorted(plays["track_name"]) == ["Song 1", "Song 2"]
    assert rejected["reason"].to_list() == [reason]
    assert sorted([*plays["row"], *rejected["row"]]) == [0, 1, 2]


def test_a_half_filled_item_keeps_what_it_tells() -> None:
    odd = item(NOW, artists=None, album=None, external_ids="x", duration_ms="soon", name=None)

    plays, rejected = recently_played.rows(page(odd), ORIGIN)

    assert rejected.is_empty()
    assert plays.select("track_uri", "track_name", "artist_name", "duration_ms", "isrc").row(0) == (
        f"spotify:track:{1:022}",
        None,
        None,
        None,
        None,
    )


def test_an_episode_is_a_podcast() -> None:
    plays, _ = recently_played.rows(page(item(NOW, uri=f"spotify:episode:{1:022}")), ORIGIN)

    assert plays["kind"].to_list() == ["podcast"]


@pytest.mark.parametrize("answer", [{}, {"items": None}, {"items": {}}, {"items": "x"}])
def test_an_answer_without_items_is_refused(answer: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no list of items"):
        recently_played.items(answer)


def test_what_the_last_page_had_is_not_new_and_nothing_is_new_twice() -> None:
    first = long_page(NOW, 10)
    known = frozenset(each.key for each in first[4:])

    assert recently_played.new_items([*first, first[0]], known) == first[:4]


def test_many_broken_items_are_as_many_rejected_rows() -> None:
    _, rejected = recently_played.rows(page(None, "text", {}, item(NOW), [1]), ORIGIN)

    assert rejected["row"].to_list() == [1, 2, 3, 4]


def test_broken_items_too_are_new_once() -> None:
    broken = page({"played_at": None, "track": {"name": "x"}}, None)

    assert recently_played.new_items(broken, frozenset(each.key for each in broken)) == []


def test_a_page_that_does_not_reach_back_to_the_last_one_leaves_a_gap() -> None:
    before, after = long_page(NOW - timedelta(days=1)), long_page(NOW)
    newest = max(each.played_at for each in before if each.played_at)
    known = frozenset(each.key for each in before)

    assert recently_played.gap(after, known, newest) == (newest, NOW)


def test_a_full_page_after_an_empty_one_leaves_a_gap_since_the_last_poll() -> None:
    polled_at = NOW - timedelta(hours=2)

    assert recently_played.gap(long_page(NOW), frozenset(), polled_at) == (polled_at, NOW)


def test_there_is_no_gap_where_pages_overlap_or_are_not_full_or_are_the_first() -> None:
    before, after = long_page(NOW - timedelta(days=1)), long_page(NOW)
    newest = NOW - timedelta(hours=20)
    known = frozenset(each.key for each in before)

    assert recently_played.gap([*after[:49], before[0]], known, newest) is None
    assert recently_played.gap(after[:49], known, newest) is None
    assert recently_played.gap(after, known, None) is None


def test_types_of_nothing_are_still_the_tables() -> None:
    plays, rejected = recently_played.rows([], ORIGIN)

    assert pl.concat([plays, RAW_PLAYS.empty()]).is_empty()
    assert pl.concat([rejected, REJECTED_ROWS.empty()]).is_empty()
