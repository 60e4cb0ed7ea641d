"""``longplay restore``: a backup becomes this home and database, whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from resources import backup_file, pg_tools
from resources.backup import folders
from resources.backup_file import Manifest
from resources.migrate import NewerDatabaseError, ensure_migrated
from resources.operational_tables import REVISION
from resources.postgres import connect, ensure_database_url
from resources.private import make_private
from resources.settings import Settings

HELD = ("longplay.users", "longplay.imports", "public.runs")
"""Tables whose rows mean that a database is in use."""


class NotEmptyError(RuntimeError):
    """There is something a restore would replace."""


class WrongLakeError(RuntimeError):
    """The backup holds a lake and the settings name an object store, or the other way round."""


def restore(settings: Settings, path: Path, *, force: bool = False) -> Manifest:
    """Replace this home's lake, marts, snapshots and database by what a backup holds.

    Everything is unpacked beside its place and checked first; the database follows in one
    transaction, the folders by rename. Stop the pipeline before: it would write into the old ones.

    Raises:
        NotEmptyError: the home or the database holds something and ``force`` is not given.
        DamagedBackupError: the file is not as it was written; nothing was changed.
        WrongLakeError: LONGPLAY_LAKE_URL does not fit the backup; nothing was changed.
        NewerDatabaseError: a newer version made the backup; nothing was changed.
        DatabaseToolError: the database could not be loaded; nothing was changed.
    """
    backup_file.require_backup(path)
    url = ensure_database_url(settings)
    engine = connect(url)
    try:
        if not force:
            _require_empty(settings, engine)
        with _staging(settings) as places:
            manifest = _unpack(settings, path, places)
            pg_tools.load(url, places[backup_file.DATABASE])
            engine.dispose()
            _move_in(settings, places)
        ensure_migrated(engine)
    finally:
        engine.dispose()
    return manifest


def _unpack(settings: Settings, path: Path, places: dict[str, Path]) -> Manifest:
    manifest = backup_file.unpack(path, places)
    if manifest.revision > REVISION:
        raise NewerDatabaseError(f"{path} was made by a newer longplay; upgrade longplay.")
    if (manifest.lake_url is None) != ("lake" in folders(settings)):
        kept = f"set it to {manifest.lake_url}" if manifest.lake_url else "unset it"
        raise WrongLakeError(f"The lake of {path} is elsewhere than LONGPLAY_LAKE_URL says; {kept}.")
    return manifest


def _require_empty(settings: Settings, engine: Engine) -> None:
    for folder in folders(settings).values():
        if folder.exists() and any(folder.iterdir()):
            raise NotEmptyError(f"{folder} is not empty; restore into another LONGPLAY_HOME or use --force.")
    with engine.connect() as connection:
        for table in HELD:
            exists = connection.scalar(text(f"SELECT to_regclass('{table}')")) is not None
            if exists and connection.scalar(text(f"SELECT EXISTS (SELECT FROM {table})")):
                raise NotEmptyError(
                    f"The database has rows in {table}; restore into an empty one or use --force."
                )


@contextmanager
def _staging(settings: Settings) -> Iterator[dict[str, Path]]:
    """A place beside each folder (the same disk, so that moving in is a rename) and one for the dump."""
    make_private(settings.home)
    places = {name: _beside(folder, "restoring") for name, folder in folders(settings).items()}
    places.setdefault("lake", settings.home / "lake.restoring")
    database = settings.home / "database.restoring"
    try:
        _remove(*places.values(), database)
        yield {**places, backup_file.DATABASE: database}
    finally:
        _remove(*places.values(), database)


def _move_in(settings: Settings, places: dict[str, Path]) -> None:
    for name, folder in folders(settings).items():
        replaced = _beside(folder, "replaced")
        _remove(replaced)
        if folder.exists():
            folder.rename(replaced)
        if places[name].exists():
            places[name].rename(folder)
        _remove(replaced)
    settings.warehouse.unlink(missing_ok=True)  # views of what was there before


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f"{folder.name}.{what}")


def _remove(*paths: Path) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
