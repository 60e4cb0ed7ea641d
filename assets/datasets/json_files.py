"""JSON documents and lines of JSON: by Polars where every line is good, else record by record.

A document is a list of objects, or an object one of whose values is such a list. It is made into lines
first. What ``json`` of Python writes and JSON does not know (NaN, Infinity) is taken too.
"""

import json
import mmap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
import polars as pl

from assets.datasets.columns import columns, count_known
from assets.datasets.json_members import Keys, is_object, lists, parsed_lists
from assets.datasets.raw import (
    REASON,
    ROW,
    RawTable,
    Record,
    UnreadableDatasetError,
    column,
    few_enough,
    spooled,
)

_BLOCK: Final = 4 << 20
_MOST_SLOW_BYTES: Final = 1 << 30
_LONGEST_LINE: Final = 64 << 20
_TELLING: Final = 5
"""Records of a list that tell what it is one of."""
_LINES = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_DOCUMENT = msgspec.json.Decoder(list[msgspec.Raw])
_WRAPPED = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BAD = (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError)
_LOST = "is no JSON, nor can be read what follows it in the file"
_NO_OBJECT = "is no JSON object"
_NO_LIST = (
    "is no list of tracks: write [{…}, {…}], or an object with one such list in it, or one object a line"
)


def opened(path: Path, folder: Path) -> RawTable:
    """The records of a UTF-8 file, a document or lines.

    Raises:
        UnreadableDatasetError: it is empty, or no list of tracks.
    """
    if _is_document(path):
        return _document(path, folder)
    return _lined("jsonl", path, folder)


def _lined(form: str, path: Path, folder: Path) -> RawTable:
    keys = _keys_of_lines(path)
    return _slow(form, _read_lines(path), folder) if keys is None else _fast(form, path, keys, folder)


def _is_document(path: Path) -> bool:
    """Whether it is one value, and not an object a line."""
    with path.open("rb") as stream:
        head = stream.read(_BLOCK).decode("utf-8-sig", "replace").lstrip()
    if not head:
        raise UnreadableDatasetError("is empty: it should hold tracks")
    if not head.startswith("{"):
        return head.startswith("[")
    try:
        first, end = json.JSONDecoder(strict=False).raw_decode(head)
    except (ValueError, RecursionError):  # broken, or longer than what was looked at
        line, ended, _ = head.partition("\n")
        return not ended or line.strip() == "{"
    return not head[end:].strip() and any(_is_track_list(name, value) for name, value in parsed_lists(first))


def _is_track_list(name: str, value: object) -> bool:
    """A list of objects that is no field of a track, as its artists are."""
    is_of_objects = (
        isinstance(value, list) and value and all(isinstance(each, dict) for each in value[:_TELLING])
    )
    return bool(is_of_objects) and not count_known([name])


def _fast(form: str, path: Path, keys: Keys, folder: Path) -> RawTable:
    names = tuple(keys.names)

    def otherwise() -> pl.LazyFrame:
        return _slow(form, _read_lines(path), folder).scan

    return RawTable(form, names, _scan(path, names), otherwise, nested=list(keys.nested))


def _scan(path: Path, names: Iterable[str]) -> pl.LazyFrame:
    schema = {name: pl.String() for name in names}
    named = {name: column(number) for number, name in enumerate(schema)}
    lines = pl.scan_ndjson(path, schema=schema)
    renamed = lines.select(pl.col(name).alias(new) for name, new in named.items()).with_row_index(ROW)
    return renamed.with_columns(pl.col(ROW).cast(pl.Int64()), pl.lit(None, dtype=pl.String()).alias(REASON))


def _keys_of_lines(path: Path) -> Keys | None:
    """The keys of all objects, in the order they come; None where a line is no object."""
    keys = Keys()
    with path.open("rb") as stream:
        for lines in _some_lines(stream):
            try:
                keys.add(_LINES.decode(b"[" + b",".join(lines) + b"]"))
            except _BAD:
                return None
    names = list(keys.names)
    is_plain = all(name.strip() and name.isprintable() for name in names)
    return keys if is_plain and few_enough(names) == tuple(names) else None


def _some_lines(stream: BinaryIO) -> Iterator[list[bytes]]:
    while lines := stream.readlines(_BLOCK):
        yield [line for line in lines if line.strip()]


def _document(path: Path, folder: Path) -> RawTable:
    lines = folder / "lines.jsonl"
    try:
        _write_lines(path, lines)
    except _BAD:
        return _slow("json", _read_document(path), folder)
    return _lined("json", lines, folder)


def _write_lines(path: Path, target: Path) -> None:
    """The records of a document, a line each."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        start = 3 if mapped[:3] == b"\xef\xbb\xbf" else 0
        content = memoryview(mapped)[start:]
        try:
            records = _records_of(content)
            with target.open("wb") as written:
                written.writelines(map(_line, records))
        finally:
            records = []
            content.release()


def _line(raw: msgspec.Raw) -> bytes:
    return bytes(raw).replace(b"\n", b" ").replace(b"\r", b" ") + b"\n"


def _records_of(content: memoryview) -> list[msgspec.Raw]:
    """The records of a list, or of that list in an object that says most of tracks, of these the longest."""
    if bytes(content[:_BLOCK]).lstrip()[:1] == b"[":
        return _DOCUMENT.decode(content)
    found = list(lists(_WRAPPED.decode(content)))
    if not found:
        raise UnreadableDatasetError(_NO_LIST)
    return max(found, key=lambda one: (_count_fields(*one), len(one[1])))[1]


def _count_fields(name: str, records: list[msgspec.Raw]) -> int:
    """How many fields of tracks the first records have, and 1 for being records; 0 of any other list."""
    objects = [raw for raw in records[:_TELLING] if is_object(raw)]
    if not _is_track_list(name, [{} if is_object(raw) else None for raw in records[:_TELLING]]):
        return 0
    keys = Keys()
    keys.add([_WRAPPED.decode(raw) for raw in objects])
    return 1 + len(columns(list(keys.names), keys.nested).of)


def _slow(form: str, records: Iterable[object], folder: Path) -> RawTable:
    """Parsed values, or the reason why there is none; the names come as the records do."""
    keys = Keys()
    numbers: dict[str, int] = {}
    scan = spooled((_record(each, numbers, keys) for each in records), lambda: len(numbers), folder)
    return RawTable(form, few_enough(list(numbers)), scan, nested=list(keys.nested))


class _Broken(str):
    """Why a record could not be read."""

    __slots__ = ()


def _record(value: object, numbers: dict[str, int], keys: Keys) -> Record:
    if isinstance(value, _Broken):
        return Record([], str(value))
    if not isinstance(value, Mapping):
        return Record([], _NO_OBJECT)
    for name in value:
        if name not in numbers:
            few_enough([*numbers, name])
            numbers[name] = len(numbers)
    keys.add_value(value)
    texts: list[str | None] = [None] * len(numbers)
    for name, one in value.items():
        texts[numbers[name]] = _text(one)
    return Record(texts)


def _text(value: object) -> str | None:
    if value is None or value != value:  # noqa: PLR0124 - so NaN, which says nothing, is told
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()  # half of a character of two parts is none


def _read_lines(path: Path) -> Iterator[object]:
    with path.open("rb") as stream:
        while line := stream.readline(_LONGEST_LINE):
            if line.strip():
                yield _value(line)


def _value(line: bytes) -> object:
    try:
        return json.loads(line.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return _Broken("is no JSON")


def _read_document(path: Path) -> Iterator[object]:
    """The records of a document that is not quite JSON; what follows the first broken one is lost."""
    if path.stat().st_size > _MOST_SLOW_BYTES:
        yield from _streamed_document(path)
        return
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    start = _list_start(text)
    decoder = json.JSONDecoder(strict=False)
    while (start := _next(text, start)) < len(text) and text[start] != "]":
        try:
            value, start = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            yield _Broken(_LOST)
            return
        yield value


def _streamed_document(path: Path) -> Iterator[object]:
    """The same of one that is too large to be held; it does not know NaN."""
    import ijson  # noqa: PLC0415 - for files of gigabytes

    with path.open("rb") as stream:
        start = 3 if stream.read(3) == b"\xef\xbb\xbf" else 0
        stream.seek(start)
        events = ijson.parse(stream)
        try:
            found = next(at for at, event, _ in events if event == "start_map" and at.endswith("item"))
        except StopIteration as error:
            raise UnreadableDatasetError(_NO_LIST) from error
        except ijson.JSONError as error:
            raise UnreadableDatasetError("is no JSON from its beginning: write it again") from error
        stream.seek(start)
        try:
            yield from ijson.items(stream, found, use_float=True)
        except ijson.JSONError:
            yield _Broken(_LOST)


def _list_start(text: str) -> int:
    """Where the first record of the first list of objects begins."""
    begin = text.find("[")
    while begin >= 0 and text[_next(text, begin + 1) :][:1] != "{":
        begin = text.find("[", begin + 1)
    if begin < 0:
        raise UnreadableDatasetError(_NO_LIST)
    return begin + 1


def _next(text: str, start: int) -> int:
    while start < len(text) and (text[start].isspace() or text[start] == ","):
        start += 1
    return start
