"""Files that are no UTF-8, or were made it twice, read as UTF-8; what was done is told beside the rows."""

import codecs
import contextlib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import ftfy

from assets.listening.readers.blocks import DAMAGE
from assets.listening.readers.code_pages import MANY_BYTES, code_page, is_regular

Open = Callable[[], BinaryIO]

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PARTS = re.compile(r"[{\n][^{\n]*|[^{\n]+")
"""Lines, and records of JSON that has no lines."""
_ESCAPES = re.compile(r"(?:\\u00[0-9a-fA-F]{2})+")
_TWICE = "was encoded twice (JÃ³ga for Jóga): it was mended"
_MIXED = 10
"""Of so many parts that are no UTF-8 one that is makes two encodings of a file: few are it by chance."""
_ESCAPED = b"\x1b$"
_TELLING_BYTES = 256
_SAMPLE_PARTS = 200
_SAMPLE_BYTES = 64 << 10
_BLOCK_BYTES = 1 << 20


def as_utf8(open_stream: Open, head: bytes, *, is_utf8: bool = False) -> tuple[Open, str | None]:
    """The stream as UTF-8, and what was done to it; None where it is UTF-8 already, or no text.

    Args:
        head: its first bytes; of JSON they tell, of all else the whole does.
        is_utf8: the whole is known to be; it may still be UTF-16, or encoded twice.
    """
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), None) or _unmarked(head)
    if encoding is None and _ESCAPED in head and head.isascii():
        encoding = "iso2022_jp"
    if encoding is not None:
        return _decoded(open_stream, encoding), f"was read as {encoding.upper()}"
    if b"\0" in head:
        return open_stream, None
    is_json = head.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"[", b"{"))
    whole = () if is_utf8 else head.split(b"{") if is_json else None
    parts = _lines_apart(open_stream) if whole is None else _apart(whole)
    page = code_page(b"\n".join(parts.strange)) if parts.strange else ""
    if page and parts.are_mixed(page):
        handler = _as_of(page)
        return _decoded(open_stream, "utf-8", handler), f"is UTF-8 with signs of {page}: both were read"
    if page:
        return _decoded(open_stream, page), f"is no UTF-8: it was read as {page}"
    text = head.decode("utf-8", "ignore")
    mend = _mend if _is_encoded_twice(_PARTS.findall(text)) else None
    mend = _mend_escapes if is_json and _is_escaped_twice(text) else mend
    return (open_stream, None) if mend is None else (_mended(open_stream, mend), _TWICE)


@dataclass
class _Parts:
    """Parts of a file that are no UTF-8, as many as a guess needs; some that hold its signs, and how many."""

    strange: list[bytes] = field(default_factory=list)
    good: list[bytes] = field(default_factory=list)
    signs: int = 0

    def are_mixed(self, page: str) -> bool:
        """Whether a file was joined from two: what is UTF-8 is so by chance where it is words of the page."""
        is_by_chance = self.signs * _MIXED < len(self.strange) or is_regular(b"\n".join(self.good), page)
        is_likely = self.signs >= len(self.strange) > 0 or (self.signs > 0 and not is_by_chance)
        return is_likely and page not in MANY_BYTES


def _lines_apart(open_stream: Open) -> _Parts:
    with open_stream() as stream:
        return _apart(_lines(stream))


def _apart(parts: Iterable[bytes]) -> _Parts:
    found, held = _Parts(), 0
    for part in parts:
        if part.isascii():
            continue
        if _is_utf8(part):
            found.signs += 1
            if found.signs <= _SAMPLE_PARTS:
                found.good.append(part)
            continue
        found.strange.append(part)
        held += len(part)
        if held > _SAMPLE_BYTES:
            break
    return found


def _is_utf8(part: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(part)  # a sign that is cut at the end is none
    except UnicodeDecodeError:
        return False
    return True


def _as_of(page: str) -> str:
    """The name of a handler that reads as of a code page what is no UTF-8."""

    def handler(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        return error.object[error.start : error.end].decode(page, "replace"), error.end

    codecs.register_error(name := f"longplay_{page}", handler)
    return name


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    left = b""
    with contextlib.suppress(*DAMAGE):  # who reads the rows tells of it
        while block := stream.read(_BLOCK_BYTES):
            *lines, left = (left + block).splitlines(keepends=True)
            yield from lines
    if left:
        yield left


def _unmarked(head: bytes) -> str | None:
    """UTF-16 without a mark: of what is mostly ASCII every second byte is nothing."""
    even, odd = (head[:_TELLING_BYTES][at::2] for at in (0, 1))
    if odd.count(0) > len(odd) / 2 and even.count(0) < len(even) / 8:
        return "utf-16-le"
    return "utf-16-be" if even.count(0) > len(even) / 2 and odd.count(0) < len(odd) / 8 else None


def _is_encoded_twice(parts: Iterable[str]) -> bool:
    """Whether more parts mend than have signs that do not."""
    strange = [part for part in parts if not part.isascii()]
    return sum(ftfy.fix_encoding(part) != part for part in strange) * 2 > len(strange) > 0


def _decoded(open_stream: Open, encoding: str, errors: str = "replace") -> Open:
    return lambda: _Utf8(open_stream(), encoding, errors, lambda text: text)


def _mended(open_stream: Open, mend: Callable[[str], str]) -> Open:
    return lambda: _Utf8(open_stream(), "utf-8", "replace", mend)


def _mend(text: str) -> str:
    """Each line and each record by itself: one that cannot be mended leaves the others alone."""
    return "".join(part if part.isascii() else ftfy.fix_encoding(part) for part in _PARTS.findall(text))


def _is_escaped_twice(text: str) -> bool:
    """Whether more of what JSON escapes mends than does not: bytes of UTF-8, each written as a letter."""
    runs = [run[0] for run in _ESCAPES.finditer(text)]
    return sum(_mended_escapes(run) != run for run in runs) * 2 > len(runs)


def _mend_escapes(text: str) -> str:
    return _ESCAPES.sub(lambda run: _mended_escapes(run[0]), text)


def _mended_escapes(run: str) -> str:
    """The letters whose bytes are escaped, escaped as they should be; itself where there are none."""
    try:
        letters = bytes.fromhex(run.replace("\\u00", "")).decode()
    except UnicodeDecodeError:
        return run
    return run if letters.isascii() else json.dumps(letters)[1:-1]


class _Utf8(io.RawIOBase, BinaryIO):
    """A stream of another encoding, read as UTF-8, whole lines at a time."""

    def __init__(self, packed: BinaryIO, encoding: str, errors: str, mend: Callable[[str], str]) -> None:
        super().__init__()
        self._text = io.TextIOWrapper(packed, encoding, errors, newline="")
        self._mend, self._ahead = mend, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes."""
        while size < 0 or len(self._ahead) < size:
            text = self._text.read(size if size > 0 else _BLOCK_BYTES) + self._text.readline()
            if not text:
                break
            self._ahead += self._mend(text).encode("utf-8", "replace")
        found, self._ahead = (self._ahead, b"") if size < 0 else (self._ahead[:size], self._ahead[size:])
        return found

    def close(self) -> None:
        """Closes what it reads from."""
        if not self.closed:
            self._text.close()
        super().close()
