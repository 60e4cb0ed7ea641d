"""The published DuckDB file: whether it is what was published, or a client wrote to it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

_READ_ONLY: Final = 0o400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def replace(path: Path, new: Path, made_at: datetime | None) -> None:
    """Puts a new file in the place of one that clients may have open, which keep the old one.

    What a client left to be replayed into the old one goes: DuckDB would replay it into the new one.

    Args:
        made_at: when what it shows was published; ``is_untouched`` knows the file by it.
    """
    new.chmod(_READ_ONLY)
    if made_at is not None:
        os.utime(new, ns=(_ns(made_at), _ns(made_at)))
    log_of(path).unlink(missing_ok=True)
    new.replace(path)
    log_of(path).unlink(missing_ok=True)  # of a client that went on writing to the old file


def is_untouched(path: Path, made_at: datetime) -> bool:
    """Whether nobody wrote to the file, or left something to be replayed into it, since it was made."""
    return path.exists() and path.stat().st_mtime_ns == _ns(made_at) and not log_of(path).exists()


def log_of(path: Path) -> Path:
    """Where DuckDB keeps what it replays into a file that a client left without closing it."""
    return path.with_name(f"{path.name}.wal")


def _ns(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000
