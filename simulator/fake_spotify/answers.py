"""One question to the fake Spotify and one answer, and the errors in Spotify's two forms."""

import json
from dataclasses import dataclass, field
from datetime import datetime

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, repr=False)
class Question:
    """A request, read; ``query`` and ``form`` hold the last value of each name."""

    method: str
    path: str
    query_text: str = ""
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    bearer: str | None = None


@dataclass(frozen=True)
class Answer:
    """What is sent back; ``is_cut_off`` promises the whole body and closes in the middle of it."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE
    is_cut_off: bool = False


@dataclass(frozen=True)
class Call:
    """One request as the fake saw it; status 0: the connection was dropped without an answer."""

    at: datetime
    method: str
    path: str
    spotify_id: str | None
    status: int
    query: str = ""


class RefusedError(Exception):
    """Ends the handling of a question with that answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def json_answer(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """``content`` as JSON."""
    return Answer(status, json.dumps(content, ensure_ascii=False).encode(), headers or {})


def text_answer(status: int, text: str) -> Answer:
    """A page that is not JSON."""
    return Answer(status, text.encode(), content_type="text/html; charset=utf-8")


def plain_answer(status: int, text: str) -> Answer:
    """Plain words, as some refusals come."""
    return Answer(status, text.encode(), content_type="text/plain")


def api_error(
    status: int, message: str, *, reason: str | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """An error of the Web API."""
    error: dict[str, object] = {"status": status, "message": message}
    return json_answer({"error": error | ({"reason": reason} if reason else {})}, status, headers)


def oauth_error(error: str, description: str) -> Answer:
    """An error of the accounts service."""
    return json_answer({"error": error, "error_description": description}, 400)


def too_many(retry_after: object, *, is_quota: bool = False) -> Answer:
    """429; ``retry_after`` None leaves the header out."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    reason = "QUOTA_EXCEEDED" if is_quota else None
    return api_error(429, "API rate limit exceeded", reason=reason, headers=headers)
