"""What the columns of a table of plays are called, by the tools that write them, and what they tell."""

import re
from collections.abc import Mapping, Sequence

_CLOCKS = (
    *("uts", "unixtime", "unix_time", "timems", "time_ms", "timestamp", "epoch", "utc_time", "datetime"),
    *(
        "date_time",
        "played_at",
        "playedat",
        "listened_at",
        "scrobbled_at",
        "scrobble_time",
        "play_time",
        "ts",
    ),
    *("event_start_timestamp", "entry_date", "time_played", "timeplayed", "date", "time", "datum", "fecha"),
    *("zeit", "hora", "data", "listening_date", "timestamp_utc", "start_time", "started_at"),
)
_STOPS = ("event_end_timestamp", "end_time", "endtime", "ended_at")
_ROLES: Mapping[str, tuple[str, ...]] = {
    "track": (
        *(
            "track",
            "track_name",
            "trackname",
            "name",
            "title",
            "track_title",
            "song",
            "song_name",
            "song_title",
        ),
        *("songname", "titel", "titre", "titulo", "título", "pista", "titolo", "recording"),
    ),
    "artist": (
        *("artist", "artist_name", "artistname", "artists", "artist_names", "band", "interpret", "artiste"),
        *("artista", "künstler", "performer", "artist_s", "artist_name_s"),
    ),
    "album": (
        *("album", "album_name", "albumname", "album_title", "release", "release_name", "record"),
        *("álbum",),
    ),
    "mbid": ("track_mbid", "recording_mbid", "musicbrainz_trackid"),
    "isrc": ("isrc",),
    "played": (
        *("ms_played", "msplayed", "play_duration_milliseconds", "stream_duration_ms", "listening_time"),
        *("seconds_played", "played_ms", "played_seconds", "listened_ms"),
    ),
    "length": (
        *("duration", "duration_ms", "durationms", "durationseconds", "duration_seconds", "length"),
        *("media_duration_in_milliseconds", "track_length", "length_ms", "track_duration"),
    ),
    "uri": ("spotify_track_uri", "track_uri", "spotify_uri", "spotify_id"),
    "event": ("event", "event_type"),
    "end": ("end_reason_type", "reason_end"),
    "rating": ("rating",),
    "client": (
        "mediaplayername",
        "client",
        "platform_name",
        "client_name_from_session",
        "devicetype",
        "device",
    ),
}
_BY_SIGNATURE = (
    ("apple_music", {"play_duration_milliseconds", "event_type"}),
    ("tidal", {"entry_date", "stream_duration_ms"}),
    ("pano_scrobbler", {"timems", "artist", "track"}),
    ("soundcloud", {"play_time", "track_url"}),
    ("amazon_music", {"asin", "timestamp"}),
    ("deezer", {"song_title", "listening_time"}),
    ("spinitron", {"date_time", "song", "release"}),
)
_IN_MS = re.compile(r"(?:^|_)(?:ms|millis|milliseconds)(?:_|$)|ms$")


def column_name(cell: str) -> str:
    """``Track name`` as ``track_name``, ``Date#somebody`` as ``date``, ``Length [s]`` as ``length_s``."""
    plain = cell.strip().lstrip("#").partition("#")[0].lower()
    return re.sub(r"[^\w]+", "_", plain).strip("_")


def roles(names: Sequence[str]) -> dict[str, int]:
    """Where each thing stands that a table of plays tells, and what is no clock."""
    found = {}
    for role, wanted in _ROLES.items():
        at = next((names.index(name) for name in wanted if name in names), None)
        if at is not None:
            found[role] = at
    return found


def clocks(names: Sequence[str]) -> list[int]:
    """Columns that may tell when a play started, the likeliest first."""
    return [names.index(name) for name in _CLOCKS if name in names]


def stops(names: Sequence[str]) -> list[int]:
    """Columns that tell when it stopped."""
    return [names.index(name) for name in _STOPS if name in names]


def source(names: Sequence[str]) -> str:
    """Whose table it is; a table of nobody in particular is one of scrobbles."""
    return next((name for name, columns in _BY_SIGNATURE if columns <= set(names)), "lastfm")


def scale(name: str) -> int:
    """Milliseconds that a number in a column of lengths means."""
    return 1 if _IN_MS.search(name) else 1_000
