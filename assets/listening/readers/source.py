"""One member while it is read: its bytes in blocks, its pieces, and the count that knows neither."""

import contextlib
import csv
import io
from collections.abc import Callable, Iterable, Iterator

from assets.listening.readers.blocks import DAMAGE, Blocks
from assets.listening.readers.counting import KeyCounter, NameCounter, count_csv_rows
from assets.listening.readers.csv_pieces import CsvPieces
from assets.listening.readers.lastfm_xml import LastfmXml, XmlPieces, count_tracks
from assets.listening.readers.limits import Limits
from assets.listening.readers.members import Member
from assets.listening.readers.pieces import JsonPieces, Piece
from assets.listening.readers.shapes import NO_JSON, TABLES, Shape
from assets.listening.readers.table_forms import TableForm, with_order


class Source:
    """A member of an export; ``rows`` and ``broken`` of them are for who takes the pieces to keep."""

    def __init__(self, member: Member, limits: Limits) -> None:
        self.member, self.rows, self.broken = member, 0, 0
        self.shape = _ordered(member)
        self._names = None if isinstance(self.shape, NO_JSON) else NameCounter(self.shape.key)
        self.blocks = _blocks(member, limits, self._names.feed if self._names else lambda _: None)

    def start(self) -> None:
        """Begins to read blocks ahead."""
        self.blocks.start()

    def close(self) -> None:
        """Stops reading."""
        self.blocks.close()

    def pieces(self, limits: Limits) -> Iterator[Piece]:
        """The member's records, piece by piece."""
        shape = self.shape
        if isinstance(shape, LastfmXml):
            return XmlPieces(shape, limits).read(self.blocks)
        reader = CsvPieces(shape, limits) if isinstance(shape, TABLES) else JsonPieces(shape, limits)
        return reader.read(self.blocks)

    def count(self, limits: Limits) -> int:
        """Records by an independent count, once all pieces were taken.

        Where the key's name stands as often as there are rows, that is it; else keys are told from
        values, in a second reading.
        """
        shape = self.shape
        if isinstance(shape, NO_JSON):
            if self.blocks.is_damaged:
                return 0
            if isinstance(shape, LastfmXml):
                return count_tracks(self.member.open)
            return count_csv_rows(self.member.open, shape, is_lines=self.broken > 0 or not shape.is_quoted)
        assert self._names is not None
        if self._names.count == self.rows:
            return self.rows
        keys = KeyCounter(shape.key)
        for _ in _blocks(self.member, limits, keys.feed).start():
            pass
        return keys.finish()


def _blocks(member: Member, limits: Limits, watch: Callable[[bytes], None]) -> Blocks:
    return Blocks(member.open, limits.chunk_bytes, watch=watch, most_bytes=member.most_bytes, crc=member.crc)


def _ordered(member: Member) -> Shape:
    """A table with numeric dates is looked through once for the order of day and month."""
    shape = member.shape
    if not isinstance(shape, TABLES) or not shape.is_numeric:
        return shape
    with member.open() as stream, io.TextIOWrapper(stream, "utf-8-sig", "replace", newline="") as text:
        return with_order(shape, _records(text, shape))


def _records(text: Iterable[str], shape: TableForm) -> Iterator[list[str]]:
    """Up to where the file is damaged."""
    with contextlib.suppress(*DAMAGE, csv.Error):
        if shape.is_quoted:
            yield from csv.reader(text, delimiter=shape.delimiter, skipinitialspace=shape.is_spaced)
        else:
            yield from (line.rstrip("\r\n").split(shape.delimiter) for line in text)
