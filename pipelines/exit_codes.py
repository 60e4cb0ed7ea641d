"""How a command ends: one number a kind of mistake, so that scripts can tell them apart.

``docs/commands.md`` shows this table.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final, Self


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
    SETTING = 4, "a setting has a value that cannot be used"
    HELD = 5, "it waits for a person's word: `--yes`, `--force`"
    SPOTIFY = 6, "Spotify refused, or could not be asked"
    UNAVAILABLE = 7, "the home cannot be used: PostgreSQL, the lake, the disk, a port, another process"
    STOPPED = 130, "stopped by Ctrl-C"


_BY_ERROR: Final[Mapping[str, Exit]] = MappingProxyType(
    {
        **dict.fromkeys(("UnknownImportError", "UnknownAccountError", "UnknownDatasetError"), Exit.UNKNOWN),
        **dict.fromkeys(("UnknownTrackError", "UnknownTableError"), Exit.UNKNOWN),
        **dict.fromkeys(("ValidationError", "UnusableHomeError"), Exit.SETTING),
        **dict.fromkeys(("UnusableKeyError", "NoClientIdError", "UnusableLakeError"), Exit.SETTING),
        **dict.fromkeys(("WrongLakeError", "DatabaseUrlError"), Exit.SETTING),
        "ListenerIdError": Exit.UNREADABLE,
        "NotEmptyError": Exit.HELD,
        **dict.fromkeys(("SpotifyError", "NoTokenError", "LinkRefusedError"), Exit.SPOTIFY),
        **dict.fromkeys(("BudgetSpentError", "NobodyLetInError"), Exit.SPOTIFY),
        **dict.fromkeys(("UnreadableExport", "UnreadableDatasetError", "ManifestError"), Exit.UNREADABLE),
        "QueryError": Exit.UNREADABLE,
        **dict.fromkeys(("LicenceError", "DamagedBackupError", "InvalidEventError"), Exit.UNREADABLE),
        **dict.fromkeys(("InvalidPreferenceError", "FileNotFoundError", "PermissionError"), Exit.UNREADABLE),
        **dict.fromkeys(("IsADirectoryError", "NotADirectoryError"), Exit.UNREADABLE),
        **dict.fromkeys(("DatabaseUnavailableError", "PostgresStartError", "OSError"), Exit.UNAVAILABLE),
        **dict.fromkeys(("ImportBusyError", "PipelineBusyError", "AccountBusyError"), Exit.UNAVAILABLE),
        **dict.fromkeys(("EventsBusyError", "RotationBusyError", "PortTakenError"), Exit.UNAVAILABLE),
        **dict.fromkeys(("TablesDisagreeError", "DiskFullError"), Exit.UNAVAILABLE),
        **dict.fromkeys(("NewerDatabaseError", "DatabaseToolError"), Exit.UNAVAILABLE),
        **dict.fromkeys(("InstanceNotInForceError", "AlreadyUpError", "NotUpError"), Exit.UNAVAILABLE),
    }
)
"""By the name of an error's class, or of the nearest it derives from: so that none need be imported here."""


def exit_of(error: BaseException) -> Exit:
    """The exit code of an error that ended a command, or that ended the run a command started."""
    ended = getattr(error, "ended", None)  # of a process that was started for it
    for known in (Exit.SETTING, Exit.UNAVAILABLE):
        if ended == known:
            return known
    cause = getattr(error, "cause", None)  # of a failed run: the name of its error's class
    names = [cause.rpartition(".")[2]] if isinstance(cause, str) else []
    names += [kind.__name__ for kind in type(error).__mro__]
    return next((_BY_ERROR[name] for name in names if name in _BY_ERROR), Exit.FAILED)
