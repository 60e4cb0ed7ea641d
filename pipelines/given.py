"""Texts and paths as they are given at the command line, looked at before any server starts."""

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import typer

_STREAMS: Final[Mapping[int, str]] = MappingProxyType(
    {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
)
"""What can be read once at most, or never ends: an export is read more than once."""


def text_given(value: str) -> str:
    """An argument or option that must say something.

    Raises:
        typer.BadParameter: it is empty, as a variable of the shell that is not set makes it, or no UTF-8.
    """
    try:
        value.encode()
    except UnicodeEncodeError:  # bytes that no database and no query takes
        raise typer.BadParameter(
            "it is no UTF-8; type it in a terminal whose locale is one of UTF-8"
        ) from None
    return _told(value)


def path_given(value: str) -> Path:
    """The same of a path: Python takes an empty one for the folder where one stands."""
    return Path(_told(value))


def _told(value: str) -> str:
    if not value.strip():
        raise typer.BadParameter("it is empty; say what is meant (is a variable of your shell unset?)")
    return value


def why_not_read(path: Path) -> str | None:
    """Why a file or folder that was given cannot be read; None where it can."""
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return f"{path}: there is no such file or folder."
    except (OSError, ValueError) as error:
        return f"{path}: it cannot be looked at ({getattr(error, 'strerror', None) or error})."
    if kind not in (stat.S_IFREG, stat.S_IFDIR):
        what = _STREAMS.get(kind, "something else")
        return f"{path}: it is {what}, neither file nor folder; save what it gives as a file and name that."
    wanted = os.R_OK | (os.X_OK if path.is_dir() else 0)
    return None if os.access(path, wanted) else f"{path}: you may not read it; `chmod u+r` lets you."


def why_not_written(path: Path) -> str | None:
    """Why a file cannot be written there; None where it can."""
    if path.is_dir():
        return f"{path}: it is a folder; name a file in it."
    if path.exists() and not path.is_file():
        return f"{path}: it is no file; name one."
    if not path.absolute().parent.is_dir():
        return f"{path}: there is no folder {path.absolute().parent}; make it first."
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        return f"{path}: you may not write it."
    if not _is_replaceable(path):
        return f"{path}: it is there and no backup of Longplay's, so it is not replaced; name another file."
    return None


def _is_replaceable(path: Path) -> bool:
    """An older backup, or nothing: many write one a night to the same name."""
    from resources.backup_file import is_backup  # noqa: PLC0415 - not for --help

    if not path.exists() or not path.stat().st_size:
        return True
    return os.access(path, os.R_OK) and is_backup(path)


def sorted_out(paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Those that can be read, and what is wrong with the others."""
    found = [(path, why_not_read(path)) for path in paths]
    return [path for path, why in found if why is None], [why for _, why in found if why is not None]
