"""Spotify's answers as rows, however little of them can be read, and whose lists are due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assets.stats.spotify_top import (
    LISTS,
    NIGHT_SLACK,
    TABLES,
    active_at,
    frame,
    is_due,
    rows_of,
    tier_of,
)
from assets.tables import SPOTIFY_TOP_ARTISTS, SPOTIFY_TOP_TRACKS
from resources.spotify.errors import BadAnswerError
from resources.spotify.web_api import Ranked, Term

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


def track(name: str, *artists: str) -> dict[str, Any]:
    """As ``/me/top/tracks`` has it, less what is not read."""
    return {
        "id": f"id of {name}",
        "name": name,
        "type": "track",
        "uri": f"spotify:track:{name}",
        "duration_ms": 200_000,
        "artists": [{"id": f"id of {artist}", "name": artist, "type": "artist"} for artist in artists],
    }


def read(items: object, ranked: Ranked = "tracks") -> list[dict[str, Any]]:
    """The rows without what is the same for all of them."""
    rows = rows_of({"items": items}, ranked, "short_term", "ada", NOW)
    shared = {"user_id": "ada", "term": "short_term", "fetched_at": NOW}
    assert all(row.items() >= shared.items() for row in rows)
    return [{name: value for name, value in row.items() if name not in shared} for row in rows]


def test_a_listener_has_three_lists_of_tracks_and_three_of_artists() -> None:
    assert len(set(LISTS)) == 6
    assert {ranked for ranked, _ in LISTS} == {"tracks", "artists"}


def test_tracks_are_ranked_as_spotify_ranks_them_under_their_first_artist() -> None:
    assert read([track("Hey", "Pixies", "Kim Deal"), track("Gigantic", "Pixies")]) == [
        {"rank": 1, "track_id": "id of Hey", "track_name": "Hey", "artist_name": "Pixies"},
        {"rank": 2, "track_id": "id of Gigantic", "track_name": "Gigantic", "artist_name": "Pixies"},
    ]


def test_artists_come_with_their_genres() -> None:
    pixies = {"id": "p", "name": "Pixies", "type": "artist", "genres": ["indie", "noise"], "images": []}
    assert read([pixies, {"id": "k", "name": "Kim Deal", "type": "artist"}], "artists") == [
        {"rank": 1, "spotify_artist_id": "p", "artist_name": "Pixies", "genres": ["indie", "noise"]},
        {"rank": 2, "spotify_artist_id": "k", "artist_name": "Kim Deal", "genres": []},
    ]


def test_who_has_no_list_yet_has_no_rows() -> None:
    assert read([]) == []
    assert read([], "artists") == []


@pytest.mark.parametrize(
    "strange",
    [None, 7, "Hey", [], {}, {"id": None, "name": None}, {"id": 7, "name": ["Hey"]}, {"id": " ", "name": ""}],
)
@pytest.mark.parametrize("ranked", ["tracks", "artists"])
def test_an_item_that_says_nothing_leaves_its_rank_to_nobody(strange: object, ranked: Ranked) -> None:
    good = {"id": "x", "name": "X"}
    assert [row["rank"] for row in read([good, strange, good], ranked)] == [1, 3]


def test_an_episode_among_the_tracks_is_no_track() -> None:
    episode = {"id": "e", "name": "Episode 1", "type": "episode", "show": {"name": "A podcast"}}
    assert [row["track_name"] for row in read([episode, track("Hey", "Pixies")])] == ["Hey"]


@pytest.mark.parametrize(
    ("item", "facts"),
    [
        ({"id": "x"}, {"track_id": "x", "track_name": None, "artist_name": None}),
        ({"name": "Hey", "id": None}, {"track_id": None, "track_name": "Hey", "artist_name": None}),
        ({"id": "x", "name": 7}, {"track_id": "x", "track_name": None, "artist_name": None}),
        ({"id": "x", "artists": None}, {"track_id": "x", "track_name": None, "artist_name": None}),
        (
            {"id": "x", "artists": [None, {"name": None}, {"name": "Pixies"}]},
            {"track_id": "x", "track_name": None, "artist_name": "Pixies"},
        ),
        (
            {"id": "x", "artists": {"name": "Pixies"}},
            {"track_id": "x", "track_name": None, "artist_name": None},
        ),
    ],
)
def test_a_half_filled_track_keeps_what_is_good(item: object, facts: dict[str, Any]) -> None:
    assert read([item]) == [{"rank": 1, **facts}]


def test_genres_that_are_no_text_are_left_out() -> None:
    [row] = read([{"id": "x", "name": "X", "genres": [None, "indie", 7, " "]}], "artists")
    assert row["genres"] == ["indie"]
    [row] = read([{"id": "x", "name": "X", "genres": "indie"}], "artists")
    assert row["genres"] == []


@pytest.mark.parametrize(
    "answer", [None, [], "items", {}, {"items": None}, {"items": {"0": {}}}, {"items": "ab"}]
)
def test_an_answer_without_a_list_is_refused_and_not_taken_for_an_empty_one(answer: object) -> None:
    with pytest.raises(BadAnswerError, match="no list of top artists"):
        rows_of(answer, "artists", "long_term", "ada", NOW)


def test_a_list_of_nothing_readable_is_refused_and_not_taken_for_an_empty_one() -> None:
    with pytest.raises(BadAnswerError, match="None of the top tracks"):
        read([None, {}, {"type": "episode", "id": "e", "name": "E"}])


def test_half_a_character_does_not_break_the_table() -> None:
    [row] = read([{"id": "x", "name": "He\ud83dy"}])
    assert row["track_name"] == "He?y"
    assert frame(SPOTIFY_TOP_TRACKS, rows_of({"items": [track("\udfff")]}, "tracks", "short_term", "a", NOW))[
        "track_name"
    ].to_list() == ["?"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "name", "type", "artists", "genres", "items"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(st.fixed_dictionaries({"items": st.lists(JSON, max_size=6)}) | JSON, st.sampled_from(LISTS))
@example({"items": [{"id": "\ud800", "name": None}]}, ("tracks", "short_term"))
def test_whatever_json_comes_becomes_rows_of_the_table_or_is_refused(
    answer: object, which: tuple[Ranked, Term]
) -> None:
    ranked, term = which
    try:
        rows = rows_of(answer, ranked, term, "ada", NOW)
    except BadAnswerError:
        return
    assert isinstance(answer, dict)
    made = frame(TABLES[ranked], rows)
    assert made.schema == TABLES[ranked].schema
    assert made.height == len(rows) <= len(answer["items"])
    assert made["rank"].is_unique().all()
    assert not made.is_empty() or answer["items"] == []


def test_the_rows_of_many_listeners_are_in_the_tables_order() -> None:
    terms: tuple[Term, ...] = ("short_term", "long_term")
    two = {"items": [{"id": "1"}, {"id": "2"}]}
    rows = [
        row for user in ("bob", "ada") for term in terms for row in rows_of(two, "artists", term, user, NOW)
    ]
    made = frame(SPOTIFY_TOP_ARTISTS, rows)
    assert made.select("user_id", "term", "rank").rows() == [
        (user, term, rank)
        for user in ("ada", "bob")
        for term in ("long_term", "short_term")
        for rank in (1, 2)
    ]


@pytest.mark.parametrize(
    ("silent_for", "every"),
    [
        (timedelta(0), 24 * HOUR),
        (-5 * HOUR, 24 * HOUR),  # a device whose clock is ahead
        (48 * HOUR, 24 * HOUR),
        (48 * HOUR + timedelta(microseconds=1), 72 * HOUR),
        (timedelta(days=7), 72 * HOUR),
        (timedelta(days=7, microseconds=1), None),
    ],
)
def test_how_often_depends_on_the_last_activity(silent_for: timedelta, every: timedelta | None) -> None:
    tier = tier_of(NOW - silent_for, NOW)
    assert (tier and tier.every) == every


def test_an_activity_is_a_login_or_a_play_whichever_came_last() -> None:
    assert active_at(NOW - HOUR, NOW) == NOW
    assert active_at(NOW, NOW - HOUR) == NOW
    assert active_at(NOW, None) == NOW
    assert active_at(None, None) is None
    assert tier_of(None, NOW) is None


@pytest.mark.parametrize(
    ("silent_for", "age", "due"),
    [
        (HOUR, None, True),
        (HOUR, 24 * HOUR, True),
        (HOUR, 24 * HOUR - timedelta(microseconds=1), False),
        (72 * HOUR, None, True),
        (72 * HOUR, 71 * HOUR, False),
        (72 * HOUR, 72 * HOUR, True),
        (timedelta(days=30), None, False),
        (timedelta(days=30), timedelta(days=29), False),
        (HOUR, timedelta(days=-400), True),  # refreshed by a clock that was a year ahead
        (HOUR, timedelta(seconds=-5), False),
    ],
)
def test_lists_are_due_when_older_than_the_tier_allows(
    silent_for: timedelta, age: timedelta | None, due: bool
) -> None:
    refreshed = None if age is None else NOW - age
    assert is_due(refreshed, NOW - silent_for, NOW) is due


def test_nobody_who_was_never_active_is_due() -> None:
    assert not is_due(None, None, NOW)


@given(st.integers(0, int(NIGHT_SLACK.total_seconds())), st.integers(0, 47))
def test_a_night_is_never_left_out_because_the_last_one_took_its_time(late_s: int, silent_h: int) -> None:
    last_night = NOW - timedelta(hours=24) + timedelta(seconds=late_s)
    assert is_due(last_night, NOW - silent_h * HOUR, NOW, NIGHT_SLACK)
