"""Linking a Spotify account: OAuth with PKCE through spotipy, and refreshing what it gave.

Plain functions, so that the command line and a web page offer the same flow. spotipy logs the bodies
it sends, tokens among them, at DEBUG: its logger is kept above that, and no error quotes an answer.
"""

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import RowMapping, delete, insert

from resources.accounts import Account, LinkRefusedError, Tokens, UnknownStateError
from resources.settings import Settings
from resources.spotify_errors import SpotifyDownError
from resources.spotify_tables import link_attempts
from resources.world import World

if TYPE_CHECKING:
    from requests import Session
    from spotipy.oauth2 import SpotifyPKCE  # type: ignore[import-untyped]

SCOPES: Final = ("user-read-recently-played", "user-top-read")
"""All that is asked for: the plays, and Spotify's own top lists."""
ATTEMPT_LASTS: Final = timedelta(minutes=10)
_TIMEOUT_S: Final = 20


class RevokedError(RuntimeError):
    """The refresh token is dead: six months are over, or the person took the permission back."""

    def __init__(self) -> None:
        super().__init__(
            "Spotify no longer lets Longplay in: the permission was taken back, or its six months are over. "
            "Run `longplay link` again."
        )


class NoClientIdError(RuntimeError):
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
    attempt = {
        "state": state,
        "user_id": user_id,
        "redirect_uri": uri,
        "sealed_verifier": world.vault.seal(user_id, verifier),
        "expires_at": now + ATTEMPT_LASTS,
    }
    with world.operational.engine.begin() as connection:
        connection.execute(delete(link_attempts).where(link_attempts.c.expires_at <= now))
        connection.execute(insert(link_attempts).values(attempt))
    return url


def finish(world: World, query: Mapping[str, str]) -> Account:
    """Links the account that Spotify's answer (the query of the redirect) is about.

    Raises:
        LinkRefusedError: the answer belongs to no attempt of the last ten minutes, or the person said no.
        SpotifyError: Spotify could not be asked whose account it is.
    """
    attempt = _take_attempt(world, query.get("state", ""))
    if attempt is None:
        raise UnknownStateError
    if "code" not in query:
        raise LinkRefusedError(
            "Spotify was told no, so nothing was linked: run `longplay link` to try again."
        )
    user_id = attempt["user_id"]
    tokens = _exchange(world, attempt, query["code"])
    spotify_id = str(world.spotify.me(tokens.access_token)["id"])
    world.accounts.link(user_id, spotify_id, tokens, world.clock())
    return world.accounts.get(user_id)


def access_token(world: World, user_id: str) -> str:
    """The account's access token, refreshed when it is 50 minutes old.

    Raises:
        RevokedError: Spotify no longer accepts the refresh token.
        SpotifyDownError: Spotify could not be reached.
    """
    return world.accounts.access_token(user_id, world.clock(), lambda token: refresh(world.settings, token))


def refresh(settings: Settings, refresh_token: str) -> Tokens:
    """New tokens for a refresh token, which Spotify may replace."""
    with _login(settings, redirect_uri(settings)) as login:
        told = _asked(lambda: login.refresh_access_token(refresh_token), RevokedError())
    return _tokens(told)


def _take_attempt(world: World, state: str) -> RowMapping | None:
    """The attempt, which nobody can take again."""
    taken = delete(link_attempts).where(link_attempts.c.state == state).returning(link_attempts)
    with world.operational.engine.begin() as connection:
        found = connection.execute(taken).mappings().one_or_none()
    return found if found is not None and world.clock() < found["expires_at"] else None


def _exchange(world: World, attempt: RowMapping, code: str) -> Tokens:
    refused = LinkRefusedError("Spotify did not accept its own code: run `longplay link` again.")
    with _login(world.settings, attempt["redirect_uri"]) as login:
        login.code_verifier = world.vault.open(attempt["user_id"], attempt["sealed_verifier"])
        login.code_challenge = login._get_code_challenge()  # or it makes another verifier
        _asked(lambda: login.get_access_token(code, check_cache=False), refused)
        return _tokens(login.cache_handler.get_cached_token())


def _tokens(told: Any) -> Tokens:  # noqa: ANN401 - whatever the answer was
    found = told if isinstance(told, dict) else {}
    access, refreshing = found.get("access_token"), found.get("refresh_token")
    if not (isinstance(access, str) and access and isinstance(refreshing, str) and refreshing):
        raise SpotifyDownError("Spotify's answer holds no tokens")
    return Tokens(access, refreshing, str(found.get("scope", "")))


def _asked(ask: Callable[[], Any], refused: Exception) -> Any:  # noqa: ANN401 - spotipy has no types
    """What spotipy gets; ``refused`` where Spotify says that code or token are no good."""
    from requests import RequestException  # noqa: PLC0415
    from spotipy.oauth2 import SpotifyOauthError  # noqa: PLC0415

    failure: Exception
    try:
        return ask()
    except SpotifyOauthError as error:
        is_refused = error.error == "invalid_grant"
        failure = (
            refused if is_refused else SpotifyDownError("Spotify's login service answered with an error")
        )
    except (RequestException, ValueError, KeyError, TypeError, AttributeError):
        failure = SpotifyDownError("Spotify's login service could not be reached, or answered nonsense")
    raise failure  # here, because a context would hold what was sent


@contextmanager
def _login(settings: Settings, uri: str) -> "Iterator[SpotifyPKCE]":
    """The flow of spotipy with our addresses, a session without retries, and tokens kept in memory only."""
    from spotipy.cache_handler import MemoryCacheHandler  # type: ignore[import-untyped]  # noqa: PLC0415
    from spotipy.oauth2 import SpotifyPKCE  # noqa: PLC0415

    if not settings.spotify_client_id:
        raise NoClientIdError(uri)
    logging.getLogger("spotipy").setLevel(logging.WARNING)
    with _session() as session:
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


def _session() -> "Session":
    from requests import Session  # noqa: PLC0415

    return Session()
