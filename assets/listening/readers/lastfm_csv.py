"""Last.fm exports as CSV, with a header or without, with an index column or without."""

import contextlib
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from assets.listening.readers.blocks import byte_order_mark
from assets.listening.readers.columns import Origin
from assets.listening.readers.lastfm import scrobbled_at
from assets.listening.readers.limits import Limits
from assets.listening.readers.listens import Listen, listen_rows, listens_frame
from assets.listening.readers.pieces import Piece, Span

_CLOCKS = ("uts", "utc_time", "date", "timestamp", "time", "datetime", "unixtime")
_DELIMITERS = (",", ";", "\t")
_TRACKS = ("track", "name", "title", "track_name", "song")
_ARTISTS = ("artist", "artist_name")
_ALBUMS = ("album", "album_name")
_MBIDS = ("track_mbid", "recording_mbid")
_LONGEST_RECORD_LINES = 20
_PIECE_ROWS = 20_000


@dataclass(frozen=True)
class LastfmCsv:
    """Where the columns stand (-1: there is none)."""

    has_header: bool
    clock: int
    artist: int
    track: int
    album: int = -1
    mbid: int = -1
    delimiter: str = ","
    name: str = "lastfm"

    def listen(self, cells: list[str]) -> Listen:
        """One row; a row too short lacks its last cells."""
        clock_s, problem = scrobbled_at(self._cell(cells, self.clock))
        track, artist, album, mbid = (
            self._cell(cells, at) or None for at in (self.track, self.artist, self.album, self.mbid)
        )
        return Listen(clock_s, problem, track, artist, album, recording_mbid=mbid)

    def _cell(self, cells: list[str], at: int) -> str:
        return cells[at].strip() if 0 <= at < len(cells) else ""

    def rows(self, frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
        """RAW_PLAYS columns but the row's identity, and ``reason``."""
        return listen_rows(frame, origin)


def csv_shape(head: bytes) -> LastfmCsv | None:
    """The columns of a CSV of scrobbles; None when it is none."""
    text = head.decode("utf-8", "replace").lstrip()
    shapes = (_with_header(text, by) or _headerless(text, by) for by in _DELIMITERS)
    return next(filter(None, shapes), None)


def _with_header(text: str, delimiter: str) -> LastfmCsv | None:
    names = [_column(cell) for cell in next(_records(text.splitlines()[:1], delimiter), [])]
    clock, artist, track = (_first(names, wanted) for wanted in (_CLOCKS, _ARTISTS, _TRACKS))
    if min(clock, artist, track) < 0:
        return None
    return LastfmCsv(True, clock, artist, track, _first(names, _ALBUMS), _first(names, _MBIDS), delimiter)


def _column(cell: str) -> str:
    """``Track name`` as ``track_name``, and ``Date#somebody`` as ``date``."""
    return cell.strip().lower().partition("#")[0].replace(" ", "_")


def _headerless(text: str, delimiter: str) -> LastfmCsv | None:
    """By the first row that has a date: what plays now stands before it, with none."""
    for cells in _records(io.StringIO(text, newline=""), delimiter):
        has_index = len(cells) == 5 and cells[0].isdigit()
        if len(cells) != 4 and not has_index:
            return None
        if cells[-1].strip():
            is_date = scrobbled_at(cells[-1].strip())[0] is not None
            at = len(cells) - 4
            form = LastfmCsv(False, clock=at + 3, artist=at, track=at + 2, album=at + 1, delimiter=delimiter)
            return form if is_date else None
    return None


def _records(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    with contextlib.suppress(csv.Error):
        yield from csv.reader(lines, delimiter=delimiter)


def _first(names: list[str], wanted: tuple[str, ...]) -> int:
    return next((names.index(name) for name in wanted if name in names), -1)


@dataclass
class CsvPieces:
    """The pieces of one CSV, in UTF-8 or what is left of it."""

    form: LastfmCsv
    limits: Limits

    def read(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        """Empty lines and the header are no rows; a record that cannot be read is a broken span."""
        good: list[tuple[int, Span, Listen]] = []
        broken: list[tuple[int, Span]] = []
        for row, (span, cells) in enumerate(self._records(blocks)):
            if cells is None:
                broken.append((row, span))
            else:
                good.append((row, span, self.form.listen(cells)))
            if len(good) + len(broken) == _PIECE_ROWS:
                yield _piece(good, broken)
                good, broken = [], []
        if good or broken:
            yield _piece(good, broken)

    def _records(self, blocks: Iterable[bytes]) -> Iterator[tuple[Span, list[str] | None]]:
        lines = _Lines(blocks, self.limits.record_bytes, self.form.delimiter)
        is_header = self.form.has_header
        while (found := lines.record()) is not None:
            if is_header:
                is_header = False
            elif found[1] is None or any(found[1]):
                yield found


class _Lines:
    """Physical lines with their places, joined where a quoted cell holds line ends."""

    def __init__(self, blocks: Iterable[bytes], record_bytes: int, delimiter: str) -> None:
        self._lines, self._delimiter = _lines(blocks, record_bytes), delimiter
        self._ahead: list[tuple[int, bytes]] = []

    def record(self) -> tuple[Span, list[str] | None] | None:
        """The next record's span and cells (None: not readable), or None at the end."""
        texts: list[bytes] = []
        while len(texts) < _LONGEST_RECORD_LINES and (line := self._line(len(texts))) is not None:
            texts.append(line[1])
            cells = _cells(b"".join(texts), self._delimiter)
            if cells is not None:
                return self._take(len(texts)), cells
        if not texts:
            return None
        cells = _cells(texts[0], self._delimiter, is_strict=False)
        return self._take(1), cells if cells and texts[0].count(b'"') % 2 == 0 else None

    def _line(self, at: int) -> tuple[int, bytes] | None:
        while len(self._ahead) <= at:
            line = next(self._lines, None)
            if line is None:
                return None
            self._ahead.append(line)
        return self._ahead[at]

    def _take(self, count: int) -> Span:
        start = self._ahead[0][0]
        last, text = self._ahead[count - 1]
        del self._ahead[:count]
        return start, last + len(text.rstrip(b"\r\n"))


def _cells(line: bytes, delimiter: str, *, is_strict: bool = True) -> list[str] | None:
    text = line.decode("utf-8", "replace")
    try:
        return next(csv.reader(io.StringIO(text, newline=""), strict=is_strict, delimiter=delimiter), [])
    except csv.Error:
        return None


def _lines(blocks: Iterable[bytes], record_bytes: int) -> Iterator[tuple[int, bytes]]:
    left, base, is_first = b"", 0, True
    for block in blocks:
        left += block
        if is_first and len(left) >= 3:
            base, is_first = byte_order_mark(left), False
            left = left[base:]
        lines = left.splitlines(keepends=True)
        left = lines.pop() if lines and len(lines[-1]) <= record_bytes else b""
        for line in lines:
            yield base, line
            base += len(line)
    if left:
        yield base, left


def _piece(good: list[tuple[int, Span, Listen]], broken: list[tuple[int, Span]]) -> Piece:
    return Piece(
        listens_frame([listen for _, _, listen in good]),
        [row for row, _, _ in good],
        broken,
        lambda place: good[place][1],
    )
