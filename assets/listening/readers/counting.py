"""An independent count of a member's records: by their keys, not by where records begin and end."""

import csv
import io
import re
from collections.abc import Callable
from typing import BinaryIO

from assets.listening.readers.table_forms import TableForm

_CARRIED = 1 << 20


class NameCounter:
    """Counts ``"key"`` in blocks as they pass, a key or not: fast, and never less than there are keys."""

    def __init__(self, key: str) -> None:
        self.count = 0
        self._quoted = f'"{key}"'.encode()
        self._find = re.compile(re.escape(self._quoted)).findall  # finds faster than bytes.count counts
        self._carry = b""

    def feed(self, block: bytes) -> None:
        """Counts what ends in ``block``."""
        longest = len(self._quoted) - 1
        self.count += len(self._find(self._carry + block[:longest])) + len(self._find(block))
        self._carry = (self._carry + block[-longest:])[-longest:]


class KeyCounter:
    """Counts ``"key":`` in blocks as they pass.

    Inside a JSON string quotes are escaped, so that in valid JSON this counts keys exactly.
    """

    def __init__(self, key: str) -> None:
        self.count = 0
        self._quoted = f'"{key}"'.encode()
        self._as_key = re.compile(re.escape(self._quoted) + rb"\s*:")
        self._carry = b""

    def feed(self, block: bytes) -> None:
        """Counts up to the last comma or brace: neither is inside of a key and its colon."""
        cut = max(block.rfind(b","), block.rfind(b"{"))
        if cut < 0 and len(self._carry) < _CARRIED:
            self._carry += block
            return
        if self._carry:
            head = min(x for x in (block.find(b","), block.find(b"{"), len(block)) if x >= 0)
            self._count(self._carry + block[:head], 0, len(self._carry) + head)
            self._count(block, head, cut)
        else:
            self._count(block, 0, cut)
        self._carry = block[max(cut, 0) :]

    def finish(self) -> int:
        """The count, with what was held back."""
        self._count(self._carry, 0, len(self._carry))
        self._carry = b""
        return self.count

    def _count(self, data: bytes, start: int, end: int) -> None:
        plain = data.count(self._quoted + b":", start, end)
        is_sure = plain == data.count(self._quoted, start, end)
        self.count += plain if is_sure else sum(1 for _ in self._as_key.finditer(data, start, end))


def count_csv_rows(open_stream: Callable[[], BinaryIO], form: TableForm, *, is_lines: bool) -> int:
    """Rows of a table that are not empty, as Python's csv module sees them.

    Or its lines, of which there are never fewer, where some are broken: to that module a quote that is
    never closed swallows the rows after it.
    """
    with open_stream() as stream, io.TextIOWrapper(stream, "utf-8-sig", "replace", newline="") as text:
        read = csv.reader(text, delimiter=form.delimiter, skipinitialspace=form.is_spaced)
        rows = (line.strip() for line in text) if is_lines else read
        return sum(1 for row in rows if any(row)) - form.skipped
