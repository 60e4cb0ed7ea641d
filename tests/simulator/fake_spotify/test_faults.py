"""Each scripted fault of the fake Spotify is what its name says."""

import pytest
import requests
from spotify_callers import RECENT, Clock, linked, play, refresh

from simulator.fake_spotify.service import FakeSpotify


def test_scripted_answers_come_in_order_and_then_all_is_well(
    fake: FakeSpotify, session: requests.Session
) -> None:
    _, ada = linked(fake, session, [play(0)])
    fake.fault("429", retry_after=7, times=2)
    fake.fault("quota", retry_after=85_771)
    for kind in ("500", "502", "503"):
        fake.fault(kind)
    answers = [ada.get(RECENT) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [429, 429, 429, 500, 502, 503, 200]
    assert [answer.headers.get("Retry-After") for answer in answers[:3]] == ["7", "7", "85771"]
    assert answers[2].json()["error"]["reason"] == "QUOTA_EXCEEDED"
    assert [call.status for call in fake.calls] == [429, 429, 429, 500, 502, 503, 200]
    assert fake.faults.left == 0


def test_a_429_may_have_no_retry_after_or_a_senseless_one(
    fake: FakeSpotify, session: requests.Session
) -> None:
    _, ada = linked(fake, session, [])
    fake.fault("429", retry_after=None)
    fake.fault("429", retry_after="soon")
    assert [ada.get("me").headers.get("Retry-After") for _ in range(2)] == [None, "soon"]


def test_a_fault_strikes_only_the_path_and_the_account_it_is_meant_for(
    fake: FakeSpotify, session: requests.Session
) -> None:
    _, ada = linked(fake, session, [], "ada")
    _, bob = linked(fake, session, [], "bob")
    fake.fault("500", path="recently-played", spotify_id="bob")
    fake.fault("503", path="/api/token")
    assert [ada.get(RECENT).status_code, bob.get("me").status_code] == [200, 200]
    assert bob.get(RECENT).status_code == 500
    token = fake.add_account("eve").authorize().refresh_token
    assert [refresh(fake, session, token).status_code for _ in range(2)] == [503, 200]


def test_a_dropped_connection_answers_nothing_and_the_next_one_works(
    fake: FakeSpotify, session: requests.Session
) -> None:
    _, ada = linked(fake, session, [])
    fake.fault("drop")
    with pytest.raises(requests.ConnectionError):
        ada.get("me")
    assert ada.get("me").status_code == 200
    assert [call.status for call in fake.calls] == [0, 200]


def test_a_connection_dropped_after_a_refresh_loses_the_rotated_token(
    clock: Clock, session: requests.Session
) -> None:
    with FakeSpotify(clock, rotates=True) as fake:
        token = fake.add_account("ada").authorize().refresh_token
        fake.fault("drop")
        fake.fault("drop", after=True)
        for _ in range(2):
            with pytest.raises(requests.ConnectionError):
                refresh(fake, session, token)
        assert refresh(fake, session, token).json()["error"] == "invalid_grant"


def test_a_slow_answer_runs_into_the_callers_timeout(fake: FakeSpotify, session: requests.Session) -> None:
    _, ada = linked(fake, session, [])
    fake.fault("slow", seconds=5)
    with pytest.raises(requests.ReadTimeout):
        session.get(fake.api_url + "me", timeout=0.05)
    assert ada.get("me").status_code == 200


def test_bodies_that_are_no_json_or_half_of_it(fake: FakeSpotify, session: requests.Session) -> None:
    _, ada = linked(fake, session, [play(0)])
    whole = ada.get(RECENT).content
    fake.fault("not_json")
    fake.fault("half")
    fake.fault("half", cut_off=True)
    for _ in range(2):
        answer = ada.get(RECENT)
        assert answer.status_code == 200
        with pytest.raises(requests.JSONDecodeError):
            answer.json()
    assert answer.content == whole[: len(whole) // 2]
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ada.get(RECENT)


def test_pages_without_items_and_with_strange_or_thin_ones(
    fake: FakeSpotify, session: requests.Session, clock: Clock
) -> None:
    _, ada = linked(fake, session, [play(minute, track=minute % 20) for minute in range(30)])
    clock.forward(minutes=30)
    right = ada.get(RECENT, limit=50).json()["items"]
    for kind in ("no_items", "strange_items", "thin_items"):
        fake.fault(kind)
    assert "items" not in ada.get(RECENT, limit=50).json()
    strange = ada.get(RECENT, limit=50).json()["items"]
    assert [item for item in strange if item in right] == right
    assert len(strange) > len(right) + 8
    assert any(item is None for item in strange)
    thin = ada.get(RECENT, limit=50).json()["items"]
    assert [item["played_at"] for item in thin] == [item["played_at"] for item in right]
    assert all(item["track"]["album"] is None and "duration_ms" not in item["track"] for item in thin)


def test_a_fault_there_is_not_is_refused(fake: FakeSpotify) -> None:
    with pytest.raises(ValueError, match="no fault '418'"):
        fake.fault("418")


def test_what_is_right_may_be_refused_for_a_while_by_either_service(
    fake: FakeSpotify, session: requests.Session
) -> None:
    account, ada = linked(fake, session, [])
    fake.fault("401", message="The access token expired")
    fake.fault("403", message="User not registered in the Developer Dashboard")
    fake.fault("premium")
    answers = [ada.get(RECENT) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 403, 403, 200]
    assert answers[1].json()["error"]["message"] == "User not registered in the Developer Dashboard"
    assert answers[2].text.startswith("Active premium subscription required")
    assert answers[2].headers["Content-Type"] == "text/plain"
    fake.fault("invalid_grant", path="/api/token")
    fake.fault("invalid_client", path="/api/token")
    token = account.authorize().refresh_token
    refused = [refresh(fake, session, token) for _ in range(3)]
    assert [answer.status_code for answer in refused] == [400, 400, 200]
    assert [answer.json()["error"] for answer in refused[:2]] == ["invalid_grant", "invalid_client"]
