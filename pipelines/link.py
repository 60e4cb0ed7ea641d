"""Linking an account from a terminal: the browser asks the person, a loopback address hears the answer."""

import html
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from queue import Empty, SimpleQueue
from socketserver import ThreadingTCPServer
from typing import Final
from urllib.parse import parse_qsl

from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from pipelines.exit_codes import Exit
from resources.spotify import login as spotify_login
from resources.spotify.accounts import Account, LinkRefusedError, UnknownStateError
from resources.world import World

DONE, FAILED = Exit.DONE, Exit.SPOTIFY
_WAIT_S: Final = spotify_login.ATTEMPT_LASTS.total_seconds()

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Longplay</title>
<body style="font:1.2em sans-serif;margin:20vh auto;max-width:32em">
<h1>{title}</h1><p>{text}</p></body></html>"""
_HEADERS: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
)


class PortTakenError(RuntimeError):
    """Spotify's answer could not be heard."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Another program (another `longplay link`?) listens on port {port} of 127.0.0.1: end it, or set "
            "LONGPLAY_SPOTIFY_REDIRECT_PORT to another and your app's redirect URI with it."
        )


def link(
    world: World,
    console: Console,
    user_id: str,
    open_browser: Callable[[str], object],
    wait_s: float = _WAIT_S,
) -> int:
    """Opens Spotify's page, waits up to ten minutes for the answer, and links the account.

    Raises:
        NoClientIdError: no app is set.
        PortTakenError: another program listens where the answer would come.
    """
    with _listening(world, user_id) as callback:
        url = spotify_login.begin(world, user_id)
        console.print("Say yes in the browser; if none opens, go to this address:")
        console.print(url, markup=False, soft_wrap=True)
        open_browser(url)
        answered = callback.wait(wait_s)
    if isinstance(answered, Account):
        console.print(f"Linked: {user_id}. The tables stay current while `longplay up` runs.", markup=False)
        return DONE
    console.print(str(answered), style="red", markup=False, soft_wrap=True)
    return FAILED


@contextmanager
def _listening(world: World, user_id: str) -> "Iterator[_Callback]":
    try:
        callback = _Callback(world, user_id)
    except OSError:
        raise PortTakenError(world.settings.spotify_redirect_port) from None
    with callback:
        serving = threading.Thread(target=callback.serve_forever, args=(0.05,), daemon=True)
        serving.start()
        try:
            yield callback
        finally:
            callback.shutdown()
            serving.join()


class _Callback(ThreadingTCPServer):
    """Listens on 127.0.0.1; a thread a connection, because browsers open some that they never use."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, world: World, user_id: str) -> None:
        self.world, self.user_id = world, user_id
        self.answers: SimpleQueue[Account | Exception] = SimpleQueue()
        super().__init__(("127.0.0.1", world.settings.spotify_redirect_port), _Handler)

    def wait(self, wait_s: float) -> Account | Exception:
        """The linked account, or why there is none."""
        try:
            return self.answers.get(timeout=wait_s)
        except Empty:
            return LinkRefusedError("Nobody answered in ten minutes: run `longplay link` again.")

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the library's
        """A browser that went away is nothing; anything else ends the waiting, and is told once."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.answers.put(error)


class _Handler(BaseHTTPRequestHandler):
    """The one page."""

    server: _Callback
    timeout = 5

    def do_GET(self) -> None:
        """Spotify's answer; whatever else asks gets nothing, and is not listened to."""
        path, _, query = self.path.partition("?")
        own = f"127.0.0.1:{self.server.server_address[1]}"
        if path != "/callback" or self.headers.get("Host") != own:
            self._show(HTTPStatus.NOT_FOUND, "Not here", "This address only hears Spotify's answers.")
            return
        answered = _finished(self.server, dict(parse_qsl(query)))
        try:
            self._show_answer(answered)
        finally:  # after the page: the process may end as soon as it is known
            if not isinstance(answered, UnknownStateError):  # anybody's page can send the browser here
                self.server.answers.put(answered)

    def _show_answer(self, answered: Account | Exception) -> None:
        if isinstance(answered, Account):
            self._show(HTTPStatus.OK, "Linked", "You can close this page; the terminal says what is next.")
        else:
            self._show(HTTPStatus.BAD_REQUEST, "Not linked", str(answered))

    def _show(self, status: HTTPStatus, title: str, text: str) -> None:
        page = _PAGE.format(title=title, text=html.escape(text)).encode()
        self.send_response(status)
        for name, value in (*_HEADERS, ("Content-Length", str(len(page)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Nothing: a request line holds the code."""


def _finished(server: _Callback, query: Mapping[str, str]) -> Account | Exception:
    """The account; or why there is none, which is told in the browser and in the terminal."""
    try:
        return spotify_login.finish(server.world, query, server.user_id)
    except SQLAlchemyError:
        return LinkRefusedError("PostgreSQL does not answer, so nothing was linked: check that it runs.")
    except RuntimeError as error:
        return error
