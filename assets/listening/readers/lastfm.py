"""Last.fm exports as JSON: pages of the API's answers, or a flat list."""

import re
from collections.abc import Iterable
from functools import partial

from assets.listening.readers.clock_columns import order_of
from assets.listening.readers.listens import Listen, ListenFormat, epoch, nested, text
from assets.listening.readers.moments import Moment, Order, moment
from assets.listening.readers.scan import Record

_ATTRIBUTES = rb'"@attr"\s*:\s*\{[^{}]*\}'
_TRACK = rb'"track"\s*:(?=\s*(?:\[|\{\s*"artist"))'  # a page of one scrobble holds it without a list
_WRAPPER = (
    rb'\{\s*(?="(?:recent|loved)tracks"\s*:|' + _TRACK + rb"|" + _ATTRIBUTES + rb"\s*,\s*" + _TRACK + rb"|"
    rb'"(?:username|user|scrobbles|tracks)"\s*:)|"(?:recent|loved)tracks"\s*:\s*\{|' + _TRACK + rb"|"
    rb'"(?:username|user)"\s*:\s*"[^"]*"|"(?:scrobbles|tracks)"\s*:|' + _ATTRIBUTES
)
_CLOCKS = ("uts", "date", "timestamp", "time")
_LOVED = re.compile(
    r"(?:loved|liked|favou?rited|hearted|starred)_?(?:at|on|date|time)|date_?(?:loved|liked)", re.IGNORECASE
)


def _name(value: object) -> str | None:
    """The name in "X", in {"#text": "X"} or in {"name": "X"}."""
    found = nested(value)
    return text(found.get("#text") or found.get("name")) if found else text(value)


def is_scrobble(record: Record) -> bool:
    """An artist and a track, and one of the keys that only a scrobble has, or a loved track."""
    if not ("artist" in record and ("name" in record or "track" in record)):
        return False
    if any(key in record for key in _CLOCKS) or any(map(_LOVED.fullmatch, record)):
        return True
    return ("@attr" in record or "streamable" in record) and "playcount" not in record


def scrobbled_at(value: object, order: Order = Order.UNKNOWN) -> Moment:
    """Epoch seconds of 1749776100, "1749776100", "13 Jun 2025 00:55" or ISO, or why there are none."""
    if not value or not isinstance(value, str):
        return epoch(value, missing="now_playing")
    return moment(value.strip(), order)


def _clock(record: Record) -> object:
    for key in _CLOCKS:
        if key in record:
            value = record[key]
            return nested(value).get("uts", nested(value).get("#text")) if isinstance(value, dict) else value
    return next((value for key, value in record.items() if _LOVED.fullmatch(key)), None)


def _listen(record: Record, order: Order = Order.UNKNOWN) -> Listen:
    clock_s, problem = scrobbled_at(_clock(record), order)
    return Listen(
        clock_s,
        problem,
        _name(record.get("name", record.get("track"))),
        _name(record.get("artist")),
        _name(record.get("album")),
        is_mistyped=isinstance(record.get("artist"), list) or isinstance(record.get("name"), list),
        recording_mbid=text(record.get("mbid")),
    )


def lastfm(records: Iterable[Record]) -> ListenFormat:
    """The format of a file with the order of day and month that its first records tell."""
    clocks = (_clock(record) for record in records)
    return ListenFormat(
        name="lastfm",
        key="artist",
        noise=_NOISE,
        is_record=is_scrobble,
        listen=partial(_listen, order=order_of(clock.strip() for clock in clocks if isinstance(clock, str))),
    )


_NOISE = re.compile(rb"(?:[\s,\[\]}]|" + _WRAPPER + rb")*")
LASTFM = lastfm([])
