import json
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.spotify.reasons import LONGEST, cleaned, concerns_app, quoted, reason_in
from simulator.fake_spotify.faults import NO_PREMIUM


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (NO_PREMIUM.encode(), NO_PREMIUM),
        (b'{"error":{"status":401,"message":"The access token expired"}}', "The access token expired"),
        (
            b'{"error":"invalid_grant","error_description":"Refresh token revoked"}',
            "invalid_grant: Refresh token revoked",
        ),
        (b'{"error":{"message":"Forbidden","reason":"REGION"}}', "REGION: Forbidden"),
        (b'"not today"', "not today"),
        (b"<html><h1>502 Bad Gateway</h1></html>", ""),
        (b'{"error": {"messa', ""),
        (b'[{"error": 1}]', ""),
        (b"", ""),
        (b"\xff\0not\x1b today\r\n", "� not today"),
    ],
)
def test_spotifys_own_words_are_found_in_every_form_of_a_refusal(body: bytes, reason: str) -> None:
    assert reason_in(body) == reason


@pytest.mark.parametrize(
    "reason",
    [
        NO_PREMIUM,
        "The owner of this app must be a Premium user.",
        "Invalid client",
        "invalid_client: Client is disabled",
        "Your application is blocked from accessing the Web API",
        "Check the settings of your app",
        "Bad OAuth request (wrong consumer key, bad nonce, expired timestamp)",
    ],
)
def test_what_refuses_the_app_concerns_no_account(reason: str) -> None:
    assert concerns_app(reason)


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "User not registered in the Developer Dashboard",
        "the user may not be registered with this application",
        "Insufficient client scope",
        "The access token expired",
        "Invalid access token",
        "invalid_grant: Refresh token revoked",
        "Forbidden",
    ],
)
def test_what_refuses_a_listener_concerns_the_account(reason: str) -> None:
    assert not concerns_app(reason)


SECRETS = st.text(ascii_letters + digits + "-_", min_size=3, max_size=300)


@given(SECRETS, st.text(max_size=300), st.text(max_size=300))
def test_no_secret_that_was_sent_comes_back_however_it_is_quoted(
    secret: str, before: str, after: str
) -> None:
    for words in (f"{before} {secret}{after}", f"Bearer {secret}", f"{secret}{secret} {after}"):
        for body in (words.encode(), json.dumps({"error": {"message": words}}).encode()):
            if secret not in before + after:
                assert secret not in reason_in(body, [secret])
        told = cleaned(words, [secret])
        assert len(told) <= LONGEST
        assert told.isprintable()


@given(st.text(ascii_letters + digits + "-_", min_size=20, max_size=60))
def test_what_looks_like_a_token_is_masked_though_nobody_knows_it(token: str) -> None:
    assert token not in cleaned(f"for {token}, and more!")
    assert token[:9] not in cleaned(f"Bearer {token[:9]}")


def test_a_reason_is_quoted_in_a_sentence_and_none_is_left_out() -> None:
    assert quoted("no") == ' (Spotify says: "no")'
    assert quoted("") == ""
