"""Linking a Spotify account: OAuth with PKCE through spotipy, and refreshing what it gave.

Plain functions, so that the command line and a web page offer the same flow. spotipy logs what it is
about to send at DEBUG: it never knows a code, verifier or token, which the session fills in (``Filled``).
No error quotes an answer.
"""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeGuard
from urllib.parse import parse_qsl

from sqlalchemy import RowMapping, delete, insert

from resources import locks
from resources.settings import Settings
from resources.spotify.accounts import LINKING, Account, LinkRefusedError, Tokens, UnknownStateError
from resources.spotify.errors import (
    AppRefusedError,
    BadAnswerError,
    NoTokenError,
    RevokedError,
    SpotifyDownError,
)
from resources.spotify.reasons import cleaned, concerns_app, quoted
from resources.spotify.tables import link_attempts
from resources.world import World

if TYPE_CHECKING:
    from requests import PreparedRequest, Session
    from spotipy.oauth2 import SpotifyPKCE  # type: ignore[import-untyped]

SCOPES: Final = ("user-read-recently-played", "user-top-read")
"""All that is asked for: the plays, and Spotify's own top lists."""
ATTEMPT_LASTS: Final = timedelta(minutes=10)
_TIMEOUT_S: Final = 20
_UNTOLD: Final = "filled-in-when-sent"
_REFUSES_APP: Final = ("invalid_client", "unauthorized_client")
"""RFC 6749, 5.2: whoever asks, not what is asked with."""


class NoClientIdError(NoTokenError):
    """No app is registered."""

    def __init__(self, redirect_uri: str) -> None:
        super().__init__(
            "Linking needs an app of your own at Spotify, once: make one at developer.spotify.com/dashboard "
            f"with the redirect URI {redirect_uri}, tick Web API, and set LONGPLAY_SPOTIFY_CLIENT_ID to its "
            "client id (no secret is needed)."
        )


def redirect_uri(settings: Settings) -> str:
    """Where the browser brings Spotify's answer."""
    return f"http://127.0.0.1:{settings.spotify_redirect_port}/callback"


def begin(world: World, user_id: str, answered_at: str | None = None) -> str:
    """Starts to link an account; returns the page at Spotify where the person says yes.

    Args:
        answered_at: the redirect URI; None: that of the command line.

    Raises:
        NoClientIdError: no app is set.
    """
    uri = answered_at or redirect_uri(world.settings)
    state = secrets.token_urlsafe(32)
    with _login(world.settings, uri) as login:
        url: str = login.get_authorize_url(state=state)
        verifier = str(login.code_verifier)
    now = world.clock()
    attempt = {"state": state, "user_id": user_id, "redirect_uri": uri, "expires_at": now + ATTEMPT_LASTS}
    with world.operational.engine.begin() as connection:
        locks.lock_transaction(connection, LINKING)
        connection.execute(delete(link_attempts).where(link_attempts.c.expires_at <= now))
        sealed = world.vault.seal(user_id, verifier)
        connection.execute(insert(link_attempts).values(**attempt, sealed_verifier=sealed))
    return url


def finish(world: World, query: Mapping[str, str], user_id: str | None = None) -> Account:
    """Links the account that Spotify's answer (the query of the redirect) is about.

    Args:
        user_id: who is at the page; an answer to another user's attempt is none. A web page must give
            it, or one person could have another's account linked to their own name.

    Raises:
        UnknownStateError: the answer belongs to no attempt of the last ten minutes.
        LinkRefusedError: the person said no, or Spotify gave no tokens.
        SpotifyError: Spotify could not be asked whose account it is.
        BudgetSpentError: no call is left to ask with.
    """
    attempt = _take_attempt(world, query.get("state", ""), user_id)
    if attempt is None:
        raise UnknownStateError
    if "code" not in query:
        raise LinkRefusedError(_why_not(query.get("error")))
    tokens = _exchange(world, attempt, query["code"])
    world.budget.resume_app()  # a person is here, and may have mended the app
    try:
        spotify_id = world.spotify.me(tokens.access_token)["id"]
    except AppRefusedError as error:
        raise LinkRefusedError(f"Nothing was linked: {error}") from None
    if not spotify_id.isprintable():  # PostgreSQL has no word for some of them
        raise BadAnswerError("Spotify's answer has no id")
    world.accounts.link(attempt["user_id"], spotify_id, tokens, world.clock())
    return world.accounts.get(attempt["user_id"])


def access_token(world: World, user_id: str) -> str:
    """The account's access token, refreshed when it is 50 minutes old.

    Raises:
        RevokedError: Spotify does not accept the refresh token.
        AppRefusedError: Spotify does not accept the app; all calls pause.
        SpotifyDownError: Spotify could not be reached.
    """
    try:
        return world.accounts.access_token(
            user_id, world.clock(), lambda token: refresh(world.settings, token)
        )
    except AppRefusedError as error:
        world.budget.pause_app(str(error))
        raise


def refresh(settings: Settings, refresh_token: str) -> Tokens:
    """New tokens for a refresh token, which Spotify may replace.

    Raises:
        RevokedError: Spotify does not accept the refresh token.
        AppRefusedError: Spotify does not accept the app.
        SpotifyDownError: Spotify could not be reached, or answered nonsense.
    """
    with _login(settings, redirect_uri(settings), refresh_token=refresh_token) as login:
        told = _asked(lambda: login.refresh_access_token(_UNTOLD), refresh_token)
    return _tokens(told, refresh_token)


def _why_not(error: str | None) -> str:
    if error == "access_denied":
        return "Spotify was told no, so nothing was linked: run `longplay link` to try again."
    return "Spotify ended the login with an error, so nothing was linked: run `longplay link` again."


def _take_attempt(world: World, state: str, user_id: str | None) -> RowMapping | None:
    """The attempt, which nobody can take again."""
    taken = delete(link_attempts).where(link_attempts.c.state == state.replace("\0", ""))
    if user_id is not None:
        taken = taken.where(link_attempts.c.user_id == user_id)
    with world.operational.engine.begin() as connection:
        found = connection.execute(taken.returning(link_attempts)).mappings().one_or_none()
    return found if found is not None and world.clock() < found["expires_at"] else None


def _exchange(world: World, attempt: RowMapping, code: str) -> Tokens:
    verifier = world.vault.open(attempt["user_id"], attempt["sealed_verifier"])
    try:
        with _login(world.settings, attempt["redirect_uri"], code=code, code_verifier=verifier) as login:
            login.code_verifier = login.code_challenge = _UNTOLD  # or it makes others
            _asked(lambda: login.get_access_token(_UNTOLD, check_cache=False), code, verifier)
            return _tokens(login.cache_handler.get_cached_token())
    except AppRefusedError as error:
        failure = f"Nothing was linked: {error}"
    except RevokedError:
        failure = "Spotify did not accept its own code, so nothing was linked: run `longplay link` again."
    except SpotifyDownError:
        failure = (
            "Spotify's login service could not be reached, refused, or answered nonsense, so nothing was "
            "linked: check the network and LONGPLAY_SPOTIFY_CLIENT_ID, then run `longplay link` again."
        )
    raise LinkRefusedError(failure)


def _tokens(told: Any, given: str | None = None) -> Tokens:  # noqa: ANN401 - whatever the answer was
    """What was told; the refresh token that was given where no other is."""
    found = told if isinstance(told, dict) else {}
    access, refreshing = found.get("access_token"), found.get("refresh_token", given)
    if refreshing == _UNTOLD:  # spotipy keeps what it believes to have sent
        refreshing = given
    if not (_is_token(access) and _is_token(refreshing)):
        raise SpotifyDownError("Spotify's login service answered without tokens")
    all_or_unchanged = (
        " ".join(SCOPES) if given is None else ""
    )  # what leaving them out means (RFC 6749, 5.1)
    scopes = str(found.get("scope", all_or_unchanged)).split()
    return Tokens(access, refreshing, " ".join(scope for scope in scopes if scope in SCOPES))


def _is_token(told: object) -> TypeGuard[str]:
    """Characters that may stand in a header (RFC 6749, appendix A)."""
    return isinstance(told, str) and re.fullmatch(r"[\x21-\x7e]+", told) is not None


def _asked(ask: Callable[[], Any], *secrets: str) -> Any:  # noqa: ANN401 - spotipy has no types
    """What spotipy gets; raises ``RevokedError``, ``AppRefusedError`` or ``SpotifyDownError``."""
    from requests import RequestException  # noqa: PLC0415
    from spotipy.oauth2 import SpotifyOauthError  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    failure: Exception
    try:
        return ask()
    except SpotifyOauthError as error:
        failure = _refusal(error.error, error.error_description, secrets)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        failure = SpotifyDownError("Spotify's login service answered nonsense")
    except (RequestException, HTTPError):
        failure = SpotifyDownError("Spotify's login service could not be reached")
    raise failure  # here, because a context would hold what was sent


def _refusal(error: object, description: object, secrets: Sequence[str]) -> Exception:
    """What an error of the login service means: for the account, for the app, or for nobody in particular.

    A body that is no JSON is the ``error``; a page of a gateway (HTML) says nothing.
    """
    said = [text for text in (error, description) if isinstance(text, str)]
    reason = cleaned(": ".join(text for text in said if not text.lstrip().startswith("<")), secrets)
    if error in _REFUSES_APP or concerns_app(reason):
        return AppRefusedError(reason)
    if error == "invalid_grant":
        return RevokedError(reason)
    return SpotifyDownError(f"Spotify's login service answered with an error{quoted(reason)}")


class Filled:
    """Fills secrets into a form as it is sent, so that only requests and the wire see them."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self._form = form

    def __call__(self, request: "PreparedRequest") -> "PreparedRequest":
        """Called by requests for every request of the session."""
        request.prepare_body({**dict(parse_qsl(str(request.body))), **self._form}, None)
        return request


@contextmanager
def _login(settings: Settings, uri: str, **form: str) -> "Iterator[SpotifyPKCE]":
    """The flow of spotipy with our addresses, tokens kept in memory only, and the form filled in."""
    from spotipy.cache_handler import MemoryCacheHandler  # type: ignore[import-untyped]  # noqa: PLC0415
    from spotipy.oauth2 import SpotifyPKCE  # noqa: PLC0415

    if not settings.spotify_client_id:
        raise NoClientIdError(uri)
    with _session(form) as session:
        login = SpotifyPKCE(
            settings.spotify_client_id,
            uri,
            scope=" ".join(SCOPES),
            requests_timeout=_TIMEOUT_S,
            requests_session=session,
            cache_handler=MemoryCacheHandler(),
            open_browser=False,
        )
        base = settings.spotify_accounts_url.rstrip("/")
        login.OAUTH_AUTHORIZE_URL, login.OAUTH_TOKEN_URL = f"{base}/authorize", f"{base}/api/token"
        yield login


def _session(form: Mapping[str, str]) -> "Session":
    """Without retries, and without redirects, which would take the form elsewhere."""
    from requests import Session  # noqa: PLC0415

    session = Session()
    session.max_redirects = 0
    session.auth = Filled(form)
    return session
