"""Finds the good records of a JSON stream around whatever is broken, byte by byte exact.

The rule does not depend on how the stream is cut into buffers. At a clean position separators (and
a format's wrappers) are skipped and a JSON object is expected there. Another whole element is broken
by itself. Where neither decodes, a broken span begins; it ends at the next ``{"`` from which a whole
record of the format decodes.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]
PLAIN_LIST = re.compile(rb"[\s,\[\]]*")
"""What stands between records that nothing is wrapped around."""
_CANDIDATE = re.compile(rb'\{\s{0,1000}"')
_CANDIDATE_BYTES = 1001
_NOISE_BYTES = 4 << 10
"""Longer than any wrapper that stands between records."""
_SCALAR = re.compile(rb'(?:null|true|false|-?\d[\d.eE+-]{0,40}|"(?:[^"\\]|\\.){0,1000}")(?=\s{0,40}[,\]])')
"""A whole element that is no object: broken by itself, and nothing else with it."""
_WINDOW_BYTES = 16 << 10
_LOOKED_AT_BYTES = 64 << 10
_NEAR_THE_END = 12
"""Longer than any JSON token that can fail because it is cut: an escape, a literal."""
_WORK_FLOOR = 4 << 20
_WORK_FACTOR = 16


def _first_wins(pairs: list[tuple[str, Any]]) -> Record:
    return dict(reversed(pairs))


_DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_first_wins)


@dataclass(frozen=True)
class Found:
    """A span of the stream: a record, or (with no record) something broken. Absolute byte offsets."""

    start: int
    end: int
    record: Record | None


@dataclass(frozen=True)
class _Decoded:
    end: int
    record: Record | None = None
    is_cut: bool = False


def _is_cut(error: ValueError, length: int) -> bool:
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated string") or error.pos >= length - _NEAR_THE_END


def _decode_window(data: bytes, start: int, stop: int) -> _Decoded:
    text = data[start:stop].decode("latin-1")
    try:
        value, end = _DECODER.raw_decode(text)
    except RecursionError:
        return _Decoded(start + _WINDOW_BYTES)
    except ValueError as error:
        return _Decoded(start + getattr(error, "pos", 0), is_cut=_is_cut(error, len(text)))
    if not isinstance(value, dict):
        return _Decoded(start + end)
    raw = data[start : start + end]
    return _Decoded(start + end, value if raw.isascii() else _decode_utf8(raw))


def _decode_utf8(raw: bytes) -> Record:
    record: Record = _DECODER.decode(raw.decode("utf-8", "replace"))
    return record


@dataclass
class Scanner:
    """Scans one member, buffer after buffer.

    Args:
        is_record: whether a decoded object has the format's keys; asked only where resynchronising.
        noise: what may stand between records, as a pattern that also matches nothing.
        record_bytes: the longest record that is accepted.
    """

    is_record: Callable[[Record], bool]
    noise: re.Pattern[bytes]
    record_bytes: int
    consumed: int = 0
    _broken_at: int | None = None
    _broken_end: int = 0
    _work: int = 0
    _skip_to: int = 0
    _base: int = field(default=0, repr=False)

    @property
    def is_clean(self) -> bool:
        """Whether the next byte is outside of any broken span."""
        return self._broken_at is None

    def scan(self, data: bytes, base: int, *, is_last: bool) -> Iterator[Found]:
        """The spans that end inside ``data``; afterwards ``consumed`` bytes of it are done with."""
        self._base, self.consumed = base, 0
        while self.consumed < len(data):
            before = self.consumed
            found = (
                self._resync(data, is_last) if self._broken_at is not None else self._expect(data, is_last)
            )
            if found is not None:
                yield found
            elif self.consumed == before:
                break
        if is_last and self._broken_at is not None:
            yield self._close(data, len(data))

    def _expect(self, data: bytes, is_last: bool) -> Found | None:
        skipped = self.noise.match(data, self.consumed)
        start = self.consumed = skipped.end() if skipped else self.consumed
        if start == len(data):
            return None
        decoded = self._decode(data, start, is_last)
        if decoded.is_cut:
            return None
        scalar = _SCALAR.match(data, start)
        if decoded.record is None and scalar is not None:
            self.consumed = scalar.end()
            return Found(self._base + start, self._base + scalar.end(), None)
        if decoded.record is None:
            self._broken_at = self._broken_end = self._base + start
            self._work, self._skip_to = 0, 0
            self.consumed = start + 1
            self._broken_end += 1
            return None
        self.consumed = decoded.end
        return Found(self._base + start, self._base + decoded.end, decoded.record)

    def _resync(self, data: bytes, is_last: bool) -> Found | None:
        start = self.consumed
        candidate = _CANDIDATE.search(data, max(start, self._skip_to - self._base))
        if candidate is None:
            self._pass(data, start, len(data) if is_last else self._before_open_brace(data, start))
            return None
        decoded = self._decode(data, candidate.start(), is_last)
        if decoded.is_cut:
            self._pass(data, start, candidate.start())
            return None
        if decoded.record is None or not self.is_record(decoded.record):
            self._give_up_on(candidate.start(), decoded.end)
            self._pass(data, start, candidate.start() + 1)
            return None
        return self._close(data, candidate.start())

    def _give_up_on(self, start: int, failed_at: int) -> None:
        """Bounds the work nested candidates can cause: past the budget, go on where it failed."""
        assert self._broken_at is not None
        self._work += failed_at - start
        if self._work > _WORK_FACTOR * (self._base + start - self._broken_at) + _WORK_FLOOR:
            self._skip_to = self._base + failed_at

    def _before_open_brace(self, data: bytes, start: int) -> int:
        """Where a candidate may begin that the buffer's end cuts."""
        tail = max(start, len(data) - _CANDIDATE_BYTES)
        opened = tail + len(data[tail:].rstrip()) - 1
        return opened if opened >= tail and data[opened : opened + 1] == b"{" else len(data)

    def _decode(self, data: bytes, start: int, is_last: bool) -> _Decoded:
        """The object at ``start``; ``is_cut`` only when more of the stream could complete it."""
        if data[start : start + 1] != b"{":
            return _Decoded(start, is_cut=not is_last and len(data) - start < _NOISE_BYTES)
        window = _WINDOW_BYTES
        while True:
            stop = min(start + window, start + self.record_bytes, len(data))
            decoded = _decode_window(data, start, stop)
            if not decoded.is_cut:
                return decoded
            if stop == start + self.record_bytes or (stop == len(data) and is_last):
                return _Decoded(stop)
            if stop == len(data):
                return decoded
            window *= 8

    def _pass(self, data: bytes, start: int, stop: int) -> None:
        self._extend(data, start, stop)
        self.consumed = stop

    def _extend(self, data: bytes, start: int, stop: int) -> None:
        """Moves the broken span's end over ``data[start:stop]``, but not over separators at its end."""
        solid = data[start:stop].rstrip(b" \t\r\n,]")
        if solid:
            self._broken_end = self._base + start + len(solid)

    def _close(self, data: bytes, stop: int) -> Found:
        assert self._broken_at is not None
        self._extend(data, self.consumed, stop)
        found = Found(self._broken_at, self._broken_end, None)
        self._broken_at = None
        self.consumed = stop
        return found


def decode_first(data: bytes, start: int) -> tuple[Record, int] | None:
    """The object at ``start`` and where it ends, if a whole one is there."""
    decoded = _decode_window(data, start, start + _LOOKED_AT_BYTES)
    return None if decoded.is_cut or decoded.record is None else (decoded.record, decoded.end)
