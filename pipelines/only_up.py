"""One ``longplay up`` a home, and a port that is free: refused before anything is started."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyUpError(RuntimeError):
    """The home's ``longplay up`` runs already; the message says who and where."""


class PortTakenError(RuntimeError):
    """Another program listens at the port of the UI."""


@contextmanager
def only_one(place: Path, address: str) -> Iterator[None]:
    """Held while ``longplay up`` runs; the lock goes with the process, whatever the file says.

    Args:
        place: a file whose lock is taken, and which tells others who has it.
        address: where the UI is.

    Raises:
        AlreadyUpError: another process holds it.
    """
    with place.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            who = file.read().strip() or "a process that is just starting"
            raise AlreadyUpError(f"longplay up runs for this home already: {who}. Stop that first.") from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}, {address}")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def running(place: Path) -> str | None:
    """Who holds the lock, in words, and where the UI is; None when nobody does."""
    if not place.exists():
        return None
    with place.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return file.read().strip()
    return None


def ensure_free(host: str, port: int) -> None:
    """Raises ``PortTakenError`` where another program listens."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"The Dagster UI cannot listen on {host}:{port} ({error.strerror}): "
                "choose another port with `longplay up --port` or LONGPLAY_WEBSERVER_PORT."
            ) from None
