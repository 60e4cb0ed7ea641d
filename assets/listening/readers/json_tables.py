"""JSON that holds plays as a table's rows would: flat records, in whatever they are wrapped."""

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import ijson
import polars as pl

from assets.listening.readers.blocks import DAMAGE
from assets.listening.readers.columns import Origin, number_text
from assets.listening.readers.scan import PLAIN_LIST, Record
from assets.listening.readers.table_columns import clocks, column_name
from assets.listening.readers.table_detection import records_form
from assets.listening.readers.table_forms import Records, Scrobbles, with_order

_LOOKED_AT = 300
_MOST_BYTES = 64 << 20
"""Of JSON that has its columns one after the other: it is held whole."""
_MOST_LISTS = 50
"""Of which some are looked into: the head is read again for each, and a file may hold thousands."""
_NAMED = ("name", "#text", "title", "text")
_DEEPEST = 4


@dataclass(frozen=True)
class JsonTable:
    """Records read as rows: ``names`` are the keys, which ``form`` takes for columns."""

    form: Scrobbles | Records
    names: Sequence[str]
    key: str
    noise: re.Pattern[bytes] = PLAIN_LIST
    is_columnar: bool = False

    @property
    def name(self) -> str:
        """As of the table."""
        return self.form.name

    def is_record(self, record: Record) -> bool:
        """Whether an object has the key that every record has."""
        return self.key in record

    def from_lines(self, lines: bytes, count: int) -> pl.DataFrame | None:  # noqa: ARG002 - never columnar
        """None: these records are read one by one."""
        return None

    def from_records(self, records: list[Record]) -> pl.DataFrame:
        """One row a record."""
        return self.form.frame(_rows(records, self.names), is_first=False)

    def rows(self, frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
        """RAW_PLAYS columns but the row's identity, and ``reason``."""
        return self.form.rows(frame, origin)


def json_table(
    records: Iterable[Record], file: str = "", *, is_loved_wanted: bool = False
) -> JsonTable | None:
    """How records like these are read as a table; None where they tell no plays.

    Raises:
        UnreadableExport: they are plays whose times cannot be read, or a list; the message says which.
    """
    looked_at = list(islice(records, _LOOKED_AT))
    found = dict.fromkeys(name for record in looked_at for name in _flat(record))
    names = [name for name in found if f"{name} name" not in found]  # {"album": null} beside {"album": {…}}
    rows = _rows(looked_at, names)
    form = records_form(names, rows, file, is_loved_wanted=is_loved_wanted)
    keys = [key for key in (looked_at[0] if looked_at else ()) if all(key in record for record in looked_at)]
    if form is None or not keys:
        return None
    clock = next((name for name in names if name in keys and _is_clock(name)), keys[0])
    return JsonTable(with_order(form, rows) if form.is_numeric else form, names, clock)


def _is_clock(name: str) -> bool:
    return bool(clocks([column_name(name)]))


@dataclass(frozen=True)
class Unwrapped:
    """A JSON list of a file's records, in ASCII; and whether all of the file could be read."""

    text: bytes
    is_whole: bool


def unwrapped(
    open_stream: Callable[[], BinaryIO], head: bytes, is_plays: Callable[[list[Record]], bool]
) -> Unwrapped | None:
    """The records of a JSON file as a plain list of them; None where there are none of plays.

    Args:
        head: the beginning of the file.
        is_plays: whether such records are those of plays.
    """
    for prefix in islice(_lists(head), _MOST_LISTS):
        if is_plays(list(islice(_Items(io.BytesIO(head), prefix), _LOOKED_AT))):
            with closing(open_stream()) as stream:
                items = _Items(stream, prefix)
                return Unwrapped(_as_list(items), items.is_whole)
    try:
        with closing(open_stream()) as stream:
            text = stream.read(_MOST_BYTES + 1)
        document = json.loads(text) if len(text) <= _MOST_BYTES else None
    except (ValueError, RecursionError, *DAMAGE):
        return None
    layouts = (records for records in _layouts(document) if is_plays(records[:_LOOKED_AT]))
    return next((Unwrapped(_as_list(records), is_whole=True) for records in layouts), None)


def _lists(head: bytes) -> Iterator[str]:
    """Where there are lists of objects, the outer ones first."""
    found: dict[str, None] = {}
    try:
        for prefix, event, _ in ijson.parse(io.BytesIO(head), multiple_values=True):
            if event == "start_map" and (prefix == "item" or prefix.endswith(".item")):
                found[prefix] = None
    except (ijson.JSONError, ValueError):  # cut, or damaged: what came before is known
        pass
    return iter(found)


@dataclass
class _Items:
    """The objects of one list of a document, up to where it is cut or damaged."""

    stream: BinaryIO
    prefix: str
    is_whole: bool = True

    def __iter__(self) -> Iterator[Record]:
        try:
            for record in ijson.items(self.stream, self.prefix, multiple_values=True, use_float=True):
                yield record if isinstance(record, dict) else {}
        except (ijson.JSONError, ValueError, *DAMAGE):
            self.is_whole = False


def _layouts(document: Any) -> Iterator[list[Record]]:  # noqa: ANN401 - whatever a file holds
    """Ways in which notebooks write tables: by columns, by rows with names, apart from their header."""
    if isinstance(document, list) and len(document) > 1 and all(isinstance(row, list) for row in document):
        yield _zipped(document[0], document[1:])
    if not isinstance(document, dict) or not document:
        return
    if isinstance(document.get("columns"), list) and isinstance(document.get("data"), list):
        yield _zipped(document["columns"], document["data"])
    values = list(document.values())
    if all(isinstance(value, dict) for value in values):
        yield values
        yield [{name: column.get(row) for name, column in document.items()} for row in values[0]]
    if all(isinstance(value, list) and len(value) == len(values[0]) for value in values):
        yield [dict(zip(document, row, strict=True)) for row in zip(*values, strict=True)]


def _zipped(names: Sequence[object], rows: Sequence[object]) -> list[Record]:
    return [dict(zip(map(str, names), row, strict=False)) for row in rows if isinstance(row, list)]


def _as_list(records: Iterable[Record]) -> bytes:
    """In ASCII: half a surrogate, which has no bytes of its own, stays the escape that it was."""
    return b"[" + b",\n".join(json.dumps(record).encode() for record in records) + b"]"


def _rows(records: Sequence[Record], names: Sequence[str]) -> list[list[str]]:
    flat = map(_flat, records)
    return [[found.get(name, "") for name in names] for found in flat]


def _flat(record: Record) -> dict[str, str]:
    """A record's values as cells; of nested ones that are called alike the outermost.

    What is called no more than a name is called after what it is in: ``{"track": {"name": …}}`` is a
    ``track name``.
    """
    cells: dict[str, str] = {}
    level: list[tuple[str, Record]] = [("", record)]
    for _ in range(_DEEPEST):
        below: list[tuple[str, Record]] = []
        for parent, values in level:
            for key, value in values.items():
                name = f"{parent} name" if parent and key in _NAMED else key
                if isinstance(value, dict):
                    below.append((key, value))
                else:
                    cells.setdefault(name, _cell(value))
        level = below
    return cells


def _cell(value: object) -> str:
    if isinstance(value, list):
        names = (
            next((each[name] for name in _NAMED if name in each), None) if isinstance(each, dict) else each
            for each in value
        )
        return ", ".join(filter(None, map(number_text, names)))
    return number_text(value) or ""
