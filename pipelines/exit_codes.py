"""How a command ends: one number a kind of mistake, so that scripts can tell them apart.

``docs/commands.md`` shows this table.
"""

from enum import IntEnum
from typing import Self


class Exit(IntEnum):
    """The exit codes of every command."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """A number that knows what it means."""
        made = int.__new__(cls, code)
        made._value_ = code
        made.meaning = meaning
        return made

    DONE = 0, "done"
    FAILED = (
        1,
        "it was tried and failed: a run, a check, a verification, an import of which nothing was stored",
    )
    UNREADABLE = 2, "what was given cannot be read: an option, a path, a file, a query"
    UNKNOWN = 3, "what was named is not there: a table, an import, an account, a dataset, a track"
    SETTING = 4, "a setting, or a time zone, has a value that cannot be used"
    HELD = 5, "it waits for a person's word: `--yes`, `--force`"
    SPOTIFY = 6, "Spotify refused, or could not be asked"
    UNAVAILABLE = 7, "the home cannot be used: PostgreSQL, the lake, the disk, a port, another process"
    STOPPED = 130, "stopped by Ctrl-C"
