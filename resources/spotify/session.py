"""One HTTP call to Spotify through spotipy and requests, its faults turned into ``errors``.

spotipy 2.26 does three things that must not happen here. The session it makes by itself sleeps for
Retry-After and then loses the header: it gets ours. It logs request headers, and with them the
token, at DEBUG: ours adds the token only after that. It reads error bodies as if they were always
``{"error": {...}}`` and logs them: a response hook raises first.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from requests import PreparedRequest, RequestException, Response, Session, Timeout
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from spotipy import Spotify  # type: ignore[import-untyped]
from urllib3.exceptions import HTTPError

from resources.spotify.errors import (
    AppRefusedError,
    BadAnswerError,
    ForbiddenError,
    NoSuchItemError,
    RateLimitedError,
    SpotifyDownError,
    SpotifyError,
    TokenRefusedError,
)
from resources.spotify.reasons import concerns_app, quoted, reason_in

RETRY_AFTER_S: Final = 60
LONGEST_RETRY_AFTER_S: Final = 24 * 60 * 60

Clock = Callable[[], datetime]


class Bearer(AuthBase):
    """Adds the token to a request as it is sent, so that only requests and the wire see it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Called by requests for every request of the session."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class OneCall(Session):
    """A session of one account's call (no cookies travel on); connections stay in the shared adapter."""

    def __init__(self, token: str, adapter: HTTPAdapter, clock: Clock) -> None:
        super().__init__()
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self.auth = Bearer(token)
        self.hooks["response"].append(lambda response, **_: _check(response, clock, token))

    def close(self) -> None:
        """Nothing: spotipy closes its session when it is collected, others still use the adapter."""


class Caller:
    """Makes calls over kept-alive connections; safe to share between threads."""

    def __init__(self, api_url: str, clock: Clock, timeout_s: float) -> None:
        self._api_url = api_url.rstrip("/") + "/"
        self._clock = clock
        self._timeout_s = timeout_s
        self._adapter = HTTPAdapter(max_retries=0)

    def call(self, token: str, ask: Callable[[Spotify], Any]) -> dict[str, Any]:
        """The JSON object that ``ask`` gets; raises ``SpotifyError``."""
        answer = self._ask(self._client(token), ask)
        if isinstance(answer, SpotifyError):  # raised here: a context would hold the request
            raise answer
        if not isinstance(answer, dict):
            raise BadAnswerError("Spotify's answer is not a JSON object")
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()

    def _client(self, token: str) -> Spotify:
        session = OneCall(token, self._adapter, self._clock)
        client = Spotify(requests_session=session, requests_timeout=self._timeout_s)
        client.prefix = self._api_url
        return client

    def _ask(self, client: Spotify, ask: Callable[[Spotify], Any]) -> Any:  # noqa: ANN401
        try:
            return ask(client)
        except SpotifyError as error:
            error.__context__ = None
            return error.with_traceback(None)
        except Timeout:
            return SpotifyDownError(f"Spotify did not answer within {self._timeout_s:g} s")
        except (RequestException, HTTPError):
            return SpotifyDownError("Spotify cannot be reached, or the connection broke")
        except RecursionError:  # JSON nested thousands deep
            return BadAnswerError("Spotify's answer is not JSON one can read")


def _check(response: Response, clock: Clock, token: str) -> None:
    if response.status_code == 429:
        raise _rate_limited(response, clock())
    if response.status_code != 200:
        raise _refused(response.status_code, _reason(response, token))
    _check_text(response)


def _check_text(response: Response) -> None:
    """JSON is UTF-8; left alone, requests guesses other encodings or replaces characters in names."""
    response.encoding = "utf-8"
    try:
        response.content.decode()
    except UnicodeDecodeError:
        raise BadAnswerError("Spotify's answer is not UTF-8") from None


def _reason(response: Response, token: str) -> str:
    with suppress(RequestException, HTTPError):  # the status has come, whatever became of the body
        return reason_in(response.content, [token])
    return ""


def _refused(status: int, reason: str) -> SpotifyError:
    if status == 404:
        return NoSuchItemError()
    if 400 <= status < 500 and concerns_app(reason):
        return AppRefusedError(reason)
    if status in {401, 403}:
        return TokenRefusedError(reason) if status == 401 else ForbiddenError(reason)
    said = f"Spotify answered with status {status}{quoted(reason)}"
    if 400 <= status < 500:
        return BadAnswerError(f"{said}, which nothing here should cause")
    return SpotifyDownError(said)


def _rate_limited(response: Response, now: datetime) -> RateLimitedError:
    wait = timedelta(seconds=_retry_after_s(response.headers.get("Retry-After", "")))
    return RateLimitedError(now + wait, "quota" if _is_quota(response) else "rate_limit")


def _is_quota(response: Response) -> bool:
    with suppress(RequestException):  # the header has come, whatever became of the body
        return b"QUOTA_EXCEEDED" in response.content
    return False


def _retry_after_s(header: str) -> int:
    """Whole seconds, as Spotify sends them; a second at least, a day at most."""
    if not re.fullmatch(r"\s*[0-9]{1,18}\s*", header):
        return RETRY_AFTER_S
    return min(max(int(header), 1), LONGEST_RETRY_AFTER_S)
