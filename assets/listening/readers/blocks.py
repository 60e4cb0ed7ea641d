"""A member's bytes in blocks, read and decompressed ahead of the parsing by one thread."""

import contextlib
import queue
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Self
from zipfile import BadZipFile

from isal import isal_zlib

_AHEAD = 2
_SALVAGED_BYTES = 1 << 10
_BOM = b"\xef\xbb\xbf"
DAMAGE = (BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)
"""What reading a damaged member raises. The texts may name files: they go no further."""


class Blocks:
    """Once started, iterates over blocks of ``block_bytes``.

    Afterwards ``is_damaged`` says that not all could be read.

    Args:
        watch: called with each block, in the reading thread.
        most_bytes: reading stops there, and ``is_too_big`` is set.
        crc: the checksum the bytes should have, where one is known.
    """

    def __init__(
        self,
        open_stream: Callable[[], BinaryIO],
        block_bytes: int,
        *,
        watch: Callable[[bytes], None],
        most_bytes: int,
        crc: int | None = None,
    ) -> None:
        self.is_damaged = False
        self.is_too_big = False
        self.bytes_read = 0
        self._open, self._block_bytes, self._watch, self._most = open_stream, block_bytes, watch, most_bytes
        self._crc, self._crc_read = crc, 0
        self._queue: queue.Queue[bytes | BaseException | None] = queue.Queue(_AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._pump, daemon=True)

    def start(self) -> Self:
        """Begins to read; what is not iterated over must be closed."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stops reading."""
        self._stop.set()
        while self._thread.is_alive():
            self._drain()
            self._thread.join(0.01)

    def __iter__(self) -> Iterator[bytes]:
        try:
            while (block := self._queue.get()) is not None:
                if isinstance(block, BaseException):
                    raise block
                yield block
        finally:
            self.close()

    def _pump(self) -> None:
        try:
            self._read()
        except BaseException as error:  # noqa: BLE001 - handed to the consuming thread, raised there
            self._put(error)
        self._put(None)

    def _read(self) -> None:
        try:
            with self._open() as stream:
                self._take_all(stream, self._block_bytes)
        except DAMAGE:
            self.is_damaged = True
            self._salvage()
        is_whole = not self._stop.is_set() and not self.is_too_big
        self.is_damaged |= is_whole and self._crc is not None and self._crc != self._crc_read

    def _salvage(self) -> None:
        """What the block that failed held before its damage."""
        with contextlib.suppress(*DAMAGE), self._open() as stream:
            left = self.bytes_read
            while left and (passed := stream.read(min(left, _SALVAGED_BYTES))):
                left -= len(passed)
            self._take_all(stream, _SALVAGED_BYTES)

    def _take_all(self, stream: BinaryIO, size: int) -> None:
        while not self._stop.is_set() and not self.is_too_big and (block := stream.read(size)):
            self._watch(block)
            self._crc_read = isal_zlib.crc32(block, self._crc_read)
            self.bytes_read += len(block)
            self._put(block)
            self.is_too_big = self.bytes_read > self._most

    def _put(self, item: bytes | BaseException | None) -> None:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    def _drain(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()


def byte_order_mark(head: bytes) -> int:
    """How many bytes of UTF-8 byte order mark ``head`` begins with."""
    return len(_BOM) if head.startswith(_BOM) else 0
