"""Tables as text, read record by record, each with its place in the file."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assets.listening.readers.blocks import byte_order_mark
from assets.listening.readers.limits import Limits
from assets.listening.readers.pieces import Piece, Span
from assets.listening.readers.table_forms import TableForm

_LONGEST_RECORD_LINES = 20
_PIECE_ROWS = 20_000
_LONGEST_PLAIN = csv.field_size_limit()


@dataclass
class CsvPieces:
    """The pieces of one CSV, in UTF-8 or what is left of it."""

    form: TableForm
    limits: Limits

    def read(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        """Empty lines and the header are no rows; a record that cannot be read is a broken span."""
        good: list[tuple[int, Span, list[str]]] = []
        broken: list[tuple[int, Span]] = []
        for row, (span, cells) in enumerate(self._records(blocks)):
            if cells is None:
                broken.append((row, span))
            else:
                good.append((row, span, cells))
            if len(good) + len(broken) == _PIECE_ROWS:
                yield self._piece(good, broken)
                good, broken = [], []
        if good or broken:
            yield self._piece(good, broken)

    def _records(self, blocks: Iterable[bytes]) -> Iterator[tuple[Span, list[str] | None]]:
        lines = _Lines(blocks, self.limits.record_bytes, self.form)
        before = self.form.skipped
        while (found := lines.record()) is not None:
            if found[1] is not None and not any(found[1]):
                continue
            if before:
                before -= 1
            else:
                yield found

    def _piece(self, good: list[tuple[int, Span, list[str]]], broken: list[tuple[int, Span]]) -> Piece:
        return Piece(
            self.form.frame([cells for _, _, cells in good], is_first=bool(good) and good[0][0] == 0),
            [row for row, _, _ in good],
            broken,
            lambda place: good[place][1],
        )


class _Lines:
    """Physical lines with their places, joined where a quoted cell holds line ends."""

    def __init__(self, blocks: Iterable[bytes], record_bytes: int, form: TableForm) -> None:
        self._lines, self._form = _lines(blocks, record_bytes), form
        self._ahead: list[tuple[int, bytes]] = []

    def record(self) -> tuple[Span, list[str] | None] | None:
        """The next record's span and cells (None: not readable), or None at the end."""
        line = None if self._ahead else next(self._lines, None)
        if line is not None:
            if (plain := _plain_cells(line[1], self._form)) is not None:
                return (line[0], line[0] + len(line[1].rstrip(b"\r\n"))), plain
            self._ahead.append(line)
        texts: list[bytes] = []
        while len(texts) < _LONGEST_RECORD_LINES and (line := self._line(len(texts))) is not None:
            texts.append(line[1])
            cells = _cells(b"".join(texts), self._form)
            if cells is not None:
                return self._take(len(texts)), cells
        if not texts:
            return None
        cells = _with_stray_quotes(texts[0], self._form)
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


def _plain_cells(line: bytes, form: TableForm) -> list[str] | None:
    """The cells of a line that has no quotes, as csv reads them; None where csv must."""
    if form.is_quoted and (b'"' in line or len(line) > _LONGEST_PLAIN):
        return None
    return line.decode("utf-8", "replace").rstrip("\r\n").split(form.delimiter)


def _cells(line: bytes, form: TableForm, *, is_strict: bool = True) -> list[str] | None:
    if (plain := _plain_cells(line, form)) is not None:
        return plain
    text = line.decode("utf-8", "replace")
    try:
        lines = (text,) if text.count("\n") < 2 else io.StringIO(text, newline="")
        reader = csv.reader(
            lines, strict=is_strict, delimiter=form.delimiter, skipinitialspace=form.is_spaced
        )
        return next(reader, [])
    except csv.Error:
        return None


def _with_stray_quotes(line: bytes, form: TableForm) -> list[str] | None:
    """The cells of a line in which quotes are part of names: ``"Weird Al" Yankovic``."""
    loose = _cells(line, form, is_strict=False)
    plain = line.decode("utf-8", "replace").rstrip("\r\n").split(form.delimiter)
    if loose is None or len(loose) != len(plain):
        return loose
    whole = (len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1] for cell in plain)
    return [cell[1:-1] if is_whole else cell for cell, is_whole in zip(plain, whole, strict=True)]


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
