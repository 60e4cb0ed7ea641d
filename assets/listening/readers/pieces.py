"""From a stream of JSON to pieces of parsed records, each with its place in the stream.

The fast way splits a chunk into records with msgspec, which knows strings, and parses them as
columns; what it refuses is scanned record by record. Both find the same records at the same bytes.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
import numpy as np
import polars as pl

from assets.listening.readers.blocks import byte_order_mark
from assets.listening.readers.columns import Origin
from assets.listening.readers.limits import Limits
from assets.listening.readers.scan import Found, Record, Scanner

Span = tuple[int, int]
_BOUNDARY = re.compile(rb"\}\s*,\s*(?=\{)")
_SEPARATORS = re.compile(rb"[\s,\[]*")
_BOUNDARY_TAIL = 64 << 10
_TRIES = 3
_SCANNED_ROWS = 4096
_DECODER = msgspec.json.Decoder(list[msgspec.Raw])


class RowFormat(Protocol):
    """What the reader asks of every format."""

    @property
    def name(self) -> str:
        """The ``source`` its rows get."""

    def rows(self, frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
        """RAW_PLAYS columns but the row's identity, and ``reason``."""


class JsonFormat(RowFormat, Protocol):
    """What the reader asks of a format that comes as JSON."""

    @property
    def key(self) -> str:
        """A key that every record holds exactly once: what the independent count counts."""

    @property
    def noise(self) -> re.Pattern[bytes]:
        """What may stand between records."""

    @property
    def is_columnar(self) -> bool:
        """Whether ``from_lines`` is worth trying."""

    def is_record(self, record: Record) -> bool:
        """Whether an object has the keys of the format's records."""

    def from_lines(self, lines: bytes, count: int) -> pl.DataFrame | None:
        """The frame of ``count`` records, one a line; None where they must be read one by one."""

    def from_records(self, records: list[Record]) -> pl.DataFrame:
        """The same frame of decoded records."""


@dataclass(frozen=True)
class Piece:
    """Consecutive records: the good ones as a frame, the broken spans beside it.

    Args:
        rows: ordinals of the frame's rows in the member.
        broken: ordinal and byte span of what is no record.
        span: the byte span of a row of the frame, by its place in the frame.
    """

    frame: pl.DataFrame
    rows: list[int] | range
    broken: list[tuple[int, Span]]
    span: Callable[[int], Span]


@dataclass
class JsonPieces:
    """The pieces of one member."""

    form: JsonFormat
    limits: Limits
    _row: int = 0
    _base: int = 0
    _scanner: Scanner = field(init=False)

    def __post_init__(self) -> None:
        self._scanner = Scanner(self.form.is_record, self.form.noise, self.limits.record_bytes)

    def read(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        """Parses as the blocks come; holds at most a record's limit and two chunks."""
        data, is_first = b"", True
        for more, is_last in _with_last(blocks):
            data += more.replace(b"\n", b" ").replace(b"\r", b" ")
            if is_first and (len(data) >= 3 or is_last):
                self._base, is_first = byte_order_mark(data), False
                data = data[self._base :]
            if not is_last and (is_first or len(data) < self._wanted):
                continue
            yield from self._parse(data, is_last=is_last)
            data = data[self._used :]
            self._base += self._used
            self._wanted = max(self.limits.chunk_bytes, 2 * len(data))

    _wanted: int = 0
    _used: int = 0

    def _parse(self, data: bytes, *, is_last: bool) -> Iterator[Piece]:
        if self.form.is_columnar and self._scanner.is_clean and len(data) <= self.limits.record_bytes:
            piece = self._fast(data, is_last=is_last)
            if piece is not None:
                yield piece
                return
        yield from self._scan(data, is_last=is_last)
        self._used = self._scanner.consumed

    def _fast(self, data: bytes, *, is_last: bool) -> Piece | None:
        opening = _SEPARATORS.match(data)
        start = opening.end() if opening else 0
        for end, used in _cuts(data, start, is_last=is_last):
            text = b"".join((b"[", memoryview(data)[start:end], b"]"))
            raws = _split(text)
            if raws is None:
                continue
            frame = self.form.from_lines(b"\n".join(raws), len(raws))
            if frame is None:
                return None
            self._used = used
            return self._columnar_piece(frame, raws, text, self._base + start - 1)
        return None

    def _columnar_piece(self, frame: pl.DataFrame, raws: list[msgspec.Raw], text: bytes, base: int) -> Piece:
        first, self._row = self._row, self._row + len(raws)
        return Piece(frame, range(first, self._row), [], lambda place: _place(raws[place], text, base))

    def _scan(self, data: bytes, *, is_last: bool) -> Iterator[Piece]:
        found: list[Found] = []
        for span in self._scanner.scan(data, self._base, is_last=is_last):
            found.append(span)
            if len(found) == _SCANNED_ROWS:
                yield self._piece(found)
                found = []
        if found:
            yield self._piece(found)

    def _piece(self, found: list[Found]) -> Piece:
        first, self._row = self._row, self._row + len(found)
        numbered = list(enumerate(found, first))
        good = [(row, span) for row, span in numbered if span.record is not None]
        records = [span.record for _, span in good if span.record is not None]
        return Piece(
            self.form.from_records(records),
            [row for row, _ in good],
            [(row, (span.start, span.end)) for row, span in numbered if span.record is None],
            lambda place: (good[place][1].start, good[place][1].end),
        )


def _with_last(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    for block in blocks:
        yield block, False
    yield b"", True


def _cuts(data: bytes, start: int, *, is_last: bool) -> Iterator[Span]:
    """Where the records may end, and how much is then used; the last first."""
    if is_last:
        end = len(data.rstrip(b" \t,]"))
        if end > start:
            yield end, len(data)
        return
    tail = max(start, len(data) - _BOUNDARY_TAIL)
    boundaries = [match.start() + 1 + tail for match in _BOUNDARY.finditer(data[tail:])]
    for end in boundaries[: -1 - _TRIES : -1]:
        yield end, end


def _split(text: bytes) -> list[msgspec.Raw] | None:
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, RecursionError):  # its text may quote the file: it goes no further
        return None


def _place(raw: msgspec.Raw, text: bytes, base: int) -> Span:
    """Where a record stands: it is a view of ``text``, whose first byte is byte ``base`` of the stream."""
    start = base + _address(raw) - _address(text)
    return start, start + memoryview(raw).nbytes


def _address(view: msgspec.Raw | bytes) -> int:
    return np.frombuffer(memoryview(view), np.uint8).ctypes.data
