"""One export read into the lake: every row counted, visible in one commit, safe to run again."""

import hashlib
import shutil
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from assets import store
from assets.listening import months as calendar
from assets.listening import readers
from assets.listening.readers.ahead import one_ahead
from assets.listening.stranger import Habits
from assets.tables import PLAYS, RAW_PLAYS, REJECTED_ROWS
from resources import row_filter
from resources.lake import Lake, Staged
from resources.operational import Operational

Clock = Callable[[], datetime]
Progress = Callable[[int, int, int], None]
"""Called with rows read, bytes read and bytes there are."""

ROWS_A_FILE = 50_000
_SETTLED = ("completed",)
UNREAD: dict[str, Any] = {"rows_read": None, "rows_stored": 0, "rows_duplicate": 0, "rows_rejected": 0}
"""What the ledger says of an import none of whose rows is in the lake."""
_HELD = (
    "this looks like another person's history: hardly a track and hardly a country in common; "
    "import it again with --yes if it is yours, or with --user for whose it is"
)


@dataclass(frozen=True)
class Request:
    """An export somebody wants imported; ``is_confirmed`` says that it is theirs, whatever it looks like."""

    path: Path
    user_id: str
    is_confirmed: bool = False


@dataclass(frozen=True)
class Ingested:
    """What became of a request: the ledger row, and the files that were passed over or broken."""

    row: dict[str, Any]
    is_new: bool
    skipped: list[tuple[str, str]] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def months(self) -> list[str]:
        """The months whose plays must be resolved again."""
        return list(self.row["months"]) if self.row["status"] == "running" else []


def import_id(user_id: str, sha256: str) -> str:
    """The id of an import: 16 hex digits of a hash of the user and the content."""
    return hashlib.blake2b(f"{user_id}\x1f{sha256}".encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Ingest:
    """Reads exports into ``raw_plays`` and ``rejected_rows``."""

    lake: Lake
    operational: Operational
    clock: Clock

    def __call__(self, request: Request, on_progress: Progress = lambda *_: None) -> Ingested:
        """Reads one export; a second call with the same content finds it done.

        Raises:
            UnreadableExport: nothing in it is a listening history; the message says what to do.
            ImportBusyError: another process is at it.
        """
        sha256 = readers.fingerprint(request.path).sha256
        ident = import_id(request.user_id, sha256)
        row = self.operational.start_import(
            import_id=ident,
            user_id=request.user_id,
            file_name=readers.masked_name(request.path),
            sha256=sha256,
            created_at=self.clock(),
        )
        if row["status"] in _SETTLED:
            return Ingested(row, is_new=False)
        with self.operational.lock_import(ident):
            return self._locked(ident, request, on_progress)

    def _locked(self, ident: str, request: Request, on_progress: Progress) -> Ingested:
        row = self.operational.get_import(ident)
        if row["status"] in _SETTLED:
            return Ingested(row, is_new=False)
        if row["rows_read"] is not None and self.lake.has_files(RAW_PLAYS, ident):  # cut off after its commit
            self.operational.update_import(ident, status="running", error=None)
            return Ingested(self.operational.get_import(ident), is_new=False)
        self.operational.update_import(ident, status="running", error=None, months=[], **UNREAD)
        try:
            return self._read(ident, request, on_progress)
        except Exception as error:
            self.operational.update_import(ident, status="failed", error=_advice(error))
            is_stored = self.lake.has_files(RAW_PLAYS, ident)  # all that is left is to make its months
            self.operational.update_import(
                ident, **({"status": "running", "error": None} if is_stored else UNREAD)
            )
            raise

    def _read(self, ident: str, request: Request, on_progress: Progress) -> Ingested:
        staged = self.lake.stage(RAW_PLAYS, ident)
        try:
            reading = readers.open_export(
                request.path,
                import_id=ident,
                user_id=request.user_id,
                now=self.clock(),
                zone=self.operational.time_zone(request.user_id) or "UTC",
            )
            tally = _Tally(Habits.of(self.lake.scan(PLAYS), request.user_id))
            for frame in one_ahead(_files(reading, tally, self._told(ident, on_progress))):
                staged.add(frame)
        except BaseException:
            staged.discard()
            raise
        facts = tally.facts(reading)
        if not request.is_confirmed and tally.habits.is_stranger(tally.seen):
            staged.discard()
            facts |= {"status": "held", "error": _HELD, "months": []}
            self.operational.update_import(ident, **facts)
        else:
            self._commit(ident, tally.rejected, facts, staged)
        return Ingested(self.operational.get_import(ident), True, reading.skipped, reading.problems)

    def _told(self, ident: str, on_progress: Progress) -> Progress:
        """Tells the ledger too, for whoever looks from another terminal."""

        def told(rows: int, done: int, total: int) -> None:
            self.operational.update_import(ident, rows_done=rows, bytes_done=done, bytes=total)
            on_progress(rows, done, total)

        return told

    def _commit(self, ident: str, rejected: pl.DataFrame, facts: dict[str, Any], staged: Staged) -> None:
        """Rejected rows, the ledger's facts, then the rows: whatever is cut off, a rerun doubles nothing.

        The facts are last but one because an import of nothing but rejected rows is complete with them.
        """
        try:
            with self.operational.writing():
                store.until_first(lambda: self._reject(ident, rejected))
                self.operational.update_import(ident, **facts)
                staged.commit()
        except BaseException:
            if not self.lake.has_files(RAW_PLAYS, ident):
                staged.discard()
            raise

    def _reject(self, ident: str, rejected: pl.DataFrame) -> None:
        opened = self.lake.open(REJECTED_ROWS)
        mine = pl.col("import_id") == ident
        stored = self.lake.scan_opened(REJECTED_ROWS, opened).filter(mine).collect()
        if stored.is_empty() and rejected.height:
            self.lake.append(REJECTED_ROWS, rejected)  # without a predicate, which takes memory to plan
        elif not stored.equals(rejected):
            self.lake.overwrite(REJECTED_ROWS, opened, rejected, rows=row_filter.equal("import_id", ident))


@dataclass
class _Tally:
    """What is counted while an export streams by."""

    habits: Habits
    seen: Habits = field(default_factory=Habits)
    rejected: pl.DataFrame = field(default_factory=REJECTED_ROWS.empty)
    months: set[str] = field(default_factory=set)
    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, batch: readers.Batch) -> None:
        self.rows += batch.plays.height + batch.rejected.height
        clock = pl.coalesce("ended_at", "started_at")
        first, last = batch.plays.select(clock.min().alias("first"), clock.max().alias("last")).row(0)
        self.first = min(filter(None, (self.first, first)), default=None)
        self.last = max(filter(None, (self.last, last)), default=None)
        self.months |= calendar.resolved_with(batch.plays.select(clock).to_series())
        self.rejected = self.rejected.vstack(batch.rejected)
        if self.habits.tracks:
            self.seen |= Habits.of_raw(batch.plays)

    def facts(self, reading: readers.Reading) -> dict[str, Any]:
        """The ledger's columns."""
        return {
            "format": "+".join(sorted(reading.formats)),
            "bytes": reading.bytes_read,
            "rows_read": reading.rows_read,
            "rows_rejected": self.rejected.height,
            "first_played_at": self.first,
            "last_played_at": self.last,
            "months": sorted(self.months),
            "error": _miscounted(reading, self.rejected.height),
            "notes": "; ".join(f"{file} {done}" for file, done in reading.problems) or None,
        }


def _files(reading: readers.Reading, tally: _Tally, on_progress: Progress) -> Generator[pl.DataFrame]:
    """Frames of about ``ROWS_A_FILE`` rows, so that a month gets few files and memory stays bounded."""
    held: list[pl.DataFrame] = []
    for batch in reading:
        tally.add(batch)
        on_progress(tally.rows, batch.bytes_read, reading.total_bytes)
        held.append(batch.plays)
        if sum(frame.height for frame in held) >= ROWS_A_FILE:
            yield pl.concat(held)
            held = []
    if held:
        yield pl.concat(held)


def _miscounted(reading: readers.Reading, rejected: int) -> str | None:
    """What to say when the independent count contradicts the rows read; broken spans may hide records."""
    counted, read = reading.independent_count, reading.rows_read
    if read - rejected <= counted and (rejected or counted == read):
        return None
    return f"{read} rows were read where {counted} were counted: please report this file's shape"


def _advice(error: Exception) -> str:
    if isinstance(error, readers.UnreadableExport):
        return str(error)
    if is_disk_trouble(error):
        return (
            "the disk is full or not writable: make room or repair the folder, "
            "then import again; nothing was stored"
        )
    return f"{type(error).__name__}: import again; nothing was stored"


def is_disk_trouble(error: BaseException) -> bool:
    """Whether a disk said no; delta-rs, Polars and DuckDB wrap what it said in errors of their own."""
    text = str(error).lower()
    return isinstance(error, OSError) or any(said in text for said in _DISK_SAYS)


_DISK_SAYS = (
    "os error 28",  # no space left on device
    "os error 27",  # file too large
    "os error 122",  # disk quota exceeded
    "os error 13",  # permission denied
    "os error 30",  # read-only file system
    "no space left",
    "thrift: transport error",  # Polars, of a file it could not finish
)


def keep_original(path: Path, folder: Path, ident: str) -> None:
    """Copies what was imported to ``originals/<import_id>/``; it holds personal fields."""
    target = folder / ident / path.name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.is_dir():
        shutil.copytree(path, target, dirs_exist_ok=True)
    else:
        shutil.copy2(path, target)
