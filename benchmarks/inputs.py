"""Exports and lakes, made once and used by every benchmark that asks for that size."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from benchmarks.measure import work

AS_OF = "2024-12-17T12:00:00+00:00"
"""Where the windows of top lists end: inside a month, so that both of its edges are counted."""


@dataclass(frozen=True)
class Place:
    """Where benchmarks may write: inputs that they share, and results that are thrown away."""

    folder: Path

    def export(self, plays: int, times: int = 1) -> tuple[Path, Path]:
        """A zip of an extended history, its files ``times`` over, and the folder of its files unpacked."""
        packed, unpacked = self.folder / f"export_{plays}.zip", self.folder / f"export_{plays}"
        if not unpacked.exists():
            work("make_export", plays, packed, unpacked)
        if times == 1:
            return packed, unpacked
        larger = self.folder / f"export_{plays}_x{times}"
        if not larger.exists():
            work("repeat_export", unpacked, times, f"{larger}.zip", larger)
        return Path(f"{larger}.zip"), larger

    def home(self, plays: int, plays_a_listener: int, times: int) -> Path:
        """A home whose lake holds the raw rows of many listeners, ``times`` over, and nothing else."""
        home = self.folder / f"home_{plays}_{plays_a_listener}_x{times}"
        if not home.exists():
            work("make_lake", home, plays, plays_a_listener, times)
        return home

    def used_home(self, imports: int, years: int, plays: int) -> Path:
        """A home into which one listener imported their history in slices, with every table made."""
        home = self.folder / f"used_home_{imports}_{years}_{plays}"
        if not home.exists():
            work("make_used_home", home, imports, years, plays)
        return home

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder that does not exist yet, and is gone afterwards."""
        parent = Path(mkdtemp(dir=self.folder))
        try:
            yield parent / "result"
        finally:
            shutil.rmtree(parent)
