"""What tests of datasets share: files made of rows, and a world whose lake holds what they say."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from assets.datasets.reading import Reading, files
from assets.tables import DATASET_TRACKS

Row = dict[str, Any]


def write(folder: Path, name: str, content: str | bytes, licence: str | None = "CC0-1.0") -> Path:
    """A dataset of one file; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    if licence is not None:
        (folder / "dataset.yaml").write_text(f"name: {folder.name}\nlicence: {licence}\n")
    return folder


class Read:
    """All rows of a dataset, as ``dataset_tracks`` and ``rejected_dataset_rows`` would have them."""

    def __init__(self, path: Path, scratch: Path) -> None:
        self.reading = Reading(files(path), scratch)
        batches = list(self.reading.batches("set"))
        tracks = pl.concat([DATASET_TRACKS.empty(), *(batch.tracks for batch in batches)])
        self.rows = tracks.rows(named=True)
        self.rejected = [
            (row["row"], row["reason"]) for batch in batches for row in batch.rejected.rows(named=True)
        ]

    def of(self, *names: str) -> list[tuple[object, ...]]:
        """Some columns of the rows."""
        return [tuple(row[name] for name in names) for row in self.rows]


def read(tmp_path: Path, name: str, content: str | bytes) -> Read:
    """One file, read; every row of it is accounted for."""
    folder = tmp_path / f"set-{len(list(tmp_path.iterdir()))}"
    found = Read(write(folder, name, content), tmp_path / f"scratch-{folder.name}")
    assert found.reading.rows_read == len(found.rows) + len(found.rejected)
    assert (found.reading.rows_stored, found.reading.rows_rejected) == (len(found.rows), len(found.rejected))
    return found


def dataset_tracks(rows: Sequence[Row]) -> pl.LazyFrame:
    """Rows of ``dataset_tracks``; what is not said is null."""
    full = [
        dict.fromkeys(DATASET_TRACKS.columns) | {"dataset_id": "set", "file": "a.csv", "row": number} | row
        for number, row in enumerate(rows)
    ]
    return pl.LazyFrame(full, schema=DATASET_TRACKS.schema)
