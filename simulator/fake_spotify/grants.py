"""Who allowed the app what: codes, access tokens, refresh tokens and their deaths."""

import base64
import calendar
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.fake_spotify.answers import RefusedError, api_error, oauth_error

ACCESS_LASTS = timedelta(seconds=3600)
_CODE_LASTS = timedelta(minutes=10)
_AUTHORIZATION_MONTHS = 6


@dataclass(frozen=True, repr=False)
class FakeTokens:
    """What a login ends with."""

    access_token: str
    refresh_token: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Login:
    """A person's yes, waiting to be exchanged for tokens."""

    spotify_id: str
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str
    expires_at: datetime


@dataclass(repr=False)
class Grant:
    """One authorization; refreshing never lengthens it."""

    spotify_id: str
    scopes: tuple[str, ...]
    dies_at: datetime
    refresh_token: str
    is_revoked: bool = False


def months_after(at: datetime, months: int) -> datetime:
    """The same day some calendar months later, or the last of a month that is too short."""
    years, month = divmod(at.month - 1 + months, 12)
    year = at.year + years
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))


def challenge_of(verifier: str) -> str:
    """PKCE's S256 (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class Grants:
    """Secrets are drawn from the seed, so two runs of one script hand out the same ones."""

    def __init__(self, seed: int, *, rotates: bool) -> None:
        self.rotates = rotates
        self.secrets: set[str] = set()
        self._seed = seed
        self._logins: dict[str, Login] = {}
        self._grants: dict[str, Grant] = {}
        self._accesses: dict[str, tuple[Grant, datetime]] = {}

    def _secret(self, prefix: str) -> str:
        text = f"{self._seed}:{len(self.secrets)}:{prefix}".encode()
        secret = prefix + base64.urlsafe_b64encode(hashlib.blake2b(text, digest_size=48).digest()).decode()
        self.secrets.add(secret)
        return secret

    def code(
        self, spotify_id: str, scopes: tuple[str, ...], redirect_uri: str, challenge: str, now: datetime
    ) -> str:
        """A code for one exchange within 10 minutes."""
        code = self._secret("AQC")
        self._logins[code] = Login(spotify_id, scopes, redirect_uri, challenge, now + _CODE_LASTS)
        return code

    def exchange(self, code: str, redirect_uri: str, verifier: str, now: datetime) -> FakeTokens:
        """Tokens for a code, which is used up whatever the answer; raises ``RefusedError``."""
        login = self._logins.pop(code, None)
        if login is None or now >= login.expires_at:
            raise RefusedError(oauth_error("invalid_grant", "Invalid authorization code"))
        if redirect_uri != login.redirect_uri:
            raise RefusedError(oauth_error("invalid_grant", "Invalid redirect URI"))
        if not 43 <= len(verifier) <= 128 or challenge_of(verifier) != login.challenge:
            raise RefusedError(oauth_error("invalid_grant", "code_verifier was incorrect"))
        return self.authorize(login.spotify_id, login.scopes, now)

    def authorize(self, spotify_id: str, scopes: tuple[str, ...], now: datetime) -> FakeTokens:
        """A new authorization."""
        dies_at = months_after(now, _AUTHORIZATION_MONTHS)
        grant = Grant(spotify_id, scopes, dies_at, self._secret("AQR"))
        self._grants[grant.refresh_token] = grant
        return FakeTokens(self._access(grant, now), grant.refresh_token, scopes)

    def _access(self, grant: Grant, now: datetime) -> str:
        token = self._secret("BQA")
        self._accesses[token] = (grant, now + ACCESS_LASTS)
        return token

    def refresh(self, refresh_token: str, now: datetime) -> FakeTokens:
        """A new access token, and a new refresh token if they rotate; raises ``RefusedError``."""
        grant = self._grants.get(refresh_token)
        if grant is None:
            raise RefusedError(oauth_error("invalid_grant", "Invalid refresh token"))
        if grant.is_revoked:
            raise RefusedError(oauth_error("invalid_grant", "Refresh token revoked"))
        if now >= grant.dies_at:
            raise RefusedError(oauth_error("invalid_grant", "Refresh token expired"))
        if self.rotates:
            del self._grants[refresh_token]
            grant.refresh_token = self._secret("AQR")
            self._grants[grant.refresh_token] = grant
        return FakeTokens(self._access(grant, now), grant.refresh_token, grant.scopes)

    def revoke(self, spotify_id: str) -> None:
        """The person takes back every authorization; its access tokens stop as well."""
        for grant in self._grants.values():
            grant.is_revoked = grant.is_revoked or grant.spotify_id == spotify_id

    def expire_access(self, spotify_id: str) -> None:
        """Its access tokens stop before their time; refreshing still works."""
        self._accesses = {
            token: entry for token, entry in self._accesses.items() if entry[0].spotify_id != spotify_id
        }

    def owner(self, access_token: str | None) -> str | None:
        """Whose token it is or was; None for strangers."""
        entry = self._accesses.get(access_token or "")
        return entry[0].spotify_id if entry else None

    def refreshes(self, form: Mapping[str, str]) -> str | None:
        """Whose refresh token a form holds; None for none and for strangers'."""
        grant = self._grants.get(form.get("refresh_token", ""))
        return grant.spotify_id if grant else None

    def bearer(self, access_token: str | None, now: datetime) -> Grant:
        """The grant behind a living access token; raises ``RefusedError`` (401)."""
        if not access_token:
            raise RefusedError(api_error(401, "No token provided"))
        grant, expires_at = self._accesses.get(access_token, (None, now))
        if grant is None or grant.is_revoked:
            raise RefusedError(api_error(401, "Invalid access token"))
        if now >= expires_at:
            raise RefusedError(api_error(401, "The access token expired"))
        return grant
