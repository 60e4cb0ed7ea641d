"""What can go wrong between us and Spotify; each text says what to do.

Of what was received a text holds Spotify's reason at most, cleaned of secrets (``reasons``).
"""

from datetime import datetime
from typing import Final

from resources.spotify.reasons import quoted


class SpotifyError(RuntimeError):
    """A call of the Spotify API failed."""


class NoTokenError(RuntimeError):
    """There is no token to ask with: nobody linked, or what was linked can no longer be used."""


class RateLimitedError(SpotifyError):
    """Status 429: nothing may be asked before ``until`` (aware UTC); ``reason`` is rate_limit or quota."""

    def __init__(self, until: datetime, reason: str = "rate_limit") -> None:
        what = "The app's quota of calls is used up" if reason == "quota" else "Calls came too fast"
        super().__init__(
            f"{what}, says Spotify: all calls pause until {until:%Y-%m-%d %H:%M:%S} UTC and go on by "
            "themselves. If it comes back every day, lower LONGPLAY_SPOTIFY_CALLS_A_DAY."
        )
        self.until = until
        self.reason = reason


class TokenRefusedError(SpotifyError):
    """Status 401: the access token is no good (any more)."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(
            f"Spotify refused the access token{quoted(reason)}. The next try asks for a fresh one; if that "
            "is refused for days, link the account again with `longplay link`."
        )


class ForbiddenError(SpotifyError):
    """Status 403, for all that is known because of this account."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(
            f"Spotify forbade the call{quoted(reason)}: the account has not allowed it, or the app does not "
            "know the account. "
            "An app in development mode serves only the people entered under User Management at "
            "developer.spotify.com (five fit): add the account there, then run `longplay link` again."
        )


class RevokedError(NoTokenError):
    """The refresh token is refused: six months are over, the permission was taken back, or for a while."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(
            f"Spotify no longer lets Longplay in{quoted(reason)}: the permission was taken back, or its six "
            "months are over. If it lasts, run `longplay link` again."
        )


OF_THE_ACCOUNT: Final = (TokenRefusedError, ForbiddenError, RevokedError)
"""Refusals that count against one account."""


class AppRefusedError(SpotifyError):
    """The app itself is refused (its owner's Premium lapsed, its id is unknown), so nobody can be asked."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(
            f"Spotify refuses the app{quoted(reason)}: no account can be asked, and none is stopped for it. "
            "The app's owner needs Spotify Premium, and LONGPLAY_SPOTIFY_CLIENT_ID must be the app's client "
            "id at developer.spotify.com/dashboard."
        )


class NoSuchItemError(SpotifyError):
    """Status 404, or an id Spotify cannot have given."""

    def __init__(self) -> None:
        super().__init__("Spotify does not know the item (any more); it is asked for again in half a year.")


class SpotifyDownError(SpotifyError):
    """No usable connection: status 5xx, a redirect, a timeout, no network."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}. It is tried again by itself; if it lasts, check the network and status.spotify.dev."
        )


class BadAnswerError(SpotifyError):
    """An answer that is not what the API promises."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}. Nothing of it was used and it is asked again later; if it lasts, the API has changed "
            "(or LONGPLAY_SPOTIFY_API_URL is wrong) and Longplay needs an update."
        )
