"""What lies in ``inbox/`` and in no listener's folder: nobody reads it, so somebody says so."""

from collections.abc import Callable, Iterable
from pathlib import Path

from resources.listeners import DATASETS, is_listener_id, why_no_listener

UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart")
"""How names of files end that are not whole yet."""


def loose(inbox: Path) -> list[Path]:
    """Files in nobody's folder, and folders that name nobody, by name.

    What is hidden or plainly unfinished is left out.
    """
    if not inbox.is_dir():
        return []
    return sorted(path for path in inbox.iterdir() if _is_meant(path) and not _is_somebodys(path))


def advice(lying: Iterable[Path], user: str, named: Callable[[Path], str] = lambda path: path.name) -> str:
    """What to do about such files (move them) and folders (rename them), under the names that are shown."""
    folders: list[Path] = []
    files: list[Path] = []
    for path in lying:
        (folders if path.is_dir() else files).append(path)
    told = []
    if files:
        shown = ", ".join(_shown(named(path)) for path in files)
        told.append(f"Nobody's, so not read: {shown} in inbox/. Move it to inbox/{user}/ (whose it is).")
    for path in folders:
        why = why_no_listener(path.name) or "it is no listener's"
        told.append(
            f"Not read: the folder {_shown(named(path))} in inbox/ can be no listener's; rename it: {why}."
        )
    return " ".join(told)


def _shown(name: str) -> str:
    is_plain = name.isprintable() and name == name.strip()
    return name if is_plain else ascii(name)


def _is_somebodys(path: Path) -> bool:
    return path.is_dir() and (path.name.casefold() == DATASETS or is_listener_id(path.name))


def _is_meant(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() not in UNFINISHED
