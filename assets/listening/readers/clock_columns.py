"""Columns of times: how finely they tell, in what order of day and month, of which zone; and read at once."""

import re
from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import pairwise

import polars as pl

from assets.listening.readers.listens import number
from assets.listening.readers.moments import (
    CLOCK,
    FIRST_DAY,
    NUMERIC,
    Order,
    is_zone,
    may_begin_with_year,
    moment,
    order_told,
    plain,
    zone_named,
)
from assets.listening.readers.month_names import from_croatian, is_croatian

_OWN_ZONE = re.compile(r"[+-]\d\d:?\d\d$|:\d\d(?:\.\d+)? ?[A-Z]{1,4}$(?<![AP]M)|[A-Z]\w+/[A-Z]")
_MIDNIGHT = re.compile(r"\d[ T]0?0:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?$")
_HALF = re.compile(r"(?i)[ap]\.? ?m\.?")
TIME_OF_DAY = re.compile(r"\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?$")
_LONG_AGO_S = -1_000_000_000
"""1938: what tells such times counts from a spreadsheet's first day."""
_EARLIEST_S = 1_000_000_000
"""2001: smaller numbers count something else."""
_LATE_SHARE = 5
"""One in so many times of a day is from ten o'clock on; minutes of songs hardly ever are ten."""
_USUAL_EPOCH = r"^[1-9](?:\d{8,9}|\d{11,12})$"
_USUAL_ISO = r"^(?:19|20)\d\d-\d\d-\d\d[ T][0-2]\d:[0-5]\d:[0-5]\dZ?$"
_LONGEST_S = 1e11
_HOURS_AWAY = re.compile(r"(?:UTC|GMT)?([+-])?(\d{1,2}):(\d\d)(?::00)?")
_OFFSETS = ((14, 60), (14 * 60, 1), (14 * 3600, 1 / 60))
"""The largest offset in hours, minutes and seconds, and the minutes that one of each is."""


class Fineness(IntEnum):
    """How finely a column tells times; the finest of several is read."""

    MINUTE = 1
    SECOND = 2
    EPOCH = 3


def moments(texts: pl.Series, order: Order = Order.UNKNOWN) -> tuple[pl.Series, pl.Series]:
    """``clock_s`` and ``clock_problem`` of many: the usual forms at once, the others one by one."""
    numbers = pl.when(texts.str.contains(_USUAL_EPOCH)).then(texts).cast(pl.Float64, strict=False)
    usual = pl.when(texts.str.contains(_USUAL_ISO)).then(texts.str.replace("T", " ").str.strip_chars_end("Z"))
    frame = pl.select(
        number=pl.when(numbers > _LONGEST_S).then(numbers / 1_000).otherwise(numbers),
        written=usual.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us"),
    )
    clock_s = frame.select(
        pl.coalesce("number", pl.col("written").dt.epoch("us") / 1_000_000).alias("clock_s")
    ).to_series()
    left = clock_s.is_null().arg_true()
    others = texts.gather(left).to_list()
    if any(map(is_croatian, others)):
        others = list(map(from_croatian, others))
    told = [moment(text, order) for text in others]
    problem = pl.Series("clock_problem", [None] * len(texts), dtype=pl.String())
    return (
        clock_s.scatter(left, [seconds for seconds, _ in told]),
        problem.scatter(left, [reason for _, reason in told]),
    )


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
    return seconds is not None and seconds >= (_LONG_AGO_S if number(text) is None else _EARLIEST_S)


def have_no_zone(texts: Iterable[str]) -> bool:
    """Whether none of the times says of which zone it is."""
    return not any(number(text) is not None or _OWN_ZONE.search(text) for text in texts if text)


def are_zones(texts: Iterable[str]) -> bool:
    """Whether what is told are mostly offsets from UTC or zones of the world."""
    told = {text for text in texts if text}
    return sum(zone_told(text) is not None for text in told) * 2 > len(told) > 0


def zone_told(text: str) -> str | None:
    """A zone as times say it; a bare number is of hours, minutes or seconds, by its size; None of others."""
    plain = text.strip()
    if clock := _HOURS_AWAY.fullmatch(plain):
        return f"{clock[1] or '+'}{int(clock[2]):02}:{clock[3]}"
    offset = number(plain.replace(",", "."))
    if offset is None or (is_zone(plain) and len(plain) == len("+0200")):
        return zone_named(plain)
    minutes = next((round(offset * each) for most, each in _OFFSETS if abs(offset) <= most), None)
    if minutes is None:
        return None
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def are_days(texts: Iterable[str]) -> bool:
    """Whether what is told are days without a time."""
    told = [text for text in texts if text]
    return bool(told) and all(moment(text)[1] == "no_time" and text != "0" for text in told)


def are_halves(texts: Iterable[str]) -> bool:
    """Whether what is told are halves of the day: AM and PM."""
    told = [text for text in texts if text]
    return bool(told) and all(_HALF.fullmatch(text) for text in told)


def are_midnights(texts: Iterable[str]) -> bool:
    """Whether what is told are days as spreadsheets write them: each at midnight."""
    told = [text for text in texts if text]
    return bool(told) and all(_MIDNIGHT.search(text) for text in told)


def are_times_of_day(texts: Iterable[str]) -> bool:
    """Whether what is told are times of a day, and no lengths of songs."""
    told = [CLOCK.fullmatch(plain(FIRST_DAY.sub("", text))) for text in texts if text]
    clocks = [clock for clock in told if clock]
    late = sum(clock["half"] is not None or int(clock["hour"]) > 9 for clock in clocks)
    return len(clocks) == len(told) and 0 < len(told) <= late * _LATE_SHARE


def order_of(texts: Iterable[str]) -> Order:
    """Whether days or months come first, by all the texts of a column.

    Where none tells, the order in which fewer rows leave their sequence is taken, for histories are written
    in the order of time; where both fit as well, nobody knows.
    """
    dates = [(text, match) for text in texts if (match := NUMERIC.match(text))]
    if not dates:
        return Order.UNKNOWN
    if all(may_begin_with_year(match) for _, match in dates):
        return _likeliest([text for text, _ in dates])
    told = {order_told(match) for _, match in dates} - {Order.UNKNOWN}
    if Order.YEAR_FIRST in told:  # years above 31
        return Order.YEAR_FIRST if all(int(match["b"]) <= 12 for _, match in dates) else Order.UNKNOWN
    if any(int(match["a"]) > 12 for _, match in dates):
        told.add(Order.DAY_FIRST)
    if told:
        return told.pop() if len(told) == 1 else Order.UNKNOWN
    return _likeliest([text for text, _ in dates])


def _likeliest(texts: Sequence[str]) -> Order:
    """The order in which all are dates and the fewest leave their sequence; then the shortest span."""
    clocks = {
        order: [seconds for text in texts if (seconds := moment(text, order)[0]) is not None]
        for order in (Order.DAY_FIRST, Order.MONTH_FIRST, Order.YEAR_FIRST)
    }
    is_short = all(may_begin_with_year(match) for text in texts if (match := NUMERIC.match(text)))
    ranks = {
        order: (_leaps(found), max(found) - min(found) if is_short else 0)
        for order, found in clocks.items()
        if len(found) == len(texts) and (is_short or order is not Order.YEAR_FIRST)
    }
    best = [order for order, rank in ranks.items() if rank == min(ranks.values())]
    return best[0] if len(best) == 1 else Order.UNKNOWN


def is_numeric(text: str) -> bool:
    """Whether a date begins with a day or a month, as numbers."""
    return NUMERIC.match(text) is not None


def _leaps(clocks: Sequence[float]) -> int:
    """Steps against the direction in which most steps go."""
    steps = [later - earlier for earlier, later in pairwise(clocks)]
    return min(sum(step < 0 for step in steps), sum(step > 0 for step in steps))
