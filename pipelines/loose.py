"""Files that lie in ``inbox/`` itself, in nobody's folder: nobody reads them, so somebody says so."""

from collections.abc import Iterable
from pathlib import Path

UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart")
"""How names of files end that are not whole yet."""


def loose(inbox: Path) -> list[Path]:
    """Files in no listener's folder, by name; what is hidden or plainly unfinished is left out."""
    if not inbox.is_dir():
        return []
    return sorted(path for path in inbox.iterdir() if path.is_file() and _is_meant(path))


def advice(names: Iterable[str], user: str) -> str:
    """What to do about such files."""
    return f"Nobody's, so not read: {', '.join(names)} in inbox/. Move it to inbox/{user}/ (whose it is)."


def _is_meant(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() not in UNFINISHED
