"""The accounts service: /authorize and /api/token, for public apps with PKCE."""

from datetime import datetime
from urllib.parse import urlencode, urlsplit

from simulator.fake_spotify.answers import (
    Answer,
    Question,
    RefusedError,
    json_answer,
    oauth_error,
    text_answer,
)
from simulator.fake_spotify.grants import ACCESS_LASTS, FakeTokens, Grants


def is_redirect_allowed(redirect_uri: str) -> bool:
    """Https anywhere, http on 127.0.0.1 only; "localhost" was accepted once and is no more."""
    parts = urlsplit(redirect_uri)
    is_loopback = parts.scheme == "http" and parts.hostname == "127.0.0.1"
    return bool(parts.hostname) and (parts.scheme == "https" or is_loopback)


def _check_question(query: dict[str, str], client_id: str) -> None:
    """What cannot be trusted is not redirected to: the person sees an error page."""
    if query.get("client_id") != client_id:
        raise RefusedError(text_answer(400, "INVALID_CLIENT: Invalid client"))
    if not is_redirect_allowed(query.get("redirect_uri", "")):
        raise RefusedError(text_answer(400, "INVALID_CLIENT: Insecure redirect URI"))
    if query.get("response_type") != "code":
        raise RefusedError(text_answer(400, "response_type must be code"))
    if query.get("code_challenge_method") != "S256" or len(query.get("code_challenge", "")) != 43:
        raise RefusedError(text_answer(400, "code_challenge_method must be S256"))


def authorize(
    question: Question, grants: Grants, *, client_id: str, login: str | None, now: datetime
) -> Answer:
    """The person ``login`` says yes at once; None says no."""
    query = question.query
    _check_question(query, client_id)
    if login is None:
        told = {"error": "access_denied"}
    else:
        scopes = tuple(query.get("scope", "").split())
        told = {"code": grants.code(login, scopes, query["redirect_uri"], query["code_challenge"], now)}
    if "state" in query:
        told["state"] = query["state"]
    joint = "&" if urlsplit(query["redirect_uri"]).query else "?"
    return Answer(302, headers={"Location": query["redirect_uri"] + joint + urlencode(told)})


def token(question: Question, grants: Grants, *, client_id: str, now: datetime) -> Answer:
    """Exchanges a code, or refreshes."""
    form = question.form
    if question.method != "POST":
        return text_answer(405, "POST only")
    if form.get("client_id") != client_id:
        return oauth_error("invalid_client", "Invalid client")
    if form.get("grant_type") == "authorization_code":
        code, redirect_uri = form.get("code", ""), form.get("redirect_uri", "")
        return _told(grants.exchange(code, redirect_uri, form.get("code_verifier", ""), now))
    if form.get("grant_type") == "refresh_token":
        given = form.get("refresh_token", "")
        return _told(grants.refresh(given, now), given)
    return oauth_error("unsupported_grant_type", "grant_type parameter is missing or unknown")


def _told(tokens: FakeTokens, given: str | None = None) -> Answer:
    """The refresh token is told only when it is another than the one given."""
    content: dict[str, object] = {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": int(ACCESS_LASTS.total_seconds()),
        "scope": " ".join(tokens.scopes),
    }
    new = {} if tokens.refresh_token == given else {"refresh_token": tokens.refresh_token}
    return json_answer(content | new)
