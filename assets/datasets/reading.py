"""A dataset read: a file or a folder of CSV, JSON, lines of JSON and Parquet, in little memory.

Each file becomes typed rows in a scratch folder first; then rows that repeat an earlier one are told.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from assets.datasets import csv_files, json_files, parquet_files
from assets.datasets.columns import Columns, columns
from assets.datasets.manifest import FILE_NAME
from assets.datasets.raw import REASON, RawTable, UnreadableDatasetError, column
from assets.datasets.scales import scaled
from assets.datasets.text_files import utf8
from assets.datasets.typed import SAME, SAYS, typed
from assets.tables import DATASET_TRACKS, REJECTED_DATASET_ROWS

ROWS_A_BATCH: Final = 100_000
_REPEATS = "repeats an earlier row: it says the same of the same track"
_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys((".csv", ".tsv"), "csv")
    | dict.fromkeys((".json", ".jsonl", ".ndjson"), "json")
    | dict.fromkeys((".parquet", ".pq"), "parquet")
)
_WANTED = "a file, or a folder of files, that end with .csv, .tsv, .json, .jsonl, .ndjson or .parquet"


@dataclass(frozen=True)
class Files:
    """What a dataset consists of, and what lies beside it and is no part of it."""

    root: Path
    paths: tuple[Path, ...]
    passed_over: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Of all files together."""
        return sum(path.stat().st_size for path in self.paths)

    def name(self, path: Path) -> str:
        """The name of a file inside the dataset."""
        return path.name if path == self.root else path.relative_to(self.root).as_posix()

    def dataset_id(self) -> str:
        """16 hex digits of a hash of the contents, whatever the files are called."""
        digests = []
        for path in self.paths:
            with path.open("rb") as stream:
                digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
        return hashlib.blake2b("\n".join(sorted(digests)).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Batch:
    """Rows of one file, in their order, as ``dataset_tracks`` and ``rejected_dataset_rows`` have them."""

    tracks: pl.DataFrame
    rejected: pl.DataFrame


@dataclass(frozen=True)
class _Typed:
    name: str
    columns: Columns
    rows: Path


def files(path: Path) -> Files:
    """The files of a dataset, by name; links are not followed out of it.

    Raises:
        UnreadableDatasetError: there is none that can be read.
    """
    if not path.exists():
        raise UnreadableDatasetError(f"{path.name}: there is no such file or folder")
    inside = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    plain = [each for each in inside if each == path or not _is_beside(each, path)]
    known = tuple(each for each in plain if each.suffix.lower() in _KINDS)
    if not known:
        raise UnreadableDatasetError(f"{path.name}: a dataset is {_WANTED}")
    others = [each.relative_to(path).as_posix() for each in inside if each not in known and each != path]
    return Files(path, known, tuple(name for name in others if name != FILE_NAME))


def _is_beside(path: Path, root: Path) -> bool:
    """Hidden, or a link: it may lead anywhere."""
    parts = path.relative_to(root).parts
    return any(part.startswith(".") for part in parts) or path.is_symlink()


class Reading:
    """A dataset's rows; made of ``files``, it has typed all of them into ``scratch``.

    Raises:
        UnreadableDatasetError: a file cannot be read, or none of its columns names a track.
    """

    def __init__(self, found: Files, scratch: Path) -> None:
        self.formats: set[str] = set()
        self.fields: dict[str, int] = {}
        self.rows_stored = self.rows_rejected = 0
        self._files = [self._typed(found, path, scratch / str(n)) for n, path in enumerate(found.paths)]
        self._is_kept = _kept(self._files)

    @property
    def rows_read(self) -> int:
        """Records found."""
        return len(self._is_kept)

    def batches(self, dataset_id: str) -> Iterator[Batch]:
        """All rows, in their order; ``fields``, ``rows_stored`` and ``rows_rejected`` count them."""
        begin = 0
        for file in self._files:
            self.fields |= dict.fromkeys((name for name in file.columns.names if name not in self.fields), 0)
            scan = pl.scan_parquet(file.rows, glob=False)
            for frame in scan.collect_batches(chunk_size=ROWS_A_BATCH, maintain_order=True):
                is_kept = self._is_kept[begin : begin + frame.height]
                begin += frame.height
                yield self._batch(frame, is_kept, file, dataset_id)

    def _typed(self, found: Files, path: Path, folder: Path) -> _Typed:
        folder.mkdir(parents=True)
        name = found.name(path)
        try:
            table = _opened(path, folder)
            known = columns(table.names, table.nested)
            _require_tracks(known)
            known, rows = _sink(table, known, folder)
        except UnreadableDatasetError as error:
            raise UnreadableDatasetError(f"{name} {error}") from error
        self.formats.add(table.format)
        return _Typed(name, known, rows)

    def _batch(self, frame: pl.DataFrame, is_kept: pl.Series, file: _Typed, dataset_id: str) -> Batch:
        named = frame.with_columns(dataset_id=pl.lit(dataset_id), file=pl.lit(file.name))
        kept, others = named.filter(is_kept), named.filter(~is_kept)
        says = kept.get_column(SAYS).struct.unnest()
        for number, name in enumerate(file.columns.names):
            self.fields[name] += int(says[column(number)].sum())
        self.rows_stored += kept.height
        self.rows_rejected += others.height
        rejected = others.with_columns(pl.col(REASON).fill_null(_REPEATS))
        tracks = DATASET_TRACKS.conform(kept.lazy()).collect()
        return Batch(tracks, REJECTED_DATASET_ROWS.conform(rejected.lazy()).collect())


def _opened(path: Path, folder: Path) -> RawTable:
    kind = _KINDS[path.suffix.lower()]
    if kind == "parquet":
        return parquet_files.opened(path)
    read: Callable[[Path, Path], RawTable] = csv_files.opened if kind == "csv" else json_files.opened
    return read(utf8(path, folder), folder)


def _require_tracks(known: Columns) -> None:
    if known.names and not known.names_tracks:
        shown = ", ".join(name[:40] for name in known.names[:8])
        raise UnreadableDatasetError(
            f"has no column that names a track: call one of them title, spotify_id or isrc (it has: {shown})"
        )


def _sink(table: RawTable, known: Columns, folder: Path) -> tuple[Columns, Path]:
    """Rows typed, in the units that all of them tell; returns how they were read, and where they are."""
    scan, rows = _typed_rows(table, known, folder)
    told = scaled(known, scan, pl.scan_parquet(rows, glob=False))
    if told == known:
        return known, rows
    rows.unlink()
    target = folder / "typed_scaled.parquet"
    typed(told, scan).sink_parquet(target, compression="lz4")
    return told, target


def _typed_rows(table: RawTable, known: Columns, folder: Path) -> tuple[pl.LazyFrame, Path]:
    """Rows typed, by the fast way, else by the one that takes broken records too; and what they are made of.

    Each way has a file of its own: what failed may still be writing a moment later.
    """
    target = folder / "typed.parquet"
    try:
        typed(known, table.scan).sink_parquet(target, compression="lz4")
    except pl.exceptions.PolarsError as error:
        if table.otherwise is None:
            raise UnreadableDatasetError("is damaged: write it again") from error
        target, scan = folder / "typed_otherwise.parquet", table.otherwise()
        typed(known, scan).sink_parquet(target, compression="lz4")
        return scan, target
    return table.scan, target


def _kept(found: list[_Typed]) -> pl.Series:
    """Of each row of all files whether it is a track, the first time it is said."""
    rows = pl.concat(
        pl.scan_parquet(file.rows, glob=False).select(pl.col(REASON).is_null().alias("is_track"), SAME)
        for file in found
    )
    first = pl.col("is_track") & pl.when("is_track").then(SAME).is_first_distinct()
    return rows.collect().select(first).to_series()
