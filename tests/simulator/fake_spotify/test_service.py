"""The fake Spotify holds to what is known of the real one: history, look-ups, top lists, limits."""

import json
import re
import threading
from datetime import datetime, timedelta

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from spotify_callers import RECENT, START, TRACKS, Caller, Clock, linked, play

from simulator.fake_spotify.history import History
from simulator.fake_spotify.service import FakeSpotify


def test_only_the_last_fifty_plays_are_told_of_the_newest_first(
    fake: FakeSpotify, session: requests.Session, clock: Clock
) -> None:
    _, ada = linked(fake, session, [play(minute) for minute in range(120)])
    clock.forward(minutes=80)
    ada.token = fake.grants.authorize("ada", ("user-read-recently-played",), clock.now).access_token
    assert ada.minutes(limit=50) == list(range(80, 30, -1))
    assert ada.minutes() == list(range(80, 60, -1))
    assert ada.minutes(limit=50, before=int((START + timedelta(minutes=31)).timestamp() * 1000)) == []


def test_before_and_after_leave_out_the_moment_they_name(
    fake: FakeSpotify, session: requests.Session, clock: Clock
) -> None:
    _, ada = linked(fake, session, [play(minute) for minute in range(10)])
    clock.forward(minutes=30)
    cursor = int((START + timedelta(minutes=5)).timestamp() * 1000)
    assert ada.minutes(before=cursor) == [4, 3, 2, 1, 0]
    assert ada.minutes(after=cursor) == [9, 8, 7, 6]
    assert ada.minutes(after=cursor - 1) == [9, 8, 7, 6, 5]
    assert ada.minutes(before=cursor, limit=2) == [4, 3]


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 51},
        {"limit": 0},
        {"limit": "many"},
        {"before": 1, "after": 1},
        {"before": "now"},
        {"after": -1},
    ],
)
def test_questions_against_the_rules_are_refused(
    fake: FakeSpotify, session: requests.Session, params: dict[str, object]
) -> None:
    _, ada = linked(fake, session, [play(0)])
    answer = ada.get(RECENT, **params)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == 400


def test_a_late_device_changes_the_window_behind_its_newest_play(
    fake: FakeSpotify, session: requests.Session, clock: Clock
) -> None:
    late = [play(minute + 0.5, visible=55) for minute in range(10, 40)]
    _, ada = linked(fake, session, [*(play(minute) for minute in range(50)), *late])
    clock.forward(minutes=54)
    assert ada.minutes(limit=50) == list(range(49, -1, -1))
    clock.forward(minutes=1)
    told = ada.minutes(limit=50)
    assert len(told) == 50
    assert told[0] == 49
    assert told[-1] == 20
    assert {minute + 0.5 for minute in range(20, 40)} <= set(told)


def test_a_page_tells_its_cursors_and_an_empty_one_has_none(
    fake: FakeSpotify, session: requests.Session, clock: Clock
) -> None:
    _, ada = linked(fake, session, [play(minute) for minute in range(10)])
    clock.forward(minutes=20)
    page = ada.get(RECENT, limit=4).json()
    assert page["cursors"] == {
        "after": str(int((START + timedelta(minutes=9)).timestamp() * 1000)),
        "before": str(int((START + timedelta(minutes=6)).timestamp() * 1000)),
    }
    headers = {"Authorization": f"Bearer {ada.token}"}
    following = session.get(page["next"], headers=headers, timeout=10).json()
    assert following["items"][0]["played_at"] == "2026-08-31T12:05:00.000Z"
    empty = ada.get(RECENT, before=0).json()
    assert (empty["items"], empty["cursors"], empty["next"]) == ([], None, None)


def names_in(content: object) -> set[str]:
    if isinstance(content, dict):
        return set(content) | {name for inner in content.values() for name in names_in(inner)}
    return {name for inner in content for name in names_in(inner)} if isinstance(content, list) else set()


def test_no_answer_holds_what_spotify_no_longer_tells(fake: FakeSpotify, session: requests.Session) -> None:
    _, ada = linked(fake, session, [play(0, track=4)])
    item = ada.get(RECENT).json()["items"][0]
    track = item["track"]
    paths = [
        f"tracks/{track['id']}",
        f"artists/{track['artists'][0]['id']}",
        f"albums/{track['album']['id']}",
        "me/top/artists",
    ]
    told = set().union(*(names_in(ada.get(path).json()) for path in (RECENT, "me", *paths)))
    assert not told & {"popularity", "followers", "available_markets", "ms_played", "skipped", "email"}
    assert item.keys() == {"track", "played_at", "context"}
    assert re.fullmatch(r"XL\wQA\d{7}", track["external_ids"]["isrc"])
    assert {"images", "release_date", "release_date_precision"} <= track["album"].keys()


@settings(max_examples=100)
@given(
    plays=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 300)), max_size=130),
    added=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 300)), max_size=60),
    moments=st.lists(st.integers(0, 600), min_size=1, max_size=8),
)
def test_the_window_is_right_at_every_moment_also_when_the_clock_is_set_back(
    plays: list[tuple[int, int]], added: list[tuple[int, int]], moments: list[int]
) -> None:
    known = [play(minute, visible=minute + lag) for minute, lag in plays]
    history = History(known)
    for number, moment in enumerate(moments):
        if number == len(moments) // 2:
            known = [*known, *(play(minute, visible=minute + lag) for minute, lag in added)]
            history.add(known[len(plays) :])
        now = START + timedelta(minutes=moment)
        seen = sorted((each.played_at for each in known if each.visible_from <= now), reverse=True)
        assert [each.played_at for each in history.window(now)] == seen[:50]


# Other questions


@pytest.mark.parametrize(
    "path",
    [
        "tracks?ids=0000000000000000000001",
        "artists?ids=0000000000000000000001",
        "albums?ids=0000000000000000000001",
        "audio-features/0000000000000000000001",
        "audio-analysis/0000000000000000000001",
        "artists/0000000000000000000001/related-artists",
        "recommendations",
    ],
)
def test_what_spotify_removed_is_forbidden(fake: FakeSpotify, session: requests.Session, path: str) -> None:
    _, ada = linked(fake, session, [play(0)])
    assert ada.get(path).status_code == 403


def test_items_are_found_one_by_one(fake: FakeSpotify, session: requests.Session) -> None:
    _, ada = linked(fake, session, [play(0, track=number) for number in range(20)])
    track = ada.get(f"tracks/{TRACKS[7].track_id}").json()
    artist = ada.get(f"artists/{track['artists'][0]['id']}").json()
    album = ada.get(f"albums/{track['album']['id']}").json()
    assert (track["name"], track["duration_ms"]) == ("Song 7", 180_000)
    assert artist["name"] == "Artist 1"
    assert isinstance(artist["genres"], list)
    assert album["name"] == "Album 2"
    assert "Song 7" in [each["name"] for each in album["tracks"]["items"]]
    assert ada.get("tracks/" + "z" * 22).status_code == 404
    assert ada.get("tracks/short").status_code == 400


def test_top_lists_count_what_was_played_within_the_term(
    fake: FakeSpotify, session: requests.Session, clock: Clock
) -> None:
    plays = [play(0, track=1), play(1, track=1), play(2, track=1), *(play(60_000, track=2) for _ in range(2))]
    account, ada = linked(fake, session, plays)
    clock.forward(minutes=60_001)
    ada.token = account.authorize().access_token
    tracks = {
        term: [item["name"] for item in ada.get("me/top/tracks", time_range=term, limit=50).json()["items"]]
        for term in ("short_term", "medium_term", "long_term")
    }
    assert tracks["short_term"] == ["Song 2"]
    assert tracks["medium_term"] == tracks["long_term"] == ["Song 1", "Song 2"]
    page = ada.get("me/top/artists", limit=1).json()
    assert (page["total"], [item["name"] for item in page["items"]]) == (2, ["Artist 1"])
    assert ada.get("me/top/artists", limit=51).status_code == 400
    assert ada.get("me/top/artists", time_range="forever").status_code == 400


def test_many_callers_at_once_are_all_answered_and_counted(fake: FakeSpotify, clock: Clock) -> None:
    accounts = [fake.add_account(f"user{number}", [play(m) for m in range(60)]) for number in range(8)]
    clock.forward(minutes=60)
    pages: list[list[float]] = []

    def ask(access_token: str) -> None:
        with requests.Session() as session:
            pages.extend(Caller(fake, session, access_token).minutes(limit=50) for _ in range(20))

    tokens = [account.authorize().access_token for account in accounts]
    threads = [threading.Thread(target=ask, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pages == [list(range(59, 9, -1))] * 160
    assert len(fake.calls) == 160
    assert {call.spotify_id for call in fake.calls} == {account.spotify_id for account in accounts}


def test_what_goes_wrong_inside_the_fake_itself_is_not_swallowed(clock: Clock) -> None:
    def broken() -> datetime:
        raise ZeroDivisionError

    def ask() -> None:
        with FakeSpotify(clock) as fake, requests.Session() as session:
            fake.clock = broken
            assert session.get(fake.api_url + "me", timeout=10).status_code == 500

    with pytest.raises(ZeroDivisionError):
        ask()


def test_secrets_do_not_show_in_what_is_printed(fake: FakeSpotify, session: requests.Session) -> None:
    account, ada = linked(fake, session, [])
    tokens = account.authorize()
    ada.get("me")
    shown = json.dumps([repr(tokens), repr(fake.calls), repr(account), repr(fake)])
    assert not any(secret in shown for secret in fake.secrets)


# Limits


def test_the_days_quota_is_for_all_accounts_and_tells_when_the_next_call_is_free(
    clock: Clock, session: requests.Session
) -> None:
    with FakeSpotify(clock, calls_a_day=3) as fake:
        _, ada = linked(fake, session, [], "ada")
        _, bob = linked(fake, session, [], "bob")
        assert [caller.get("me").status_code for caller in (ada, bob, ada)] == [200] * 3
        clock.forward(seconds=629)
        spent = bob.get("me")
        assert (spent.status_code, spent.headers["Retry-After"]) == (429, "85771")
        assert spent.json()["error"]["reason"] == "QUOTA_EXCEEDED"
        clock.forward(seconds=85_771)
        bob.token = fake.grants.authorize("bob", (), clock.now).access_token
        assert bob.get("me").status_code == 200


def test_too_many_calls_in_thirty_seconds_are_refused_until_the_first_is_past(
    clock: Clock, session: requests.Session
) -> None:
    with FakeSpotify(clock, calls_in_30_s=2) as fake:
        _, ada = linked(fake, session, [])
        assert [ada.get("me").status_code for _ in range(2)] == [200, 200]
        clock.forward(seconds=10)
        refused = ada.get("me")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "20")
        assert "reason" not in refused.json()["error"]
        clock.forward(seconds=20)
        assert ada.get("me").status_code == 200
