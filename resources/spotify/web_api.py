"""The Spotify Web API, each call within the budget.

Importing this loads neither spotipy nor requests: the first call does.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

from resources.settings import Settings
from resources.spotify.budget import Budget, Purpose
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

if TYPE_CHECKING:
    from spotipy import Spotify  # type: ignore[import-untyped]

    from resources.spotify.session import Caller

__all__ = [
    "AppRefusedError",
    "BadAnswerError",
    "ForbiddenError",
    "NoSuchItemError",
    "RateLimitedError",
    "SpotifyApi",
    "SpotifyDownError",
    "SpotifyError",
    "TokenRefusedError",
]

Kind = Literal["track", "artist", "album"]
Ranked = Literal["tracks", "artists"]
Term = Literal["short_term", "medium_term", "long_term"]

PAGE: Final = 50
TIMEOUT_S: Final = 20.0


class SpotifyApi:
    """Answers are JSON as Spotify sent it, checked at the top level only. Safe to share between threads.

    Every method takes from the budget first and raises ``BudgetSpentError`` or a ``SpotifyError``.
    """

    def __init__(
        self,
        settings: Settings,
        budget: Budget,
        clock: Callable[[], datetime],
        *,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._settings = settings
        self._budget = budget
        self._clock = clock
        self._timeout_s = timeout_s

    def me(self, token: str) -> dict[str, Any]:
        """Whose token it is: ``id``."""
        return _with_id(self._call("sync", token, lambda client: client.me()))

    def recently_played(self, token: str) -> dict[str, Any]:
        """The last 50 plays under ``items``, newest first. No cursor: plays of late devices overlap."""
        return _page(
            self._call("sync", token, lambda client: client.current_user_recently_played(limit=PAGE))
        )

    def top(self, token: str, ranked: Ranked, term: Term) -> dict[str, Any]:
        """The 50 most played under ``items``, best first."""

        def ask(client: "Spotify") -> object:
            of_kind = (
                client.current_user_top_tracks if ranked == "tracks" else client.current_user_top_artists
            )
            return of_kind(limit=PAGE, time_range=term)

        return _page(self._call("top", token, ask))

    def item(self, token: str, kind: Kind, spotify_id: str) -> dict[str, Any]:
        """One track, artist or album of the catalogue."""
        if not re.fullmatch(r"[0-9A-Za-z]+", spotify_id):
            raise NoSuchItemError
        return _with_id(self._call("catalogue", token, lambda client: getattr(client, kind)(spotify_id)))

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        self._caller.close()

    @cached_property
    def _caller(self) -> "Caller":
        from resources.spotify.session import Caller  # noqa: PLC0415

        return Caller(self._settings.spotify_api_url, self._clock, self._timeout_s)

    def _call(self, purpose: Purpose, token: str, ask: Callable[["Spotify"], object]) -> Mapping[str, Any]:
        self._budget.take(purpose)
        try:
            return self._caller.call(token, ask)
        except RateLimitedError as error:
            self._budget.pause(error.reason, error.until)
            raise
        except AppRefusedError as error:
            self._budget.pause_app(str(error))
            raise


def _page(answer: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(answer.get("items"), list):
        raise BadAnswerError("Spotify's answer has no list of items")
    return dict(answer)


def _with_id(answer: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(answer.get("id"), str) or not answer["id"]:
        raise BadAnswerError("Spotify's answer has no id")
    return dict(answer)
