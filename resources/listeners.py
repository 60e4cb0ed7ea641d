"""What a listener may be called: one rule for every door (--user, the inbox, the settings, jobs)."""

from unicodedata import normalize

DATASETS = "datasets"
"""The folder of the inbox that is no listener's."""

_MOST_BYTES = 120
"""The id names a folder of the inbox."""


class ListenerIdError(ValueError):
    """No listener may be called so; the message says why and what to do."""


def listener_id(text: str) -> str:
    """The id of a listener as it is stored: composed (NFC), so that it is the same however it was typed.

    Raises:
        ListenerIdError: it cannot name a folder of the inbox, or is one that is no listener's.
    """
    name = composed(text)
    if why := _wrong(name):
        raise ListenerIdError(f"{text!a} is no name of a listener: {why}.")
    return name


def is_listener_id(text: str) -> bool:
    """Whether somebody may be called so."""
    return not _wrong(composed(text))


def why_no_listener(text: str) -> str | None:
    """What a name must be that is no listener's; None where it is one."""
    return _wrong(composed(text))


def composed(text: str) -> str:
    """A name with its accents in one sign each: as it is stored, whichever way it was typed."""
    return normalize("NFC", text)


def _wrong(name: str) -> str | None:
    if not name or name != name.strip():
        return "use a name without blanks at its ends"
    if not name.isprintable() or len(name.encode(errors="surrogatepass")) > _MOST_BYTES:
        return f"use at most {_MOST_BYTES} bytes of printable characters"
    if name.startswith(".") or any(sign in name for sign in "/\\:"):
        return "a name begins with no dot and holds no slash, backslash or colon, because it names a folder"
    if name.casefold() == DATASETS:
        return f"inbox/{DATASETS} takes datasets; use another name"
    return None
