"""Lists that look like plays and are none, and exports that lack what a play needs: refused by name."""

import re
from collections.abc import Sequence

from assets.listening.readers import table_columns
from assets.listening.readers.scan import Record

LOVED = "a list of loved tracks"
NO_LOVED = (
    "is no list of loved tracks that says so, by its keys or by a name like `lovedtracks.csv`; "
    "without `--as-feedback` plays are imported"
)
_LISTS = (
    (rb'"lovedtracks"\s*:|"loved(?:_tracks|Tracks)"\s*:', LOVED),
    (rb'"toptracks"\s*:|"playcount"\s*:[^}]*"@attr"\s*:\s*\{\s*"rank"', "a list of top tracks"),
    (rb'"topartists"\s*:|"topalbums"\s*:', "a list of top artists or albums"),
    (rb'"playlists"\s*:\s*\[', "playlists"),
    (rb'"tracks"\s*:\s*\[\s*\{\s*"artist"\s*:[^}]*"uri"\s*:', "a library"),
    (rb'"searchTime"\s*:|"searchQuery"\s*:', "searches"),
)
_UNREAD_LISTS = (
    (rb'"watched_at"\s*:', "what somebody watched (Trakt)"),
    (rb'"(?:Track Play Count|Date Added To Library)"\s*:', "a library"),
    (rb'"(?:added_at|addedDate|addedAt)"\s*:', "a playlist or a library"),
    (rb"(?i)\[playlist\]", "a playlist"),
)
_TEXTS = (
    (rb"#EXTM3U", "a playlist"),
    (
        rb"\d{9,}:\d+:\d+:[^\r\n]*[\r\n]",
        "Rockbox's playback.log, which names files; have its plugin lastfm_scrobbler write `.scrobbler.log`",
    ),
)
_MARKED_UP = (
    (rb"<playlist[\s>]|<trackList[\s>]", "a playlist"),
    (rb"<DJ_PLAYLISTS[\s>]", "a Rekordbox library"),
    (rb"<NML[\s>]", "a Traktor library"),
    (rb"<lovedtracks[\s>]", LOVED),
    (
        rb"<top(?:tracks|artists|albums)[\s>]|<(?:artist|album)s? rank=",
        "a list of top tracks, artists or albums",
    ),
    (rb"<plist[\s>]", "an iTunes library; export Apple's `Apple Music Play Activity.csv` instead"),
    (
        rb"(?i)<html[\s>]|<!doctype html",
        "a web page; of Google's history, ask Takeout for JSON",
    ),
)
_NAMES = (
    (re.compile(r"loved|favou?rit|liked", re.IGNORECASE), LOVED),
    (re.compile(r"playlist", re.IGNORECASE), "a playlist"),
)
_OTHER = "export the listening history (recent tracks, scrobbles) instead"
_COUNTS = f"a library or a list with counts; {_OTHER}"
_LIBRARY = frozenset(
    ("play_count", "playcount", "times_played", "plays", "total_plays", "scrobbles", "rank", "last_played")
)
_ADDED = frozenset(("date_added", "added_at"))
_APPLE = "import `Apple Music Play Activity.csv` instead"
_TABLES = (
    ({"date_played", "track_description"}, f"Apple's history by days, without times; {_APPLE}"),
    ({"last_event_timestamp", "track_description"}, f"Apple's list of recent tracks, each once; {_APPLE}"),
    ({"track_name", "last_played_date"}, f"Apple's list of tracks, each once; {_APPLE}"),
    ({"tagtime", "trackkey"}, f"a Shazam library; {_OTHER}"),
    ({"catalog", "release_id"}, f"a Discogs collection; {_OTHER}"),
)


def json_list(head: bytes, *, is_read: bool) -> str | None:
    """What a JSON file is a list of, if not of plays; None where nothing says so.

    Args:
        is_read: its records are those of a format: words that plays may have too say nothing.
    """
    start = head[: 16 << 10]
    patterns = _LISTS if is_read else (*_LISTS, *_UNREAD_LISTS)
    return next((what for pattern, what in patterns if re.search(pattern, start)), None)


def text_list(head: bytes) -> str | None:
    """What a text is that only looks like a table; None where nothing says so."""
    return next((what for pattern, what in _TEXTS if re.match(pattern, head)), None)


def marked_up_list(head: bytes) -> str | None:
    """What XML or HTML is, if not a list of plays; None where nothing says so."""
    return next((what for pattern, what in _MARKED_UP if re.search(pattern, head)), None)


def refused_record(record: Record) -> str | None:
    """What a record is one of that has no artist to know a song by; None where nothing says so."""
    if {"trackName", "artistIds", "playedAt"} <= record.keys():
        return "stats.fm's own export, which names no artists; import Spotify's extended history instead"
    return None


def named_list(name: str) -> str | None:
    """What a file is a list of by its name, for tables that hold nothing else that tells."""
    return next((what for pattern, what in _NAMES if pattern.search(name)), None)


def table_list(names: Sequence[str]) -> str | None:
    """What a table is by the names of its columns, if not one of plays."""
    found = set(names)
    for columns, what in _TABLES:
        if columns <= found:
            return what
    is_library = _LIBRARY & found or (_ADDED & found and not table_columns.clocks(names))
    if not is_library or table_columns.source(names) != "lastfm" or table_columns.has_play_clock(names):
        return None
    return _COUNTS if {"track", "artist", "album"} & table_columns.roles(names).keys() else None


def advice(what: str) -> str:
    """What is said of a list that is refused."""
    if what == LOVED:
        return f"looks like {what}, no listening history; `longplay import --as-feedback` takes them as likes"
    return f"looks like {what if ';' in what else f'{what}, no listening history; {_OTHER}'}"
