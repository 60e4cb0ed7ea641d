import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from scripted_server import Answer, ScriptedServer
from sqlalchemy import func, select

from resources.settings import Settings
from resources.spotify.accounts import LinkRefusedError, Tokens, UnknownStateError
from resources.spotify.errors import RevokedError, SpotifyDownError, SpotifyError
from resources.spotify.login import NoClientIdError, access_token, begin, finish, refresh
from resources.spotify.tables import link_attempts
from resources.world import World
from simulator.fake_spotify.service import FakeSpotify

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Login:
    """A world, the Spotify it is at, and the browser between them."""

    world: World
    spotify: FakeSpotify
    clock: Clock

    def say_yes(self, url: str) -> dict[str, str]:
        """What Spotify sends back when the page at ``url`` is answered."""
        answer = requests.get(url, allow_redirects=False, timeout=10)
        assert answer.status_code == 302
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def attempts(self) -> int:
        with self.world.operational.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(link_attempts)) or 0)

    def link(self, user: str = "ana") -> None:
        finish(self.world, self.say_yes(begin(self.world, user)))


@pytest.fixture
def login(settings: Settings) -> Iterator[Login]:
    clock = Clock()
    with FakeSpotify(clock) as spotify:
        addresses = {
            "spotify_api_url": spotify.api_url,
            "spotify_accounts_url": spotify.accounts_url,
            "spotify_client_id": spotify.client_id,
        }
        world = World(settings.model_copy(update=addresses), clock)
        spotify.add_account("s-ana")
        yield Login(world, spotify, clock)
        world.operational.close()


def test_a_yes_links_the_account_that_logged_in(login: Login) -> None:
    account = finish(login.world, login.say_yes(begin(login.world, "ana")))
    assert (account.user_id, account.spotify_id, account.authorized_at) == ("ana", "s-ana", NOW)
    assert account.scopes == "user-read-recently-played user-top-read"
    assert login.attempts() == 0


def test_spotify_is_asked_for_two_scopes_with_a_challenge_and_an_answer_to_this_machine(login: Login) -> None:
    asked = dict(parse_qsl(urlsplit(begin(login.world, "ana")).query))
    state, challenge = asked.pop("state"), asked.pop("code_challenge")
    assert asked == {
        "client_id": "fake-client",
        "response_type": "code",
        "redirect_uri": "http://127.0.0.1:8974/callback",
        "code_challenge_method": "S256",
        "scope": "user-read-recently-played user-top-read",
    }
    assert len(state) == len(challenge) == 43


def test_each_attempt_has_a_state_and_a_verifier_of_its_own(login: Login) -> None:
    asked = [dict(parse_qsl(urlsplit(begin(login.world, "ana")).query)) for _ in range(5)]
    assert len({each["state"] for each in asked}) == len({each["code_challenge"] for each in asked}) == 5


def test_a_web_page_may_hear_the_answer_at_an_address_of_its_own(login: Login) -> None:
    url = begin(login.world, "ana", "https://longplay.example/callback")
    assert dict(parse_qsl(urlsplit(url).query))["redirect_uri"] == "https://longplay.example/callback"
    assert finish(login.world, login.say_yes(url)).user_id == "ana"


def test_an_answer_is_used_once(login: Login) -> None:
    answer = login.say_yes(begin(login.world, "ana"))
    finish(login.world, answer)
    calls = len(login.spotify.calls)
    with pytest.raises(UnknownStateError, match="run `longplay link` again"):
        finish(login.world, answer)
    assert len(login.spotify.calls) == calls


@pytest.mark.parametrize("state", [{}, {"state": ""}, {"state": "invented"}])
def test_an_answer_with_no_state_of_ours_is_refused_unasked(login: Login, state: dict[str, str]) -> None:
    answer = login.say_yes(begin(login.world, "ana"))
    calls = len(login.spotify.calls)
    with pytest.raises(UnknownStateError):
        finish(login.world, {"code": answer["code"], **state})
    assert len(login.spotify.calls) == calls
    assert login.world.accounts.list() == []


def test_the_code_of_another_attempt_does_not_fit_the_verifier(login: Login) -> None:
    mine, other = (login.say_yes(begin(login.world, user)) for user in ("ana", "eve"))
    with pytest.raises(LinkRefusedError, match="run `longplay link` again"):
        finish(login.world, {"state": mine["state"], "code": other["code"]})
    assert login.world.accounts.list() == []


def test_an_answer_to_another_users_attempt_is_refused_and_stays_theirs(login: Login) -> None:
    answer = login.say_yes(begin(login.world, "eve"))
    with pytest.raises(UnknownStateError):
        finish(login.world, answer, "ana")
    assert finish(login.world, answer, "eve").user_id == "eve"


def test_an_attempt_lives_ten_minutes(login: Login) -> None:
    first, second = (login.say_yes(begin(login.world, "ana")) for _ in range(2))
    login.clock.now += 10 * MINUTE - timedelta(seconds=1)
    assert finish(login.world, first).user_id == "ana"
    login.clock.now += timedelta(seconds=1)
    with pytest.raises(UnknownStateError):
        finish(login.world, second)


def test_attempts_that_nobody_answered_are_cleared_away(login: Login) -> None:
    begin(login.world, "ana")
    login.clock.now += 10 * MINUTE
    begin(login.world, "ana")
    assert login.attempts() == 1


def test_a_no_links_nothing_and_ends_the_attempt(login: Login) -> None:
    login.spotify.login_as(None)
    with pytest.raises(LinkRefusedError, match="told no"):
        login.link()
    assert login.attempts() == 0
    assert login.world.accounts.list() == []


@pytest.mark.parametrize("fault", ["503", "429", "not_json", "half", "drop", "strange_items"])
def test_when_the_exchange_fails_nothing_is_linked_and_the_next_try_works(login: Login, fault: str) -> None:
    login.spotify.fault(fault, path="/api/token")
    with pytest.raises(LinkRefusedError, match=r"nothing was linked: .*run `longplay link` again") as raised:
        login.link()
    assert not isinstance(raised.value, UnknownStateError)
    assert (login.world.accounts.list(), login.attempts()) == ([], 0)
    login.link()
    assert len(login.world.accounts.list()) == 1


@pytest.mark.parametrize("fault", ["503", "not_json", "strange_items"])
def test_when_spotify_does_not_say_whose_account_it_is_nothing_is_linked(login: Login, fault: str) -> None:
    login.spotify.fault(fault, path="/v1/me")
    with pytest.raises(SpotifyError):
        login.link()
    assert login.world.accounts.list() == []


def test_a_login_that_ends_in_another_error_is_not_called_a_no(login: Login) -> None:
    answer = login.say_yes(begin(login.world, "ana"))
    with pytest.raises(LinkRefusedError, match="ended the login with an error"):
        finish(login.world, {"state": answer["state"], "error": "server_error"})


TOKENS = {"access_token": "BQA", "refresh_token": "AQR", "expires_in": 3600, "scope": "user-top-read"}
NO_TOKENS: Final[tuple[object, ...]] = (
    None,
    "",
    7,
    ["AQR"],
    "white space",
    "line\nbreak",
    "h\u00f6r",
    "nul\0",
)


def changed(name: str, value: object) -> bytes:
    return json.dumps(TOKENS | {name: value}).encode()


@pytest.mark.parametrize(
    "told",
    [
        b"[]",
        b"7",
        b"[" * 100_000,
        b"\xff",
        *(changed(name, value) for name in ("access_token", "refresh_token") for value in NO_TOKENS),
        changed("expires_in", None),
        changed("expires_in", "soon"),
        changed("expires_in", []),
    ],
)
def test_an_answer_of_nonsense_is_an_outage_that_quotes_nothing(settings: Settings, told: bytes) -> None:
    with pytest.raises(SpotifyDownError, match="Spotify's login service answered") as raised:
        refreshed(settings, Answer(told))
    assert raised.value.__cause__ is raised.value.__context__ is None
    assert "AQR" not in str(raised.value)


@pytest.mark.parametrize("scope", [None, 7, "", "a\0b"])
def test_scopes_we_did_not_ask_for_are_not_stored(settings: Settings, scope: object) -> None:
    told = refreshed(settings, Answer(changed("scope", scope)))
    assert (told.access_token, told.refresh_token, told.scopes) == ("BQA", "AQR", "")


def test_a_redirect_of_the_login_service_is_not_followed(settings: Settings) -> None:
    with FakeSpotify(Clock()) as elsewhere:
        with pytest.raises(SpotifyDownError):
            refreshed(
                settings, Answer(status=307, headers={"Location": f"{elsewhere.accounts_url}/api/token"})
            )
        assert elsewhere.calls == []


def refreshed(settings: Settings, told: Answer) -> Tokens:
    """What becomes of an answer of the login service."""
    with ScriptedServer(lambda _: told) as server:
        base = server.url.removesuffix("/v1/")
        addresses = {"spotify_accounts_url": base, "spotify_client_id": "fake-client"}
        return refresh(settings.model_copy(update=addresses), "AQR-given")


def test_an_account_that_the_app_does_not_know_is_told_what_to_do(login: Login) -> None:
    login.spotify.add_account("s-stranger").is_registered = False
    login.spotify.login_as("s-stranger")
    with pytest.raises(SpotifyError, match="User Management"):
        login.link()
    assert login.world.accounts.list() == []


def test_without_an_app_the_error_says_how_to_get_one(login: Login) -> None:
    world = World(login.world.settings.model_copy(update={"spotify_client_id": None}))
    with pytest.raises(NoClientIdError, match=r"developer\.spotify\.com.*http://127\.0\.0\.1:8974/callback"):
        begin(world, "ana")


@pytest.mark.parametrize("rotates", [False, True])
def test_a_token_is_refreshed_for_as_long_as_spotify_allows(login: Login, rotates: bool) -> None:
    login.spotify.rotates = rotates
    login.link()
    tokens = set()
    for _ in range(4):
        token = access_token(login.world, "ana")
        assert login.world.spotify.me(token)["id"] == "s-ana"
        tokens.add(token)
        login.clock.now += 55 * MINUTE
    assert len(tokens) == 4
    login.clock.now = NOW + timedelta(days=184)
    with pytest.raises(RevokedError, match="run `longplay link` again"):
        access_token(login.world, "ana")


def test_a_permission_taken_back_is_told_apart_from_a_service_that_is_down(login: Login) -> None:
    login.link()
    login.clock.now += 60 * MINUTE
    for fault in ("503", "429", "not_json", "half", "drop"):
        login.spotify.fault(fault, path="/api/token")
        with pytest.raises(SpotifyDownError):
            access_token(login.world, "ana")
    assert access_token(login.world, "ana")
    login.spotify._accounts["s-ana"].revoke()
    login.clock.now += 60 * MINUTE
    with pytest.raises(RevokedError):
        access_token(login.world, "ana")


def test_the_login_never_logs_what_it_sends_and_its_errors_quote_nothing(
    login: Login, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    login.link()
    login.clock.now += 60 * MINUTE
    access_token(login.world, "ana")
    secret = "AQR-planted-token"
    with pytest.raises(RevokedError) as raised:
        refresh(login.world.settings, secret)
    assert raised.value.__cause__ is raised.value.__context__ is None
    assert caplog.records
    for token in {secret, *login.spotify.secrets}:
        assert token not in caplog.text
