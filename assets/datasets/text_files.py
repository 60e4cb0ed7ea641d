"""Text files as UTF-8, whatever they were saved as."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

_BLOCK: Final = 4 << 20
_LOOKED_AT: Final = 64 << 10
_MARKS: Final = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def utf8(path: Path, folder: Path) -> Path:
    """The file itself where it is UTF-8 with line feeds, else a copy of it in ``folder`` that is.

    UTF-16 is told by its byte order mark or its many zero bytes. What is neither is read line by line:
    a line that is no UTF-8 is Windows-1252 (and so Latin-1).
    """
    head = _head(path)
    wide = _utf16(head)
    if wide is None and _is_utf8(path) and not _has_old_ends(head):
        return path
    copy = folder / "utf8.txt"
    with path.open("rb") as stream, copy.open("wb") as target:
        for text in _wide_texts(stream, wide) if wide else _texts(stream):
            target.write(text.encode("utf-8", "replace"))
    return _with_line_feeds(copy) if _has_old_ends(_head(copy)) else copy


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_LOOKED_AT)


def _utf16(head: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head):  # mostly Latin letters: every other byte is zero
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        with path.open("rb") as stream:
            for block in _blocks(stream):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _has_old_ends(head: bytes) -> bool:
    """Lines end with carriage returns alone, as they once did on the Macintosh."""
    return b"\r" in head and b"\n" not in head


def _wide_texts(stream: BinaryIO, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for number, block in enumerate(_blocks(stream)):
        text = decoder.decode(block)
        yield text.removeprefix("\ufeff") if number == 0 else text
    yield decoder.decode(b"", final=True)


def _texts(stream: BinaryIO) -> Iterator[str]:
    while lines := stream.readlines(_BLOCK):
        try:
            yield b"".join(lines).decode()
        except UnicodeDecodeError:
            yield from map(_text, lines)


def _text(line: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def _with_line_feeds(path: Path) -> Path:
    target = path.with_name("lines.txt")
    with path.open("rb") as stream, target.open("wb") as written:
        for block in _blocks(stream):
            written.write(block.replace(b"\r", b"\n"))
    return target


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block
