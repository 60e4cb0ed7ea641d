"""The first month that any table of a home has: a file, so that who loads the code need open no table."""

import fcntl
import re
from pathlib import Path
from typing import Final

_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def read(place: Path) -> str | None:
    """What the file says ("2015-03"); None where there is none, or none that can be read."""
    try:
        with place.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            found = file.read().strip()
    except OSError:
        return None
    return found if _MONTH.fullmatch(found) else None


def write_earlier(place: Path, month: str) -> None:
    """Says that a home begins with a month, unless it begins earlier: two may say so at once."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known = file.read().strip()
        if not _MONTH.fullmatch(known) or month < known:
            file.truncate(0)
            file.write(month)
