"""Paths as they are given at the command line, looked at before any server starts."""

import os
from collections.abc import Sequence
from pathlib import Path


def why_not_read(path: Path) -> str | None:
    """Why a file or folder that was given cannot be read; None where it can."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return f"{path}: there is no such file or folder."
    except (OSError, ValueError) as error:
        return f"{path}: it cannot be looked at ({getattr(error, 'strerror', None) or error})."
    wanted = os.R_OK | (os.X_OK if path.is_dir() else 0)
    return None if os.access(path, wanted) else f"{path}: you may not read it; `chmod u+r` lets you."


def why_not_written(path: Path) -> str | None:
    """Why a file cannot be written there; None where it can."""
    if path.is_dir():
        return f"{path}: it is a folder; name a file in it."
    if not path.absolute().parent.is_dir():
        return f"{path}: there is no folder {path.absolute().parent}; make it first."
    is_writable = os.access(path if path.exists() else path.absolute().parent, os.W_OK)
    return None if is_writable else f"{path}: you may not write it."


def sorted_out(paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Those that can be read, and what is wrong with the others."""
    found = [(path, why_not_read(path)) for path in paths]
    return [path for path, why in found if why is None], [why for _, why in found if why is not None]
