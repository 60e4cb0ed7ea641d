"""What lies in the inbox, and which of it has stopped growing."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from os import fsencode, stat_result
from pathlib import Path

from assets.datasets.manifest import FILE_NAME, places
from assets.listening.readers import masked_name
from pipelines.loose import UNFINISHED
from resources.listeners import DATASETS, composed, is_listener_id


@dataclass(frozen=True)
class Dropped:
    """A file or folder somebody dropped: whose, and how large it is by now."""

    path: Path
    user_id: str
    files: int
    size_bytes: int
    changed_at_ns: int

    @property
    def name(self) -> str:
        """What tells it from all else in the inbox, and runs know it by: a file's name may name a person."""
        digest = blake2b(fsencode(self.path.name), digest_size=4).hexdigest()
        return f"{self.user_id}/{masked_name(self.path)}#{digest}"

    @property
    def state(self) -> str:
        """Changes whenever the content may have."""
        return f"{self.files}:{self.size_bytes}:{self.changed_at_ns}"

    @property
    def run_key(self) -> str:
        """The same file is asked for once, until it changes."""
        return f"{self.name}:{self.state}"


def dropped(inbox: Path) -> Iterator[Dropped]:
    """What lies in ``inbox/<user_id>/``, by name; what is plainly unfinished, hidden or empty is left out."""
    for user in sorted(path for path in inbox.glob("*") if path.is_dir() and not path.name.startswith(".")):
        if is_listener_id(user.name):
            yield from _inside(user)


def dropped_datasets(inbox: Path) -> Iterator[Dropped]:
    """The same of ``inbox/datasets/``: folders, and files with what is said beside them."""
    folders = [path for path in sorted(inbox.glob("*")) if path.is_dir() and path.name.casefold() == DATASETS]
    for item in chain.from_iterable(map(_inside, folders)):
        if item.path.is_dir():
            yield item
        elif not item.path.name.endswith(FILE_NAME):
            told = [place for place in places(item.path) if place.is_file()]
            yield _measured(item.path, DATASETS, [item.path, *told])


def lying(inbox: Path, name: str) -> Path | None:
    """Where the thing of that name lies; None when it is gone."""
    items = chain(dropped(inbox), dropped_datasets(inbox))
    return next((item.path for item in items if item.name == name), None)


def look(items: Iterable[Dropped], cursor: str | None, most: int) -> tuple[list[Dropped], str]:
    """What to ask for now, and the cursor: how each looked at this look, and when it was asked for.

    What was asked for may stay (held, rejected or unreadable) and must not use up the requests of those
    behind it.
    """
    now = {item.name: item for item in items}
    before = json.loads(cursor or "{}")
    asked = {name: state for name, state in before.get("asked", {}).items() if name in now}
    ready = settled(now, before.get("seen", {}), asked)[:most]
    states = {
        "seen": {name: item.state for name, item in now.items()},
        "asked": asked | {item.name: item.state for item in ready},
    }
    return ready, json.dumps(states)


def settled(now: Mapping[str, Dropped], seen: Mapping[str, str], asked: Mapping[str, str]) -> list[Dropped]:
    """Those that are as they were at the last look, and were not asked for as they are."""
    return [
        item for name, item in now.items() if seen.get(name) == item.state and asked.get(name) != item.state
    ]


def _inside(folder: Path) -> Iterator[Dropped]:
    """What lies in a folder that is named for whose it is."""
    for path in sorted(folder.iterdir()):
        files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        if not path.name.startswith(".") and files and not any(map(_is_unfinished, (path, *files))):
            yield _measured(path, composed(folder.name), files)


def _is_unfinished(path: Path) -> bool:
    return path.suffix.lower() in UNFINISHED


def _measured(path: Path, user_id: str, files: list[Path]) -> Dropped:
    stats: list[stat_result] = []
    for file in files:
        with suppress(FileNotFoundError):  # an import may take it away while we look
            stats.append(file.stat())
    # the change time too: a file that is moved here a second time keeps its modification time
    changed_at_ns = max((max(stat.st_mtime_ns, stat.st_ctime_ns) for stat in stats), default=0)
    return Dropped(path, user_id, len(stats), sum(stat.st_size for stat in stats), changed_at_ns)
