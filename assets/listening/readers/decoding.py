"""Files that are no UTF-8, or were made it twice, read as UTF-8; what was done is told beside the rows."""

import codecs
import io
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

import charset_normalizer
import ftfy

Open = Callable[[], BinaryIO]

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED = ((b"[\0", "utf-16-le"), (b"{\0", "utf-16-le"), (b"\0[", "utf-16-be"), (b"\0{", "utf-16-be"))
_CODE_PAGES = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "mac_roman"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr", "koi8_r", "cp874"),
)
_USUAL = "cp1252"
_LIKELY = 0.1
"""How much less likely the usual code page may look than the best and still be it: few bytes tell little."""
_SAMPLE_BYTES = 64 << 10
_BLOCK_BYTES = 1 << 20


def as_utf8(open_stream: Open, head: bytes) -> tuple[Open, str | None]:
    """The stream as UTF-8, and what was done to it; None where it is UTF-8 already, or no text.

    Args:
        head: its first bytes; of JSON they tell, of all else the whole does.
    """
    encoding = next((name for mark, name in (*_MARKS, *_UNMARKED) if head.startswith(mark)), None)
    if encoding is not None:
        return _decoded(open_stream, encoding), f"was read as {encoding.upper()}"
    if b"\0" in head:
        return open_stream, None
    is_json = head.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"[", b"{"))
    strange, signs = _strange(head.split(b"{")) if is_json else _strange_lines(open_stream)
    if strange and signs > len(strange):
        handler = _as_of(_USUAL)
        return _decoded(open_stream, "utf-8", handler), f"is UTF-8 with signs of {_USUAL}: both were read"
    if strange:
        page = _code_page(b"\n".join(strange))
        return _decoded(open_stream, page), f"is no UTF-8: it was read as {page}"
    if not is_json and _is_encoded_twice(head):
        return _mended(open_stream), "was encoded twice (JÃ³ga for Jóga): it was mended"
    return open_stream, None


def _strange_lines(open_stream: Open) -> tuple[list[bytes], int]:
    with open_stream() as stream:
        return _strange(_lines(stream))


def _strange(parts: Iterable[bytes]) -> tuple[list[bytes], int]:
    """Parts that are no UTF-8, as many as a guess needs, and how many others hold its signs."""
    strange: list[bytes] = []
    signs = held = 0
    for part in parts:
        if part.isascii():
            continue
        if _is_utf8(part):
            signs += 1
            continue
        strange.append(part)
        held += len(part)
        if held > _SAMPLE_BYTES:
            break
    return strange, signs


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
    while block := stream.read(_BLOCK_BYTES):
        *lines, left = (left + block).splitlines(keepends=True)
        yield from lines
    if left:
        yield left


def _code_page(strange: bytes) -> str:
    found = charset_normalizer.from_bytes(strange[:_SAMPLE_BYTES], cp_isolation=list(_CODE_PAGES))
    best = found.best()
    if best is None:
        return _USUAL
    usual = [guess for guess in found if guess.encoding == _USUAL or _USUAL in guess.could_be_from_charset]
    return _USUAL if usual and usual[0].chaos <= best.chaos + _LIKELY else best.encoding


def _is_encoded_twice(head: bytes) -> bool:
    """Whether more lines mend than have signs that do not."""
    lines = [line for line in head.decode("utf-8", "ignore").splitlines() if not line.isascii()]
    mended = sum(ftfy.fix_encoding(line) != line for line in lines)
    return mended * 2 > len(lines) > 0


def _decoded(open_stream: Open, encoding: str, errors: str = "replace") -> Open:
    return lambda: _Utf8(open_stream(), encoding, errors, lambda text: text)


def _mended(open_stream: Open) -> Open:
    return lambda: _Utf8(open_stream(), "utf-8", "replace", ftfy.fix_encoding)


class _Utf8(io.RawIOBase, BinaryIO):
    """A stream of another encoding, read as UTF-8, whole lines at a time."""

    def __init__(self, packed: BinaryIO, encoding: str, errors: str, mend: Callable[[str], str]) -> None:
        super().__init__()
        self._packed = packed
        self._text = io.TextIOWrapper(packed, encoding, errors, newline="")
        self._mend, self._ahead = mend, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes."""
        while size < 0 or len(self._ahead) < size:
            text = self._text.read(_BLOCK_BYTES) + self._text.readline()
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
