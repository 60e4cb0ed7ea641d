"""Tables of plays as text: which file is one, and how its rows are read.

A table may begin with comments and titles, have its header on any of its first lines, or have none.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

import polars as pl

from assets.listening.readers import not_plays, table_columns
from assets.listening.readers.columns import Origin
from assets.listening.readers.limits import NoPlays, UnreadableExport
from assets.listening.readers.listens import Listen, listen_rows, listens_frame, milliseconds, number
from assets.listening.readers.moments import Order, fineness, is_numeric, moment, order_of
from assets.listening.readers.scrobblers import NO_PLAY
from assets.listening.readers.spotify import SpotifyFormat
from assets.listening.readers.spotify_account import ACCOUNT
from assets.listening.readers.spotify_extended import EXTENDED

_DELIMITERS = (",", ";", "\t", "|")
_HEADER_WITHIN = 30
_LOOKED_AT = 300
_NOTHING = frozenset(("", "nan", "none", "null", "<na>", "nat", "na", "n/a"))
"""What notebooks, R and SQL write for a value that is not there."""
_PLAYS = frozenset(("scrobble", "play_end", "play", "listen"))
_UNTAGGED = "<untagged>"
_TRACK_URI, _TRACK_NAMES = "spotify_track_uri", "master_metadata_"


class TableForm(Protocol):
    """What the reader asks of a table."""

    @property
    def name(self) -> str:
        """The ``source`` its rows get."""

    @property
    def delimiter(self) -> str:
        """Between cells."""

    @property
    def skipped(self) -> int:
        """Records that stand before the first row."""

    @property
    def is_quoted(self) -> bool:
        """Whether quotes hold a cell together."""

    def frame(self, records: Sequence[Sequence[str]]) -> pl.DataFrame:
        """One row a record."""

    def rows(self, frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
        """RAW_PLAYS columns but the row's identity, and ``reason``."""


@dataclass(frozen=True)
class Records:
    """Rows of one of Spotify's JSON forms, saved as a table."""

    form: SpotifyFormat
    names: Sequence[str]
    delimiter: str
    skipped: int
    is_quoted: bool = True

    @property
    def name(self) -> str:
        """As of the JSON."""
        return self.form.name

    def frame(self, records: Sequence[Sequence[str]]) -> pl.DataFrame:
        """The frame of the JSON's records."""
        return self.form.from_records([self._record(cells) for cells in records])

    def _record(self, cells: Sequence[str]) -> dict[str, str | None]:
        """A track that has an id may be called None; one without has no name."""
        record = dict(zip(self.names, cells, strict=False))
        is_named = _known(record.get(_TRACK_URI, "")) is not None
        return {
            name: cell if is_named and cell and name.startswith(_TRACK_NAMES) else _known(cell)
            for name, cell in record.items()
        }

    def rows(self, frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
        """As of the JSON."""
        return self.form.rows(frame, origin)


def _known(cell: str) -> str | None:
    return None if cell.strip().lower() in _NOTHING else cell


@dataclass(frozen=True)
class Scrobbles:
    """Rows of listens; ``roles`` says in which column each thing stands.

    Args:
        order: whether numeric dates begin with the day.
        is_numeric: there are such dates: the whole file tells their order.
        is_local: its epochs are of a clock that knows no zone and shows the listener's.
        scales: milliseconds that a number of ``played`` and of ``length`` means.
    """

    name: str
    delimiter: str
    skipped: int
    roles: Mapping[str, int]
    order: Order = Order.UNKNOWN
    scales: Mapping[str, int] = field(default_factory=dict)
    is_stop: bool = False
    is_numeric: bool = False
    is_quoted: bool = True
    is_local: bool = False

    def frame(self, records: Sequence[Sequence[str]]) -> pl.DataFrame:
        """One row a record."""
        return listens_frame([self._listen(cells) for cells in records])

    def rows(self, frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
        """RAW_PLAYS columns but the row's identity, and ``reason``."""
        return listen_rows(frame.with_columns(_from_local(origin.zone)) if self.is_local else frame, origin)

    def clocks(self, records: Iterable[Sequence[str]]) -> Iterator[str]:
        """The clock of each record, as text."""
        return (self._cell(cells, "clock") for cells in records)

    def _listen(self, cells: Sequence[str]) -> Listen:
        clock_s, problem = moment(self._cell(cells, "clock"), self.order)
        artist, track = (self._text(cells, role) for role in ("artist", "track"))
        if "artist" not in self.roles and track and " - " in track:
            artist, track = (part.strip() for part in track.split(" - ", 1))
        event, rating = (self._cell(cells, role).lower() for role in ("event", "rating"))
        return Listen(
            clock_s,
            problem if not event or event in _PLAYS else NO_PLAY,
            track,
            artist,
            self._text(cells, "album"),
            is_stop=self.is_stop,
            ms_played=self._ms(cells, "played"),
            duration_ms=self._ms(cells, "length") or None,
            isrc=self._text(cells, "isrc"),
            recording_mbid=self._text(cells, "mbid"),
            client=self._text(cells, "client"),
            is_skipped={"s": True, "l": False}.get(rating),
            reason_end=self._text(cells, "end"),
        )

    def _cell(self, cells: Sequence[str], role: str) -> str:
        at = self.roles.get(role, -1)
        return cells[at].strip() if 0 <= at < len(cells) else ""

    def _text(self, cells: Sequence[str], role: str) -> str | None:
        text = self._cell(cells, role)
        return None if not text or text.lower() == _UNTAGGED else text

    def _ms(self, cells: Sequence[str], role: str) -> int | None:
        text = self._cell(cells, role).replace(",", ".")
        if ":" in text:
            parts = [number(part) for part in text.split(":")]
            if None in parts:
                return None
            seconds = 0.0
            for part in parts:
                seconds = seconds * 60 + (part or 0)
            return round(seconds * 1_000)
        scale = self.scales.get(role, 1_000)
        return 0 if number(text) == 0 else milliseconds(text, scale)


def _from_local(zone: str) -> pl.Expr:
    """``clock_s`` of what a clock shows in a zone; in the hour that is skipped an hour later."""
    shown = pl.from_epoch((pl.col("clock_s") * 1_000_000).round().cast(pl.Int64), "us")
    there = [
        (shown + pl.duration(hours=hours)).dt.replace_time_zone(
            zone, ambiguous="earliest", non_existent="null"
        )
        for hours in (0, 1)
    ]
    return (pl.coalesce(there).dt.epoch("us") / 1_000_000).alias("clock_s")


def table_form(head: bytes) -> "Scrobbles | Records | None":
    """How a table that begins with ``head`` is read; None when it is no table of plays.

    Raises:
        UnreadableExport: it is one whose times cannot be read; the message shows one.
    """
    text = head.decode("utf-8", "ignore").lstrip("\ufeff")
    if text.startswith("#AUDIOSCROBBLER/"):
        return _audioscrobbler(text)
    delimiters: Sequence[str] = _DELIMITERS
    if text[:4].lower() == "sep=" and len(text) > 4:
        delimiters = (text[4],)
    lines = text.splitlines(keepends=True)
    for delimiter in delimiters:
        records = [cells for cells in _records(lines[:_LOOKED_AT], delimiter) if any(cells)]
        form = _with_header(records, delimiter) or _headerless(records, delimiter)
        if form is not None:
            return form
    return None


def with_order(form: Scrobbles, records: Iterable[Sequence[str]]) -> Scrobbles:
    """The form with the order of numeric dates that the whole file tells."""
    return replace(form, order=order_of(form.clocks(records)))


def _records(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    with suppress(csv.Error):
        yield from csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter)


def _audioscrobbler(text: str) -> Scrobbles:
    """Rockbox and others: lengths in seconds, L or S for listened and skipped, the device's own clock."""
    lines = [line for line in text.splitlines() if line.startswith("#")]
    named = next((line for line in lines if line.upper().startswith("#ARTIST\t")), None)
    names = [table_columns.column_name(cell) for cell in (named or _ROCKBOX).split("\t")]
    roles = table_columns.roles(names) | {"clock": names.index("timestamp")}
    return Scrobbles(
        "rockbox",
        "\t",
        len(lines),
        roles,
        scales={"length": 1_000},
        is_quoted=False,
        is_local=not any(line.strip().upper() == "#TZ/UTC" for line in lines),
    )


_ROCKBOX = "#ARTIST\t#ALBUM\t#TITLE\t#TRACKNUM\t#LENGTH\t#RATING\t#TIMESTAMP\t#MUSICBRAINZ_TRACKID"


def _with_header(records: Sequence[Sequence[str]], delimiter: str) -> Scrobbles | Records | None:
    for at, cells in enumerate(records[:_HEADER_WITHIN]):
        for form in (EXTENDED, ACCOUNT):
            stripped = [cell.strip() for cell in cells]
            if set(form.required) <= set(stripped):
                return Records(form, stripped, delimiter, at + 1)
        names = [table_columns.column_name(cell) for cell in cells]
        if (found := _scrobbles(names, records[at + 1 :], delimiter, at + 1)) is not None:
            return found
    return None


def _scrobbles(
    names: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str, skipped: int
) -> Scrobbles | None:
    roles = table_columns.roles(names)
    source = table_columns.source(names)
    candidates, stops = table_columns.clocks(names), table_columns.stops(names)
    if (what := not_plays.table_list(list(names))) is not None:
        raise NoPlays(not_plays.advice(what))
    is_named = "track" in roles and ("artist" in roles or source in ("soundcloud", "apple_music"))
    if not is_named or not (candidates or stops):
        return None
    clock = _clock(candidates, rows)
    is_stop = clock is None and (clock := _clock(stops, rows)) is not None
    if clock is None:
        shown = [row[at] for row in rows[:1] for at in (*candidates, *stops) if at < len(row)]
        if any(shown):
            raise UnreadableExport(_no_clock(shown))
        clock = (*candidates, *stops)[0]
    scales = {role: table_columns.scale(names[roles[role]]) for role in ("played", "length") if role in roles}
    return Scrobbles(
        source,
        delimiter,
        skipped,
        roles | {"clock": clock},
        scales=scales,
        is_stop=is_stop,
        is_numeric=any(is_numeric(row[clock].strip()) for row in rows if clock < len(row)),
    )


def _no_clock(shown: Sequence[str]) -> str:
    return (
        f"tells its times as {', '.join(map(repr, shown[:3]))}, which are no moments (a day is no time): "
        "export it with dates and times, best as epochs or as 2024-05-31 12:00:00"
    )


def _clock(columns: Sequence[int], rows: Sequence[Sequence[str]]) -> int | None:
    """The column that tells times the most finely; of equals the first."""
    told = {at: fineness([row[at].strip() for row in rows if at < len(row)]) for at in columns}
    good = [at for at in columns if told[at] is not None]
    return max(good, key=lambda at: told[at] or 0, default=None)


_BARE: tuple[tuple[int, Mapping[str, int]], ...] = (
    (4, {"artist": 0, "album": 1, "track": 2, "clock": 3}),
    (5, {"artist": 1, "album": 2, "track": 3, "clock": 4}),
    (6, {"artist": 0, "album": 1, "track": 2, "clock": 3, "length": 5}),
    (7, {"clock": 0, "track": 1, "artist": 2, "album": 3, "mbid": 4}),
)
"""Tables without a header: Last.fm's (with an index in front too), Last.fm Scrubbler's, lastexport's."""


def _headerless(records: Sequence[Sequence[str]], delimiter: str) -> Scrobbles | None:
    """By the first rows with a date: what plays now stands before them, with none."""
    for width, roles in _BARE:
        rows = [cells for cells in records if len(cells) == width]
        if len(rows) < max(1, len(records) // 2) or (width == 5 and not rows[0][0].isdigit()):
            continue
        told = fineness([cells[roles["clock"]].strip() for cells in rows])
        if told is not None and len(records[0]) == width:
            dated = any(is_numeric(cells[roles["clock"]].strip()) for cells in rows)
            is_quoted = roles["clock"] != 0
            form = Scrobbles("lastfm", delimiter, 0, roles, is_numeric=dated, is_quoted=is_quoted)
            return replace(form, scales={"length": 1_000})
    return None
