"""What lies in the inbox, and which of it has stopped growing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart")


@dataclass(frozen=True)
class Dropped:
    """A file or folder somebody dropped: whose, and how large it is by now."""

    path: Path
    user_id: str
    files: int
    size_bytes: int
    changed_at_ns: int

    @property
    def state(self) -> str:
        """Changes whenever the content may have."""
        return f"{self.files}:{self.size_bytes}:{self.changed_at_ns}"

    @property
    def run_key(self) -> str:
        """The same file is asked for once, until it changes."""
        return f"{self.user_id}/{self.path.name}:{self.state}"


def dropped(inbox: Path) -> Iterator[Dropped]:
    """What lies in ``inbox/<user_id>/``, by name; what is plainly unfinished or hidden is left out."""
    for user in sorted(path for path in inbox.glob("*") if path.is_dir()):
        for path in sorted(user.iterdir()):
            if not path.name.startswith(".") and path.suffix not in _UNFINISHED:
                yield _measured(path, user.name)


def settled(now: Mapping[str, Dropped], seen: Mapping[str, str]) -> list[Dropped]:
    """Those that are as they were at the last look: a file that still grows waits."""
    return [item for name, item in now.items() if seen.get(name) == item.state]


def _measured(path: Path, user_id: str) -> Dropped:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    stats = [file.stat() for file in files if file.exists()]
    return Dropped(
        path,
        user_id,
        len(stats),
        sum(stat.st_size for stat in stats),
        max((stat.st_mtime_ns for stat in stats), default=0),
    )
