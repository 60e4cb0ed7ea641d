"""Datasets added to the lake and taken out again."""

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from assets.datasets import ledger, manifest
from assets.datasets import licence as licences
from assets.datasets.ledger import ACCEPTED, REJECTED, Row
from assets.datasets.raw import UnreadableDatasetError
from assets.datasets.reading import Files, Reading, files
from assets.tables import DATASET_TRACKS, DATASETS, REJECTED_DATASET_ROWS
from resources.staged import Staged
from resources.world import World

_UNREAD: Final = {"rows_read": 0, "rows_stored": 0, "rows_rejected": 0, "fields": [], "fields_present": []}
_SHOWN_CHARACTERS: Final = 200


class UnknownDatasetError(LookupError):
    """There is no such dataset, or several; the message says which there are."""


@dataclass(frozen=True)
class Request:
    """A dataset somebody gives; what is named here goes before what its ``dataset.yaml`` says."""

    path: Path
    licence: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Added:
    """A dataset's row in ``datasets``; whether anything changed; files that are no part of it."""

    row: Row
    is_new: bool
    passed_over: tuple[str, ...] = ()


def add(world: World, request: Request) -> Added:
    """Validates a dataset's licence, then reads it; the same content given again is read once.

    Whatever is wrong with it is told by the row that ``datasets`` keeps of it.

    Raises:
        UnreadableDatasetError: there is no file that could be a dataset.
    """
    found = files(request.path)
    with ledger.alone(world):
        row = _described(world, found, request)
        before = ledger.row_of(world, row["dataset_id"])
        is_stored = before is not None and before["status"] == ACCEPTED
        if row["status"] == ACCEPTED and not is_stored:
            return Added(_read(world, found, row), True, found.passed_over)
        now = row if before is None or row["status"] == REJECTED else before | _said(row)
        is_new = before is None or _said(now) != _said(before)
        if is_new:
            ledger.put(world, now)
        if now["status"] == REJECTED:
            ledger.take_out(world, now["dataset_id"])
        return Added(now if is_new or before is None else before, is_new, found.passed_over)


def remove(world: World, name: str) -> Row:
    """Takes a dataset and its rows out, by its id or its name; returns what its row was.

    Raises:
        UnknownDatasetError: there is none, or several are called so.
    """
    with ledger.alone(world):
        rows = world.lake.scan(DATASETS).sort("dataset_id").collect()
        found = rows.filter((pl.col("dataset_id") == name) | (pl.col("name") == name))
        if found.height != 1:
            what = "Several datasets are" if found.height else "There is no dataset"
            idents = ", ".join((found if found.height else rows)["dataset_id"]) or "none"
            raise UnknownDatasetError(f"{what} called {name}; ids: {idents}.")
        ledger.forget(world, found["dataset_id"].item())
        return found.row(0, named=True)


def _said(row: Row) -> Row:
    """What people said of a dataset and what came of it, the content aside."""
    return {name: row[name] for name in ("name", "licence_given", "licence", "status", "reason")}


def _described(world: World, found: Files, request: Request) -> Row:
    """A dataset's row before it is read: accepted, as far as its licence goes."""
    said, trouble = manifest.Manifest(), None
    try:
        said = manifest.beside(found.root)
    except manifest.ManifestError as error:
        trouble = str(error)
    given = request.licence if request.licence is not None else said.licence
    row = {
        "dataset_id": found.dataset_id(),
        "name": manifest.plain(request.name) or said.name or manifest.plain(found.root.stem) or "dataset",
        "licence_given": given[:_SHOWN_CHARACTERS] if given else None,
        "licence": None,
        "format": None,
        "bytes": found.size_bytes,
        **_UNREAD,
        "status": ACCEPTED,
        "reason": None,
        "added_at": world.clock(),
    }
    if given is None and trouble:
        return row | {"status": REJECTED, "reason": trouble}
    try:
        return row | {"licence": licences.parsed(given).expression}
    except licences.LicenceError as error:
        return row | {"status": REJECTED, "reason": str(error)}


def _read(world: World, found: Files, row: Row) -> Row:
    """Writes all rows, and what came of the dataset; one that holds no track is rejected."""
    ledger.take_out(world, row["dataset_id"])
    label = f"dataset-{row['dataset_id']}"
    scratch = world.settings.home / "scratch" / label
    shutil.rmtree(scratch, ignore_errors=True)  # of a process that was killed
    staged = _Stage(*(world.lake.stage(table, label) for table in (DATASET_TRACKS, REJECTED_DATASET_ROWS)))
    staged.discard()
    try:
        counted = row | staged.filled(Reading(found, scratch), row["dataset_id"])
        ledger.put(world, counted, [staged.rejected, staged.tracks])
    except UnreadableDatasetError as error:
        counted = row | {"status": REJECTED, "reason": f"{error}."}
        ledger.put(world, counted)
    except BaseException:
        if not any(world.lake.has_files(table, label) for table in (DATASET_TRACKS, REJECTED_DATASET_ROWS)):
            staged.discard()
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return counted


@dataclass(frozen=True)
class _Stage:
    """Rows on their way into the lake."""

    tracks: Staged
    rejected: Staged

    def filled(self, reading: Reading, dataset_id: str) -> Row:
        """Writes all rows beside their tables; returns what the dataset's row says of them."""
        reasons: Counter[str] = Counter()
        for batch in reading.batches(dataset_id):
            for staged, frame in ((self.tracks, batch.tracks), (self.rejected, batch.rejected)):
                if frame.height:
                    staged.add(frame)
            reasons.update(dict(batch.rejected["reason"].value_counts().iter_rows()))
        is_empty = not reading.rows_stored
        return {
            "format": "+".join(sorted(reading.formats)),
            "rows_read": reading.rows_read,
            "rows_stored": reading.rows_stored,
            "rows_rejected": reading.rows_rejected,
            "fields": list(reading.fields),
            "fields_present": list(reading.fields.values()),
            **({"status": REJECTED, "reason": _without_tracks(reasons)} if is_empty else {}),
        }

    def discard(self) -> None:
        """Deletes what was written."""
        self.tracks.discard()
        self.rejected.discard()


def _without_tracks(reasons: Counter[str]) -> str:
    """Why nothing of a dataset is a track: what is the matter with most of its rows."""
    if not reasons:
        return "It is empty: it has no rows. Add some, and give it again."
    most = min(reasons, key=lambda reason: (-reasons[reason], reason))
    return f"None of its {reasons.total():,} rows is a track; most often: {most}."
