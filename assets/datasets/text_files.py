"""Text files as UTF-8 with line feeds, whatever they were saved as."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from assets.listening.readers.decoding import as_utf8

_BLOCK: Final = 4 << 20
_LOOKED_AT: Final = 64 << 10


def utf8(path: Path, folder: Path) -> Path:
    """The file itself where it is UTF-8 with line feeds, else a copy of it in ``folder`` that is.

    How it is decoded is told as of tables of plays: by marks, zero bytes, and the words of its code page.
    """
    strange, head = _strange(path), _head(path)
    open_utf8, done = as_utf8(lambda: path.open("rb"), strange or head, is_utf8=strange is None)
    if done is None and strange is None and not _has_old_ends(head):
        return path
    copy = folder / "utf8.txt"
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with open_utf8() as stream, copy.open("wb") as target:
        for block in _blocks(stream):
            target.write(decoder.decode(block).encode("utf-8", "replace"))
        target.write(decoder.decode(b"", final=True).encode())
    return _with_line_feeds(copy) if _has_old_ends(_head(copy)) else copy


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_LOOKED_AT)


def _strange(path: Path) -> bytes | None:
    """The head of a table that is no UTF-8, of JSON the record that is none; None where all of it is."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with path.open("rb") as stream:
        block = head = stream.read(_BLOCK)
        is_json = head.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"[", b"{"))
        while block:
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                begin = block.rfind(b"{", 0, error.start) if is_json else -1
                return (head if begin < 0 else block[begin:])[:_LOOKED_AT]
            block = stream.read(_BLOCK)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return head[:_LOOKED_AT]
    return None


def _has_old_ends(head: bytes) -> bool:
    """Lines end with carriage returns alone, as they once did on the Macintosh."""
    return b"\r" in head and b"\n" not in head


def _with_line_feeds(path: Path) -> Path:
    target = path.with_name("lines.txt")
    with path.open("rb") as stream, target.open("wb") as written:
        for block in _blocks(stream):
            written.write(block.replace(b"\r", b"\n"))
    return target


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block
