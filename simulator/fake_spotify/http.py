"""The socket side of the fake Spotify: HTTP/1.1 with keep-alive, a thread a connection, on loopback."""

import contextlib
import socket
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from simulator.fake_spotify.answers import Answer, Question, text_answer


class FakeServer(ThreadingHTTPServer):
    """Asks ``reply`` for every answer (None drops the connection); bugs in it are kept in ``errors``."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, reply: Callable[[Question], Answer | None], clock: Callable[[], datetime]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = reply
        self.clock = clock
        self.errors: list[BaseException] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def start(self) -> None:
        """Serves in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Closes every connection."""
        self.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):  # the other side may have gone first
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 (as in the base)
        """Remembers the connection, to close it in the end."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 (as in the base)
        """Forgets the connection."""
        with self._lock:
            self._open.discard(request)
            super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 (as in the base)
        """Keeps what was raised; that a client went away is no error."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError):
            self.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    server: FakeServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _question(self) -> Question:
        parts = urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if size else b""
        is_form = self.headers.get_content_type() == "application/x-www-form-urlencoded"
        form = dict(parse_qsl(body.decode(), keep_blank_values=True)) if is_form else {}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        bearer = token.strip() if scheme.lower() == "bearer" else None
        return Question(self.command, parts.path, parts.query, query, form, bearer)

    def _serve(self) -> None:
        question = self._question()
        try:
            answer = self.server.reply(question)
        except Exception:
            self._send(text_answer(500, "the fake itself failed: see its errors"))
            raise
        if answer is None:
            self.close_connection = True
        else:
            self._send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 (the base class names them)

    def _send(self, answer: Answer) -> None:
        head = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        head.append(f"Date: {format_datetime(self.server.clock(), usegmt=True)}")
        head.append(f"Content-Type: {answer.content_type}")
        head.append(f"Content-Length: {len(answer.body)}")
        head.extend(f"{name}: {text}" for name, text in answer.headers.items())
        body = answer.body[: len(answer.body) // 2] if answer.is_cut_off else answer.body
        self.close_connection = self.close_connection or answer.is_cut_off
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as in the base)
        """Quiet: ``FakeSpotify.calls`` tells what was asked."""
