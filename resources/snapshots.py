"""Snapshots: one version of every table and one build of the marts, published by moving a pointer."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec

SnapshotId = Annotated[str, msgspec.Meta(pattern=r"^[0-9TZ.-]+$")]


class Snapshot(msgspec.Struct, frozen=True):
    """A manifest: what readers see from its publication until the next."""

    id: SnapshotId
    created_at: datetime
    tables: dict[str, int]
    marts: str | None = None


def snapshot_id(now: datetime) -> str:
    """An id that sorts by time: 20240501T120000.000000Z."""
    return now.strftime("%Y%m%dT%H%M%S.%fZ")


def write(folder: Path, snapshot: Snapshot) -> None:
    """Writes the manifest and moves ``current`` to it; a reader sees the old one or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / f"{snapshot.id}.json", msgspec.json.format(msgspec.json.encode(snapshot)))
    replace_file(folder / "current", snapshot.id.encode())


def current(folder: Path) -> Snapshot | None:
    """The published snapshot, or None before the first."""
    pointer = folder / "current"
    if not pointer.exists():
        return None
    return _read(folder / f"{pointer.read_text().strip()}.json")


def is_since(settled_at: datetime | None, published: Snapshot | None) -> bool:
    """Whether an import, settled then or not yet, is in no published table."""
    return settled_at is None or published is None or settled_at > published.created_at


def kept(folder: Path, now: datetime, grace: timedelta) -> Iterator[Snapshot]:
    """The current snapshot and those that were current within ``grace``: readers may hold them."""
    manifests = sorted(folder.glob("*.json"), reverse=True)
    for path in manifests:
        snapshot = _read(path)
        yield snapshot
        if snapshot.created_at <= now - grace:
            return


def forget(folder: Path, keep: set[str]) -> None:
    """Deletes the manifests of all other snapshots."""
    for path in folder.glob("*.json"):
        if path.stem not in keep:
            path.unlink()


def _read(path: Path) -> Snapshot:
    return msgspec.json.decode(path.read_bytes(), type=Snapshot)


def replace_file(path: Path, content: bytes) -> None:
    """Writes a file that is there whole or not at all, also after a power cut."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
