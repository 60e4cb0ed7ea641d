"""Which format a file holds, by the keys of its first records; its name is not asked."""

import re
from collections.abc import Iterator

from assets.listening.readers.blocks import byte_order_mark
from assets.listening.readers.lastfm import LASTFM
from assets.listening.readers.lastfm_csv import LastfmCsv, csv_shape
from assets.listening.readers.limits import UnreadableExport
from assets.listening.readers.listenbrainz import LISTENBRAINZ
from assets.listening.readers.maloja import MALOJA
from assets.listening.readers.pieces import JsonFormat
from assets.listening.readers.scan import decode_first
from assets.listening.readers.spotify import ACCOUNT, EXTENDED

_FORMATS: tuple[JsonFormat, ...] = (EXTENDED, ACCOUNT, LISTENBRAINZ, MALOJA, LASTFM)
_TELLING_KEYS = (
    (EXTENDED, ("ts", "ms_played")),
    (ACCOUNT, ("endTime", "msPlayed")),
    (LISTENBRAINZ, ("listened_at", "track_metadata")),
    (MALOJA, ("scrobbles", "time")),
    (LASTFM, ("artist", "uts")),
)
_OBJECT = re.compile(rb'\{\s*"')
_LOOKED_AT = 500
_OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")

Shape = JsonFormat | LastfmCsv


def shape_of(head: bytes) -> Shape | None:
    """The format of a file that begins with ``head``; None when it is no listening history.

    Raises:
        UnreadableExport: it is one, in a form that cannot be read.
    """
    if head.startswith(_OTHER_ENCODINGS):
        msg = "is saved as UTF-16: save it as UTF-8"
        raise UnreadableExport(msg)
    start = head[byte_order_mark(head) :].lstrip()
    if not start.startswith((b"[", b"{")):
        return csv_shape(start)
    form = _by_records(start) or _by_keys(start)
    if form in (EXTENDED, ACCOUNT) and start.startswith(b"{") and not _is_json_lines(start):
        msg = "is a JSON object where a list of plays was expected: import the file as it was exported"
        raise UnreadableExport(msg)
    return form


def _by_records(head: bytes) -> JsonFormat | None:
    for record in _objects(head):
        for form in _FORMATS:
            if form.is_record(record):
                return form
    return None


def _objects(head: bytes) -> Iterator[dict[str, object]]:
    for looked_at, candidate in enumerate(_OBJECT.finditer(head)):
        if looked_at == _LOOKED_AT:
            return
        decoded = decode_first(head, candidate.start())
        if decoded is not None:
            yield decoded[0]


def _by_keys(head: bytes) -> JsonFormat | None:
    """For a file whose records are broken: by the keys that are there at all."""
    for form, keys in _TELLING_KEYS:
        if all(re.search(rb'"%s"\s*:' % key.encode(), head) for key in keys):
            return form
    return None


def _is_json_lines(head: bytes) -> bool:
    first = decode_first(head, 0)
    return first is not None and "{" in head[first[1] :].lstrip()[:1].decode("latin-1")
