"""Exports of programs that scrobble, as JSON: Pano Scrobbler, Last.fm Scrubbler, Web Scrobbler, Koito."""

import re
from collections.abc import Callable, Iterable
from functools import partial

from assets.listening.readers.clock_columns import order_of
from assets.listening.readers.lastfm import scrobbled_at
from assets.listening.readers.lengths import length_ms
from assets.listening.readers.listens import NO_PLAY, Listen, ListenFormat, epoch, milliseconds, nested, text
from assets.listening.readers.moments import Order
from assets.listening.readers.scan import PLAIN_LIST, Record


def _pano(record: Record) -> Listen:
    """Pano Scrobbler writes likes too; times are the start in ms."""
    clock_s, problem = epoch(record.get("timeMs"))
    is_play = record.get("event", "scrobble") == "scrobble"
    return Listen(
        clock_s,
        problem if is_play else NO_PLAY,
        text(record.get("track")),
        text(record.get("artist")),
        text(record.get("album")),
        is_mistyped=_is_nested(record, "track", "artist", "album"),
        duration_ms=milliseconds(record.get("durationMs")),
        client=text(record.get("mediaPlayerName")),
    )


PANO = ListenFormat(
    name="pano_scrobbler",
    key="timeMs",
    noise=PLAIN_LIST,
    is_record=lambda record: {"timeMs", "artist", "track"} <= record.keys(),
    listen=_pano,
)


_SCRUBBLER_CLOCKS = ("time", "ts", "date", "timePlayed", "timestamp", "played_at")


def _scrubbler_clock(record: Record) -> object:
    return next((record[name] for name in _SCRUBBLER_CLOCKS if name in record), None)


def _scrubbler(record: Record, order: Order) -> Listen:
    """Last.fm Scrubbler, and programs that write for it."""
    clock_s, problem = scrobbled_at(_scrubbler_clock(record), order)
    return Listen(
        clock_s,
        problem,
        text(record.get("trackName")),
        text(record.get("artistName")),
        text(record.get("albumName")),
        is_mistyped=_is_nested(record, "trackName", "artistName", "albumName"),
        ms_played=length_ms(record.get("msPlayed", record.get("ms_played")), 1),
        duration_ms=length_ms(record.get("duration"), 1000) or None,
    )


def scrubbler(records: Iterable[Record]) -> ListenFormat:
    """The format of a file in which dates have the order that the first records tell."""
    clocks = (_scrubbler_clock(record) for record in records)
    order = order_of([clock.strip() for clock in clocks if isinstance(clock, str)])
    return ListenFormat(
        name="lastfm",
        key="trackName",
        noise=PLAIN_LIST,
        is_record=lambda record: (
            {"trackName", "artistName"} <= record.keys()
            and any(name in record for name in _SCRUBBLER_CLOCKS)
            and "endTime" not in record
        ),
        listen=partial(_scrubbler, order=order),
    )


SCRUBBLER = scrubbler([])


def _web_scrobbler(record: Record) -> Listen:
    """Web Scrobbler: the song as it was sent, else as it was found on the page."""
    song = nested(record.get("song"))
    parts = [nested(song.get(name)) for name in ("processed", "parsed")]
    said = [*(part for part in parts if part), song]
    started = record.get("timestamp", nested(song.get("metadata")).get("startTimestamp"))
    clock_s, problem = epoch(started)
    return Listen(
        clock_s,
        problem,
        _first(said, "track"),
        _first(said, "artist"),
        _first(said, "album"),
        is_mistyped=not song,
        duration_ms=next(filter(None, (milliseconds(part.get("duration"), 1000) for part in said)), None),
        client=text(nested(song.get("metadata")).get("label")) or text(record.get("connector")),
    )


WEB_SCROBBLER = ListenFormat(
    name="web_scrobbler",
    key="song",
    noise=PLAIN_LIST,
    is_record=lambda record: isinstance(record.get("song"), dict),
    listen=_web_scrobbler,
)


def _koito(record: Record) -> Listen:
    """Koito: names are aliases, one of which is the primary one; lengths are seconds."""
    track, artists = nested(record.get("track")), record.get("artists")
    clock_s, problem = scrobbled_at(record.get("listened_at"))
    names = [_alias(nested(artist)) for artist in artists] if isinstance(artists, list) else []
    return Listen(
        clock_s,
        problem,
        _alias(track),
        ", ".join(name for name in names if name) or None,
        _alias(nested(record.get("album"))),
        is_mistyped=not track,
        duration_ms=milliseconds(track.get("duration"), 1000),
        recording_mbid=text(track.get("mbid")),
        client=text(record.get("client")),
    )


def _alias(named: Record) -> str | None:
    aliases = named.get("aliases")
    found = [nested(alias) for alias in aliases] if isinstance(aliases, list) else []
    primary = [alias for alias in found if alias.get("is_primary")] or found
    return text(primary[0].get("alias")) if primary else text(named.get("name") or named.get("title"))


KOITO = ListenFormat(
    name="koito",
    key="listened_at",
    noise=re.compile(
        rb'(?:[\s,\[\]}]|\{\s*(?="(?:version|exported_at|user|listens)"\s*:)'
        rb'|"(?:version|exported_at|user|username)"\s*:\s*(?:"[^"]*"|[\w.]+)|"listens"\s*:)*'
    ),
    is_record=lambda record: "listened_at" in record and isinstance(record.get("artists"), list),
    listen=_koito,
)


def _is_nested(record: Record, *names: str) -> bool:
    return any(isinstance(record.get(name), dict | list) for name in names)


def _first(parts: Iterable[Record], name: str) -> str | None:
    values: Callable[[Record], str | None] = lambda part: text(part.get(name))  # noqa: E731
    return next(filter(None, map(values, parts)), None)
