"""What lies in ``inbox/`` and in no listener's folder: nobody reads it, so somebody says so."""

from collections.abc import Iterable
from pathlib import Path

from resources.listeners import DATASETS, is_listener_id

UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart")
"""How names of files end that are not whole yet."""


def loose(inbox: Path) -> list[Path]:
    """Files in nobody's folder, and folders that name nobody, by name.

    What is hidden or plainly unfinished is left out.
    """
    if not inbox.is_dir():
        return []
    return sorted(path for path in inbox.iterdir() if _is_meant(path) and not _is_somebodys(path))


def advice(names: Iterable[str], user: str) -> str:
    """What to do about such files."""
    shown = ", ".join(name if name.isprintable() else ascii(name) for name in names)
    return f"Nobody's, so not read: {shown} in inbox/. Move it to inbox/{user}/ (whose it is)."


def _is_somebodys(path: Path) -> bool:
    return path.is_dir() and (path.name.casefold() == DATASETS or is_listener_id(path.name))


def _is_meant(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() not in UNFINISHED
