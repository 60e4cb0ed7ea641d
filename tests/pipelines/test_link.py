import io
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Thread
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from rich.console import Console
from sqlalchemy import text

from pipelines.link import DONE, FAILED, PortTakenError, link
from resources.settings import Settings
from resources.spotify import login as spotify_login
from resources.spotify.accounts import Account
from resources.spotify.login import NoClientIdError
from resources.spotify.tables import link_attempts
from resources.world import World
from simulator.fake_spotify.service import FakeSpotify

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
LONG_S = 30.0
Browser = Callable[[str, str], None]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def service() -> Iterator[FakeSpotify]:
    with FakeSpotify(lambda: NOW) as started:
        started.add_account("ana-there")
        yield started


@pytest.fixture
def world(settings: Settings, service: FakeSpotify) -> Iterator[World]:
    addresses = {
        "spotify_api_url": service.api_url,
        "spotify_accounts_url": service.accounts_url,
        "spotify_client_id": service.client_id,
        "spotify_redirect_port": free_port(),
    }
    opened = World(settings.model_copy(update=addresses), lambda: NOW)
    yield opened
    opened.operational.close()


class Person:
    """A browser with a person before it, in a thread; keeps the pages that were seen and what went wrong."""

    def __init__(self, world: World, does: Callable[["Person", str], None]) -> None:
        self.own = f"http://127.0.0.1:{world.settings.spotify_redirect_port}"
        self.pages: list[requests.Response] = []
        self.errors: list[BaseException] = []
        self._does = does
        self._thread: Thread | None = None

    def __call__(self, url: str) -> None:
        self._thread = Thread(target=self._act, args=(url,))
        self._thread.start()

    def _act(self, url: str) -> None:
        try:
            self._does(self, url)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            self.errors.append(error)

    def get(self, url: str, **more: object) -> requests.Response:
        page = requests.get(url, timeout=LONG_S, **more)  # type: ignore[arg-type]
        self.pages.append(page)
        return page

    def ended(self) -> list[requests.Response]:
        assert self._thread is not None
        self._thread.join(LONG_S)
        if self.errors:
            raise self.errors[0]
        return self.pages


def asked(
    world: World, does: Callable[[Person, str], None], user: str = "me", wait_s: float = LONG_S
) -> tuple[int, str, list[requests.Response]]:
    """``longplay link``: its exit code, what it printed, and the pages the browser showed."""
    out, person = io.StringIO(), Person(world, does)
    code = link(world, Console(file=out, width=400), user, person, wait_s)
    return code, out.getvalue(), person.ended()


def linked(world: World) -> list[Account]:
    return world.accounts.list()


def agree(person: Person, url: str) -> None:
    person.get(url)


def answer_of(url: str) -> str:
    """Where Spotify sends the browser, not followed."""
    return requests.get(url, timeout=LONG_S, allow_redirects=False).headers["Location"]


def test_who_says_yes_in_the_browser_is_linked(world: World, service: FakeSpotify) -> None:
    code, out, pages = asked(world, agree)
    assert code == DONE
    assert [(each.user_id, each.spotify_id, each.is_valid) for each in linked(world)] == [
        ("me", "ana-there", True)
    ]
    assert linked(world)[0].scopes == " ".join(spotify_login.SCOPES)
    assert "Linked: me" in out
    assert f"{service.accounts_url}/authorize?" in out
    assert pages[0].status_code == 200
    assert "You can close this page" in pages[0].text
    assert not any(secret in out + pages[0].text for secret in service.secrets)
    assert pages[0].headers["Cache-Control"] == "no-store"
    assert pages[0].headers["Referrer-Policy"] == "no-referrer"


def test_a_browser_that_keeps_the_command_waiting_is_served_all_the_same(world: World) -> None:
    """A text browser runs in the same terminal, and comes back when it is closed."""
    out = io.StringIO()
    code = link(world, Console(file=out), "me", lambda url: requests.get(url, timeout=LONG_S), LONG_S)
    assert code == DONE


def test_who_says_no_is_not_linked_and_told_so_in_both_places(world: World, service: FakeSpotify) -> None:
    service.login_as(None)
    code, out, pages = asked(world, agree)
    assert (code, linked(world)) == (FAILED, [])
    assert "run `longplay link` to try again" in out
    assert pages[0].status_code == 400
    assert "Spotify was told no" in pages[0].text


def test_an_account_of_another_user_is_refused(world: World, service: FakeSpotify) -> None:
    assert asked(world, agree, "ana")[0] == DONE
    code, out, _ = asked(world, agree, "ben")
    assert code == FAILED
    assert "longplay unlink" in out
    assert [each.user_id for each in linked(world)] == ["ana"]


def test_what_is_not_spotifys_answer_neither_links_nor_ends_the_waiting(world: World) -> None:
    strange: list[int] = []

    def probe(person: Person, url: str) -> None:
        answer = answer_of(url)
        _, _, query = answer.partition("?")
        for address, headers in (
            (f"{person.own}/", {}),
            (f"{person.own}/callback/more?{query}", {}),
            (f"{person.own}/callback?{query}", {"Host": "evil.example"}),
            (f"{person.own}/callback?{query}", {"Host": f"localhost:{urlsplit(answer).port}"}),
            (f"{person.own}/callback?{query}", {"Host": "127.0.0.1"}),
            (f"{person.own}/callback", {}),
            (f"{person.own}/callback?code=AQCinvented&state=invented", {}),
            (f"{person.own}/callback?error=access_denied&state=invented%00", {}),
            (f"{person.own}/callback?error=access_denied", {}),
        ):
            strange.append(person.get(address, headers=headers).status_code)
        strange.append(requests.post(answer, timeout=LONG_S).status_code)
        with socket.create_connection(("127.0.0.1", urlsplit(answer).port or 0)) as raw:
            raw.sendall(b"GET http://[ HTTP/1.1\r\n\r\n")
            strange.append(int(raw.recv(100).split()[1]))
        person.get(answer)

    code, _, pages = asked(world, probe)
    assert strange == [404] * 5 + [400] * 4 + [501, 404]
    assert pages[-1].status_code == 200
    assert (code, len(linked(world))) == (DONE, 1)


def test_a_connection_that_says_nothing_holds_nobody_up(world: World) -> None:
    def agree_beside(person: Person, url: str) -> None:
        port = urlsplit(person.own).port or 0
        with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
            person.get(url)

    assert asked(world, agree_beside)[0] == DONE


def test_an_answer_to_another_users_attempt_is_not_heard(world: World, service: FakeSpotify) -> None:
    """Or a person could be sent a link that puts their plays under another's name."""
    theirs = spotify_login.begin(world, "eva")

    def follow_theirs_first(person: Person, url: str) -> None:
        assert person.get(theirs).status_code == 400
        person.get(url)

    assert asked(world, follow_theirs_first)[0] == DONE
    assert [each.user_id for each in linked(world)] == ["me"]


def test_an_answer_works_once(world: World) -> None:
    answers: list[str] = []

    def agree_and_keep(person: Person, url: str) -> None:
        answers.append(answer_of(url))
        person.get(answers[0])

    def replay(person: Person, _: str) -> None:
        person.get(answers[0])

    assert asked(world, agree_and_keep)[0] == DONE
    code, out, pages = asked(world, replay, wait_s=0.5)
    assert code == FAILED
    assert "each is good once" in pages[0].text
    assert "Nobody answered" in out


def test_when_spotify_is_down_at_the_exchange_it_is_told_what_to_do(
    world: World, service: FakeSpotify
) -> None:
    service.fault("503", path="/api/token")
    code, out, pages = asked(world, agree)
    assert (code, linked(world)) == (FAILED, [])
    assert "then run `longplay link` again" in out
    assert pages[0].status_code == 400
    assert asked(world, agree)[0] == DONE


def test_when_postgresql_is_gone_at_the_answer_it_is_told(world: World, service: FakeSpotify) -> None:
    def drop_table(person: Person, url: str) -> None:
        with world.operational.engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {link_attempts.fullname} RENAME TO gone"))
        person.get(url)

    code, out, pages = asked(world, drop_table)
    assert code == FAILED
    assert "PostgreSQL does not answer" in out
    assert not any(secret in out + pages[0].text for secret in service.secrets)


def test_nobody_answers_and_it_ends(world: World) -> None:
    code, out, _ = asked(world, lambda *_: None, wait_s=0.01)
    assert code == FAILED
    assert "Nobody answered in ten minutes: run `longplay link` again." in out


def test_a_port_that_is_taken_is_an_error_that_says_what_to_do(world: World) -> None:
    with (
        socket.create_server(("127.0.0.1", world.settings.spotify_redirect_port)),
        pytest.raises(PortTakenError, match="LONGPLAY_SPOTIFY_REDIRECT_PORT") as raised,
    ):
        asked(world, agree)
    assert str(world.settings.spotify_redirect_port) in str(raised.value)


def test_the_port_is_free_again_after_linking(world: World) -> None:
    for _ in range(3):
        assert asked(world, agree)[0] == DONE
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", world.settings.spotify_redirect_port)) != 0


def test_without_a_client_id_it_says_how_to_get_one(world: World) -> None:
    world.settings = world.settings.model_copy(update={"spotify_client_id": None})
    with pytest.raises(NoClientIdError, match=r"developer\.spotify\.com/dashboard") as raised:
        asked(world, agree)
    assert spotify_login.redirect_uri(world.settings) in str(raised.value)


def test_pages_and_terminal_quote_nothing_of_the_query(world: World) -> None:
    def inject(person: Person, url: str) -> None:
        parts = urlsplit(answer_of(url))
        told = parts.query.replace("code=", "error=%3Cscript%3E&was=")
        person.get(urlunsplit(parts._replace(query=told)))

    code, out, pages = asked(world, inject)
    assert code == FAILED
    assert "ended the login with an error" in out
    assert "script" not in pages[0].text + out
