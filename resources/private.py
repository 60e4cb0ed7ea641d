"""Folders that nobody else on the machine may look into."""

import stat
from pathlib import Path
from typing import Final

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OURS: Final = frozenset(
    [
        "",
        "database",
        "dagster",
        "dbt",
        "inbox",
        "lake",
        "logs",
        "marts",
        "originals",
        "postgres",
        "secret",
        "snapshots",
        "up",
        "warehouse",
    ]
)
"""What a home holds, less the endings; what begins with a dot may be ours too."""


def make_private(home: Path) -> str | None:
    """Makes a home that only its owner may enter, and closes an older one; parents stay as they are.

    Returns:
        What a person should be told: others may look into a folder that holds more than a home.
    """
    try:
        home.mkdir(mode=0o700)
    except FileNotFoundError:
        home.parent.mkdir(parents=True, exist_ok=True)
        home.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError:
        pass
    mode = stat.S_IMODE(home.stat().st_mode)
    if not mode & _OTHERS:
        return None
    if mode & stat.S_ISVTX or not all(_is_ours(path) for path in home.iterdir()):
        return (
            f"Others on this machine may look into {home}, and it holds more than Longplay's files: "
            f"set LONGPLAY_HOME to a folder of its own, or run `chmod 700 '{home}'`."
        )
    try:
        home.chmod(mode & ~_OTHERS)
    except PermissionError:
        return f"Others on this machine may look into {home}: have its owner run `chmod 700 '{home}'`."
    return None


def _is_ours(path: Path) -> bool:
    return path.name.partition(".")[0] in _OURS
