"""Which format a file holds, by the keys of its first records; its name says at most that it is JSON."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import BinaryIO

from assets.listening.readers import not_plays
from assets.listening.readers.blocks import byte_order_mark
from assets.listening.readers.json_tables import Unwrapped, json_table, unwrapped
from assets.listening.readers.lastfm import LASTFM, lastfm
from assets.listening.readers.lastfm_xml import LastfmXml
from assets.listening.readers.limits import NoPlays, UnreadableExport
from assets.listening.readers.listenbrainz import FEEDBACK, LISTENBRAINZ
from assets.listening.readers.maloja import MALOJA
from assets.listening.readers.pieces import JsonFormat
from assets.listening.readers.scan import Record, decode_first
from assets.listening.readers.scrobblers import KOITO, PANO, SCRUBBLER, WEB_SCROBBLER, scrubbler
from assets.listening.readers.spotify_account import ACCOUNT
from assets.listening.readers.spotify_extended import EXTENDED
from assets.listening.readers.table_detection import table_form
from assets.listening.readers.table_forms import Records, Scrobbles
from assets.listening.readers.youtube_music import YOUTUBE_MUSIC, youtube_music

_FORMATS: tuple[JsonFormat, ...] = (
    *(
        EXTENDED,
        ACCOUNT,
        LISTENBRAINZ,
        MALOJA,
        PANO,
        KOITO,
        WEB_SCROBBLER,
        YOUTUBE_MUSIC,
        LASTFM,
        SCRUBBLER,
        FEEDBACK,
    ),
)
_LINES: tuple[JsonFormat, ...] = (LISTENBRAINZ, PANO, FEEDBACK)
"""Come as lines of JSON: a file may be one of them."""
_WRAPPED: tuple[JsonFormat, ...] = (MALOJA, KOITO, LISTENBRAINZ, LASTFM, FEEDBACK)
_TELLING_KEYS = (
    (EXTENDED, ("ts", "ms_played")),
    (ACCOUNT, ("endTime", "msPlayed")),
    (LISTENBRAINZ, ("listened_at", "track_metadata")),
    (MALOJA, ("scrobbles", "time")),
    (PANO, ("timeMs", "artist", "track")),
    (KOITO, ("listened_at", "artists")),
    (YOUTUBE_MUSIC, ("header", "titleUrl", "time")),
    (SCRUBBLER, ("trackName", "artistName")),
    (LASTFM, ("artist", "uts")),
)
_OBJECT = re.compile(rb'\{\s*"')
_LOOKED_AT = 500

TABLES = (Scrobbles, Records)
NO_JSON = (*TABLES, LastfmXml)

Shape = JsonFormat | Scrobbles | Records | LastfmXml


def shape_of(
    head: bytes, *, name: str = "", is_named_json: bool = False, is_loved_wanted: bool = False
) -> Shape | None:
    """The format of a file that begins with ``head``; None when it is no listening history.

    One whose records are read by what stands in the others gets it from those of the head.

    Args:
        name: as the file is called; a list of loved tracks may differ from scrobbles by nothing else.
        is_named_json: it may be JSON whose beginning is lost, and no text that quotes some.
        is_loved_wanted: loved tracks are asked for, and nothing else.

    Raises:
        UnreadableExport: it is one, in a form that cannot be read.
    """
    start = head[byte_order_mark(head) :].lstrip()
    shape, what = _shape_and_list(start, name, is_named_json=is_named_json, is_loved_wanted=is_loved_wanted)
    if is_loved_wanted and what != not_plays.LOVED:
        raise NoPlays(not_plays.NO_LOVED)
    if what is not None and not is_loved_wanted:
        raise NoPlays(not_plays.advice(what))
    if shape is YOUTUBE_MUSIC:
        return youtube_music(_records(start))
    if shape is SCRUBBLER:
        return scrubbler(_records(start))
    if start.startswith(b"{") and shape not in _WRAPPED and _is_one_object(start, shape):
        msg = "is a JSON object where a list of plays was expected: import the file as it was exported"
        raise UnreadableExport(msg)
    return lastfm(_records(start)) if shape is LASTFM else shape


def _shape_and_list(
    start: bytes, name: str, *, is_named_json: bool, is_loved_wanted: bool
) -> tuple[Shape | None, str | None]:
    """The format, and what it is a list of if not of plays."""
    if start.startswith(b"<"):
        is_lastfm = all(re.search(rb"<%s[\s>]" % tag, start) for tag in (b"track", b"artist", b"name"))
        return LastfmXml() if is_lastfm else None, not_plays.marked_up_list(start)
    if not start.startswith((b"[", b"{")):
        if (what := not_plays.text_list(start)) is not None:
            return None, what
        table = table_form(start, name, is_loved_wanted=is_loved_wanted)
        if isinstance(table, Scrobbles):
            is_bare = table.skipped == 0 and not table.is_loved
            return table, not_plays.LOVED if table.is_loved else not_plays.named_list(
                name
            ) if is_bare else None
        return table or (_by_records(start) if is_named_json else None), None
    return _json_and_list(start, name, is_loved_wanted=is_loved_wanted)


def _json_and_list(start: bytes, name: str, *, is_loved_wanted: bool) -> tuple[Shape | None, str | None]:
    form = _by_records(start)
    if form is FEEDBACK:
        return form, not_plays.LOVED
    what = not_plays.json_list(start, is_read=form is not None) or not_plays.refused_record(
        next(_records(start), {})
    )
    if form is None and what is None:
        table = json_table(_records(start), name, is_loved_wanted=is_loved_wanted)
        is_loved = table is not None and isinstance(table.form, Scrobbles) and table.form.is_loved
        return table, not_plays.LOVED if is_loved else None
    songs = [(record.get("artist"), record.get("name", record.get("track"))) for record in _records(start)]
    is_list = form is LASTFM and not not_plays.are_repeated(songs)
    return form, what or (not_plays.named_list(name) if is_list else None)


def plain_list(open_stream: Callable[[], BinaryIO], head: bytes, name: str) -> Unwrapped | None:
    """The records of JSON that stand in what no format wraps them in, as a list; None of all else."""
    start = head[byte_order_mark(head) :].lstrip()
    if not _is_wrapped_otherwise(start):
        return None
    return unwrapped(open_stream, start, lambda records: _are_plays(records, name))


def _is_wrapped_otherwise(start: bytes) -> bool:
    if not start.startswith((b"[", b"{")) or not_plays.json_list(start, is_read=True) is not None:
        return False
    form = _by_records(start)
    if form is None:
        opened = re.match(rb"\[\s*(?=\{)", start)
        first = decode_first(start, opened.end() if opened else 0)
        if first is None:
            return opened is None
        has_lists = any(
            isinstance(value, list) and any(map(_is_object, value)) for value in first[0].values()
        )
        is_lines = start[first[1] :].lstrip(b", \t\r\n").startswith(b"{")
        return has_lists or not (opened or is_lines)
    noise = form.noise.match(start)
    found = decode_first(start, noise.end() if noise else 0)
    if found is None:
        return _OPENING.match(start, noise.end() if noise else 0) is not None
    return not form.is_record(found[0]) and _holds(form, found[0].values())


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


_WRAPPERS = 8
"""One inside of another, at most: a file may nest thousands."""
_OPENING = re.compile(rb'\{\s*"[^"]*"\s*:\s*[\[{]')


def _holds(form: JsonFormat, values: Iterable[object], levels: int = _WRAPPERS) -> bool:
    """Whether records of a format are among the values, or in those, so many levels down."""
    inside = [each for value in values for each in (value if isinstance(value, list) else [value])]
    objects = [value for value in inside if isinstance(value, dict)]
    return levels > 0 and any(
        form.is_record(value) or _holds(form, value.values(), levels - 1) for value in objects
    )


def _are_plays(records: list[Record], name: str) -> bool:
    if any(form.is_record(record) for record in records for form in _FORMATS):
        return True
    try:
        return json_table(records, name) is not None
    except UnreadableExport:  # said of the list, once it is one
        return True


def _by_records(head: bytes) -> JsonFormat | None:
    """By the first object that is a record; only some formats wrap their records in objects."""
    inside_until, has_objects = 0, False
    for candidate in islice(_OBJECT.finditer(head), _LOOKED_AT):
        decoded = decode_first(head, candidate.start())
        if decoded is None:
            continue
        is_inside, has_objects = candidate.start() < inside_until, True
        for form in _WRAPPED if is_inside else _FORMATS:
            if form.is_record(decoded[0]):
                return form
        inside_until = max(inside_until, decoded[1])
    return None if has_objects else _by_keys(head)


def _records(head: bytes) -> Iterator[Record]:
    """The records that a head holds whole."""
    at = 0
    while (found := _OBJECT.search(head, at)) is not None:
        decoded = decode_first(head, found.start())
        if decoded is None:
            return
        yield decoded[0]
        at = decoded[1]


def _by_keys(head: bytes) -> JsonFormat | None:
    """For a file whose records are broken: by the keys that are there at all."""
    for form, keys in _TELLING_KEYS:
        if all(re.search(rb'"%s"\s*:' % key.encode(), head) for key in keys):
            return form
    return None


def _is_one_object(head: bytes, form: Shape | None) -> bool:
    """Whether a file that begins with an object is that object, and not lines of records."""
    first = decode_first(head, 0)
    if first is None:
        return form in (EXTENDED, ACCOUNT)
    if form is None or isinstance(form, NO_JSON) or not form.is_record(first[0]):
        return _by_keys(head) is not None
    return form not in _LINES and not head[first[1] :].lstrip(b", \t\r\n").startswith(b"{")
