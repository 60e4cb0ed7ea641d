"""Items are asked for most played first, stay for half a year, and back off one by one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from resources.operational import Operational
from resources.spotify.catalogue_items import STAYS, Answer, Asked, CatalogueItems
from resources.spotify.tables import catalogue_items
from resources.spotify.web_api import Kind

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TRACK = Asked("track", "a" * 22)


@pytest.fixture
def items(operational: Operational) -> CatalogueItems:
    return CatalogueItems(operational.engine)


@pytest.fixture
def wanting(items: CatalogueItems) -> CatalogueItems:
    """One track is wanted."""
    items.want([("track", TRACK.spotify_id, 7)], NOW)
    return items


def ids(due: list[Asked]) -> list[str]:
    return [asked.spotify_id for asked in due]


def asked_again_after(items: CatalogueItems, since: datetime) -> timedelta:
    """How long from ``since`` until the one item is due, to the second."""
    second = timedelta(seconds=1)
    low, high = 0, int(timedelta(days=400) / second)
    assert items.due(since + high * second, 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if items.due(since + middle * second, 1) else (middle + 1, high)
    return low * second


def test_what_is_wanted_is_due_at_once_most_played_first(items: CatalogueItems) -> None:
    items.want([("track", "few", 1), ("artist", "many", 9), ("album", "some", 5)], NOW)
    assert items.due(NOW, 2) == [Asked("artist", "many"), Asked("album", "some")]
    assert ids(items.due(NOW, 9)) == ["many", "some", "few"]
    assert items.due(NOW - HOUR, 9) == []
    assert (items.count_due(NOW), items.count_due(NOW - HOUR)) == (3, 0)


def test_wanting_again_changes_plays_and_nothing_else(items: CatalogueItems) -> None:
    assert items.want([("track", "a", 1), ("track", "b", 2)], NOW) == 2
    items.fetched({Asked("track", "a"): Answer(name="A")}, NOW)
    assert items.want([("track", "a", 1), ("track", "b", 2)], NOW + HOUR) == 0
    assert items.want([("track", "a", 3), ("track", "c", 9)], NOW + HOUR) == 2
    assert ids(items.due(NOW + HOUR, 9)) == ["c", "b"]
    [row] = items.answered()
    assert (row["plays"], row["name"], row["fetched_at"]) == (3, "A", NOW)


def test_an_id_of_two_kinds_is_two_items(items: CatalogueItems) -> None:
    items.want([("track", "a", 1), ("album", "a", 1)], NOW)
    items.fetched({Asked("album", "a"): Answer(name="A")}, NOW)
    assert items.due(NOW, 9) == [Asked("track", "a")]


def test_more_than_one_statement_holds_is_wanted_too(items: CatalogueItems) -> None:
    assert items.want((("track", f"{number:022}", number) for number in range(20_001)), NOW) == 20_001
    assert ids(items.due(NOW, 1)) == [f"{20_000:022}"]


def test_an_answer_stays_half_a_year(wanting: CatalogueItems) -> None:
    answer = Answer("Song", 200_000, "GBAYE0000001", "2024-05", "https://a/b", ["rock"], "b" * 22, ["c" * 22])
    wanting.fetched({TRACK: answer}, NOW)
    [row] = wanting.answered()
    assert {name: row[name] for name in vars(answer)} == vars(answer)
    assert (row["fetched_at"], row["attempts"], row["error"]) == (NOW, 0, None)
    assert asked_again_after(wanting, NOW) == STAYS
    assert wanting.newest_answer_at() == NOW


def test_what_was_never_answered_comes_before_what_is_only_old(items: CatalogueItems) -> None:
    items.want([("track", "old", 99), ("track", "new", 1)], NOW)
    items.fetched({Asked("track", "old"): Answer(name="Old")}, NOW)
    assert ids(items.due(NOW + STAYS, 9)) == ["new", "old"]


def test_an_item_told_in_passing_is_known_and_not_asked_for(wanting: CatalogueItems) -> None:
    album = Asked("album", "b" * 22)
    wanting.fetched({TRACK: Answer(name="Song"), album: Answer(name="Album")}, NOW)
    wanting.want([("album", album.spotify_id, 3)], NOW)
    assert wanting.due(NOW, 9) == []
    assert [(row["kind"], row["name"], row["plays"]) for row in wanting.answered()] == [
        ("album", "Album", 3),
        ("track", "Song", 7),
    ]


def test_a_half_filled_answer_keeps_what_an_earlier_one_said(wanting: CatalogueItems) -> None:
    wanting.fetched({TRACK: Answer(name="Song", duration_ms=1000, genres=["rock"])}, NOW)
    wanting.fetched({TRACK: Answer(name="Song!", genres=[])}, NOW + STAYS)
    [row] = wanting.answered()
    assert (row["name"], row["duration_ms"], row["genres"]) == ("Song!", 1000, [])


def test_each_failure_in_a_row_doubles_the_wait_up_to_thirty_days(wanting: CatalogueItems) -> None:
    waits = []
    for _ in range(13):
        wanting.failed(TRACK, "no answer", NOW)
        waits.append(asked_again_after(wanting, NOW) / HOUR)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 720, 720, 720]


def test_a_failure_delays_only_its_own_item(wanting: CatalogueItems) -> None:
    wanting.want([("track", "other", 1)], NOW)
    wanting.failed(TRACK, "no answer", NOW)
    assert ids(wanting.due(NOW, 9)) == ["other"]


def test_an_answer_ends_the_row_of_failures(wanting: CatalogueItems) -> None:
    for _ in range(5):
        wanting.failed(TRACK, "no answer", NOW)
    wanting.fetched({TRACK: Answer(name="Song")}, NOW)
    wanting.failed(TRACK, "no answer", NOW)
    assert asked_again_after(wanting, NOW) == HOUR


def test_what_spotify_does_not_know_is_asked_for_a_day_later_then_as_late_as_an_answer(
    wanting: CatalogueItems,
) -> None:
    wanting.fetched({TRACK: Answer(name="Song")}, NOW)
    waits = []
    for _ in range(3):
        wanting.gone(TRACK, "no such track", NOW)
        waits.append(asked_again_after(wanting, NOW) / HOUR)
    assert waits == [24, 180 * 24, 180 * 24]
    [row] = wanting.answered()
    assert (row["name"], row["error"]) == ("Song", "no such track")


def test_nothing_was_answered_yet(wanting: CatalogueItems) -> None:
    assert wanting.answered() == []
    assert wanting.newest_answer_at() is None


KEYS = st.tuples(st.sampled_from(("track", "artist", "album")), st.sampled_from("abcd"))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(KEYS, st.integers(0, 5)), max_size=4))
def test_plays_are_those_last_told(operational: Operational, told: list[dict[tuple[Kind, str], int]]) -> None:
    items = CatalogueItems(operational.engine)
    with operational.engine.begin() as connection:
        connection.execute(delete(catalogue_items))
    known: dict[tuple[Kind, str], int] = {}
    for wanted in told:
        items.want(((kind, item, plays) for (kind, item), plays in wanted.items()), NOW)
        known |= wanted
    due = [(asked.kind, asked.spotify_id) for asked in items.due(NOW, 99)]
    assert due == sorted(known, key=lambda key: (-known[key], key))
