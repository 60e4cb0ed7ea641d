"""Writes extended streaming histories as Spotify sends them, and says what became of every row."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path

import numpy as np
import polars as pl

from simulator.clocks import recorded_clocks
from simulator.copies import with_copies
from simulator.extended_rows import prepare_rows, row_fields
from simulator.json_text import COMPACT, PRETTY, Style, document, object_text, slices
from simulator.labels import label_rows, no_labels
from simulator.packing import opened_package
from simulator.quirks import Quirks

_FILE_BYTES = 12_000_000
_README = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
)


@dataclass(frozen=True)
class Form:
    """What distinguishes one vintage of the export from another.

    Args:
        keys: 21, or 23 (audiobooks, no user name).
        video_keys: of the Video files; None where videos stand among the rest.
        is_ordered: rows go by time through all files.
    """

    folder: str
    keys: int
    video_keys: int | None
    style: Style
    is_ordered: bool


class Vintage(Enum):
    """When the export was asked for."""

    ENDSONG = Form("MyData", 21, None, COMPACT, is_ordered=False)
    Y2023 = Form("MyData", 21, 21, COMPACT, is_ordered=True)
    Y2025 = Form("Spotify Extended Streaming History", 23, 19, PRETTY, is_ordered=True)


@dataclass(frozen=True)
class _Part:
    """The rows of one series of files."""

    label: str
    keys: int
    rows: pl.DataFrame


def _epoch_s(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _between(rows: pl.DataFrame, first: date | None, last: date | None) -> pl.DataFrame:
    """Rows whose recorded stop lies on those days."""
    if first is not None:
        rows = rows.filter(pl.col("stop_s") >= _epoch_s(first))
    if last is not None:
        rows = rows.filter(pl.col("stop_s") < _epoch_s(last + timedelta(days=1)))
    return rows


def _in_file_order(rows: pl.DataFrame, form: Form, seed: int) -> pl.DataFrame:
    if form.is_ordered:
        return rows.sort("stop_s", maintain_order=True)
    return rows[np.random.default_rng([seed, 3]).permutation(rows.height)]


def _tellable(rows: pl.DataFrame, form: Form) -> pl.DataFrame:
    """Without audiobooks where the form has no keys for them: there were none in its time."""
    return rows if form.keys == 23 else rows.filter(pl.col("kind") != "audiobook")


def _parts(rows: pl.DataFrame, form: Form) -> Iterator[_Part]:
    if form.video_keys is None:
        yield _Part("", form.keys, rows)
        return
    is_video = pl.col("kind") == "video"
    yield _Part("Audio", form.keys, rows.filter(~is_video))
    yield _Part("Video", form.video_keys, rows.filter(is_video))


def _name(form: Form, part: _Part, piece: pl.DataFrame, number: int) -> str:
    if form.video_keys is None:
        return f"{form.folder}/endsong_{number}.json"
    ends = piece.select(low=pl.col("stop_s").min(), high=pl.col("stop_s").max())
    low, high = (pl.from_epoch(ends[end], "s").dt.year().item() for end in ("low", "high"))
    years = f"{low}" if low == high else f"{low}-{high}"
    numbered = f"_{number}" if part.label == "Audio" else ""
    return f"{form.folder}/Streaming_History_{part.label}_{years}{numbered}.json"


def _pieces(part: _Part, form: Form, quirks: Quirks) -> Iterator[tuple[pl.DataFrame, pl.Series]]:
    """The rows of each file with their JSON text, about 12 MB a file."""
    if part.rows.is_empty():
        return
    text = object_text(row_fields(part.keys, quirks), form.style).alias("text")
    sample_bytes = part.rows.head(1000).select(text).to_series().str.len_bytes().mean()
    rows = _FILE_BYTES if part.label == "Video" else int(_FILE_BYTES / float(sample_bytes))  # type: ignore[arg-type]
    for piece in slices(part.rows, rows):
        yield piece, piece.select(text).to_series()


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
    quirks, form = quirks or Quirks(), vintage.value
    recorded = _between(recorded_clocks(truth, quirks), first, last)
    rows = _between(with_copies(recorded, quirks, seed), first, last)
    prepared = prepare_rows(_in_file_order(_tellable(rows, form), form, seed), quirks)
    labels = [no_labels()]
    with opened_package(Path(path)) as write:
        for part in _parts(prepared, form):
            for number, (piece, text) in enumerate(_pieces(part, form, quirks)):
                name = _name(form, part, piece, number)
                write(name, document(text, form.style))
                labels.append(label_rows(piece, name))
        write(f"{form.folder}/ReadMeFirst_ExtendedStreamingHistory.pdf", _README)
    return pl.concat(labels)
