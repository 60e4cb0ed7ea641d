"""Lengths of plays and songs as exports write them, to milliseconds."""

import re
from collections.abc import Sequence

from assets.listening.readers.listens import milliseconds, number

_THOUSANDS = re.compile(r"\d{1,3}(?:[.,'\s]\d{3})+")
_UNITS = re.compile(
    r"(?:pt)?(?:(\d+) ?h(?:(?:ou)?rs?)?)? ?(?:(\d+) ?m(?:in(?:ute)?s?)?)? ?(?:([\d.]+) ?s(?:ec(?:ond)?s?)?)?",
    re.IGNORECASE,
)


def length_ms(value: object, scale: float) -> int | None:
    """Milliseconds of ``200``, ``3:20``, ``3m20s`` or, in ms, ``200,000``; 0 is a length, None is none.

    Args:
        scale: milliseconds that a number means.
    """
    if not isinstance(value, str):
        return 0 if number(value) == 0 else milliseconds(value, scale)
    text = value.strip()
    if scale == 1 and _THOUSANDS.fullmatch(text):
        text = re.sub(r"\D", "", text)
    text = text.replace(",", ".")
    if ":" in text:
        return _seconds_ms([number(part) for part in text.split(":")])
    if text and (found := number(text)) is None and (units := _UNITS.fullmatch(text)):
        return _seconds_ms([number(part or "0") for part in units.groups()])
    return 0 if text and found == 0 else milliseconds(text, scale)


def _seconds_ms(parts: Sequence[float | None]) -> int | None:
    seconds = 0.0
    for part in parts:
        if part is None:
            return None
        seconds = seconds * 60 + part
    return round(seconds * 1_000)
