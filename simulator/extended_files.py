"""The files of an extended streaming history in its vintages: which rows, in which order and form."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import polars as pl

from simulator.extended_rows import prepare_rows, row_fields
from simulator.json_text import COMPACT, PRETTY, Style, document, object_text, slices
from simulator.labels import label_rows
from simulator.packing import Write
from simulator.quirks import Quirks

_FILE_BYTES = 12_000_000


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
    numbered = f"_{number}" if part.label == "Audio" or number else ""
    return f"{form.folder}/Streaming_History_{part.label}_{years}{numbered}.json"


def _pieces(part: _Part, form: Form, quirks: Quirks) -> Iterator[tuple[pl.DataFrame, pl.Series]]:
    """The rows of each file with their JSON text, about 12 MB a file."""
    if part.rows.is_empty():
        return
    text = object_text(row_fields(part.keys, quirks), form.style).alias("text")
    sample_bytes = part.rows.head(1000).select(text).to_series().str.len_bytes().mean()
    rows = int(_FILE_BYTES / float(sample_bytes))  # type: ignore[arg-type]
    for piece in slices(part.rows, rows):
        yield piece, piece.select(text).to_series()


@dataclass
class Files:
    """Adds files to one export, numbered on from call to call.

    Args:
        seed: draws the order of rows where the form has none.
    """

    form: Form
    quirks: Quirks
    seed: int
    written: Counter[str] = field(default_factory=Counter)

    def add(self, write: Write, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Writes ``rows`` (from ``with_copies``) and yields the labels of each file."""
        ordered = _in_file_order(_tellable(rows, self.form), self.form, self.seed)
        for part in _parts(prepare_rows(ordered, self.quirks), self.form):
            for piece, text in _pieces(part, self.form, self.quirks):
                name = _name(self.form, part, piece, self.written[part.label])
                write(name, document(text, self.form.style))
                self.written[part.label] += 1
                yield label_rows(piece, name)
