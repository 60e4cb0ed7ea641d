"""One export, read: opened, looked through for listening history, and iterated over in batches."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from assets.listening.readers.ahead import one_ahead, one_started_ahead
from assets.listening.readers.blocks import Blocks
from assets.listening.readers.columns import Origin
from assets.listening.readers.fingerprints import masked_name
from assets.listening.readers.limits import Limits, UnreadableExport
from assets.listening.readers.members import CUT, NO_HISTORY, Member, Members, Note
from assets.listening.readers.pieces import Piece
from assets.listening.readers.shapes import Shape
from assets.listening.readers.source import Source
from assets.tables import RAW_PLAYS, REJECTED_ROWS

_PLAYED = [name for name in RAW_PLAYS.schema if name not in {"import_id", "file", "row", "user_id", "source"}]


@dataclass
class Batch:
    """Some rows of an export.

    Args:
        plays: RAW_PLAYS.
        rejected: REJECTED_ROWS.
        rows_read: rows in both.
        bytes_read: uncompressed bytes read since the export was opened.
    """

    plays: pl.DataFrame
    rejected: pl.DataFrame
    rows_read: int
    bytes_read: int


@dataclass
class Reading:
    """An opened export: iterate once over its batches, then ask what was found.

    Args:
        formats: the formats found in it.
        rows_read: records read so far; each is in a batch's plays or rejected.
        independent_count: key tokens (JSON) or csv rows found so far, whatever the splitter saw. In
            undamaged files it equals ``rows_read``; in any, it is at least the number of plays, and it
            differs from ``rows_read`` by broken spans (one row, none or several keys), by records that
            lack the key (rejected for it) and by records that hold it twice.
        skipped: (name, why) of files that are no listening history.
        problems: (name, what is wrong and what to do).
        total_bytes: uncompressed size of the listening files, for progress (a gzip: its packed size).
    """

    total_bytes: int
    formats: set[str]
    skipped: list[Note]
    problems: list[Note]
    rows_read: int = 0
    independent_count: int = 0
    bytes_read: int = 0
    _import_id: str = field(default="", repr=False)
    _user_id: str = field(default="", repr=False)
    _now: datetime | None = field(default=None, repr=False)
    _zone: str = field(default="UTC", repr=False)
    _limits: Limits = field(default_factory=Limits, repr=False)
    _members: Members | None = field(default=None, repr=False)

    def __iter__(self) -> Iterator[Batch]:
        assert self._members is not None
        try:
            yield from self._batches()
        finally:
            self._members.close()

    def _batches(self) -> Generator[Batch]:
        plays: list[pl.DataFrame] = []
        rejected: list[pl.DataFrame] = []
        rows = 0
        for played, refused in self._tables():
            plays.append(played)
            rejected.append(refused)
            rows += played.height + refused.height
            if rows >= self._limits.batch_rows:
                yield self._batch(plays, rejected, rows)
                plays, rejected, rows = [], [], 0
        if rows:
            yield self._batch(plays, rejected, rows)

    def _batch(self, plays: list[pl.DataFrame], rejected: list[pl.DataFrame], rows: int) -> Batch:
        self.rows_read += rows
        return Batch(pl.concat(plays), pl.concat(rejected), rows, self.bytes_read)

    def _tables(self) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        for pieces, member, bytes_read in one_ahead(self._pieces()):
            self.bytes_read = bytes_read
            yield _tables(pieces, member.shape, self._origin(member))

    def _pieces(self) -> Generator[tuple[list[Piece], Member, int]]:
        """The pieces of every member, some at a time, with the bytes that had been read by then."""
        before = 0
        for source in one_started_ahead(self._sources()):
            for pieces in _grouped(source.pieces(self._limits), self._limits.batch_rows):
                broken = sum(len(piece.broken) for piece in pieces)
                source.rows += broken + sum(piece.frame.height for piece in pieces)
                source.broken += broken
                yield pieces, source.member, before + source.blocks.bytes_read
            before += source.blocks.bytes_read
            self._note_damage(source.member, source.blocks)
            self.independent_count += source.count(self._limits)

    def _sources(self) -> Iterator[Source]:
        assert self._members is not None
        return (Source(member, self._limits) for member in self._members.members)

    def _origin(self, member: Member) -> Origin:
        assert self._now is not None
        is_video = "video" in member.name.rpartition("/")[2].lower()
        return Origin(self._import_id, self._user_id, member.name, is_video, self._now, self._zone)

    def _note_damage(self, member: Member, blocks: Blocks) -> None:
        if blocks.is_damaged:
            self.problems.append((member.name, CUT))
        elif blocks.is_too_big:
            self.problems.append((member.name, "unpacks to far more than it should: read up to there only"))


def open_export(  # noqa: PLR0913 - all by name
    path: Path,
    *,
    import_id: str,
    user_id: str,
    now: datetime,
    zone: str = "UTC",
    is_loved_wanted: bool = False,
    limits: Limits | None = None,
) -> Reading:
    """Looks through a file, folder or zip for listening history.

    Args:
        now: rows more than a day later than this are rejected.
        is_loved_wanted: read lists of loved tracks, which are refused otherwise, and nothing else.
        zone: the listener's, an IANA name, for clocks of devices that know none.

    Raises:
        UnreadableExport: nothing in it is listening history that can be read.
    """
    limits = limits or Limits()
    members = Members(limits, is_loved_wanted)
    try:
        _collect(path, members)
    except BaseException:
        members.close()
        raise
    return Reading(
        sum(member.size_bytes for member in members.members),
        {member.shape.name for member in members.members},
        members.skipped,
        members.problems,
        _import_id=import_id,
        _user_id=user_id,
        _now=now,
        _zone=zone,
        _limits=limits,
        _members=members,
    )


def _collect(path: Path, members: Members) -> None:
    members.collect(path)
    if not members.members:
        raise UnreadableExport(_why_nothing(path, members))


def _why_nothing(path: Path, members: Members) -> str:
    name = masked_name(path)
    if told := [note for note in (*members.problems, *members.skipped) if note[1] != NO_HISTORY]:
        found = "; ".join(problem if file == name else f"{file} {problem}" for file, problem in told[:3])
        return f"{name}: {found}"
    return (
        f"{name}: there is no listening history in it. Give the export as it was downloaded: "
        "Spotify's extended history or account data, Last.fm, ListenBrainz, or another that the README lists."
    )


def _grouped(pieces: Iterator[Piece], rows: int) -> Iterator[list[Piece]]:
    """Consecutive pieces of about ``rows`` rows: a few long steps take less time than many short ones."""
    group: list[Piece] = []
    for piece in pieces:
        group.append(piece)
        if sum(each.frame.height for each in group) >= rows:
            yield group
            group = []
    if group:
        yield group


def _tables(pieces: list[Piece], shape: Shape, origin: Origin) -> tuple[pl.DataFrame, pl.DataFrame]:
    frame = pl.concat([piece.frame for piece in pieces])
    ordinals = pl.concat(pl.Series(piece.rows, dtype=pl.Int64) for piece in pieces)
    rows = shape.rows(frame, origin).with_columns(row=ordinals)
    refused = rows.filter(pl.col("reason").is_not_null())
    plays = rows.filter(pl.col("reason").is_null()) if refused.height else rows
    identity = {"import_id": origin.import_id, "file": origin.file, "user_id": origin.user_id}
    constants = {name: pl.lit(value, pl.String) for name, value in identity.items()}
    typed = plays.select(pl.col(name).cast(RAW_PLAYS.schema[name]) for name in ["row", *_PLAYED])
    stored = typed.with_columns(source=pl.lit(shape.name), **constants).select(RAW_PLAYS.schema.names())
    return stored, _rejected(pieces, refused).with_columns(**constants).select(REJECTED_ROWS.schema.names())


def _rejected(pieces: list[Piece], refused: pl.DataFrame) -> pl.DataFrame:
    reasons = dict(refused.select("row", "reason").iter_rows())
    found = [(row, "not_readable", *span) for piece in pieces for row, span in piece.broken]
    for piece in pieces if reasons else ():
        found += [
            (row, reasons[row], *piece.span(place)) for place, row in enumerate(piece.rows) if row in reasons
        ]
    schema = {name: REJECTED_ROWS.schema[name] for name in ("row", "reason", "byte_start", "byte_end")}
    return pl.DataFrame(sorted(found), schema=schema, orient="row")
