"""The files of an export, whatever it comes in: a file, a folder or a zip. Nothing is unpacked to disk."""

import gzip
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from assets.listening.readers.blocks import DAMAGE
from assets.listening.readers.columnar_files import COLUMNAR, rows_as_json
from assets.listening.readers.decoding import as_utf8
from assets.listening.readers.deflate import opener
from assets.listening.readers.fingerprints import masked_name
from assets.listening.readers.limits import Limits, NoPlays, UnreadableExport
from assets.listening.readers.shapes import Shape, plain_list, shape_of
from assets.listening.readers.workbooks import sheets_as_csv

_HEAD_BYTES = 256 << 10
_LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_UNPACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_NOT_TEXT = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_ARCHIVE = "is packed in a way that cannot be read here: unpack it and import what is in it"
_UNREAD = {
    b"SQLite format 3\0": "is a database: export the plays from its program, as CSV or JSON",
    **dict.fromkeys((b"PAR1", b"ARROW1"), "is packed twice: unpack it first and import what is in it"),
    _OLD_WORKBOOK: "is an old spreadsheet: save it as .xlsx or CSV",
    **dict.fromkeys((b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"), _ARCHIVE),
}
"""By the first bytes."""
_TAR, _TAR_AT = b"ustar", 257
_WIDEST = 4  # bytes that UTF-8 takes for one of another encoding, at most
_WORKBOOKS = ({"xl/workbook.xml"}, {"xl/workbook.bin"}, {"mimetype", "content.xml"})
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
NO_HISTORY = "is no listening history"
CUT = "is damaged: what could be read before the damage is kept; download or export it again"
_DAMAGED = "is damaged: some rows may be wrong; download or export it again"
Note = tuple[str, str]


@dataclass(frozen=True)
class Member:
    """One file of listening history: its masked name, size, format and how to read it."""

    name: str
    size_bytes: int
    shape: Shape
    open: Callable[[], BinaryIO]
    most_bytes: int
    crc: int | None = None


@dataclass
class Members:
    """The members of an export, and what is wrong with the others."""

    limits: Limits
    is_loved_wanted: bool = False
    members: list[Member] = field(default_factory=list)
    skipped: list[Note] = field(default_factory=list)
    problems: list[Note] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)
    _stack: ExitStack = field(default_factory=ExitStack)

    def close(self) -> None:
        """Closes the zips."""
        self._stack.close()

    def collect(self, path: Path) -> None:
        """Takes in a file, folder or zip; raises UnreadableExport when it is none of them."""
        if path.is_dir():
            for file in _files(path, self.skipped):
                self._collect_file(file, file.relative_to(path).as_posix(), is_in_folder=True)
        elif path.is_file():
            self._collect_file(path, path.name, is_in_folder=False)
        else:
            msg = f"{masked_name(path)}: there is no such file or folder. Check the path."
            raise UnreadableExport(msg)

    def _collect_file(self, path: Path, name: str, *, is_in_folder: bool) -> None:
        called, name = name, masked_name(name)
        if _is_litter(name):
            return
        try:
            with path.open("rb") as stream:
                magic = stream.read(len(_ZIP))
        except OSError:
            self.problems.append((name, "cannot be opened: check its permissions"))
            return
        if magic in {_ZIP, b"PK\x05\x06"}:
            self._collect_zip(path, name, f"{called}/" if is_in_folder else "")
        elif magic == _OLD_WORKBOOK:
            self._collect_workbook(path, name)
        elif magic in COLUMNAR:
            self._collect_columnar(path, name, magic)
        else:
            self._add(called, path.stat().st_size, lambda: path.open("rb"), self.limits.total_bytes)

    def _collect_zip(self, path: Path, name: str, prefix: str) -> None:
        try:
            archive = self._stack.enter_context(zipfile.ZipFile(path))
            infos = archive.infolist()
        except (*DAMAGE, ValueError):
            self.problems.append((name, "is a damaged or incomplete zip: download it again"))
            return
        if any(names <= {info.filename for info in infos} for names in _WORKBOOKS):
            self._collect_workbook(path, name)
            return
        if not any(not info.is_dir() for info in infos):
            self.problems.append((name, "is an empty zip: export your data again"))
        if sum(info.file_size for info in infos) > self.limits.total_bytes:
            self.problems.append((name, "unpacks to more than the limit: unpack it and import parts of it"))
            return
        for info in infos:
            if not info.is_dir():
                self._collect_info(archive, info, prefix)

    def _collect_workbook(self, path: Path, name: str) -> None:
        """Each sheet of a spreadsheet as a table of text."""
        try:
            sheets = list(sheets_as_csv(path))
        except UnreadableExport as error:
            self.problems.append((name, str(error)))
            return
        before = len(self.skipped)
        for sheet, text in sheets:
            self._add(f"{path.name}/{sheet}.csv", len(text), partial(BytesIO, text), len(text))
        if len(self.skipped) - before == len(sheets):  # said once, not a sheet each
            told = [note for note in self.skipped[before:] if note[1] != NO_HISTORY]
            self.skipped[before:] = told or [(name, "is a workbook without a sheet of plays")]

    def _collect_columnar(self, path: Path, name: str, magic: bytes) -> None:
        try:
            lines = rows_as_json(path, magic)
        except UnreadableExport as error:
            self.problems.append((name, str(error)))
            return
        self._add(path.name, len(lines), partial(BytesIO, lines), len(lines))

    def _collect_info(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, prefix: str) -> None:
        name = masked_name(prefix + info.filename)
        if _is_litter(name):
            return
        problem = self._problem(info)
        if problem:
            self.problems.append((name, problem))
            return
        most = max(self.limits.expansion_floor_bytes, info.file_size)
        self._add(prefix + info.filename, info.file_size, opener(archive, info), most, info.CRC)

    def _problem(self, info: zipfile.ZipInfo) -> str | None:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or _DRIVE.match(info.filename):
            return "has a name that points outside of the zip: not read; export your data again"
        if stat.S_ISLNK(info.external_attr >> 16):
            return "is a link, not a file: put the file itself into the zip"
        if info.flag_bits & 0x1:
            return "is encrypted: unpack the zip with its password and import the folder"
        if info.compress_type not in _UNPACKED:
            return "is packed in a way that cannot be read here: unpack the zip and import the folder"
        if info.file_size > max(
            self.limits.expansion_floor_bytes, info.compress_size * self.limits.expansion_ratio
        ):
            return "unpacks to far more than a listening history would (a zip bomb?): not read"
        return None

    def _add(
        self,
        called: str,
        size: int,
        open_stream: Callable[[], BinaryIO],
        most_bytes: int,
        crc: int | None = None,
    ) -> None:
        name = self._distinct(masked_name(called))
        try:
            with open_stream() as stream:
                head = stream.read(_HEAD_BYTES)
            if head.startswith(_GZIP):
                most_bytes = max(size * self.limits.expansion_ratio, self.limits.expansion_floor_bytes)
                open_stream, crc = _gunzipping(open_stream), None
                with open_stream() as stream:
                    head = stream.read(_HEAD_BYTES)
        except DAMAGE:
            head = _salvaged_head(open_stream)
        made = partial(Member, name, size, open=open_stream, most_bytes=most_bytes, crc=crc)
        done = None
        if head and not head.startswith((*_NOT_TEXT, _ZIP)):
            open_utf8, done = as_utf8(open_stream, head)
            if done is not None:
                head = _salvaged_head(open_utf8)
                made = partial(made, open=open_utf8, crc=None, most_bytes=most_bytes * _WIDEST)
        if (plain := plain_list(open_stream if done is None else open_utf8, head, called)) is not None:
            size, head = len(plain.text), plain.text[:_HEAD_BYTES]
            made = partial(Member, name, size, open=partial(BytesIO, plain.text), most_bytes=size)
            self.problems += [] if plain.is_whole else [(name, CUT)]
        if (shape := self._shape(name, called, size, head)) is not None:
            self.members.append(made(shape=shape))
            is_damaged = done is not None and crc is not None and _checksum(open_stream) != crc
            self.problems += [(name, _DAMAGED)] if is_damaged else []
            self.problems += [(name, done)] if done else []

    def _shape(self, name: str, called: str, size: int, head: bytes) -> Shape | None:
        """Its format; where it has none, why not is noted."""
        if size == 0 and name.endswith(".jsonl"):  # ListenBrainz writes it all the same
            self.skipped.append((name, "is empty"))
        elif not head:
            what = "is empty" if size == 0 else "is damaged: download or export it again"
            self.problems.append((name, f"{what}: export it again" if size == 0 else what))
        elif head.startswith(_ZIP):
            self.problems.append(
                (name, "is a zip inside of a zip: unpack the outer one and import what is in it")
            )
        elif head.startswith(_NOT_TEXT):
            self.skipped.append((name, "is a document or picture"))
        elif (unread := _unread(head)) is not None:
            self.skipped.append((name, unread))
        else:
            return self._shape_of_text(name, called, head)
        return None

    def _shape_of_text(self, name: str, called: str, head: bytes) -> Shape | None:
        """Its name says more of it before it is masked."""
        try:
            shape = shape_of(
                head,
                name=PurePosixPath(called.replace("\\", "/")).name,
                is_named_json=".json" in name.lower(),
                is_loved_wanted=self.is_loved_wanted,
            )
        except NoPlays as error:
            self.skipped.append((name, str(error)))
            return None
        except UnreadableExport as error:
            self.problems.append((name, str(error)))
            return None
        if shape is None:
            self.skipped.append((name, NO_HISTORY))
        return shape

    def _distinct(self, name: str) -> str:
        distinct, count = name, 1
        while distinct in self._names:
            count += 1
            distinct = f"{name}#{count}"
        self._names.add(distinct)
        return distinct


def _checksum(open_stream: Callable[[], BinaryIO]) -> int | None:
    """Of the bytes as they are packed, before they are decoded; None where they cannot all be read."""
    crc = 0
    try:
        with open_stream() as stream:
            while block := stream.read(_HEAD_BYTES):
                crc = zlib.crc32(block, crc)
    except DAMAGE:
        return None
    return crc


def _unread(head: bytes) -> str | None:
    """What a file is that is no text; None where nothing says so."""
    if head[_TAR_AT:].startswith(_TAR):
        return _ARCHIVE
    return next((what for magic, what in _UNREAD.items() if head.startswith(magic)), None)


def _salvaged_head(open_stream: Callable[[], BinaryIO]) -> bytes:
    """What a damaged member gives before its damage."""
    head = b""
    try:
        with open_stream() as stream:
            while len(head) < _HEAD_BYTES and (more := stream.read(1024)):
                head += more
    except DAMAGE:
        return head
    return head


def _gunzipping(open_stream: Callable[[], BinaryIO]) -> Callable[[], BinaryIO]:
    return lambda: cast("BinaryIO", _Gunzip(open_stream()))


class _Gunzip(gzip.GzipFile):
    """Closes what it reads from."""

    def __init__(self, packed: BinaryIO) -> None:
        super().__init__(fileobj=packed, mode="rb")
        self._packed = packed

    def close(self) -> None:
        super().close()
        self._packed.close()


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part in _LITTER or part.startswith("._") for part in parts)


def _files(folder: Path, skipped: list[Note]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            skipped.append((masked_name(path.name), "is a link: links are not followed"))
        elif path.is_dir():
            yield from _files(path, skipped)
        elif path.is_file():
            yield path
