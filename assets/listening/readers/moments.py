"""Times as tables write them: epochs, ISO, days and months by name or number, twelve hours or twenty-four."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum
from itertools import pairwise

from assets.listening.readers.listens import epoch, number
from assets.listening.readers.times import parse_time

Moment = tuple[float | None, str | None]
"""Epoch seconds, or the reason there are none."""

_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"(?:\s?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d))?"
)
_WEEKDAY = r"(?:\w{3,9},? )?"
_MONTH = r"(?P<month>[A-Za-z]{3,9})\.?"
_NUMERIC = re.compile(r"(?P<a>\d{1,2})(?:(?P<dot>\.)|[/-])(?P<b>\d{1,2})[/.-](?P<year>\d{4}),? +" + _CLOCK)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[/.](?P<b>\d{1,2})[/.](?P<a>\d{1,2}),? +" + _CLOCK)
_DAY_NAMED = re.compile(_WEEKDAY + r"(?P<a>\d{1,2})\.? " + _MONTH + r",? (?P<year>\d{4}),? +" + _CLOCK)
_MONTH_NAMED = re.compile(_WEEKDAY + _MONTH + r" (?P<a>\d{1,2}),? (?P<year>\d{4}),? +" + _CLOCK)
_MONTHS = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_BARE_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{8}|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}[/.]\d{1,2}[/.]\d{1,2}")
_EARLIEST_S = 1_000_000_000
"""2001: smaller numbers count something else."""


class Order(IntEnum):
    """Which of two numbers is the day."""

    UNKNOWN = 0
    DAY_FIRST = 1
    MONTH_FIRST = 2


class Fineness(IntEnum):
    """How finely a column tells times; the finest of several is read."""

    MINUTE = 1
    SECOND = 2
    EPOCH = 3


def moment(text: str, order: Order = Order.UNKNOWN) -> Moment:
    """The time a cell tells; a zone that is not told is UTC.

    The reasons: ``now_playing`` (empty), ``no_time`` (0, a bare day), ``ambiguous_date``, ``bad_time``.
    """
    if not text:
        return None, "now_playing"
    if _BARE_DAY.fullmatch(text):
        return None, "no_time"
    if number(text) is not None:
        seconds, problem = epoch(text)
        return (None, "no_time") if seconds == 0 else (seconds, problem)
    found = parse_time(text)
    return _written(text, order) if found is None else (found.timestamp(), None)


def _written(text: str, order: Order) -> Moment:
    """A date with its month by name, its year first, or its day and month as numbers."""
    for form in (_DAY_NAMED, _MONTH_NAMED, _YEAR_FIRST):
        if match := form.fullmatch(text):
            return _made(match.groupdict(), match.groupdict().get("b"), match["a"])
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return None, "bad_time"
    known = order or _order(match)
    if known is Order.UNKNOWN and match["a"] != match["b"]:
        return None, "ambiguous_date"
    day, month = ("a", "b") if known is Order.DAY_FIRST else ("b", "a")
    return _made(match.groupdict(), match[month], match[day])


def _order(match: re.Match[str]) -> Order:
    """What one date tells of the order: a number above 12 is a day, and dots stand after days."""
    if int(match["a"]) > 12 or match["dot"]:
        return Order.DAY_FIRST
    return Order.MONTH_FIRST if int(match["b"]) > 12 else Order.UNKNOWN


def _made(found: dict[str, str | None], month: str | None, day: str) -> Moment:
    named = found.get("month")
    hour = int(found["hour"] or 0)
    if half := found["half"]:
        hour = hour % 12 + (12 if half in "Pp" else 0)
    try:
        at_month = _MONTHS.index(named[:3].lower()) if named else int(month or 0)
        clock = datetime(
            int(found["year"] or 0), at_month or 0, int(day), hour, int(found["minute"] or 0),
            int(found["second"] or 0), tzinfo=_zone(found["zone"]),
        )  # fmt: skip
    except ValueError:
        return None, "bad_time"
    return clock.timestamp(), None


def _zone(text: str | None) -> timezone:
    if text is None or text in ("Z", "UTC", "GMT"):
        return UTC
    digits = text.replace(":", "")
    away = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    return timezone(-away if text[0] == "-" else away)


def fineness(texts: Sequence[str]) -> Fineness | None:
    """How finely the texts of a column tell times; None where no text of it is one."""
    told = [text for text in texts if text]
    good = [text for text in told if _is_moment(text)]
    if not good:
        return None
    if all(number(text) is not None for text in good):
        return Fineness.EPOCH
    return Fineness.SECOND if any(text.count(":") >= 2 for text in good) else Fineness.MINUTE


def _is_moment(text: str) -> bool:
    seconds, problem = moment(text)
    if problem is not None:
        return problem == "ambiguous_date" or text == "0"
    return seconds is not None and (number(text) is None or seconds >= _EARLIEST_S)


def order_of(texts: Iterable[str]) -> Order:
    """Whether days or months come first, by all the texts of a column.

    Where none tells, the order in which fewer rows leave their sequence is taken, for histories are written
    in the order of time; where both fit as well, nobody knows.
    """
    dates = [match for text in texts if (match := _NUMERIC.fullmatch(text))]
    told = {_order(match) for match in dates} - {Order.UNKNOWN}
    if told or not dates:
        return told.pop() if len(told) == 1 else Order.UNKNOWN
    by_day, by_month = (
        _leaps([moment(match[0], order)[0] or 0 for match in dates])
        for order in (Order.DAY_FIRST, Order.MONTH_FIRST)
    )
    if by_day == by_month:
        return Order.UNKNOWN
    return Order.DAY_FIRST if by_day < by_month else Order.MONTH_FIRST


def is_numeric(text: str) -> bool:
    """Whether a date begins with a day or a month, as numbers."""
    return _NUMERIC.fullmatch(text) is not None


def _leaps(clocks: Sequence[float]) -> int:
    """Steps against the direction in which most steps go."""
    steps = [later - earlier for earlier, later in pairwise(clocks)]
    return min(sum(step < 0 for step in steps), sum(step > 0 for step in steps))
