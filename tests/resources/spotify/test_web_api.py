import gc
import json
import logging
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import spotipy  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from scripted_server import Answer, Asked, ScriptedServer
from sqlalchemy import delete

from resources.operational import Operational
from resources.settings import Settings
from resources.spotify.budget import Budget, BudgetSpentError, Purpose
from resources.spotify.tables import api_calls
from resources.spotify.web_api import (
    AppRefusedError,
    BadAnswerError,
    ForbiddenError,
    NoSuchItemError,
    RateLimitedError,
    SpotifyApi,
    SpotifyDownError,
    SpotifyError,
    TokenRefusedError,
)
from simulator.fake_spotify.service import FakeSpotify

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
TOKEN = "BQplantedtoken0123456789"
ECHO = json.dumps({"error": {"status": 0, "message": f"Bearer {TOKEN}", "reason": TOKEN}}).encode()


class Purse(Budget):
    """A budget without end that remembers what it was asked."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.pauses: list[tuple[str, datetime]] = []

    def take(self, purpose: Purpose) -> None:
        self.taken.append(purpose)

    def pause(self, reason: str, until: datetime, message: str | None = None) -> None:
        assert message is None
        self.pauses.append((reason, until))

    def pause_app(self, message: str) -> None:
        assert TOKEN not in message
        self.pauses.append(("app", NOW))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda _: Answer()) as started:
        yield started


@pytest.fixture
def purse() -> Purse:
    return Purse()


@pytest.fixture
def api(server: ScriptedServer, purse: Purse, tmp_path: Path) -> Iterator[SpotifyApi]:
    opened = SpotifyApi(Settings(home=tmp_path, spotify_api_url=server.url), purse, lambda: NOW)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _nothing_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(_: float) -> None:
        raise AssertionError("something slept")

    monkeypatch.setattr(time, "sleep", sleep)


def answer_json(value: object, **more: object) -> Answer:
    return Answer(json.dumps(value).encode(), **more)  # type: ignore[arg-type]


def always(answer: Answer) -> Callable[[Asked], Answer]:
    return lambda _: answer


# What is asked, and of which budget


@pytest.mark.parametrize(
    ("ask", "path", "purpose"),
    [
        (lambda api: api.me(TOKEN), "/v1/me/", "sync"),
        (lambda api: api.recently_played(TOKEN), "/v1/me/player/recently-played?limit=50", "sync"),
        (
            lambda api: api.top(TOKEN, "tracks", "short_term"),
            "/v1/me/top/tracks?time_range=short_term&limit=50&offset=0",
            "top",
        ),
        (
            lambda api: api.top(TOKEN, "artists", "long_term"),
            "/v1/me/top/artists?time_range=long_term&limit=50&offset=0",
            "top",
        ),
        (lambda api: api.item(TOKEN, "track", "4uLU6hMC"), "/v1/tracks/4uLU6hMC", "catalogue"),
        (lambda api: api.item(TOKEN, "artist", "4uLU6hMC"), "/v1/artists/4uLU6hMC", "catalogue"),
        (lambda api: api.item(TOKEN, "album", "4uLU6hMC"), "/v1/albums/4uLU6hMC", "catalogue"),
    ],
)
def test_each_call_asks_one_address_of_its_budget_with_the_token_in_the_header_only(
    api: SpotifyApi,
    server: ScriptedServer,
    purse: Purse,
    *,
    ask: Callable[[SpotifyApi], object],
    path: str,
    purpose: str,
) -> None:
    told = {"id": "x", "items": [{"a": 1}]}
    server.answer = always(answer_json(told))
    assert ask(api) == told
    assert [asked.path for asked in server.asked] == [path]
    assert server.asked[0].authorization == f"Bearer {TOKEN}"
    assert purse.taken == [purpose]


def test_nothing_is_asked_when_the_budget_is_spent(
    server: ScriptedServer, operational: Operational, settings: Settings
) -> None:
    limits = settings.model_copy(update={"spotify_calls_a_day": 1, "spotify_api_url": server.url})
    budget = Budget(operational.engine, limits, lambda: NOW)
    api = SpotifyApi(limits, budget, lambda: NOW)
    server.answer = always(Answer(status=500))
    with pytest.raises(SpotifyDownError):
        api.me(TOKEN)
    with pytest.raises(BudgetSpentError):
        api.me(TOKEN)
    assert len(server.asked) == 1
    api.close()


def test_an_api_address_without_a_slash_at_its_end_is_one(
    server: ScriptedServer, purse: Purse, tmp_path: Path
) -> None:
    server.answer = always(answer_json({"id": "x"}))
    url = server.url.removesuffix("/")
    api = SpotifyApi(Settings(home=tmp_path, spotify_api_url=url), purse, lambda: NOW)
    assert api.me(TOKEN) == {"id": "x"}
    assert server.asked[0].path == "/v1/me/"
    api.close()


@pytest.mark.parametrize("spotify_id", ["", "../me", "spotify:track:1", "a/b", "a?b", "é", "a\n"])
def test_an_id_spotify_cannot_have_given_costs_no_call(
    api: SpotifyApi, server: ScriptedServer, purse: Purse, spotify_id: str
) -> None:
    with pytest.raises(NoSuchItemError):
        api.item(TOKEN, "track", spotify_id)
    assert (server.asked, purse.taken) == ([], [])


# Every fault has its error

FAULTS: dict[str, tuple[Answer, type[SpotifyError]]] = {
    "429": (Answer(ECHO, 429, {"Retry-After": "7"}), RateLimitedError),
    "quota": (
        answer_json({"error": {"reason": "QUOTA_EXCEEDED", "message": TOKEN}}, status=429),
        RateLimitedError,
    ),
    "401": (Answer(ECHO, 401), TokenRefusedError),
    "403": (Answer(ECHO, 403), ForbiddenError),
    "403 of the app": (Answer(f"Premium required for the owner, {TOKEN}".encode(), 403), AppRefusedError),
    "404": (Answer(ECHO, 404), NoSuchItemError),
    "400": (Answer(ECHO, 400), BadAnswerError),
    "500": (Answer(ECHO, 500), SpotifyDownError),
    "502 of a gateway": (Answer(f"<html>{TOKEN}</html>".encode(), 502), SpotifyDownError),
    "503 that says when": (Answer(ECHO, 503, {"Retry-After": "5"}), SpotifyDownError),
    "an error that is a list": (Answer(b'["' + TOKEN.encode() + b'"]', 401), TokenRefusedError),
    "an error that is a text": (answer_json({"error": TOKEN}, status=403), ForbiddenError),
    "dropped": (Answer(is_dropped=True), SpotifyDownError),
    "cut off by the network": (Answer(b'{"items": [', is_cut=True), SpotifyDownError),
    "429 cut off by the network": (Answer(b'{"e', 429, is_cut=True), RateLimitedError),
    "half of the JSON": (Answer(b'{"id": "x", "items": [{"track": {'), BadAnswerError),
    "no JSON": (Answer(f"<html>{TOKEN}</html>".encode()), BadAnswerError),
    "not UTF-8": (Answer(b'{"id": "\xff\xfe", "items": []}'), BadAnswerError),
    "not UTF-8 though it says so": (
        Answer(
            b'{"id": "\xff\xfe", "items": []}', headers={"Content-Type": "application/json; charset=utf-8"}
        ),
        BadAnswerError,
    ),
    "nothing": (Answer(b""), BadAnswerError),
    "202": (Answer(b"{}", 202), SpotifyDownError),
    "a list": (answer_json([TOKEN]), BadAnswerError),
    "null": (answer_json(None), BadAnswerError),
    "a text": (answer_json(TOKEN), BadAnswerError),
    "no items and no id": (answer_json({TOKEN: TOKEN}), BadAnswerError),
    "items that are no list": (answer_json({"id": 1, "items": {TOKEN: 1}}), BadAnswerError),
    "nested without end": (Answer(b'{"items":' + b"[" * 100_000), BadAnswerError),
    "garbled compression": (Answer(b"{}", 200, {"Content-Encoding": "gzip"}), SpotifyDownError),
}


def everything_a_log_may_hold(error: BaseException) -> str:
    assert error.__cause__ is None
    assert error.__context__ is None
    parts = [str(error), repr(error), repr(error.args), repr(vars(error))]
    return "".join([*parts, *traceback.format_exception(error)])


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_has_its_error_and_none_holds_the_token(
    api: SpotifyApi, server: ScriptedServer, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="spotipy")
    answer, error = FAULTS[name]
    server.answer = always(answer)
    for ask in (api.me, api.recently_played):
        with pytest.raises(error) as caught:
            ask(TOKEN)
        assert TOKEN not in everything_a_log_may_hold(caught.value)
    told = [record.getMessage() for record in caplog.records if record.name.startswith("spotipy")]
    assert all(f"Bearer {TOKEN}" not in message for message in told)
    assert len(server.asked) == 2


def test_a_refused_call_is_logged_nowhere_with_its_token(
    api: SpotifyApi, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="spotipy")
    server.answer = always(answer_json({"id": "x"}))
    api.me(TOKEN)
    server.answer = always(Answer(ECHO, 401))
    with pytest.raises(TokenRefusedError):
        api.me(TOKEN)
    assert "Sending GET" in caplog.text  # spotipy's own line, which would show a header of its own
    assert TOKEN not in caplog.text


def test_an_answer_later_than_the_timeout_is_a_fault(
    server: ScriptedServer, purse: Purse, tmp_path: Path
) -> None:
    server.answer = always(Answer(is_held=True))
    settings = Settings(home=tmp_path, spotify_api_url=server.url)
    api = SpotifyApi(settings, purse, lambda: NOW, timeout_s=0.05)
    with pytest.raises(SpotifyDownError, match=r"did not answer within 0\.05 s"):
        api.recently_played(TOKEN)
    api.close()


def test_no_network_is_a_fault(purse: Purse, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    for address in (f"http://127.0.0.1:{port}", "http://nobody.invalid"):
        api = SpotifyApi(Settings(home=tmp_path, spotify_api_url=address), purse, lambda: NOW)
        with pytest.raises(SpotifyDownError, match="cannot be reached") as caught:
            api.recently_played(TOKEN)
        assert TOKEN not in everything_a_log_may_hold(caught.value)


@pytest.mark.parametrize("token", [f"{TOKEN}\nX: y", f"{TOKEN}€", f" {TOKEN}"])
def test_a_token_that_cannot_be_a_header_is_not_shown(
    api: SpotifyApi, caplog: pytest.LogCaptureFixture, token: str
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="spotipy")
    with pytest.raises(SpotifyError) as caught:
        api.me(token)
    assert TOKEN not in everything_a_log_may_hold(caught.value) + caplog.text


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (TokenRefusedError(), "longplay link"),
        (ForbiddenError(), "User Management"),
        (NoSuchItemError(), "half a year"),
        (SpotifyDownError("Spotify answered with status 502"), "tried again by itself"),
        (BadAnswerError("Spotify's answer has no id"), "asked again later"),
        (RateLimitedError(NOW), "pause until 2026-11-16 12:00:00 UTC"),
    ],
)
def test_an_error_says_what_to_do(error: SpotifyError, advice: str) -> None:
    assert advice in str(error)


# Rate limits


@pytest.mark.parametrize(
    ("retry_after", "wait_s"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("85771", 85_771),
        ("0", 1),
        ("86401", 86_400),
        ("9" * 18, 86_400),
        ("9" * 5000, 60),
        ("-5", 60),
        ("1.5", 60),
        ("1e3", 60),
        ("soon", 60),
        ("", 60),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 60),
        (None, 60),
    ],
)
def test_spotifys_wait_is_kept_and_garbage_is_a_minute(
    api: SpotifyApi, server: ScriptedServer, purse: Purse, retry_after: str | None, wait_s: int
) -> None:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    server.answer = always(Answer(b"", 429, headers))
    until = NOW + timedelta(seconds=wait_s)
    with pytest.raises(RateLimitedError) as caught:
        api.recently_played(TOKEN)
    assert caught.value.until == until
    assert purse.pauses == [("rate_limit", until)]


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"status": 429, "message": "quota", "reason": "QUOTA_EXCEEDED"}},
        {"error": "QUOTA_EXCEEDED"},
        {"reason": "QUOTA_EXCEEDED"},
        ["QUOTA_EXCEEDED"],
    ],
)
def test_a_spent_quota_pauses_everything_until_its_time(
    server: ScriptedServer, operational: Operational, settings: Settings, body: object
) -> None:
    now = [NOW]
    aimed = settings.model_copy(update={"spotify_api_url": server.url})
    budget = Budget(operational.engine, aimed, lambda: now[0])
    api = SpotifyApi(aimed, budget, lambda: now[0])
    server.answer = always(answer_json(body, status=429, headers={"Retry-After": "85771"}))
    with pytest.raises(RateLimitedError, match="quota") as caught:
        api.item(TOKEN, "track", "x")
    assert caught.value.reason == "quota"
    assert budget.paused_until() == NOW + timedelta(seconds=85_771)
    server.answer = always(answer_json({"id": "x"}))
    with pytest.raises(BudgetSpentError):
        api.me(TOKEN)
    now[0] = NOW + timedelta(seconds=85_771)
    assert api.me(TOKEN) == {"id": "x"}
    assert len(server.asked) == 2
    api.close()


@pytest.mark.parametrize("name", [name for name in FAULTS if FAULTS[name][1] is not RateLimitedError])
def test_only_a_rate_limit_and_a_refused_app_pause(
    api: SpotifyApi, server: ScriptedServer, purse: Purse, name: str
) -> None:
    answer, error = FAULTS[name]
    server.answer = always(answer)
    with pytest.raises(SpotifyError):
        api.recently_played(TOKEN)
    assert [reason for reason, _ in purse.pauses] == (["app"] if error is AppRefusedError else [])
    assert purse.taken == ["sync"]


# What spotipy and requests do by themselves


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_call_is_made_once_without_waiting_whatever_comes_back(
    api: SpotifyApi, server: ScriptedServer, status: int
) -> None:
    server.answer = always(Answer(ECHO, status, {"Retry-After": "3"}))
    with pytest.raises(SpotifyError):
        api.recently_played(TOKEN)
    assert len(server.asked) == 1


def test_spotipys_own_session_would_wait_ask_again_and_lose_the_wait(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    server.answer = always(Answer(ECHO, 429, {"Retry-After": "3"}))
    client = spotipy.Spotify(auth=TOKEN, retries=2, status_retries=2)
    client.prefix = server.url
    with pytest.raises(spotipy.SpotifyException) as caught:
        client.me()
    assert (slept, len(server.asked), dict(caught.value.headers)) == ([3, 3], 3, {})


def test_calls_share_a_connection_that_outlives_its_clients(api: SpotifyApi, server: ScriptedServer) -> None:
    server.answer = always(answer_json({"id": "x"}))
    for _ in range(3):
        api.me(TOKEN)
        gc.collect()  # spotipy closes the session of a client that is collected
    assert len({asked.connection for asked in server.asked}) == 1


def test_a_closed_api_opens_again(api: SpotifyApi, server: ScriptedServer) -> None:
    server.answer = always(answer_json({"id": "x"}))
    api.me(TOKEN)
    api.close()
    assert api.me(TOKEN) == {"id": "x"}
    assert len({asked.connection for asked in server.asked}) == 2


def test_a_connection_the_server_closed_meanwhile_is_opened_again(
    api: SpotifyApi, server: ScriptedServer
) -> None:
    server.answer = always(answer_json({"id": "x"}, headers={"Connection": "close"}))
    api.me(TOKEN)
    assert api.me(TOKEN) == {"id": "x"}


def test_no_cookie_of_one_account_travels_with_the_next(api: SpotifyApi, server: ScriptedServer) -> None:
    server.answer = always(answer_json({"id": "x"}, headers={"Set-Cookie": "who=me; Path=/"}))
    api.me(TOKEN)
    api.me("another")
    assert [asked.cookie for asked in server.asked] == [None, None]


def test_names_are_read_as_utf_8_whatever_the_header_says(api: SpotifyApi, server: ScriptedServer) -> None:
    body = json.dumps({"id": "x", "name": "Sigur Rós – ()"}, ensure_ascii=False).encode()
    for content_type in ("application/json", "application/json; charset=iso-8859-1", "text/html"):
        server.answer = always(Answer(body, headers={"Content-Type": content_type}))
        assert api.item(TOKEN, "artist", "x")["name"] == "Sigur Rós – ()"


def test_a_redirect_is_not_followed_with_the_token(api: SpotifyApi, server: ScriptedServer) -> None:
    with ScriptedServer(always(answer_json({"id": "x"}))) as elsewhere:
        server.answer = always(Answer(b"", 302, {"Location": elsewhere.url}))
        with pytest.raises(SpotifyDownError, match="302"):
            api.me(TOKEN)
        server.answer = always(Answer(b"", 307, {"Location": server.url}))
        with pytest.raises(SpotifyDownError, match="307"):
            api.me(TOKEN)
    assert (len(server.asked), elsewhere.asked) == (2, [])


def test_a_netrc_does_not_take_the_tokens_place(
    api: SpotifyApi, server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.answer = always(answer_json({"id": "x"}))
    api.me(TOKEN)
    assert server.asked[0].authorization == f"Bearer {TOKEN}"


def test_threads_get_the_answers_of_their_own_tokens(api: SpotifyApi, server: ScriptedServer) -> None:
    server.answer = lambda asked: answer_json({"id": asked.authorization})
    wrong: list[object] = []

    def ask(token: str) -> None:
        wrong.extend(told for _ in range(20) if (told := api.me(token)["id"]) != f"Bearer {token}")

    threads = [threading.Thread(target=ask, args=(f"token{number}",)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (wrong, len(server.asked)) == ([], 100)


LAZY = """
import sys
from resources.settings import Settings
from resources.spotify.web_api import SpotifyApi
SpotifyApi(Settings(), None, None)
print(sorted({"spotipy", "requests", "urllib3"} & set(sys.modules)))
"""


def test_neither_spotipy_nor_requests_is_loaded_before_the_first_call() -> None:
    told = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


# Against the fake Spotify, which knows more of the real one than a script


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(clock: Clock) -> Iterator[FakeSpotify]:
    with FakeSpotify(clock) as started:
        yield started


def test_the_fake_spotify_is_asked_and_understood(
    fake: FakeSpotify, clock: Clock, purse: Purse, tmp_path: Path
) -> None:
    token = fake.add_account("somebody").authorize().access_token
    api = SpotifyApi(Settings(home=tmp_path, spotify_api_url=fake.api_url), purse, clock)
    assert api.me(token)["id"] == "somebody"
    assert api.recently_played(token)["items"] == []
    assert api.top(token, "artists", "medium_term")["items"] == []
    with pytest.raises(NoSuchItemError):
        api.item(token, "track", "0" * 22)
    clock.now += timedelta(hours=1)
    with pytest.raises(TokenRefusedError):
        api.me(token)
    assert [call.status for call in fake.calls] == [200, 200, 200, 404, 401]
    api.close()


@pytest.mark.parametrize(
    ("kind", "details", "error"),
    [
        ("429", {"retry_after": 7}, RateLimitedError),
        ("429", {"retry_after": None}, RateLimitedError),
        ("quota", {"retry_after": 85_771}, RateLimitedError),
        ("500", {}, SpotifyDownError),
        ("502", {}, SpotifyDownError),
        ("503", {}, SpotifyDownError),
        ("drop", {}, SpotifyDownError),
        ("half", {"cut_off": True}, SpotifyDownError),
        ("half", {}, BadAnswerError),
        ("not_json", {}, BadAnswerError),
        ("no_items", {}, BadAnswerError),
    ],
)
def test_after_each_fault_of_the_fake_the_next_call_is_answered(  # noqa: PLR0917
    fake: FakeSpotify,
    clock: Clock,
    purse: Purse,
    tmp_path: Path,
    kind: str,
    details: dict[str, object],
    error: type[SpotifyError],
) -> None:
    token = fake.add_account("somebody").authorize().access_token
    api = SpotifyApi(Settings(home=tmp_path, spotify_api_url=fake.api_url), purse, clock)
    fake.fault(kind, **details)  # type: ignore[arg-type]
    with pytest.raises(error) as caught:
        api.recently_played(token)
    assert token not in everything_a_log_may_hold(caught.value)
    assert api.recently_played(token)["items"] == []
    assert len(fake.calls) == 2
    api.close()


def test_a_person_the_app_does_not_know_is_forbidden(
    fake: FakeSpotify, clock: Clock, purse: Purse, tmp_path: Path
) -> None:
    account = fake.add_account("somebody")
    account.is_registered = False
    api = SpotifyApi(Settings(home=tmp_path, spotify_api_url=fake.api_url), purse, clock)
    with pytest.raises(ForbiddenError):
        api.recently_played(account.authorize().access_token)
    api.close()


@settings_of_hypothesis(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([0, 1, 10, 29.999999, 30, 60, 3600, 40_000, 86_400]), max_size=30))
def test_within_the_budget_spotify_never_says_too_many(
    operational: Operational, settings: Settings, waits_s: list[float]
) -> None:
    clock = Clock()
    with FakeSpotify(clock, calls_a_day=10, calls_in_30_s=2) as fake:
        limits = {"spotify_calls_a_day": 10, "spotify_calls_a_minute": 4, "spotify_api_url": fake.api_url}
        aimed = settings.model_copy(update=limits)
        with operational.engine.begin() as connection:
            connection.execute(delete(api_calls))
        api = SpotifyApi(aimed, Budget(operational.engine, aimed, clock), clock)
        account = fake.add_account("somebody")
        for wait_s in waits_s:
            clock.now += timedelta(seconds=wait_s)
            with suppress(BudgetSpentError):
                api.me(account.authorize().access_token)
        assert {call.status for call in fake.calls} <= {200}
        api.close()
