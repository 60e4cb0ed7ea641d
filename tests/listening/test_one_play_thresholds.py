"""Each rule of "which rows are one play" at its edges."""

from datetime import UTC, datetime, timedelta

import pytest
from play_rows import (
    NOON,
    OTHER_SONG,
    Row,
    account,
    after,
    extended,
    listen,
    outcome,
    plays,
    resolved,
    stopped,
)

MINUTES_LONG = 200_000


def started(seconds: float, stop: datetime, ms_played: int = 200_000, **changes: object) -> Row:
    return extended(stop, ms_played, start=after(seconds), **changes)


@pytest.mark.parametrize(("apart_s", "count"), [(0, 1), (1.999, 1), (2, 1), (2.001, 2), (60, 2)])
def test_known_starts_are_one_play_up_to_2_s_apart(apart_s: float, count: int) -> None:
    stop = after(300)
    assert plays(started(0, stop, ms_played=1_000), started(apart_s, stop, ms_played=2_000)) == count


@pytest.mark.parametrize(("apart_s", "count"), [(0, 1), (29, 1), (30, 1), (31, 2)])
def test_unknown_starts_are_one_play_with_stops_up_to_30_s_apart(apart_s: float, count: int) -> None:
    assert plays(extended(NOON), extended(after(apart_s))) == count


@pytest.mark.parametrize(
    ("apart_s", "ms_played", "count"), [(9, 10_000, 1), (10, 10_001, 1), (10, 10_000, 2), (11, 10_000, 2)]
)
def test_unknown_starts_are_one_play_only_when_stops_are_closer_than_it_was_long(
    apart_s: float, ms_played: int, count: int
) -> None:
    assert plays(extended(NOON, ms_played), extended(after(apart_s), ms_played)) == count


def test_unknown_starts_of_other_lengths_are_other_plays() -> None:
    assert plays(extended(NOON, 200_000), extended(after(1), 200_001)) == 2


@pytest.mark.parametrize(
    ("apart_s", "ms_played", "count"), [(30, 200_000, 1), (31, 200_000, 2), (10, 10_000, 2)]
)
def test_an_unknown_start_is_held_against_known_ones_in_the_same_way(
    apart_s: float, ms_played: int, count: int
) -> None:
    known = started(-ms_played / 1000, NOON, ms_played=ms_played)
    for copy in (extended(after(apart_s), ms_played), extended(after(-apart_s), ms_played)):
        assert plays(known, copy) == count


def test_an_unknown_start_that_computes_to_a_known_one_is_the_same_play_whatever_its_length() -> None:
    known = started(0, after(500), ms_played=5_000)
    copy = extended(after(90), 90_000)
    assert outcome([known, copy]).duplicates == {0: 1}


def test_a_copy_between_two_plays_goes_to_the_nearer_and_joins_nothing() -> None:
    first, second = started(-200, NOON), started(-180, after(20))
    assert outcome([first, second, extended(after(12))]).duplicates == {2: 1}


def test_the_same_start_is_one_play_past_the_first_row_of_copies() -> None:
    first, second, longer = (
        extended(NOON, 100_000),
        extended(after(10), 100_000),
        extended(after(20), 110_000),
    )
    assert outcome([first, second, longer]).duplicates == {0: 2, 1: 2}
    behind = extended(
        after(25), 100_000 + 10_000
    )  # a copy of the longer one, which no start ties to the first
    assert plays(first, second, longer, behind) == 1
    known = started(-90, after(200), ms_played=120_000)
    assert outcome([first, second, longer, known]).duplicates == {0: 3, 1: 3, 2: 3}


def test_plays_made_offline_and_synced_together_stay_apart() -> None:
    world = [started(-seconds, NOON, ms_played=200_000) for seconds in (3600, 3300, 3000, 205)]
    assert plays(*world) == 4


def test_short_previews_on_repeat_are_plays_of_their_own() -> None:
    assert (
        plays(*(started(30 * number, after(30 * number + 29), ms_played=29_750) for number in range(5))) == 5
    )
    assert plays(*(extended(after(30 * number), 29_750) for number in range(5))) == 5


def test_quick_skips_are_plays_of_their_own_unless_they_start_together() -> None:
    assert plays(extended(NOON, 0), extended(after(1), 0), extended(after(2), 0)) == 3
    assert plays(extended(NOON, 0), extended(NOON, 0)) == 1
    assert plays(started(0, NOON, ms_played=0), started(1, after(1), ms_played=0)) == 1


def test_another_track_or_listener_is_another_play() -> None:
    assert plays(extended(), extended(track_uri=OTHER_SONG)) == 2
    assert plays(extended(), extended(user_id="other")) == 2


def test_the_longest_is_kept_then_the_known_start() -> None:
    short, long = started(0, after(100), ms_played=50_000), started(1, after(90), ms_played=60_000)
    assert outcome([short, long]).duplicates == {0: 1}
    unknown, known = extended(after(200), 200_000), started(0, after(200), ms_played=200_000)
    assert outcome([unknown, known]).duplicates == {0: 1}


@pytest.mark.parametrize(
    ("clock", "start"),
    [
        (int(NOON.timestamp()) - 60, after(-60)),
        ((int(NOON.timestamp()) - 60) * 1000 + 7, after(-59.993)),
        (int(NOON.timestamp()) + 5, after(5)),
        (int(NOON.timestamp()) + 6, after(-200)),
        ((int(NOON.timestamp()) + 5) * 1000 + 1, after(-200)),
        (int(datetime(2008, 10, 1, tzinfo=UTC).timestamp()), datetime(2008, 10, 1, tzinfo=UTC)),
        (int(datetime(2008, 10, 1, tzinfo=UTC).timestamp()) - 1, after(-200)),
        (0, after(-200)),
        (1, after(-200)),
        (-5, after(-200)),
        (-(2**63), after(-200)),
        (2**63 - 1, after(-200)),
        (None, after(-200)),
    ],
)
def test_spotifys_clock_is_the_start_where_it_can_be_true(clock: int | None, start: datetime) -> None:
    assert resolved([extended(NOON, 200_000, offline_timestamp=clock)]).plays["started_at"].to_list() == [
        start
    ]


@pytest.mark.parametrize(("occurrences", "count"), [((2, 1), 2), ((1, 3), 3), ((2, 2), 2), ((0, 1), 1)])
def test_two_account_exports_unite_by_the_greater_number_of_equal_rows(
    occurrences: tuple[int, int], count: int
) -> None:
    world = [
        account(import_id=name) for name, times in zip("AB", occurrences, strict=True) for _ in range(times)
    ]
    assert plays(*world) == count


def test_account_rows_of_other_minutes_or_lengths_are_other_plays() -> None:
    assert plays(account(), account(after(60))) == 2
    assert plays(account(ms_played=5_000), account(ms_played=5_001)) == 2


@pytest.mark.parametrize(
    ("seconds", "ms", "count"),
    [(0, 0, 1), (59, 1_000, 1), (59, -1_000, 1), (0, 1_001, 2), (60, 0, 2), (-1, 0, 2)],
)
def test_an_account_row_is_an_extended_play_of_its_minute_and_length(
    seconds: float, ms: int, count: int
) -> None:
    assert plays(extended(after(seconds)), account(NOON, 200_000 + ms)) == count


def test_account_rows_take_the_extended_play_of_the_nearest_length_each_its_own() -> None:
    world = [
        extended(NOON, 10_000),
        extended(after(40), 10_500),
        account(NOON, 10_400),
        account(NOON, 10_100),
    ]
    assert outcome(world).duplicates == {2: 1, 3: 0}


def test_what_is_left_of_account_rows_are_plays() -> None:
    assert plays(extended(), account(row=1), account(row=2)) == 2


@pytest.mark.parametrize("names", [{"track_name": "Unknown Track", "artist_name": "Unknown Artist"}, {}])
def test_an_account_row_of_a_track_that_is_gone_is_the_nameless_extended_play(names: Row) -> None:
    """Whether it was gone already when the account data were asked for, or had its names still."""
    nameless = extended(track_name=None, artist_name=None, album_name=None)
    assert plays(nameless, account(**names)) == 1
    assert plays(nameless, account(after(60), **names)) == 2


def test_chapters_are_known_by_their_book_because_extended_history_names_no_author() -> None:
    book: Row = {"kind": "audiobook", "track_name": "Chapter 1", "album_name": "Book"}
    told = extended(artist_name=None, **book)
    assert plays(told, account(artist_name="Author", **book)) == 1
    assert plays(told, account(artist_name="Author", **(book | {"album_name": "Other book"}))) == 2


@pytest.mark.parametrize("source", ["listenbrainz", "lastfm", "maloja"])
@pytest.mark.parametrize(
    ("apart_s", "count"),
    [(0, 1), (120, 1), (-120, 1), (-120.001, 2), (160, 1), (200, 1), (230, 1), (230.001, 2), (1_800, 2)],
)
def test_a_service_tells_of_the_play_that_starts_within_2_minutes_or_that_its_clock_stands_in(
    source: str, apart_s: float, count: int
) -> None:
    assert plays(started(0, after(200)), listen(source, after(apart_s))) == count


@pytest.mark.parametrize(("apart_s", "count"), [(500, 1), (530, 1), (531, 2), (300, 2)])
def test_a_scrobble_of_the_end_of_a_play_that_paused_stands_at_its_stop(apart_s: float, count: int) -> None:
    assert plays(started(0, after(500)), listen("lastfm", after(apart_s))) == count


@pytest.mark.parametrize("source", ["listenbrainz", "spotify_api"])
@pytest.mark.parametrize(("apart_s", "count"), [(0, 1), (120, 1), (121, 2), (-121, 2)])
def test_a_stop_tells_of_the_play_that_stopped_within_2_minutes(
    source: str, apart_s: float, count: int
) -> None:
    told = started(0, after(9_000), ms_played=400_000)
    assert plays(told, stopped(source, after(400 + apart_s))) == count, "start and time played"
    assert plays(told, stopped(source, after(9_000 + apart_s))) == count, "the stop as told"


def test_a_stop_that_comes_with_the_time_played_is_still_a_stop() -> None:
    """So with what ListenBrainz imported of Spotify's own history."""
    told = started(0, after(9_000), ms_played=400_000)
    assert plays(told, stopped("listenbrainz", after(9_000), ms_played=400_000)) == 1
    both = [stopped("listenbrainz", after(400)), stopped("listenbrainz", after(400), ms_played=400_000)]
    assert plays(*both) == 1
    assert resolved(both).plays.select("started_at", "ms_played").rows() == [(NOON, 400_000)]


def test_the_api_may_tell_the_start_and_an_importer_does_not() -> None:
    told = started(0, after(400), ms_played=400_000)
    assert plays(told, stopped("spotify_api", after(1))) == 1
    assert plays(told, stopped("listenbrainz", after(1))) == 2


@pytest.mark.parametrize("source", ["listenbrainz", "spotify_api"])
def test_stops_of_a_song_on_repeat_belong_to_the_plays_that_end_there(source: str) -> None:
    looped = [started(180 * number, after(180 * number + 179), ms_played=179_000) for number in range(4)]
    stops = [stopped(source, after(180 * number + 179.6)) for number in range(4)]
    assert outcome(looped + stops).duplicates == {4: 0, 5: 1, 6: 2, 7: 3}


def test_services_are_matched_by_id_or_else_by_names() -> None:
    other_names = {"track_name": "Lied", "artist_name": "Sänger"}
    assert (
        plays(
            started(0, after(200)),
            listen("listenbrainz", NOON, track_uri=started(0, NOON)["track_uri"], **other_names),
        )
        == 1
    )
    assert (
        plays(started(0, after(200)), listen("lastfm", NOON, track_name="  SONG", artist_name="artist")) == 1
    )
    assert plays(started(0, after(200)), listen("lastfm", NOON, **other_names)) == 2


def test_the_nearest_pairs_are_matched_first_and_each_once() -> None:
    """Both listens are nearest to the second play; the farther one takes the first."""
    told = [started(0, after(30)), started(100, after(130))]
    assert outcome([*told, listen("lastfm", after(70)), listen("lastfm", after(101))]).duplicates == {
        2: 0,
        3: 1,
    }


def test_equal_listens_of_a_service_are_one_and_of_two_services_too() -> None:
    assert plays(listen("lastfm", NOON), listen("lastfm", NOON)) == 1
    assert plays(listen("lastfm", NOON), listen("lastfm", after(1))) == 2
    assert plays(listen("lastfm", NOON), listen("maloja", after(1))) == 1


def test_a_play_that_only_had_a_start_gets_its_stop_with_the_time_played() -> None:
    found = resolved([listen("lastfm", NOON), listen("maloja", after(1), ms_played=90_000)]).plays
    assert found.select("source", "ms_played", "started_at", "ended_at").rows() == [
        ("lastfm", 90_000, NOON, after(90))
    ]


def test_the_richest_fill_comes_first_and_never_replaces() -> None:
    rows = [
        started(0, after(200), country="GB"),
        account(after(200), country="DE", platform="first"),
        listen("lastfm", NOON, platform="second"),
    ]
    found = resolved(rows).plays
    assert found.select("country", "platform").rows() == [("GB", "first")]


def test_equal_rows_belong_to_the_older_export() -> None:
    older = extended(import_id="z"), extended(after(-86_400), import_id="z", track_uri=OTHER_SONG)
    newer = extended(import_id="a"), extended(after(86_400), import_id="a", track_uri=OTHER_SONG)
    found = resolved([*newer, *older])
    assert found.duplicate_rows["import_id"].to_list() == ["a"]


def test_copies_that_differ_in_any_field_are_told_apart_by_it_not_by_their_import() -> None:
    told = [extended(country="GB"), extended(country="DE")]
    for import_ids in ("AB", "BA"):
        world = [row | {"import_id": name} for row, name in zip(told, import_ids, strict=True)]
        assert resolved(world).plays["country"].to_list() == ["DE"]


def test_plays_of_one_millisecond_have_ids_of_their_own() -> None:
    apart = [listen("listenbrainz", NOON + timedelta(microseconds=us)) for us in (100, 900)]
    found = resolved(apart).plays["play_id"]
    assert found.n_unique() == 2


def test_a_row_with_nothing_but_an_album_has_an_id() -> None:
    found = resolved([extended(track_uri=None, track_name=None, artist_name=None, kind="audiobook")]).plays
    assert found["track_id"].null_count() + found["play_id"].null_count() == 0


def test_ids_are_those_of_every_rebuild() -> None:
    """Pinned: whoever stored a play_id must find it again."""
    found = resolved([extended(NOON, 0), listen("lastfm", NOON, track_name="Other")]).plays
    assert sorted(found["play_id"]) == [
        "user:1cLGbR4XDrbU2AWdSsr4P0:1714564800000",
        "user:name:df600e695dd7b4bc:1714564800000",
    ]


def test_account_data_tells_of_collapsed_copies_too_and_they_stay_one_play() -> None:
    start = NOON - timedelta(seconds=200)
    kept = extended(NOON, 200_000, start=start)
    copy = extended(NOON + timedelta(hours=3), 150_000, start=start)
    told = [account(NOON, 200_000), account(NOON + timedelta(hours=3), 150_000)]
    assert len(resolved([kept, copy, *told]).plays) == 1
    assert len(resolved([kept, *told]).plays) == 2
