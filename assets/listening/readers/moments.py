"""Times as tables write them: epochs, ISO, days and months by name or number, twelve hours or twenty-four."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import IntEnum
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from assets.listening.readers.listens import epoch, number
from assets.listening.readers.month_names import month_number
from assets.listening.readers.times import parse_time

Moment = tuple[float | None, str | None]
"""Epoch seconds, or the reason there are none."""

CLOCK = re.compile(
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,]\d+)?)?"
    r"(?: ?(?P<half>[AaPp])\.? ?[Mm]\.?)?(?: ?(?P<zone>[A-Z]{1,4}"
    r"|(?:UTC|GMT)[+-]\d{1,2}(?::?\d\d)?|[+-]\d\d(?::?\d\d)?|[A-Z]\w+(?:/[\w+-]+)+))?"
)
_ZONE = re.compile(r"[A-Z]{1,4}|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d\d)?|[A-Z]\w+(?:/[\w+-]+)+")
_WEEKDAY = r"(?:(?:le|el|il) )?(?:[^\W\d_]{2,12}(?:-[^\W\d_]{2,12})?\.?,? )?(?:den )?"
_MONTH = r"(?P<month>[^\W\d_]{3,12})\.?"
NUMERIC = re.compile(
    _WEEKDAY + r"(?P<a>\d{1,2})(?:(?P<dot>\.) ?|[/-])(?P<b>\d{1,2})(?:\. ?|[/-])(?P<year>\d{4}|\d\d)(?!\d)"
)
_NAMED = tuple(
    re.compile(_WEEKDAY + form)
    for form in (
        r"(?P<a>\d{1,2})(?:st|nd|rd|th|\.)?[ ./-]?" + _MONTH + r",?[ ./-]?(?P<year>\d{4}|\d\d(?![\d:.h]))",
        _MONTH + r"[ -](?P<a>\d{1,2})(?:st|nd|rd|th)?,?[ -](?P<year>\d{4})",
        r"(?P<year>\d{4})\.?[ -]" + _MONTH + r"[ -](?P<a>\d{1,2})\.?",
        r"(?P<year>\d{4})(?:\. ?|[/-])(?P<b>\d{1,2})(?:\. ?|[/-])(?P<a>\d{1,2})\.?(?!\d)",
    )
)
_DAYS = (*_NAMED, NUMERIC)
_YEAR_LAST = re.compile(
    _WEEKDAY + r"(?P<day>[^\W\d_]{3,12}\.? \d{1,2}) (?P<clock>[\d:]+(?: [A-Z]{1,4})?) (?P<year>\d{4})"
)
_COMPACT = re.compile(r"(?P<day>(?:19|20)\d{6})(?:[T ]?)(?P<clock>\d{6})(?P<zone>Z?)")
_BETWEEN = re.compile(r"[,.]? ?(?:(?:at|um|à|a las|alle(?: ore)?|às|om|kl\.?|klo|o|в|ve|pukul)[ :]|[T:-])? ?")
_BARE_DAY = re.compile(r"\d{8}|\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d\d)")
_HOURS = re.compile(r"\b(\d{1,2}) ?[hH] ?(\d\d)(?: ?(?:m|min|mn) ?(\d\d) ?s?)?\b")
"""``21h05``, as French, Portuguese and others write it."""
_HALVES = re.compile(r"(?:(午前|上午|오전)|午後|下午|오후) ?(\d{1,2}:\d\d(?::\d\d)?)")
_ZONES_H = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9,
    "AEST": 10, "AEDT": 11, "AWST": 8, "NZST": 12, "NZDT": 13, "WIB": 7, "SGT": 8, "HKT": 8, "PHT": 8,
    "PKT": 5, "SAST": 2, "BRT": -3, "ART": -3, "HST": -10, "AKST": -9, "AKDT": -8,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
"""Hours east; of North America as mail has them (RFC 822)."""
_SERIAL_OF_1970, _SERIALS = 25_569, (36_526, 73_050)
_NOW = frozenset(("now", "now playing", "scrobbling now", "playing now"))
FIRST_DAY = re.compile(r"^(?:1899-12-3[01]|1900-01-0[01]|3[01]/12/1899|12/3[01]/1899|0 days)[ T]")
"""What spreadsheets and notebooks put before a time without a day."""
_IN_BRACKETS = re.compile(r" ?[(（][^\d()（）]{1,3}[)）](?= \d)")
"""A weekday behind its date, as East Asia writes it."""
_SERIAL_DAY = re.compile(r"^\d{5}(?= \d{1,2}:\d\d)")
_COMMA_IN_SERIAL = re.compile(r"\d{5},\d+")
"""Days since 1899, as spreadsheets count them: of 1970, and from 2000 to 2099."""
_CONTINENTS = frozenset(
    ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
)
_SPOKEN_OF = {
    **dict.fromkeys(("et", "eastern", "eastern time", "us eastern"), "America/New_York"),
    **dict.fromkeys(("ct", "central time"), "America/Chicago"),
    **dict.fromkeys(("мск", "московское время"), "Europe/Moscow"),
    **dict.fromkeys(("日本時間", "jst"), "Asia/Tokyo"),
    **dict.fromkeys(("mt", "mountain time"), "America/Denver"),
    **dict.fromkeys(("pt", "pacific", "pacific time", "us pacific"), "America/Los_Angeles"),
}
_THIS_CENTURY = 70
"""Years of two digits below this are of it."""


class Order(IntEnum):
    """Which of two numbers is the day."""

    UNKNOWN = 0
    DAY_FIRST = 1
    MONTH_FIRST = 2
    YEAR_FIRST = 3


def moment(text: str, order: Order = Order.UNKNOWN) -> Moment:
    """The time a cell tells; a zone that is not told is UTC.

    The reasons: ``now_playing`` (empty), ``no_time`` (0, a bare day), ``ambiguous_date``, ``bad_time``.
    """
    if not text or text.lower() in _NOW:
        return None, "now_playing"
    if number(text) is None and _COMMA_IN_SERIAL.fullmatch(text):
        text = text.replace(",", ".")
    if number(text) is not None:
        if _BARE_DAY.fullmatch(text):
            return None, "no_time"
        if (days := _serial(text)) is not None:
            return (None, "no_time") if days.is_integer() else (_of_serial(days), None)
        compact = _COMPACT.fullmatch(text)
        seconds, problem = _written(_spaced(compact), order) if compact else epoch(text)
        return (None, "no_time") if seconds == 0 else (seconds, problem)
    found = parse_time(text)
    return _written(plain(text), order) if found is None else (found.timestamp(), None)


def _serial(text: str) -> float | None:
    """Days of a spreadsheet's own date, which no epoch is."""
    found = number(text)
    return found if found is not None and _SERIALS[0] <= found <= _SERIALS[1] else None


def _of_serial(days: float) -> float:
    """Epoch seconds; a second is about as much as such a number tells."""
    return float(round((days - _SERIAL_OF_1970) * 86_400))


def _day_of_serial(days: re.Match[str]) -> str:
    serial = _serial(days[0])
    return days[0] if serial is None else f"{datetime.fromtimestamp(_of_serial(serial), UTC):%Y-%m-%d}"


def _spaced(compact: re.Match[str]) -> str:
    day, clock = compact["day"], compact["clock"]
    return f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:4]}:{clock[4:]}{compact['zone']}"


def plain(text: str) -> str:
    """A time with usual blanks, without what languages put in between."""
    text = _SERIAL_DAY.sub(_day_of_serial, _IN_BRACKETS.sub("", text))
    text = re.sub(r"\s+", " ", text).strip().replace(" de ", " ").replace(" del ", " ").replace(" г.", "")
    text = re.sub(r"([+-]\d\d:?\d\d|Z) ?[(\[][^)\]]*[)\]]$", r"\1", text).removesuffix(" Uhr")
    text = re.sub(r" ?[(\[]([A-Z]+)[)\]]$", r" \1", text)
    text = _HOURS.sub(lambda clock: f"{clock[1]}:{clock[2]}{':' if clock[3] else ''}{clock[3] or ''}", text)
    if not text.isascii():
        text = re.sub(r"(\d+) ?[年년] ?(\d+) ?[月월] ?(\d+) ?[日일]?", r"\1/\2/\3", text)
        text = re.sub(
            r"(\d+) ?[時时시点] ?(\d+) ?[分분](?: ?(\d+) ?[秒초])?", r"\1:\2:\3", text
        ).removesuffix(":")
        text = _HALVES.sub(lambda half: f"{half[2]} {'AM' if half[1] else 'PM'}", text)
    if compact := _COMPACT.fullmatch(text):
        return _spaced(compact)
    if last := _YEAR_LAST.fullmatch(text):
        return f"{last['day']} {last['year']} {last['clock']}"
    return text


def _written(text: str, order: Order) -> Moment:
    """A date with its month by name, its year first, or its day and month as numbers."""
    for day, clock in _parts(text):
        if day is not None and clock is None:
            return None, "no_time"
        if day is not None and clock is not None:
            return _joined(day, clock, order)
    return None, "bad_time"


def _parts(text: str) -> Iterator[tuple[re.Match[str] | None, re.Match[str] | None]]:
    """The day and the clock, in the ways that the text can be taken apart."""
    for form in _DAYS:
        if day := form.match(text):
            rest = text[day.end() :]
            clock = CLOCK.fullmatch(rest[_end(_BETWEEN.match(rest)) :])
            if clock or not rest:
                yield day, clock
    if clock := CLOCK.match(text):
        rest = text[clock.end() :].lstrip(", ")
        yield from ((day, clock) for form in _DAYS if (day := form.fullmatch(rest)))


def _end(match: re.Match[str] | None) -> int:
    return match.end() if match else 0


def _joined(day: re.Match[str], clock: re.Match[str], order: Order) -> Moment:
    found = day.groupdict()
    if named := found.get("month"):
        return _made(found["year"], month_number(named), found["a"], clock)
    if day.re is not NUMERIC:
        return _made(found["year"], int(found["b"] or 0), found["a"], clock)
    known = order or order_told(day)
    if known is Order.YEAR_FIRST:
        return _made(day["a"], int(day["b"]), day["year"], clock)
    if known is Order.UNKNOWN and (day["a"] != day["b"] or may_begin_with_year(day)):
        return None, "ambiguous_date"
    first, second = ("a", "b") if known is Order.DAY_FIRST else ("b", "a")
    return _made(day["year"], int(day[second]), day[first], clock)


def order_told(match: re.Match[str]) -> Order:
    """What one date tells of the order: a number above 12 is a day, and dots stand after days."""
    if int(match["a"]) > 31:
        return Order.YEAR_FIRST
    if match["dot"]:
        return Order.DAY_FIRST
    if int(match["a"]) > 12:
        return Order.UNKNOWN if may_begin_with_year(match) else Order.DAY_FIRST
    return Order.MONTH_FIRST if int(match["b"]) > 12 else Order.UNKNOWN


def may_begin_with_year(match: re.Match[str]) -> bool:
    """Whether it may be a year of two digits, a month and a day, as East Asia and Sweden write them."""
    last = match["year"]
    return (
        not match["dot"]
        and len(last) == 2
        and len(match["a"]) == 2
        and int(match["b"]) <= 12
        and int(last) <= 31
    )


def _made(year: str | None, month: int | None, day: str | None, clock: re.Match[str]) -> Moment:
    years, hour = int(year or 0), int(clock["hour"])
    years += 0 if years > 99 else 2000 if years < _THIS_CENTURY else 1900
    if half := clock["half"]:
        hour = hour % 12 + (12 if half in "Pp" else 0)
    is_midnight = hour == 24 and int(clock["minute"]) == int(clock["second"] or 0) == 0  # of the day's end
    zone = _zone(clock["zone"])
    if zone is None:
        return None, "bad_time"
    try:
        told = datetime(
            years, month or 0, int(day or 0), 0 if is_midnight else hour, int(clock["minute"]),
            int(clock["second"] or 0), tzinfo=zone,
        )  # fmt: skip
        return (told + timedelta(days=is_midnight)).timestamp(), None
    except (ValueError, OverflowError):
        return None, "bad_time"


def named_zone(text: str) -> ZoneInfo | None:
    """A zone of the world by its name; None where there is none."""
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def _cities() -> dict[str, str]:
    """Zones of the world by their cities, in lower case."""
    names = sorted(name for name in available_timezones() if name.partition("/")[0] in _CONTINENTS)
    return {name.rpartition("/")[2].replace("_", " ").lower(): name for name in names}


def zone_named(text: str) -> str | None:
    """A zone as times may say it, of a city, of a part of North America, or of an abbreviation or offset."""
    plain = text.strip().replace("_", " ").removeprefix("in ")
    name = _SPOKEN_OF.get(plain.lower()) or _cities().get(plain.lower())
    if name is not None and len(plain) > 1:
        return name
    told = re.sub(r"\s", "", plain).upper()
    if "/" in text:
        name = plain.replace(" ", "_")
        return name if named_zone(name) else None
    return told if is_zone(told) else None


def is_zone(text: str) -> bool:
    """Whether it names a zone: ``+02:00``, ``UTC+2``, ``CET``, ``Europe/Berlin``."""
    return _ZONE.fullmatch(text) is not None and _zone(text) is not None


def _zone(text: str | None) -> tzinfo | None:
    """None where nobody knows which is meant."""
    if text is None:
        return UTC
    if "/" in text:
        return named_zone(text)
    if text.isalpha():
        return None if text not in _ZONES_H else timezone(timedelta(hours=_ZONES_H[text]))
    digits = text.removeprefix("UTC").removeprefix("GMT").replace(":", "")
    digits = digits if len(digits) % 2 else f"{digits[0]}0{digits[1:]}"  # UTC+2
    away = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5] or 0))
    return timezone(-away if digits[0] == "-" else away) if away < timedelta(days=1) else None
