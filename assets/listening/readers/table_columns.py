"""What the columns of a table of plays are called, by the tools and languages that write them."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from statistics import median

from assets.listening.column_names import (
    ALBUM,
    ARTIST,
    HOURS,
    LENGTH,
    MICROSECONDS,
    MILLISECONDS,
    MINUTES,
    SECONDS,
    TRACK,
)
from assets.listening.column_names import NAMING as _NAMING_WORDS
from assets.listening.column_names import words as _words
from assets.listening.readers import date_columns
from assets.listening.readers.listens import number

_CLOCKS = _words(
    "uts unixtime unix_time timems time_ms timestamp epoch utc_time datetime date_time played_at playedat"
    " listened_at scrobbled_at scrobble_time play_time ts event_start_timestamp entry_date time_played"
    " timeplayed ts_ms date time datum fecha zeit hora data listening_date timestamp_utc start_time"
    " started_at"
)
_STOPS = _words("event_end_timestamp end_time endtime ended_at")
_CLOCK_WORDS = frozenset(
    _words(
        "date day time clock timestamp datetime when moment epoch utc uts unix played playback listened"
        " scrobbled start started datum zeit zeitpunkt uhrzeit gespielt gehört tijd tijdstip tid tidspunkt"
        " dato fecha hora begin began beginn début inicio inizio начало data ora heure horodatage écoute"
        " écouté escuchado reproducido ascoltato reproduzido czas čas aika päivämäärä tarih zaman дата"
        " время час когда wann quand cuándo quando kiedy 日時 日付 時刻 时间 日期 時間 jour día giorno dia"
        " dag dzień день gün päivä 날짜 시간 일시"
    )
)
_STOP_WORDS = frozenset(_words("end ended stop stopped finished ende fin"))
_NO_CLOCK_WORDS = frozenset(
    _words("skip first last length duration count zone offset total spent position index sync number nr no")
)
_UTC_WORDS = frozenset(("utc", "gmt", "uts", "unix", "epoch"))
_ZONES = _words("timezone time_zone tz zone utc_offset offset zeitzone fuseau_horaire zona_horaria")
_ZONE_WORDS = frozenset(_words("tz timezone zone utc gmt"))
_PLAY_CLOCKS = frozenset(("uts", "played_at", "playedat", "listened_at", "scrobbled_at", "scrobble_time"))
"""What only plays have."""
_ROLES: Mapping[str, Sequence[str]] = {
    "track": TRACK,
    "artist": ARTIST,
    "album_artist": _words("container_artist_name album_artist album_artist_name albumartist"),
    "album": ALBUM,
    "mbid": _words("track_mbid recording_mbid musicbrainz_trackid"),
    "isrc": ("isrc",),
    "played": _words(
        "ms_played msplayed secondsplayed minutesplayed minutes_played play_duration_milliseconds"
        " stream_duration_ms listening_time seconds_played played_ms played_seconds listened_ms"
    ),
    "length": LENGTH,
    "uri": _words("spotify_track_uri track_uri spotify_uri spotify_id uri"),
    "event": ("event", "event_type", "favorite_type"),
    "preference": ("preference",),
    "end": ("end_reason_type", "reason_end"),
    "rating": ("rating",),
    "client": _words("mediaplayername client platform_name client_name_from_session devicetype device"),
}
_BY_SIGNATURE = (
    ("apple_music", {"play_duration_milliseconds", "event_start_timestamp"}),
    ("apple_music", {"play_duration_milliseconds", "event_type"}),
    ("apple_music", {"favorite_type", "item_description"}),
    ("tidal", {"entry_date", "stream_duration_ms"}),
    ("pano_scrobbler", {"timems", "artist", "track"}),
    ("soundcloud", {"play_time", "track_url"}),
    ("amazon_music", {"asin", "timestamp"}),
    ("deezer", {"song_title", "listening_time"}),
    ("spinitron", {"date_time", "song", "release"}),
)
_PLAYED_WORDS = frozenset(
    _words(
        "played listened play_time playtime playduration play_duration stream_duration listening_time"
        " listened_time playback_duration consumption_duration consumptionduration hördauer abspieldauer"
        " gehört gespielt écouté escuchado reproducido ascoltato ouvido beluisterd"
    )
)
"""With a unit; alone they may say when it was."""


def _unit(names: Sequence[str], ending: str = "") -> re.Pattern[str]:
    return re.compile(rf"(?:^|_)(?:{'|'.join(names)})(?:_|$){ending}")


_IN_US = _unit(MICROSECONDS, "|(?:micros|microseconds)$")
_IN_MS = _unit(MILLISECONDS, "|(?:ms|millis|milliseconds)$|^ms(?=played|listened)")
_IN_S = _unit(SECONDS, "|(?:secs?|seconds)(?:played)?$|^s(?=played|listened)")
_IN_MINUTES = _unit(MINUTES, "|(?:mins?|minutes)(?:played)?$")
_IN_HOURS = _unit(HOURS)
_IN = frozenset(("in", "en", "em", "mm", "ss", "hh"))
"""Between a length and its unit, and how ``length (mm:ss)`` is written."""
_UNITS = (_IN_US, _IN_MS, _IN_S, _IN_MINUTES, _IN_HOURS)
_HEARD = frozenset(_words("hördauer hörzeit abspieldauer wiedergabedauer spieldauer_gehört"))
_HOW_LONG = frozenset((*LENGTH, "temps", "tempo", "tiempo"))
_SONGS = frozenset(
    _words(
        "song songname morceau chanson canción cancion brano canzone lied liedje sång sang kappale песня"
        " песни şarkı 曲名 曲 歌名 歌曲 노래 곡"
    )
)
_NAMED_RUN_TOGETHER = frozenset(_words("trackname songname songtitel tracktitel liedtitel titelname"))
_HEARD_WORDS = frozenset(
    _words(
        "played listened scrobbled streamed heard spun aired airdate playback playedat timeplayed play"
        " listen scrobble stream listening"
    )
)
_TITLES = _words("title titel titre título titulo titolo tytuł заголовок")
_SECONDS = frozenset(
    _words("milliseconds millis seconds secs sekunden secondes segundos secondi seconden сек секунды 秒 초")
)
"""Called so and nothing else, a column tells lengths."""
_UNIT_AT_END = re.compile(
    r"(?<=[^\W_]{4})(?:in)?(microseconds|milliseconds|millis|ms|seconds|secs?|minutes|mins?)$"
)
_UNIT_FIRST = re.compile(r"^(ms|s|secs?|seconds|mins?|minutes)(?=(?:played|listened)$)")
"""Of words that are run together."""
_NAMING = frozenset(_NAMING_WORDS)
"""Words that stand beside what a column holds: ``nombre de la canción``."""
_LONG = 10_000
"""Seconds that no song lasts, but milliseconds that each does."""


def column_name(cell: str) -> str:
    """``Track name`` as ``track_name``, ``Date#somebody`` as ``date``, ``Length [s]`` as ``length_s``."""
    text = cell.strip()
    if text.endswith("#"):  # Track #
        text = f"{text[:-1]} number"
    plain = text.lstrip("#").partition("#")[0].lower()
    return re.sub(r"[^\w]+", "_", plain).strip("_")


def roles(names: Sequence[str]) -> dict[str, int]:
    """Where each thing stands that a table of plays tells, and what is no clock."""
    places = {name: at for at, name in reversed(list(enumerate(names)))}
    told = {role: [places[name] for name in wanted if name in places] for role, wanted in _ROLES.items()}
    found = {role: at[0] for role, at in told.items() if at}
    if "artist" not in found and "album_artist" in found:
        found["artist"] = found["album_artist"]
    for role in ("track", "artist", "album"):
        known = {*_ROLES[role], *_TITLES} if role == "album" else set(_ROLES[role])
        named = [at for at, name in enumerate(names) if at not in found.values() and _is_name_of(name, known)]
        if named and role not in found:
            found[role] = named[0]
    unitless = [_without_unit(name) for name in names]
    for role in ("played", "length"):
        lengths = [at for at, name in enumerate(unitless) if name and _is_length_of(name, role)]
        lengths += [at for at, name in enumerate(names) if role == "played" and _tells_how_long(name)]
        lengths = [at for at in lengths if at not in found.values()]
        if lengths and role not in found:
            found[role] = lengths[0]
    in_seconds = [at for at, name in enumerate(names) if name in _SECONDS]
    if in_seconds and not {"played", "length"} & found.keys():
        found["length"] = in_seconds[0]
    return found


def _is_length_of(name: str, role: str) -> bool:
    if role == "length":
        return name in _ROLES["length"]
    is_of_plays = date_columns.is_of_plays(name) and name not in _ROLES["length"]
    return name in _PLAYED_WORDS or is_of_plays


def _tells_how_long(name: str) -> bool:
    """Whether a column is called after a length of plays though it names no unit: ``durée d'écoute``."""
    words = set(name.split("_"))
    is_of_plays = any(map(date_columns.is_of_plays, words - _HOW_LONG))
    return name in _HEARD or (bool(words & _HOW_LONG) and is_of_plays)


def _is_name_of(name: str, known: AbstractSet[str]) -> bool:
    words = {re.sub("[名명]$", "", word) for word in name.split("_")} - _NAMING - {""}
    return bool(words) and words <= known


def _without_unit(name: str) -> str | None:
    """``dauer`` of ``dauer_min`` and of ``dauer_in_minuten``; None of a name that says no unit."""
    words = _UNIT_FIRST.sub(r"\1_", _UNIT_AT_END.sub(r"_in_\1", name)).split("_")
    rest = [word for word in words if not any(unit.fullmatch(word) for unit in _UNITS)]
    plain = [word for word in rest if word not in _IN]
    return "_".join(plain) if len(plain) < len(words) else None


def tracks(names: Sequence[str]) -> list[int]:
    """Columns that may hold the titles of songs, the likeliest first: ``track`` may count them."""
    known = [at for at, name in enumerate(names) if name in TRACK or _is_name_of(name, {*TRACK, *_TITLES})]
    return sorted(known, key=lambda at: _vagueness(names[at]))


def _vagueness(name: str) -> int:
    words = set(name.split("_"))
    if len(words) > 1 or name in _NAMED_RUN_TOGETHER:
        return 0
    return 1 if words & _SONGS else 2 if words & set(_TITLES) else 3


def is_play_clock(name: str) -> bool:
    """Whether a column says that its times are those of plays: released and added things have times too."""
    words = set(name.split("_"))
    is_named = name in _PLAY_CLOCKS or bool(words & _HEARD_WORDS)
    return is_named or (date_columns.is_of_plays(name) and date_columns.kind(name) is None)


def clocks(names: Sequence[str]) -> list[int]:
    """Columns that may tell when a play started, the likeliest first."""
    taken = set(roles(names).values()) | set(stops(names))
    known = [names.index(name) for name in _CLOCKS if name in names]
    worded = [at for at, name in enumerate(names) if at not in taken and _is_worded(name, _CLOCK_WORDS)]
    return sorted(dict.fromkeys([*known, *worded]), key=lambda at: _locality(names[at]))


def _locality(name: str) -> int:
    """UTC before what does not say, and that before what is local."""
    words = set(name.split("_"))
    return -1 if words & _UTC_WORDS else int("local" in words)


def is_utc(name: str) -> bool:
    """Whether a column says that its times are of UTC."""
    return _locality(name) < 0


def is_local(name: str) -> bool:
    """Whether a column says that its times are those of where the listener was."""
    return _locality(name) > 0


def zones(names: Sequence[str]) -> list[int]:
    """Columns that may tell the zone of another's times."""
    known = [names.index(name) for name in _ZONES if name in names]
    offsets = [
        at
        for at, name in enumerate(names)
        if "offset" in name.split("_") and _ZONE_WORDS & set(name.split("_"))
    ]
    return [*known, *offsets]


def stops(names: Sequence[str]) -> list[int]:
    """Columns that tell when it stopped."""
    known = [names.index(name) for name in _STOPS if name in names]
    worded = [at for at, name in enumerate(names) if _is_worded(name, _STOP_WORDS) and name not in _CLOCKS]
    return list(dict.fromkeys([*known, *worded]))


def _is_worded(name: str, wanted: frozenset[str]) -> bool:
    words = set(name.split("_"))
    is_clock = bool(words & wanted) or (wanted is _CLOCK_WORDS and date_columns.is_of_plays(name))
    return is_clock and not words & _NO_CLOCK_WORDS and date_columns.kind(name) is None


def has_play_clock(names: Sequence[str]) -> bool:
    """Whether a column is called as only those of plays are."""
    return bool(_PLAY_CLOCKS & set(names))


def source(names: Sequence[str]) -> str:
    """Whose table it is; a table of nobody in particular is one of scrobbles."""
    return next((name for name, columns in _BY_SIGNATURE if columns <= set(names)), "lastfm")


def scale(name: str, cells: Sequence[str] = ()) -> float:
    """Milliseconds that a number in a column of lengths means: by its name, else by how long songs are."""
    for pattern, told in zip(_UNITS, (0.001, 1, 1_000, 60_000, 3_600_000), strict=True):
        if pattern.search(name):
            return told
    found = [value for cell in cells if (value := number(cell.strip().replace(",", ".")))]
    if found and max(found) < 1:  # of a day, as spreadsheets keep lengths
        return 86_400_000
    return 1 if found and median(found) >= _LONG else 1_000
