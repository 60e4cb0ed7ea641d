"""Which text is a table of plays, and in what form.

A table may begin with comments and titles, have its header on any of its first lines, or have none.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import takewhile
from statistics import median

from assets.listening.readers import date_columns, not_plays, table_columns
from assets.listening.readers.clock_columns import (
    TIME_OF_DAY,
    are_days,
    are_halves,
    are_midnights,
    are_times_of_day,
    are_zones,
    fineness,
    have_no_zone,
    is_numeric,
)
from assets.listening.readers.limits import NoPlays, UnreadableExport
from assets.listening.readers.moments import Order, moment, zone_named
from assets.listening.readers.spotify_account import ACCOUNT
from assets.listening.readers.spotify_extended import EXTENDED
from assets.listening.readers.table_forms import Records, Scrobbles

_DELIMITERS = (",", ";", "\t", "|")
_HEADER_WITHIN = 30
_LOOKED_AT = 300
_FEWEST_COLUMNS = 3
_SHOWN = 6
_FEW_DAYS = 10
"""One in so many rows or less may be of midnight exactly."""
_SPOTIFYS_STOP = "ts"
_FARTHEST_ZONES_S = 15 * 3600
_BARE_ARTIST = ("soundcloud", "apple_music")
"""Whose tables may name the artist in the title, or not at all."""

Rows = Sequence[Sequence[str]]


def table_form(head: bytes, file: str = "", *, is_loved_wanted: bool = False) -> Scrobbles | Records | None:
    """How a table that begins with ``head`` is read; None when it is no table of plays.

    Args:
        file: its name, which may say that it is a list.
        is_loved_wanted: a list of loved tracks is read, and by the times at which they were.

    Raises:
        UnreadableExport: it is one whose times cannot be read; the message shows one.
    """
    text = head.decode("utf-8", "ignore").lstrip("\ufeff")
    if text.startswith("#AUDIOSCROBBLER/"):
        return _audioscrobbler(text)
    delimiters: Sequence[str] = _DELIMITERS
    if text[:4].lower() == "sep=" and len(text) > 4:
        delimiters = (text[4],)
    lines = text.splitlines(keepends=True)[:_LOOKED_AT]
    tables = {
        delimiter: [cells for cells in _records(lines, delimiter) if any(cells)] for delimiter in delimiters
    }
    for delimiter, records in tables.items():
        form = _with_header(records, delimiter, file, is_loved_wanted) or _headerless(records, delimiter)
        if form is not None:
            return replace(form, is_spaced=_is_spaced(lines, delimiter))
    for records in tables.values():
        _refuse_unknown(records)
    for records in tables.values():
        _refuse_undated(records, file)
    return None


def _records(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    text = io.StringIO("".join(lines), newline="")
    with suppress(csv.Error):
        yield from csv.reader(text, delimiter=delimiter, skipinitialspace=_is_spaced(lines, delimiter))


def _is_spaced(lines: Sequence[str], delimiter: str) -> bool:
    """Whether blanks stand before quotes that hold cells together."""
    return any(f'"{delimiter} "' in line for line in lines)


_ROCKBOX = "#ARTIST\t#ALBUM\t#TITLE\t#TRACKNUM\t#LENGTH\t#RATING\t#TIMESTAMP\t#MUSICBRAINZ_TRACKID"


def _audioscrobbler(text: str) -> Scrobbles:
    """Rockbox and others: lengths in seconds, L or S for listened and skipped, the device's own clock."""
    lines = list(takewhile(_is_comment, text.splitlines()))
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


def _is_comment(line: str) -> bool:
    """A line of the beginning; an artist's name may begin with # too."""
    return line.startswith("#") and (line.count("\t") < _ROCKBOX.count("\t") - 1 or "\t#" in line)


def _with_header(
    records: Rows, delimiter: str, file: str, is_loved_wanted: bool
) -> Scrobbles | Records | None:
    titles = range(min(len(records), _HEADER_WITHIN))
    forms = (_titled(records, at, delimiter, file, is_loved_wanted=is_loved_wanted) for at in titles)
    return next((form for form in forms if form is not None), None)


def records_form(
    names: Sequence[str], rows: Rows, file: str = "", *, is_loved_wanted: bool = False
) -> Scrobbles | Records | None:
    """How rows with columns of these names are read; raises as ``table_form`` does."""
    return _titled([names, *rows], 0, _DELIMITERS[0], file, is_loved_wanted=is_loved_wanted)


def _titled(
    records: Rows, at: int, delimiter: str, file: str, *, is_loved_wanted: bool
) -> Scrobbles | Records | None:
    """The form of a table whose header is the record ``at``; None where that is no header."""
    cells, rows = records[at], records[at + 1 :]
    names = [table_columns.column_name(cell) for cell in cells]
    if (found := _spotify(names, rows, delimiter, at + 1)) is not None:
        return found
    what = not_plays.table_list(names, rows, file)
    is_loved = is_loved_wanted and what == not_plays.LOVED
    if what is not None and not is_loved:
        raise NoPlays(not_plays.NO_LOVED if is_loved_wanted else not_plays.advice(what))
    scrobbles = _scrobbles(names, rows, delimiter, at + 1, is_loved=is_loved)
    if scrobbles is None:
        return None
    title = cells[scrobbles.roles["clock"]]
    return _ordered_as(title, _in_zone_of(title, records[:at], scrobbles, rows))


_OFFSET = r"(?i:utc|gmt)\s*[+-]\s*\d{1,2}(?::?\d\d)?"
_IN_TITLE = (
    re.compile(r"[A-Z]\w+/[\w/+-]+"),
    re.compile(_OFFSET),
    re.compile(r"(?<=[(\[])\s*(?:[+-]\d\d:?\d\d|[^()\[\]]+?)\s*(?=[)\]])"),
    re.compile(r"(?i)(?<=[ _])(?:est|edt|cst|cdt|mst|mdt|pst|pdt|cet|cest)$"),
    re.compile(r"(?<=[ _])(?:[A-Z]{3,4}|[^\W\d_]{4,})$"),
)
"""Where a title may name a zone: ``Time (Europe/Berlin)``, ``Time (UTC+2)``, ``date_berlin``."""
_ABOVE = re.compile(
    r"(?i)(?:time ?zone|zeitzone|fuseau(?: horaire)?|zona horaria|times? (?:are )?in|all times)\W*(.+)"
)
_BEFORE_A_CITY = re.compile(r"(?i)^(?:heure|hora|ora|zeit|time)(?: (?:de|di|in|of))? ")


def _in_zone_of(title: str, above: Rows, form: Scrobbles, rows: Rows) -> Scrobbles:
    """With the zone that the clock's title names, or a line above the table."""
    if "zone" in form.roles or not have_no_zone(form.clocks(rows)):
        return form
    told = [match[0] for pattern in _IN_TITLE if (match := pattern.search(title))]
    lines = [_ABOVE.search(" ".join(cells).strip()) for cells in above]
    told += [re.split(r"[,;()\[\]]", match[1])[0] for match in lines if match]
    zone = next(filter(None, (zone_named(_BEFORE_A_CITY.sub("", each.strip())) for each in told)), None)
    if zone is None:
        return form
    return replace(form, zone=zone) if "/" in zone else replace(form, told_zone=zone)


_TITLE_ORDER = (
    (re.compile(r"(?i)\b[dj]{1,2}\W?m{1,2}\W?[yja]{2,4}"), Order.DAY_FIRST),
    (re.compile(r"(?i)\bm{1,2}\W?d{1,2}\W?y{2,4}"), Order.MONTH_FIRST),
    (re.compile(r"(?i)\by{2}\W?m{1,2}\W?d{1,2}"), Order.YEAR_FIRST),
)


def _ordered_as(title: str, form: Scrobbles) -> Scrobbles:
    """With the order of numeric dates that the clock's title tells: ``Date (dd/mm/yyyy)``."""
    order = next((order for pattern, order in _TITLE_ORDER if pattern.search(title)), None)
    return form if order is None else replace(form, order=order, is_numeric=False)


def _spotify(names: Sequence[str], rows: Rows, delimiter: str, skipped: int) -> Records | None:
    """Columns as the JSON calls them, or by what they are."""
    roles = table_columns.roles(names)
    for form, called in ((EXTENDED, _EXTENDED_NAMES), (ACCOUNT, _ACCOUNT_NAMES)):
        known = {name.lower(): name for name in form.fields}
        found = [known.get(name, name) for name in names]
        for role, name in called.items():
            if role in roles and name not in found:
                found[roles[role]] = name
        if form is EXTENDED and form.required[0] not in found and set(found) >= _MADE_OF_JSON:
            clock = _clock(table_columns.clocks(names), names, rows)
            found = [form.required[0] if at == clock else name for at, name in enumerate(found)]
        if set(form.required) <= set(found) and set(form.fields) & set(found) & _IDENTITIES:
            clock = found.index(form.required[0])
            is_dated = any(is_numeric(row[clock].strip()) for row in rows if clock < len(row))
            return Records(form, found, delimiter, skipped, is_numeric=is_dated)
    return None


_EXTENDED_NAMES = {
    "track": "master_metadata_track_name",
    "artist": "master_metadata_album_artist_name",
    "album": "master_metadata_album_album_name",
    "uri": "spotify_track_uri",
}
_MADE_OF_JSON = frozenset(("ms_played", "master_metadata_track_name"))
_SPOTIFYS = frozenset(("reason_start", "reason_end", "conn_country", "shuffle", "incognito_mode"))
_ACCOUNT_NAMES = {"track": "trackName", "artist": "artistName"}
_IDENTITIES = frozenset(
    (*_EXTENDED_NAMES.values(), *_ACCOUNT_NAMES.values(), "episode_name", "episodeName", "audiobook_title")
)


def _scrobbles(
    names: Sequence[str], rows: Rows, delimiter: str, skipped: int, *, is_loved: bool
) -> Scrobbles | None:
    roles = table_columns.roles(names)
    source = table_columns.source(names)
    candidates, stops = table_columns.clocks(names), table_columns.stops(names)
    roles |= _titles(names, roles, rows)
    is_named = "track" in roles and ("artist" in roles or source in _BARE_ARTIST)
    if is_loved and is_named:
        candidates, stops = [_loved(names, rows, candidates)], []
    if not is_named or not (candidates or stops):
        return None
    half = next((at for at in range(len(names)) if are_halves(_column(rows, at))), None)
    if half is not None:
        roles["half"] = half
        rows = [[_with_half(cells, at, half) for at in range(len(cells))] for cells in rows]
    clock = _clock(candidates, names, rows)
    stop = _clock(stops, names, rows)
    if clock is not None and are_midnights(_column(rows, clock)):
        found = _time_beside(clock, [*candidates, *stops], rows)
    elif clock is not None:
        found = {"clock": clock} if stop is None else {"clock": clock, "stop": stop}
    elif stop is not None:
        found = {"clock": stop}
    elif is_loved and are_days(_column(rows, candidates[0])):
        found = {"clock": candidates[0]}
    else:
        found = _day_and_time(candidates, stops, rows) or _unclocked([*candidates, *stops], rows)
    is_spotifys = names[found["clock"]] == _SPOTIFYS_STOP or len(_SPOTIFYS & set(names)) > 1
    scales = {
        role: table_columns.scale(names[at], [row[at] for row in rows if at < len(row)])
        for role in ("played", "length")
        if (at := roles.get(role)) is not None
    }
    form = Scrobbles(
        source,
        delimiter,
        skipped,
        roles | found,
        width=len(names),
        scales=scales,
        is_stop=found["clock"] in stops or ("played" in roles and is_spotifys),
        is_loved=is_loved,
        told_time="00:00" if is_loved and clock is None else "",
    )
    return _dated(_zoned(form, names, rows), rows)


_LIKED = (date_columns.LOVED, date_columns.ADDED, date_columns.CHANGED)


def _loved(names: Sequence[str], rows: Rows, clocks: Sequence[int]) -> int:
    """Where it stands when a track was loved; a day will do."""
    dated = date_columns.kinds(names, rows)
    told = [dated[kind] for kind in _LIKED if kind in dated]
    told += [at for at in clocks if fineness(cells := _column(rows, at)) is not None or are_days(cells)]
    if not told:
        raise NoPlays(not_plays.UNDATED_LOVED)
    return told[0]


def _zoned(form: Scrobbles, names: Sequence[str], rows: Rows) -> Scrobbles:
    """Of times that say no zone, the column that does, or the column's name."""
    name = names[form.roles["clock"]]
    if table_columns.is_utc(name) or not have_no_zone(form.clocks(rows)):
        return form
    columns = table_columns.zones(names)
    zone = next((at for at in columns if are_zones(_column(rows, at))), None)
    if zone is None and (unknown := [cell for at in columns for cell in _column(rows, at) if cell]):
        raise UnreadableExport(
            f"says the zone of its times as {unknown[0]!r}, which nobody knows: "
            "write it as +02:00 or Europe/Berlin"
        )
    if zone is not None:
        return replace(form, roles={**form.roles, "zone": zone})
    return replace(form, is_local=table_columns.is_local(name))


def _dated(form: Scrobbles, rows: Rows) -> Scrobbles:
    clocks = [clock for clock in form.clocks(rows) if clock]
    days = sum(re.fullmatch(r"\d{4}-\d\d-\d\d", clock) is not None for clock in clocks)
    return replace(
        form, is_numeric=any(map(is_numeric, clocks)), are_few_days=days * _FEW_DAYS <= len(clocks)
    )


def _column(rows: Rows, at: int) -> list[str]:
    return [row[at].strip() for row in rows if at < len(row)]


def _with_half(cells: Sequence[str], at: int, half: int) -> str:
    """A time of the day with the half of it that stands beside."""
    is_told = half < len(cells) and TIME_OF_DAY.search(cells[at].strip())
    return f"{cells[at].strip()} {cells[half].strip()}" if is_told else cells[at]


def _titles(names: Sequence[str], roles: Mapping[str, int], rows: Rows) -> dict[str, int]:
    """Where titles are: of several columns that may hold them the first that does not only count."""
    taken = {at for role, at in roles.items() if role != "track"}
    candidates = [at for at in table_columns.tracks(names) if at not in taken]
    named = [at for at in candidates if not _are_numbers(_column(rows, at))]
    return {"track": (named or candidates)[0]} if len(candidates) > 1 else {}


def _are_numbers(cells: Sequence[str]) -> bool:
    told = [cell for cell in cells if cell]
    return bool(told) and all(re.fullmatch(r"\d{1,3}(?: ?/ ?\d{1,3})?\.?", cell) for cell in told)


def _clock(columns: Sequence[int], names: Sequence[str], rows: Rows) -> int | None:
    """The column that tells times the most finely; of equals the first.

    One that says it is of plays goes before others, but for those that tell the same moments.
    """
    told = {at: fineness(_column(rows, at)) for at in columns}
    good = [at for at in columns if told[at] is not None]
    explicit = [at for at in good if table_columns.is_play_clock(names[at])]
    if explicit:
        good = [at for at in good if at in explicit or _tell_alike(at, explicit[0], rows)]
    return max(good, key=lambda at: told[at] or 0, default=None)


def _tell_alike(one: int, other: int, rows: Rows) -> bool:
    """Whether two columns of times tell the same moments, maybe of different zones."""
    pairs = [
        (moment(row[one].strip())[0], moment(row[other].strip())[0])
        for row in rows
        if max(one, other) < len(row)
    ]
    apart = [abs(ours - theirs) for ours, theirs in pairs if ours is not None and theirs is not None]
    return not apart or median(apart) <= _FARTHEST_ZONES_S


def _day_and_time(candidates: Sequence[int], stops: Sequence[int], rows: Rows) -> dict[str, int] | None:
    """A column of days, and one of times of the day beside it."""
    day = next((at for at in candidates if are_days(_column(rows, at))), None)
    time = next((at for at in (*candidates, *stops) if are_times_of_day(_column(rows, at))), None)
    return None if day is None or time is None else {"clock": time, "day": day}


def _time_beside(day: int, columns: Sequence[int], rows: Rows) -> dict[str, int]:
    """The times of the day beside a column of midnights; themselves where there are none."""
    time = next((at for at in columns if at != day and are_times_of_day(_column(rows, at))), None)
    return {"clock": day} if time is None else {"clock": time, "day": day}


def _unclocked(columns: Sequence[int], rows: Rows) -> dict[str, int]:
    """Where there is no row to tell, the likeliest column."""
    shown = [row[at] for row in rows[:1] for at in columns if at < len(row)]
    if any(shown):
        raise UnreadableExport(
            f"tells its times as {', '.join(map(repr, shown[:3]))}, which are no moments (a day is no time): "
            "export it with dates and times, best as epochs or as 2024-05-31 12:00:00"
        )
    return {"clock": columns[0]}


@dataclass(frozen=True)
class _Bare:
    """A table without a header; ``sure`` says how cells of its first row must look."""

    widths: Sequence[int]
    roles: Mapping[str, int]
    sure: Mapping[int, str] = field(default_factory=dict)
    name: str = "lastfm"
    is_quoted: bool = True

    def form(self, records: Rows, delimiter: str) -> Scrobbles | None:
        """What plays now may stand first, with no date."""
        width = len(records[0])
        if not self.is_quoted and delimiter != "\t":
            return None
        rows = [cells for cells in records if len(cells) == width]
        is_like = all(re.fullmatch(form, records[0][at].strip()) for at, form in self.sure.items())
        if not is_like or len(rows) < len(records) // 2:
            return None
        is_local = self.name == "rockbox"
        form = Scrobbles(self.name, delimiter, 0, self.roles, is_quoted=self.is_quoted, is_local=is_local)
        clocks = list(form.clocks(rows))
        is_timed = fineness(clocks) is not None and (not clocks[0] or fineness(clocks[:1]) is not None)
        return _dated(replace(form, scales={"length": 1_000}), rows) if is_timed else None


_NAMED = {"artist": 0, "album": 1, "track": 2, "clock": 3}
_BARE = (
    _Bare((4,), _NAMED),
    _Bare((4,), {"day": 0, "clock": 1, "artist": 2, "track": 3}),
    _Bare((5,), {role: at + 1 for role, at in _NAMED.items()}, {0: r"\d+"}),
    _Bare((5,), {"clock": 0, "track": 1, "artist": 2}, {4: r"https?://.*"}),
    _Bare((6,), _NAMED | {"length": 5}, {5: r"(?:\d+:\d\d:\d\d.*)?"}),
    _Bare((6,), {"artist": 0, "track": 1, "album": 2, "clock": 3, "length": 5}, {5: r"\d+(?:\.\d+)?"}),
    _Bare(
        (8,),
        {"clock": 0, "artist": 2, "album": 4, "track": 6, "mbid": 7},
        {0: r"\d{9,10}", 1: r"\d{1,2} \w{3,9} \d{4},? \d\d:\d\d"},
    ),
    _Bare(
        (13,),
        {"clock": 1, "track": 2, "mbid": 3, "artist": 4, "album": 10},
        {0: r"\d{4}-\d\d-\d\d.*", 1: r"\d{9,10}"},
        is_quoted=False,
    ),
    _Bare(
        (7, 8, 9),
        {"clock": 0, "track": 1, "artist": 2, "album": 3, "mbid": 4},
        {1: r"(?!\d{9,13}$).+"},
        is_quoted=False,
    ),
    _Bare(
        (7, 8),
        {"artist": 0, "album": 1, "track": 2, "length": 4, "rating": 5, "clock": 6, "mbid": 7},
        {5: "[LS]"},
        "rockbox",
        is_quoted=False,
    ),
)
"""Last.fm's (also by day and time, with an index, or with all ids), IFTTT's, Last.fm Scrubbler's, Universal
Scrobbler's, lastscrape's, lastexport's, Rockbox's."""


def _headerless(records: Rows, delimiter: str) -> Scrobbles | None:
    """As the rows are, else without the columns at their ends that are empty in all."""
    filled = max((at + 1 for cells in records for at, cell in enumerate(cells) if cell), default=0)
    shapes = [records, [cells[:filled] for cells in records]]
    if len(records) > _FEWEST_COLUMNS and len(records[0]) != len(
        records[1]
    ):  # the first is odd, not the others
        shapes.append(records[1:])
    for rows in shapes:
        for bare in _BARE:
            if rows and len(rows[0]) in bare.widths and (form := bare.form(rows, delimiter)) is not None:
                return form
    return None


def _refuse_unknown(records: Rows) -> None:
    """A table that tells times, in columns that nobody knows."""
    width = len(records[0]) if records else 0
    rows = [cells for cells in records if len(cells) == width]
    if width < _FEWEST_COLUMNS or len(rows) < 2 or len(rows) * 2 <= len(records):
        return
    if all(fineness(_column(rows, at)) is None for at in range(width)):
        return
    if any(fineness([cell.strip()]) is not None for cell in rows[0]):
        raise NoPlays("is a table with times but no header: put a line like artist,album,track,date above it")
    shown = ", ".join(map(repr, rows[0][:_SHOWN]))
    raise NoPlays(f"is a table with the columns {shown}: call those of plays artist, track, album and date")


def _refuse_undated(records: Rows, file: str) -> None:
    """Tracks with no times at all: a list."""
    for at, cells in enumerate(records[:_HEADER_WITHIN]):
        names = [table_columns.column_name(cell) for cell in cells]
        if len(records) > at + 1 and (what := not_plays.undated_list(names, file)) is not None:
            raise NoPlays(not_plays.advice(what))
