"""When tables were last cleared of files that nobody reads, and how each was found then."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from resources.snapshots import replace_file

_FILE = "cleared"


class Seen(msgspec.Struct, frozen=True):
    """A number for the files of a table, and when a clearing first saw them."""

    files: int
    at: datetime

    def is_clean(self, cleared_at: datetime, grace: timedelta) -> bool:
        """Whether all that was removed before was old enough to be deleted by then."""
        return self.at + grace <= cleared_at


class Cleared(msgspec.Struct, frozen=True):
    """The last clearing."""

    at: datetime
    tables: Mapping[str, Seen]

    def is_due_again(self, now: datetime, every: timedelta) -> bool:
        """Also where the clock was wrong then, and the last time seems to lie ahead."""
        return not self.at <= now < self.at + every


def read(folder: Path) -> Cleared | None:
    """The last clearing of the tables whose snapshots are in a folder; None before the first."""
    path = folder / _FILE
    return msgspec.json.decode(path.read_bytes(), type=Cleared) if path.exists() else None


def write(folder: Path, cleared: Cleared) -> None:
    """Keeps it for the next."""
    replace_file(folder / _FILE, msgspec.json.encode(cleared))
