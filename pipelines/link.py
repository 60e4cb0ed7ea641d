"""Linking an account from a terminal: the browser asks the person, a loopback address hears the answer."""

import html
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from rich.console import Console

from resources import spotify_login
from resources.accounts import Account, LinkRefusedError, UnknownStateError
from resources.spotify_errors import SpotifyError
from resources.world import World

DONE, FAILED = 0, 1
_WAIT_S: Final = 1.0
_MOST_WAITS: Final = int(spotify_login.ATTEMPT_LASTS.total_seconds() / _WAIT_S)

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Longplay</title>
<body style="font:1.2em sans-serif;margin:20vh auto;max-width:32em">
<h1>{title}</h1><p>{text}</p></body></html>"""


def link(world: World, console: Console, user_id: str, open_browser: Callable[[str], object]) -> int:
    """Opens Spotify's page, waits up to ten minutes for the answer, and links the account.

    Raises:
        NoClientIdError: no app is set.
    """
    with _Callback(world) as callback:
        url = spotify_login.begin(world, user_id)
        console.print("Say yes in the browser; if none opens, go to this address:")
        console.print(url, markup=False, soft_wrap=True)
        open_browser(url)
        answered = callback.wait()
    if isinstance(answered, Account):
        console.print(f"Linked: {user_id}. The tables stay current while `longplay up` runs.", markup=False)
        return DONE
    console.print(str(answered), style="red", markup=False, soft_wrap=True)
    return FAILED


class _Callback(HTTPServer):
    """Listens on 127.0.0.1 until one answer of Spotify's was used."""

    allow_reuse_address = True

    def __init__(self, world: World) -> None:
        self.world = world
        self.answered: Account | Exception | None = None
        super().__init__(("127.0.0.1", world.settings.spotify_redirect_port), _Handler)
        self.timeout = _WAIT_S

    def wait(self) -> Account | Exception:
        """The linked account, or why there is none."""
        for _ in range(_MOST_WAITS):
            if self.answered is not None:
                return self.answered
            self.handle_request()
        return self.answered or LinkRefusedError("Nobody answered in ten minutes: run `longplay link` again.")


class _Handler(BaseHTTPRequestHandler):
    """The one page."""

    server: _Callback
    timeout = 5

    def do_GET(self) -> None:
        """Spotify's answer; whatever else asks gets nothing, and is not listened to."""
        address = urlsplit(self.path)
        own = f"127.0.0.1:{self.server.server_port}"
        if address.path != "/callback" or self.headers.get("Host") != own:
            self._show(HTTPStatus.NOT_FOUND, "Not here", "This address only hears Spotify's answers.")
            return
        answered = _finished(self.server.world, dict(parse_qsl(address.query)))
        if not isinstance(answered, UnknownStateError):  # anybody's page can send the browser here
            self.server.answered = answered
        if isinstance(answered, Account):
            self._show(
                HTTPStatus.OK, "Linked", "You can close this page; the terminal says what happens next."
            )
        else:
            self._show(HTTPStatus.BAD_REQUEST, "Not linked", str(answered))

    def _show(self, status: HTTPStatus, title: str, text: str) -> None:
        page = _PAGE.format(title=title, text=html.escape(text)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Nothing: a request line holds the code."""


def _finished(world: World, query: Mapping[str, str]) -> Account | Exception:
    try:
        return spotify_login.finish(world, query)
    except (LinkRefusedError, SpotifyError, RuntimeError) as error:
        return error
