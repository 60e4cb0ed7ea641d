"""How the rows of a table of plays are read: as records of Spotify's forms, or as listens by columns."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

import polars as pl

from assets.listening.readers.clock_columns import moments, order_of, zone_told
from assets.listening.readers.columns import Origin
from assets.listening.readers.lengths import length_ms
from assets.listening.readers.listens import LISTEN_COLUMNS, NO_PLAY, listen_rows
from assets.listening.readers.moments import FIRST_DAY, Order, moment
from assets.listening.readers.pieces import RowFormat
from assets.listening.readers.spotify import SpotifyFormat

_NOTHING = frozenset(("", "nan", "none", "null", "<na>", "nat", "na", "n/a"))
"""What notebooks, R and SQL write for a value that is not there."""
_PLAYS = frozenset(("scrobble", "play_end", "play", "listen"))
_LIKES = frozenset(("song", "like", "liked", "love", "loved", "favorite", "favourite"))
_UNTAGGED = "<untagged>"
_TRACK_URI, _TRACK_NAMES = "spotify_track_uri", "master_metadata_"
_PLAYED = frozenset(("ms_played", "msPlayed"))
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_ISO_DAY = r"^\d{4}-\d\d-\d\d$"
_MIDNIGHT = r"[ T]0?0:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?$"
"""What spreadsheets put behind a day that has its time beside it."""
_TRACK_ID = re.compile(r"(?:https?://open\.spotify\.com/(?:intl-\w+/)?track/)?([0-9A-Za-z]{22})(?:\?.*)?")


class TableForm(RowFormat, Protocol):
    """What the reader asks of a table."""

    @property
    def delimiter(self) -> str:
        """Between cells."""

    @property
    def skipped(self) -> int:
        """Records that stand before the first row."""

    @property
    def is_quoted(self) -> bool:
        """Whether quotes hold a cell together."""

    @property
    def is_spaced(self) -> bool:
        """Whether blanks may stand before such quotes."""

    def frame(self, records: Sequence[Sequence[str]], *, is_first: bool) -> pl.DataFrame:
        """One row a record; where these are the first, the first may be what plays now."""


@dataclass(frozen=True)
class Records:
    """Rows of one of Spotify's JSON forms, saved as a table; ``names`` are those of the JSON."""

    form: SpotifyFormat
    names: Sequence[str]
    delimiter: str
    skipped: int
    is_quoted: bool = True
    is_spaced: bool = False
    order: Order = Order.UNKNOWN
    is_numeric: bool = False

    @property
    def name(self) -> str:
        """As of the JSON."""
        return self.form.name

    def frame(self, records: Sequence[Sequence[str]], *, is_first: bool) -> pl.DataFrame:  # noqa: ARG002
        """The frame of the JSON's records."""
        return self.form.from_records([self._record(cells) for cells in records])

    def clocks(self, records: Iterable[Sequence[str]]) -> Iterator[str]:
        """The clock of each record, as text."""
        at = self.names.index(self.form.required[0])
        return (cells[at].strip() for cells in records if at < len(cells))

    def _record(self, cells: Sequence[str]) -> dict[str, str | None]:
        """A track that has an id may be called None; one without has no name."""
        record = dict(zip(self.names, cells, strict=False))
        if any(map(str.strip, cells[len(self.names) :])):  # a name holds what stands between cells
            return {self.form.required[0]: None, self.form.required[1]: "other columns"}
        names = {cell.strip().lower() for name, cell in record.items() if name.startswith(_TRACK_NAMES)}
        is_nothing = len(names) == 1 and names <= _NOTHING  # of three that are all NA none is a name
        is_named = _known(record.get(_TRACK_URI, "")) is not None and not is_nothing
        found = {
            name: cell if is_named and cell and name.startswith(_TRACK_NAMES) else _known(cell)
            for name, cell in record.items()
        }
        found |= {name: _ms(found[name], self.delimiter) for name in _PLAYED & found.keys()}
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


def _ms(text: str | None, delimiter: str) -> str | None:
    """Milliseconds that a spreadsheet wrote anew: ``1,80E+05``, ``180,000``; between semicolons ``180.000``.

    Where semicolons stand between cells, commas are in numbers, and points between thousands.
    """
    is_plain = text is None or _PLAIN.fullmatch(text.strip())
    if is_plain and not (delimiter == ";" and text and _THOUSANDS.fullmatch(text.strip())):
        return text
    found = length_ms(text, 1)
    return text if found is None else str(found)


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
        roles: ``clock`` may be a time of the ``day`` and ``zone`` beside it; ``stop`` stands for it if empty.
        order: whether numeric dates begin with the day.
        is_numeric: there are such dates: the whole file tells their order.
        is_local: its epochs are of a clock that knows no zone and shows the listener's.
        zone: the header says that its clock shows this one's.
        told_zone: the header says that its clock shows this one's: ``UTC+2``, as times would say it.
        told_time: of its days, where it tells no more.
        width: cells of the header; more in a row, or so few that there is no title, are another row's.
        are_few_days: few rows tell a day alone: midnight, whose time some programs leave out.
        is_loved: a list of loved tracks, read because it is asked for.
        scales: milliseconds that a number of ``played`` and of ``length`` means.
    """

    name: str
    delimiter: str
    skipped: int
    roles: Mapping[str, int]
    order: Order = Order.UNKNOWN
    scales: Mapping[str, float] = field(default_factory=dict)
    is_stop: bool = False
    is_numeric: bool = False
    is_quoted: bool = True
    is_spaced: bool = False
    is_local: bool = False
    zone: str = ""
    told_zone: str = ""
    told_time: str = ""
    width: int = 0
    are_few_days: bool = False
    is_loved: bool = False

    def frame(self, records: Sequence[Sequence[str]], *, is_first: bool) -> pl.DataFrame:
        """One row a record; of those without a time only the first may be what plays now."""
        told = pl.DataFrame(
            {role: _column(records, at) for role, at in self.roles.items()},
            schema=dict.fromkeys(self.roles, pl.String()),
        ).with_columns(
            *(pl.lit("").alias(role) for role in _ROLES if role not in self.roles),
            is_timeless=pl.Series(
                [
                    at > 0 or not is_first or len(cells) <= self.roles["clock"]
                    for at, cells in enumerate(records)
                ],
                dtype=pl.Boolean,
            ),
            is_of_others=pl.Series(
                [len(cells) != self.width and self._is_of_others(cells) for cells in records],
                dtype=pl.Boolean,
            ),
            zone=_zones(records, self.roles["zone"]) if "zone" in self.roles else pl.lit(""),
            is_comment=pl.lit(value=False)
            if self.is_quoted
            else pl.Series([self._is_comment(cells) for cells in records], dtype=pl.Boolean),
        )
        if "artist" not in self.roles:
            told = told.with_columns(**_artists_apart(told["track"].to_list()))
        if "album_artist" in self.roles:
            known = pl.when(pl.col("artist") == "").then("album_artist").otherwise("artist")
            told = told.with_columns(known.alias("artist"))
        told = told.with_columns(_one_artist(told["artist"]))
        return self._listens(told.with_columns(self._clock_text(), self._is_stop()))

    def rows(self, frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
        """RAW_PLAYS columns but the row's identity, and ``reason``."""
        zone = self.zone or (origin.zone if self.is_local else "")
        return listen_rows(frame.with_columns(_from_local(zone)) if zone else frame, origin)

    def clocks(self, records: Iterable[Sequence[str]]) -> Iterator[str]:
        """The clock of each record, as text."""
        day, clock = self.roles.get("day", -1), self.roles["clock"]
        return (_joined(_cell(cells, day), _cell(cells, clock)) for cells in records)

    def _clock_text(self) -> pl.Expr:
        day = pl.col("day").str.replace(_MIDNIGHT, "")
        clock = pl.when(day == "").then("clock").otherwise(pl.col("clock").str.replace(FIRST_DAY.pattern, ""))
        is_day = pl.col("clock").str.contains(_ISO_DAY) & pl.lit(self.are_few_days)
        time = pl.when(is_day).then(pl.lit("00:00")).otherwise(pl.lit(self.told_time))
        zone = pl.when(pl.col("zone") == "").then(pl.lit(self.told_zone)).otherwise("zone")
        return (
            pl.when((clock == "") & (pl.lit("stop" in self.roles)))
            .then("stop")
            .when(clock != "")
            .then(
                pl.concat_str(day, clock, "half", time, zone, separator=" ")
                .str.replace_all(" +", " ")
                .str.strip_chars()
            )
            .otherwise(clock)
            .alias("told")
        )

    def _is_stop(self) -> pl.Expr:
        is_stop = pl.lit(self.is_stop) | ((pl.col("clock") == "") & pl.lit("stop" in self.roles))
        return is_stop.alias("is_stop")

    def _is_of_others(self, cells: Sequence[str]) -> bool:
        """Whether a row has other columns than the header: a name holds what stands between cells."""
        is_cut = len(cells) <= self.roles["track"] and len(cells) > self.roles["clock"]
        return self.width > 0 and (is_cut or any(map(str.strip, cells[self.width :])))

    def _is_comment(self, cells: Sequence[str]) -> bool:
        return cells[0].startswith("#") and len(cells) < len(self.roles)

    def _listens(self, told: pl.DataFrame) -> pl.DataFrame:
        clock_s, problem = moments(told["told"], self.order)
        is_no_time = pl.lit(self.name != "lastfm") | pl.col("is_timeless")
        taken = _LIKES if self.is_loved else _PLAYS
        is_of_others = pl.col("is_of_others")
        events = [pl.col(role).str.to_lowercase() for role in ("event", "preference")]
        is_no_play = pl.any_horizontal(
            "is_comment", *((event != "") & ~event.is_in(taken) for event in events)
        )
        found = told.with_columns(clock_s, problem).select(
            "clock_s",
            "is_stop",
            pl.when(is_of_others)
            .then(pl.lit("other_columns"))
            .when(is_no_play)
            .then(pl.lit(NO_PLAY))
            .when(is_no_time & (pl.col("clock_problem") == "now_playing"))
            .then(pl.lit("no_time"))
            .otherwise("clock_problem")
            .alias("clock_problem"),
            *(_text(role).alias(name) for name, role in _TEXTS.items()),
            pl.col("rating").str.to_lowercase().replace_strict(_RATINGS, default=None).alias("is_skipped"),
            ms_played=self._lengths(told, "played"),
            duration_ms=self._lengths(told, "length").replace(0, None),
            is_mistyped=False,
            track_uri=pl.lit(None, pl.String()),
        )
        is_named = pl.col("artist_name").is_not_null() | pl.col("track_name").is_not_null()
        album = pl.when(is_named).then("album_name").alias("album_name")
        return found.with_columns(album).select(
            pl.col(name).cast(kind) for name, kind in LISTEN_COLUMNS.items()
        )

    def _lengths(self, told: pl.DataFrame, role: str) -> pl.Series:
        scale, texts = self.scales.get(role, 1_000), told[role].to_list()
        known = {text: length_ms(text, scale) if text else None for text in set(texts)}
        return pl.Series([known[text] for text in texts], dtype=pl.Int64)


_TEXTS = {
    "track_name": "track",
    "artist_name": "artist",
    "album_name": "album",
    "isrc": "isrc",
    "recording_mbid": "mbid",
    "client": "client",
    "reason_end": "end",
}
_ROLES = (
    *_TEXTS.values(),
    "album_artist",
    "preference",
    "half",
    "day",
    "clock",
    "stop",
    "event",
    "rating",
    "played",
    "length",
)
_RATINGS = {"s": True, "l": False}


def _cell(cells: Sequence[str], at: int) -> str:
    return cells[at].strip() if 0 <= at < len(cells) else ""


def _column(records: Sequence[Sequence[str]], at: int) -> list[str]:
    return [cells[at].strip() if at < len(cells) else "" for cells in records]


def _zones(records: Sequence[Sequence[str]], at: int) -> pl.Series:
    told = [_cell(cells, at) for cells in records]
    known = {text: (zone_told(text) or text) if text else "" for text in set(told)}
    return pl.Series([known[text] for text in told], dtype=pl.String())


def _one_artist(cells: pl.Series) -> pl.Series:
    """Of lists that notebooks write as text, ``['Ada', 'Ben']`` or ``[{'name': 'Ada'}]``, the names."""
    is_list = cells.str.contains(r"^\[\s*(?:['\"{].*)\]$")
    if not is_list.any():
        return cells
    lists = cells.filter(is_list).unique()
    return cells.replace(lists, [_names_of(text) for text in lists])


def _names_of(text: str) -> str:
    named = re.findall(r"""['"]name['"]\s*:\s*(?:'([^']*)'|"([^"]*)")""", text)
    told = named or re.findall(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", text)
    return ", ".join(one or other for one, other in told)


def _joined(day: str, clock: str) -> str:
    return f"{re.sub(_MIDNIGHT, '', day)} {clock}".strip() if clock else ""


def _text(role: str) -> pl.Expr:
    text = pl.col(role)
    return pl.when((text != "") & (text.str.to_lowercase() != _UNTAGGED)).then(text)


def _artists_apart(titles: Sequence[str]) -> dict[str, pl.Series]:
    """Of titles that begin with the artist's name."""
    parts = [title.split(" - ", 1) if " - " in title else ("", title) for title in titles]
    return {
        name: pl.Series([part[at].strip() for part in parts], dtype=pl.String())
        for at, name in enumerate(("artist", "track"))
    }


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
