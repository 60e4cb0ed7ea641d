"""What Spotify says in an answer that refuses: cleaned of secrets, and whether it concerns the app.

A person can act only on Spotify's own words ("Active premium subscription required …"). An answer may quote
what was sent, so that tokens, and whatever looks like one, never leave this module.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

LONGEST: Final = 200
"""Characters of a reason: a sentence or two."""
_READ: Final = 10_000
_LIKE_A_SECRET: Final = re.compile(r"[A-Za-z0-9_\-+=%~]{20,}|\S+@\S+|(?<=Bearer )\S+", re.IGNORECASE)
_APP: Final = re.compile(
    r"premium|subscription|\bowner\b|(invalid|unknown|unauthori[sz]ed|disabled|blocked)[ _]client|"
    r"\bclient[ _](id|is|was|has|not)\b|consumer key|\bdevelopment mode\b|\b(the|this|your) app(lication)?\b",
    re.IGNORECASE,
)
_PERSON: Final = re.compile(r"\bscopes?\b|\bnot (be )?registered\b|\bnot allowlisted\b", re.IGNORECASE)
_OWNER: Final = re.compile(r"premium|subscription|\bowner\b", re.IGNORECASE)


def reason_in(body: bytes, secrets: Iterable[str] = ()) -> str:
    """The words of an error's body, in JSON or plain; "" where it has none a person could read.

    Args:
        secrets: what was sent and must not come back.
    """
    text = body[:_READ].decode("utf-8", "replace").strip()
    if text.startswith("<"):  # a page of some gateway
        return ""
    try:
        said = _words(json.loads(text))
    except (ValueError, RecursionError):
        said = "" if text.startswith(("{", "[")) else text
    return cleaned(said, secrets)


def cleaned(text: str, secrets: Iterable[str] = ()) -> str:
    """One printable line without secrets, at most ``LONGEST`` characters."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    line = _LIKE_A_SECRET.sub("…", line)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def concerns_app(reason: str) -> bool:
    """Whether it is the app that is refused, and with it every account: not one listener's doing.

    That its owner has no Premium stands first; then what names a listener (who is not registered for the
    app, or did not allow a scope) concerns that listener, whatever else the sentence mentions.
    """
    if _OWNER.search(reason):
        return True
    return _APP.search(reason) is not None and _PERSON.search(reason) is None


def quoted(reason: str) -> str:
    """For the middle of a sentence: with a blank before, "" where nothing was said."""
    return f' (Spotify says: "{reason}")' if reason else ""


def _words(answer: Any) -> str:  # noqa: ANN401 - whatever the JSON was
    """Of the Web API's form, of the accounts service's, or of a text."""
    if isinstance(answer, str):
        return answer
    if not isinstance(answer, dict):
        return ""
    error = answer.get("error", answer)
    if isinstance(error, dict):
        told = [error.get("message"), error.get("reason")]
    else:
        told = [answer.get("error_description"), error, answer.get("message")]
    words = [each for each in told if isinstance(each, str) and each.strip()]
    return ": ".join(dict.fromkeys(reversed(words)))
