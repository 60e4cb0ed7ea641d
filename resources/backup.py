"""``longplay backup``: the database, the lake, the marts and the snapshots, as of one moment, in one file."""

import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from deltalake import DeltaTable

from resources import backup_file, pg_tools
from resources.backup_file import Manifest, Member
from resources.operational import Operational
from resources.operational_tables import REVISION
from resources.postgres import ensure_database_url
from resources.settings import Settings


def backup(settings: Settings, path: Path, clock: Callable[[], datetime]) -> Manifest:
    """Write ``path``, readable by its owner only; nothing is there until all of it is.

    The pipeline waits meanwhile (``Operational.quiet``), so that ledger and lake agree. A lake in an
    object store stays there: the manifest then has its URL.

    Raises:
        PipelineBusyError: the pipeline does not come to rest.
        DatabaseToolError: pg_dump failed.
    """
    part = path.with_name(f".{path.name}.longplay.part")  # a name that nobody's file has
    operational = Operational.open(settings)
    try:
        with operational.quiet(), _new_file(part) as tar:
            manifest = _fill(tar, settings, part.with_suffix(".dump"), clock())
            backup_file.add_manifest(tar, manifest)
        part.replace(path)
    finally:
        operational.close()
        part.unlink(missing_ok=True)
    return manifest


def folders(settings: Settings) -> dict[str, Path]:
    """The folders a backup holds, by their name in it; no lake when that is an object store."""
    local_lake = {} if "://" in settings.lake else {"lake": Path(settings.lake)}
    return {**local_lake, "marts": settings.marts, "snapshots": settings.snapshots}


def _fill(tar: tarfile.TarFile, settings: Settings, dump: Path, now: datetime) -> Manifest:
    versions = _lake_versions(settings)
    lake_url = settings.lake if "://" in settings.lake else None
    files = [_add_database(tar, settings, dump)]
    for name, folder in folders(settings).items():
        files += [
            backup_file.add_file(tar, file, f"{name}/{file.relative_to(folder).as_posix()}")
            for file in _files(folder)
        ]
    return Manifest(now, REVISION, lake_url, versions, files)


def _add_database(tar: tarfile.TarFile, settings: Settings, dump: Path) -> Member:
    try:
        dump.touch(mode=0o600)
        pg_tools.dump(ensure_database_url(settings), dump)
        return backup_file.add_file(tar, dump, backup_file.DATABASE)
    finally:
        dump.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[Path]:
    """Every file of every kept version: snapshots read older versions than the newest."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _lake_versions(settings: Settings) -> dict[str, int]:
    """Newest version of each table; in an object store the tables are not listed."""
    if "://" in settings.lake:
        return {}
    logs = sorted(Path(settings.lake).glob("*/_delta_log"))
    return {log.parent.name: DeltaTable(str(log.parent)).version() for log in logs}


@contextmanager
def _new_file(path: Path) -> Iterator[tarfile.TarFile]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w|", bufsize=1 << 20) as tar:
            yield tar
        file.flush()
        os.fsync(file.fileno())
