"""The backup file: a tar of plain files, then ``manifest.json``, then the manifest's own hash.

Streams both ways: a backup of any size needs a megabyte of memory.
"""

import hashlib
import tarfile
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Final

import msgspec

FORMAT: Final = 1
DATABASE: Final = "database.dump"
MANIFEST: Final = "manifest.json"
MANIFEST_HASH: Final = "manifest.sha256"
FOLDERS: Final = ("lake", "marts", "snapshots")
_CHUNK: Final = 1 << 20
_END_BYTES: Final = 1 << 16


class DamagedBackupError(RuntimeError):
    """The file is not a backup, or not all of it is as it was written."""


class Member(msgspec.Struct, frozen=True):
    """One file of a backup."""

    path: str
    size: int
    sha256: str


class Manifest(msgspec.Struct):
    """What a backup holds; ``lake_url`` is the object store of a lake it does not hold."""

    created_at: datetime
    revision: str
    lake_url: str | None
    lake_versions: dict[str, int]
    files: list[Member]
    format: int = FORMAT


class HashingReader:
    """A file whose content is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes."""
        data = self._file.read(size)
        self._hash.update(data)
        self.size += len(data)
        return data

    def member(self, path: str) -> Member:
        """What was read so far, as a manifest entry."""
        return Member(path, self.size, self._hash.hexdigest())


def add_file(tar: tarfile.TarFile, path: Path, name: str) -> Member:
    """Append one file; returns its manifest entry."""
    info = tarfile.TarInfo(name)
    info.size = path.stat().st_size
    with path.open("rb") as file:
        reader = HashingReader(file)
        tar.addfile(info, reader)  # only read() is called
    return reader.member(name)


def add_manifest(tar: tarfile.TarFile, manifest: Manifest) -> None:
    """Append the manifest and its hash: the end of a whole backup."""
    content = msgspec.json.format(msgspec.json.encode(manifest))
    for name, data in ((MANIFEST, content), (MANIFEST_HASH, hashlib.sha256(content).hexdigest().encode())):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, BytesIO(data))


def is_backup(path: Path) -> bool:
    """Whether the file begins as a backup does, damaged or not."""
    with path.open("rb") as file:
        return file.read(tarfile.BLOCKSIZE).startswith(f"{DATABASE}\0".encode())


def require_backup(path: Path) -> None:
    """Looks at both ends only, before anything is asked of a server.

    Raises:
        DamagedBackupError: the file is no backup, or one that was cut short.
    """
    if not path.is_file() or not is_backup(path):
        raise DamagedBackupError(f"{path} is no backup: name a file that `longplay backup` wrote.")
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_BYTES))
        if f"{MANIFEST_HASH}\0".encode() not in file.read():
            raise DamagedBackupError(f"{path} is not a whole backup: its end is missing; use another.")


def unpack(path: Path, places: dict[str, Path]) -> Manifest:
    """Write every file to its place (a folder for each first name, a file for the database); check them all.

    Raises:
        DamagedBackupError: anything is missing, changed, or not allowed in a backup; what was written
            until then must not be used.
    """
    try:
        with tarfile.open(path, mode="r|", bufsize=_CHUNK) as tar:
            found, ends = _write_members(tar, places)
    except (tarfile.TarError, EOFError) as error:
        raise DamagedBackupError(f"{path} cannot be read to its end: {error}") from error
    manifest = _checked_manifest(path, ends)
    expected = {member.path: member for member in manifest.files}
    for member in {*expected.values()} ^ {*found}:
        raise DamagedBackupError(f"{path} is damaged: {member.path} is not as it was written")
    return manifest


def _write_members(tar: tarfile.TarFile, places: dict[str, Path]) -> tuple[list[Member], dict[str, bytes]]:
    found: list[Member] = []
    ends: dict[str, bytes] = {}
    for info in tar:
        file = tar.extractfile(info) if info.isreg() else None
        if file is None:
            raise DamagedBackupError(f"A backup holds plain files only, not {info.name}")
        if info.name in {MANIFEST, MANIFEST_HASH}:
            ends[info.name] = file.read()
        else:
            found.append(_write(HashingReader(file), info.name, _destination(info.name, places)))
    return found, ends


def _destination(name: str, places: dict[str, Path]) -> Path:
    first, *rest = name.split("/")
    if (
        first not in places
        or (first == DATABASE) != (not rest)
        or {"", ".", ".."} & set(rest)
        or "\\" in name
    ):
        raise DamagedBackupError(f"A backup cannot hold a file named {name}")
    return places[first].joinpath(*rest)


def _write(reader: HashingReader, name: str, destination: Path) -> Member:
    destination.parent.mkdir(parents=True, exist_ok=True)
    with destination.open("xb") as file:
        while data := reader.read(_CHUNK):
            file.write(data)
    return reader.member(name)


def _checked_manifest(path: Path, ends: dict[str, bytes]) -> Manifest:
    content = ends.get(MANIFEST, b"")
    if ends.get(MANIFEST_HASH, b"").decode("ascii", "replace") != hashlib.sha256(content).hexdigest():
        raise DamagedBackupError(f"{path} is not a whole backup: its manifest is missing or damaged")
    manifest = msgspec.json.decode(content, type=Manifest)
    if manifest.format != FORMAT:
        raise DamagedBackupError(
            f"{path} is of format {manifest.format}; this longplay reads format {FORMAT}"
        )
    return manifest
