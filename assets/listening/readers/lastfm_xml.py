"""Last.fm's pages of scrobbles as XML, read track by track, each with its place in the file."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

import polars as pl
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, fromstring, iterparse

from assets.listening.readers.columns import Origin
from assets.listening.readers.lastfm import LASTFM
from assets.listening.readers.limits import Limits
from assets.listening.readers.pieces import Piece, Span
from assets.listening.readers.scan import Record

_OPENING = re.compile(rb"<track(?=[\s>])")
_CLOSING = re.compile(rb"</track\s*>")
_TAG = re.compile(rb"<track(?=[\s>])|</track\s*>")
_PIECE_ROWS = 4_096
_TAG_BYTES = 64
"""Longer than a closing tag."""


@dataclass(frozen=True)
class LastfmXml:
    """Rows of Last.fm's answers: the same as those of its JSON."""

    name: str = LASTFM.name

    def frame(self, records: Sequence[Record]) -> pl.DataFrame:
        """One row a track."""
        return LASTFM.from_records(records)

    def rows(self, frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
        """As of the JSON."""
        return LASTFM.rows(frame, origin)


@dataclass
class XmlPieces:
    """The pieces of one member, in UTF-8."""

    form: LastfmXml
    limits: Limits

    def read(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        """A track that cannot be read is a broken span."""
        found: list[tuple[int, Span, Record | None]] = []
        for row, (span, text) in enumerate(_tracks(blocks, self.limits.record_bytes)):
            found.append((row, span, _record(text)))
            if len(found) == _PIECE_ROWS:
                yield self._piece(found)
                found = []
        if found:
            yield self._piece(found)

    def _piece(self, found: list[tuple[int, Span, Record | None]]) -> Piece:
        good = [(row, span, record) for row, span, record in found if record is not None]
        return Piece(
            self.form.frame([record for _, _, record in good]),
            [row for row, _, _ in good],
            [(row, span) for row, span, record in found if record is None],
            lambda place: good[place][1],
        )


def _tracks(blocks: Iterable[bytes], record_bytes: int) -> Iterator[tuple[Span, bytes]]:
    """Where each track stands and its text: to its end, or to where the next begins."""
    data, base = b"", 0
    for block in blocks:
        data += block
        for (start, end), text in (found := list(_whole(data))):
            yield (base + start, base + end), text
        used = found[-1][0][1] if found else 0
        opened = _OPENING.search(data, used)
        used = opened.start() if opened else used
        if len(data) - used > record_bytes:
            yield (base + used, base + len(data)), b""
            used = len(data)
        data, base = data[used:], base + used
    if opened := _OPENING.search(data):
        yield (base + opened.start(), base + len(data.rstrip())), data[opened.start() :]


def _whole(data: bytes) -> Iterator[tuple[Span, bytes]]:
    """Tracks with an end; one whose beginning is damaged is what stands between others and its end."""
    at = 0
    while True:
        opened, closed = _OPENING.search(data, at), _CLOSING.search(data, at)
        if closed is not None and (opened is None or closed.start() < opened.start()):
            start, at = at, closed.end()
        elif opened is not None:
            following = _OPENING.search(data, opened.end(), closed.start() if closed else len(data))
            if closed is None and following is None:
                return
            start, at = opened.start(), following.start() if following else closed.end() if closed else 0
        else:
            return
        text = data[start:at].strip()
        start = data.index(text, start)
        yield (start, start + len(text)), text


def _record(text: bytes) -> Record | None:
    """The track as Last.fm's JSON has it."""
    try:
        track = fromstring(text)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    found: Record = {child.tag: _value(child) for child in reversed(track)}
    return found if {"artist", "name"} <= found.keys() else None


def _value(element: Element) -> object:
    """A text, or an object of attributes or children."""
    inside = {child.tag: child.text for child in element}
    return {"#text": element.text, **element.attrib, **inside} if inside or element.attrib else element.text


def count_tracks(open_stream: Callable[[], BinaryIO]) -> int:
    """Tracks as an XML parser sees them; where it stumbles, opening tags and ends without one."""
    try:
        with open_stream() as stream:
            count = 0
            for _, element in iterparse(stream, parser=DefusedXMLParser(encoding="utf-8")):
                count += element.tag == "track"
                element.clear()
            return count
    except (ParseError, DefusedXmlException, ValueError):
        with open_stream() as stream:
            return _tags(iter(lambda: stream.read(1 << 20), b""))


def _tags(blocks: Iterator[bytes]) -> int:
    count, is_open, carry = 0, False, b""
    for block in blocks:
        data, end = carry + block, 0
        for tag in _TAG.finditer(data):
            is_opening = not tag[0].startswith(b"</")
            count += is_opening or not is_open
            is_open, end = is_opening, tag.end()
        carry = data[max(end, len(data) - _TAG_BYTES) :]
    return count
