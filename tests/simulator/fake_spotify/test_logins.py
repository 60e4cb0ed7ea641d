"""Logging in to the fake Spotify, and what becomes of its tokens."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from spotify_callers import Caller, Clock, linked, play, refresh

from simulator.fake_spotify.grants import challenge_of
from simulator.fake_spotify.service import FakeSpotify

VERIFIER = "v" * 64
REDIRECT = "http://127.0.0.1:8974/callback"


def authorize_at(fake: FakeSpotify, session: requests.Session, **changed: str | None) -> requests.Response:
    query: dict[str, str | None] = {
        "client_id": fake.client_id,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "code_challenge_method": "S256",
        "code_challenge": challenge_of(VERIFIER),
        "scope": "user-read-recently-played",
        "state": "a state & more",
    }
    asked = {name: text for name, text in (query | changed).items() if text is not None}
    return session.get(fake.accounts_url + "/authorize", params=asked, allow_redirects=False, timeout=10)


def told(answer: requests.Response) -> dict[str, list[str]]:
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def exchange(fake: FakeSpotify, session: requests.Session, code: str, **changed: str) -> requests.Response:
    form = {
        "client_id": fake.client_id,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }
    return session.post(fake.accounts_url + "/api/token", data=form | changed, timeout=10)


def test_a_login_ends_with_tokens_for_the_scopes_asked_for(
    fake: FakeSpotify, session: requests.Session
) -> None:
    fake.add_account("ada", [play(0)])
    answer = authorize_at(fake, session)
    assert answer.headers["Location"].startswith(REDIRECT + "?")
    tokens = exchange(fake, session, told(answer)["code"][0]).json()
    ada = Caller(fake, session, tokens["access_token"])
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    assert ada.get("me").json()["id"] == "ada"
    assert ada.minutes() == [0]
    assert ada.get("me/top/tracks").status_code == 403
    assert {tokens["access_token"], tokens["refresh_token"]} <= fake.secrets


def test_the_state_comes_back_unchanged_also_when_the_person_says_no(
    fake: FakeSpotify, session: requests.Session
) -> None:
    fake.add_account("ada")
    assert told(authorize_at(fake, session))["state"] == ["a state & more"]
    assert "state" not in told(authorize_at(fake, session, state=None))
    fake.login_as(None)
    assert told(authorize_at(fake, session)) == {"error": ["access_denied"], "state": ["a state & more"]}


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "another"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": None},
        {"redirect_uri": "http://localhost:8974/callback"},
        {"redirect_uri": "http://example.org/callback"},
        {"redirect_uri": "http://127.0.0.1.example.org/callback"},
        {"redirect_uri": "longplay://callback"},
    ],
)
def test_a_login_page_that_cannot_be_trusted_redirects_nowhere(
    fake: FakeSpotify, session: requests.Session, changed: dict[str, str | None]
) -> None:
    fake.add_account("ada")
    answer = authorize_at(fake, session, **changed)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_https_redirects_are_allowed_anywhere(fake: FakeSpotify, session: requests.Session) -> None:
    fake.add_account("ada")
    assert "code" in told(authorize_at(fake, session, redirect_uri="https://example.org/back?a=b"))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:8975/callback"}, "invalid_grant"),
        ({"client_id": "another"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_code_is_worth_nothing_without_all_that_belongs_to_it(
    fake: FakeSpotify, session: requests.Session, changed: dict[str, str], error: str
) -> None:
    fake.add_account("ada")
    answer = exchange(fake, session, told(authorize_at(fake, session))["code"][0], **changed)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_code_works_once_and_for_ten_minutes(
    fake: FakeSpotify, session: requests.Session, clock: Clock
) -> None:
    fake.add_account("ada")
    code = told(authorize_at(fake, session))["code"][0]
    assert exchange(fake, session, code).status_code == 200
    assert exchange(fake, session, code).json()["error"] == "invalid_grant"
    guessed = told(authorize_at(fake, session))["code"][0]
    assert exchange(fake, session, guessed, code_verifier="w" * 64).status_code == 400
    assert exchange(fake, session, guessed).status_code == 400
    late = told(authorize_at(fake, session))["code"][0]
    clock.forward(minutes=10)
    assert exchange(fake, session, late).json()["error"] == "invalid_grant"


# Tokens


def test_an_access_token_lives_an_hour(fake: FakeSpotify, session: requests.Session, clock: Clock) -> None:
    _, ada = linked(fake, session, [])
    clock.forward(seconds=3599)
    assert ada.get("me").status_code == 200
    clock.forward(seconds=1)
    assert ada.get("me").status_code == 401
    assert Caller(fake, session, "made up").get("me").status_code == 401
    assert session.get(fake.api_url + "me", timeout=10).json()["error"]["message"] == "No token provided"


def test_refreshing_without_rotation_tells_no_refresh_token(
    fake: FakeSpotify, session: requests.Session, clock: Clock
) -> None:
    tokens = fake.add_account("ada").authorize()
    clock.forward(hours=5)
    renewed = refresh(fake, session, tokens.refresh_token)
    assert "refresh_token" not in renewed.json()
    assert Caller(fake, session, renewed.json()["access_token"]).get("me").status_code == 200
    assert refresh(fake, session, tokens.refresh_token).status_code == 200


def test_a_rotated_refresh_token_kills_the_one_before(clock: Clock, session: requests.Session) -> None:
    with FakeSpotify(clock, rotates=True) as fake:
        first = fake.add_account("ada").authorize().refresh_token
        second = refresh(fake, session, first).json()["refresh_token"]
        assert second != first
        assert refresh(fake, session, first).json()["error"] == "invalid_grant"
        assert refresh(fake, session, second).status_code == 200


@pytest.mark.parametrize("rotates", [False, True])
def test_refreshing_does_not_put_off_death_six_calendar_months_after_the_login(
    clock: Clock, session: requests.Session, rotates: bool
) -> None:
    with FakeSpotify(clock, rotates=rotates) as fake:
        token = fake.add_account("ada").authorize().refresh_token
        for moment in (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 2, 28, 11, 59, 59, tzinfo=UTC)):
            clock.now = moment
            renewed = refresh(fake, session, token)
            token = renewed.json().get("refresh_token", token)
            assert renewed.status_code == 200
        clock.now = datetime(2027, 2, 28, 12, tzinfo=UTC)
        dead = refresh(fake, session, token)
        assert (dead.status_code, dead.json()["error"]) == (400, "invalid_grant")


def test_revoking_ends_both_tokens_and_a_new_login_starts_again(
    fake: FakeSpotify, session: requests.Session
) -> None:
    account = fake.add_account("ada")
    bob = fake.add_account("bob").authorize()
    tokens = account.authorize()
    account.revoke()
    assert Caller(fake, session, tokens.access_token).get("me").status_code == 401
    assert refresh(fake, session, tokens.refresh_token).json()["error"] == "invalid_grant"
    assert Caller(fake, session, bob.access_token).get("me").status_code == 200
    assert Caller(fake, session, account.authorize().access_token).get("me").status_code == 200


def test_access_tokens_that_end_early_can_be_refreshed(fake: FakeSpotify, session: requests.Session) -> None:
    account = fake.add_account("ada")
    tokens = account.authorize()
    account.expire_access()
    assert Caller(fake, session, tokens.access_token).get("me").status_code == 401
    assert refresh(fake, session, tokens.refresh_token).status_code == 200


def test_people_the_app_was_not_registered_for_are_refused(
    fake: FakeSpotify, session: requests.Session
) -> None:
    account, ada = linked(fake, session, [])
    account.is_registered = False
    assert ada.get("me").status_code == 403


def test_two_runs_of_one_script_hand_out_the_same_tokens(clock: Clock) -> None:
    def drawn(seed: int) -> str:
        with FakeSpotify(clock, seed=seed) as fake:
            return fake.add_account("ada").authorize().refresh_token

    assert drawn(1) == drawn(1) != drawn(2)
