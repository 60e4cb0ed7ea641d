"""Delta tables kept open: loaded once, and again only when somebody committed.

Loading reads a table's log, which costs more than most queries of a small table. What is kept is shared
by all who read, so nobody commits with it: whoever commits loads a table of their own.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable

_Mark = tuple[int, int]


class LocalTable(DeltaTable):
    """A table in a folder whose addresses are paths: delta-rs writes a blank as %20, unreadable."""

    @property
    def table_uri(self) -> str:
        """Where its folder is."""
        return unquote(super().table_uri)

    def file_uris(self, *args: Any, **kwargs: Any) -> list[str]:  # noqa: ANN401 - as delta-rs has it
        """Where its files are."""
        return [unquote(uri) for uri in super().file_uris(*args, **kwargs)]


@dataclass(frozen=True)
class _Kept:
    delta: DeltaTable
    version: int
    mark: _Mark | None


class Handles:
    """The tables of one lake, by name."""

    def __init__(self, root: str, storage_options: dict[str, str]) -> None:
        self._root, self._storage_options = root, storage_options
        self._kept: dict[str, _Kept] = {}

    def newest(self, name: str) -> DeltaTable | None:
        """A table that is kept, if nobody committed since; none of an object store: to look costs as much."""
        kept = self._kept.get(name)
        if kept is None or kept.mark is None or self._mark(name, kept.version) != kept.mark:
            return None
        return None if self._mark(name, kept.version + 1) else kept.delta

    def at(self, name: str, version: int) -> DeltaTable:
        """A table at a version, to read."""
        kept = self._kept.get(name)
        is_it = kept is not None and kept.version == version and self._mark(name, version) == kept.mark
        return kept.delta if kept is not None and is_it else self.load(name, version)

    def load(self, name: str, version: int | None = None) -> DeltaTable:
        """A table of the caller's own, at a version or the newest."""
        kind = DeltaTable if "://" in self._root else LocalTable
        return kind(f"{self._root}/{name}", version=version, storage_options=self._storage_options)

    def keep(self, name: str, delta: DeltaTable) -> DeltaTable:
        """Shares a table with all who read from now on."""
        version = delta.version()
        self._kept[name] = _Kept(delta, version, self._mark(name, version))
        return delta

    def _mark(self, name: str, version: int) -> _Mark | None:
        """What tells a version's entry in the log from another's; None where there is none in a folder."""
        if "://" in self._root:
            return None
        try:
            found = Path(f"{self._root}/{name}/_delta_log/{version:020}.json").stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns
