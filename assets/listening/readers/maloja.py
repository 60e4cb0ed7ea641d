"""Maloja exports: ``{"scrobbles": [...]}``."""

import re

from assets.listening.readers.listens import Listen, ListenFormat, epoch, milliseconds, nested, number, text
from assets.listening.readers.scan import Record

_WRAPPER = rb'\{\s*(?="(?:maloja|scrobbles)")|"maloja"\s*:\s*\{[^{}]*\}|"scrobbles"\s*:'


def _artists(value: object) -> str | None:
    names = [text(each) for each in value] if isinstance(value, list) else [text(value)]
    return ", ".join(name for name in names if name) or None


def _album(value: object) -> str | None:
    album = nested(value)
    return text(album.get("albumtitle") or album.get("name")) if album else text(value)


def _listen(record: Record) -> Listen:
    track = nested(record.get("track"))
    clock_s, problem = epoch(record.get("time"))
    played_s = number(record.get("duration"))
    return Listen(
        clock_s,
        problem,
        text(track.get("title")),
        _artists(track.get("artists")),
        _album(track.get("album")),
        is_mistyped=not track or isinstance(track.get("title"), dict | list),
        ms_played=None if played_s is None else round(max(min(played_s, 1e12), -1e12) * 1000),
        duration_ms=milliseconds(track.get("length"), 1000),
        client=text(record.get("origin")),
    )


MALOJA = ListenFormat(
    name="maloja",
    key="time",
    noise=re.compile(rb"(?:[\s,\[\]}]|" + _WRAPPER + rb")*"),
    is_record=lambda record: "time" in record and isinstance(record.get("track"), dict),
    listen=_listen,
)
