"""The process a ``postmaster.pid`` speaks of: a number in a file may be anybody's by now."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]

FILE: Final = "postmaster.pid"


@dataclass(frozen=True)
class Postmaster:
    """What the file says: number, port, folder of the socket, and whether it takes connections yet."""

    pid: int
    port: int
    socket_folder: str
    is_ready: bool


def read(folder: Path) -> Postmaster | None:
    """What the file in a data folder says; None where there is none, or only the beginning of one."""
    try:
        lines = [line.strip() for line in (folder / FILE).read_text(errors="replace").splitlines()]
    except FileNotFoundError:
        return None
    lines += [""] * (8 - len(lines))
    number, port, socket_folder, state = lines[0], lines[3], lines[4], lines[7]
    pid = int(number) if number.isdecimal() else 0
    return Postmaster(pid, int(port) if port.isdecimal() else 0, socket_folder, state == "ready")


def process_of(folder: Path) -> psutil.Process | None:
    """The living server of a data folder: the process of the number, if that works in this very folder."""
    found = read(folder)
    if found is None or found.pid == 0:
        return None
    try:
        process = psutil.Process(found.pid)
    except psutil.Error:
        return None
    return process if works_in(process, folder) else None


def works_in(process: psutil.Process, folder: Path) -> bool:
    """Whether it is a PostgreSQL process whose working folder this is, as that of each of a server's is.

    One whose folder we may not see is another person's, hence none of ours.
    """
    try:
        is_alive = process.status() != psutil.STATUS_ZOMBIE
        return is_alive and "postgres" in process.name() and _is_same(process.cwd(), folder)
    except psutil.Error:
        return False


def backends(folder: Path) -> Iterator[psutil.Process]:
    """Every process that works in a data folder, whether or not its server still lives."""
    return (process for process in psutil.process_iter() if works_in(process, folder))


def _is_same(place: str, folder: Path) -> bool:
    try:
        return Path(place).samefile(folder)
    except OSError:  # gone, or not for us to see
        return False
