"""What is written to a terminal or a pipe, whose reader may go away first (``| head -1``): no fault."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


class Terminal(Console):
    """A console that falls silent when nobody reads any more; what a command was doing goes on."""

    def on_broken_pipe(self) -> None:
        """Rich would end the program here with 1."""
        self.quiet = True
        _discard(self.file.fileno())


def ready_streams() -> None:
    """Closed ones go nowhere, and what the terminal's encoding lacks is written as its number."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # `>&-`
            nowhere = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
            setattr(sys, name, nowhere)
        elif isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def to_reader() -> Iterator[None]:
    """Around what writes to ``sys.stdout``: it ends there, quietly, when nobody reads any more."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        if error.errno != errno.EPIPE:
            raise
        _discard(sys.stdout.fileno())


def settle_streams() -> None:
    """Before the program ends, which else ends with 120 where words are left that nobody reads."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            _discard(stream.fileno())


def _discard(descriptor: int) -> None:
    """Whatever is written there from now on, what is in its buffer too, goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
