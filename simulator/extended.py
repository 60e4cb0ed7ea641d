"""Writes extended streaming histories as Spotify sends them, and says what became of every row."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from simulator.clocks import recorded_clocks
from simulator.copies import with_copies
from simulator.extended_files import Files, Vintage
from simulator.labels import no_labels
from simulator.packing import opened_package
from simulator.quirks import Quirks

_README_NAME = "ReadMeFirst_ExtendedStreamingHistory.pdf"
_README = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
)


def _epoch_s(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _between(rows: pl.DataFrame, first: date | None, last: date | None) -> pl.DataFrame:
    """Rows whose recorded stop lies on those days."""
    if first is not None:
        rows = rows.filter(pl.col("stop_s") >= _epoch_s(first))
    if last is not None:
        rows = rows.filter(pl.col("stop_s") < _epoch_s(last + timedelta(days=1)))
    return rows


def write_extended(  # noqa: PLR0913
    truth: pl.DataFrame,
    path: Path,
    *,
    seed: int,
    vintage: Vintage = Vintage.Y2025,
    quirks: Quirks | None = None,
    first: date | None = None,
    last: date | None = None,
) -> pl.DataFrame:
    """Writes one listener's extended history as a .zip, or below the folder ``path``.

    Args:
        truth: all plays of one listener, as ``simulate`` gives them.
        seed: draws the copies and, in the older vintage, the order; what was recorded of a play is the
            same in every export of it.
        vintage: the older ones tell of no audiobooks.
        first, last: the days (of recorded stops, UTC, both inclusive) that the export covers.

    Returns:
        One row for each row written: file (with its folder), row (from 0), user_id, play_no (null for
        rows of no identity) and why it is there: original, whole_row_repeat, same_start_copy,
        resynced_copy, no_identity or unidentifiable_copy.

    Raises:
        ValueError: ``truth`` holds several listeners.
    """
    if truth["user_id"].n_unique() > 1:
        raise ValueError("an export is one listener's: filter the truth by user_id")
    files = Files(vintage.value, quirks or Quirks(), seed)
    recorded = _between(recorded_clocks(truth, files.quirks), first, last)
    rows = _between(with_copies(recorded, files.quirks, seed), first, last)
    with opened_package(Path(path)) as write:
        labels = [no_labels(), *files.add(write, rows)]
        write(f"{files.form.folder}/{_README_NAME}", _README)
    return pl.concat(labels)


def write_extended_frames(
    frames: Iterable[pl.DataFrame], path: Path, *, seed: int, vintage: Vintage = Vintage.Y2025
) -> int:
    """Writes frames of truth one after the other into one export, as large as wanted, in constant memory.

    For benchmarks: the plays of many listeners stand in it as though one person had sent it, so they
    overlap in time, and two of them may look like one play. Returns how many rows were written.
    """
    files, rows = Files(vintage.value, Quirks(), seed), 0
    with opened_package(Path(path)) as write:
        for truth in frames:
            copies = with_copies(recorded_clocks(truth, files.quirks), files.quirks, seed)
            rows += sum(labels.height for labels in files.add(write, copies))
        write(f"{files.form.folder}/{_README_NAME}", _README)
    return rows
