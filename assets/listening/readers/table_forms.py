"""How the rows of a table of plays are read: as records of Spotify's forms, or as listens by columns."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

import polars as pl

from assets.listening.readers.columns import Origin
from assets.listening.readers.lengths import length_ms
from assets.listening.readers.listens import Listen, listen_rows, listens_frame
from assets.listening.readers.moments import Order, moment, order_of
from assets.listening.readers.scrobblers import NO_PLAY
from assets.listening.readers.spotify import SpotifyFormat

_NOTHING = frozenset(("", "nan", "none", "null", "<na>", "nat", "na", "n/a"))
"""What notebooks, R and SQL write for a value that is not there."""
_PLAYS = frozenset(("scrobble", "play_end", "play", "listen"))
_UNTAGGED = "<untagged>"
_TRACK_URI, _TRACK_NAMES = "spotify_track_uri", "master_metadata_"
_TRACK_ID = re.compile(r"(?:https?://open\.spotify\.com/(?:intl-\w+/)?track/)?([0-9A-Za-z]{22})(?:\?.*)?")


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
    """Rows of one of Spotify's JSON forms, saved as a table; ``names`` are those of the JSON."""

    form: SpotifyFormat
    names: Sequence[str]
    delimiter: str
    skipped: int
    is_quoted: bool = True
    order: Order = Order.UNKNOWN
    is_numeric: bool = False

    @property
    def name(self) -> str:
        """As of the JSON."""
        return self.form.name

    def frame(self, records: Sequence[Sequence[str]]) -> pl.DataFrame:
        """The frame of the JSON's records."""
        return self.form.from_records([self._record(cells) for cells in records])

    def clocks(self, records: Iterable[Sequence[str]]) -> Iterator[str]:
        """The clock of each record, as text."""
        at = self.names.index(self.form.required[0])
        return (cells[at].strip() for cells in records if at < len(cells))

    def _record(self, cells: Sequence[str]) -> dict[str, str | None]:
        """A track that has an id may be called None; one without has no name."""
        record = dict(zip(self.names, cells, strict=False))
        is_named = _known(record.get(_TRACK_URI, "")) is not None
        found = {
            name: cell if is_named and cell and name.startswith(_TRACK_NAMES) else _known(cell)
            for name, cell in record.items()
        }
        clock, uri = self.form.required[0], found.get(_TRACK_URI)
        found[clock] = _iso(found.get(clock), self.order)
        if uri and (track := _TRACK_ID.fullmatch(uri)):
            found[_TRACK_URI] = f"spotify:track:{track[1]}"
        return found

    def rows(self, frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
        """As of the JSON."""
        return self.form.rows(frame, origin)


def _known(cell: str) -> str | None:
    return None if cell.strip().lower() in _NOTHING else cell


def _iso(text: str | None, order: Order) -> str | None:
    """A time that a spreadsheet wrote anew, as the JSON has it."""
    if text is None or text[4:5] == "-":
        return text
    seconds, _ = moment(text.strip(), order)
    return text if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True)
class Scrobbles:
    """Rows of listens; ``roles`` says in which column each thing stands.

    Args:
        roles: ``clock`` may be a time of the ``day`` beside it; ``stop`` tells it where ``clock`` is empty.
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
        return (self._clock(cells) for cells in records)

    def _clock(self, cells: Sequence[str]) -> str:
        clock = self._cell(cells, "clock")
        return f"{self._cell(cells, 'day')} {clock}".strip() if clock and "day" in self.roles else clock

    def _listen(self, cells: Sequence[str]) -> Listen:
        clock = self._clock(cells)
        is_stop = not clock and "stop" in self.roles
        clock_s, problem = moment(self._cell(cells, "stop") if is_stop else clock, self.order)
        if problem == "now_playing" and (self.name != "lastfm" or len(cells) <= self.roles["clock"]):
            problem = "no_time"
        artist, track = (self._text(cells, role) for role in ("artist", "track"))
        if "artist" not in self.roles and track and " - " in track:
            artist, track = (part.strip() for part in track.split(" - ", 1))
        event, rating = (self._cell(cells, role).lower() for role in ("event", "rating"))
        is_comment = not self.is_quoted and cells[0].startswith("#") and len(cells) < len(self.roles)
        return Listen(
            clock_s,
            NO_PLAY if is_comment or (event and event not in _PLAYS) else problem,
            track,
            artist,
            self._text(cells, "album") if artist or track else None,
            is_stop=self.is_stop or is_stop,
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
        text, scale = self._cell(cells, role), self.scales.get(role, 1_000)
        return length_ms(text, scale) if text else None


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


def with_order(form: Records | Scrobbles, records: Iterable[Sequence[str]]) -> Records | Scrobbles:
    """The form with the order of numeric dates that the whole file tells."""
    return replace(form, order=order_of(form.clocks(records)))
