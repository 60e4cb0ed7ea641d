"""Lists that look like plays and are none, and exports that lack what a play needs: refused by name."""

import re

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
_MARKED_UP = (
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
_LIBRARY = {"date_added", "added_at", "play_count", "playcount", "times_played"}


def json_list(head: bytes) -> str | None:
    """What a JSON file is a list of, if not of plays; None where nothing says so."""
    start = head[: 16 << 10]
    return next((what for pattern, what in _LISTS if re.search(pattern, start)), None)


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


def table_list(names: list[str]) -> str | None:
    """What a table is by the names of its columns, if not one of plays."""
    if {"date_played", "track_description"} <= set(names):
        return "Apple's history by days, without times; import `Apple Music Play Activity.csv` instead"
    if _LIBRARY & set(names) and table_columns.source(names) == "lastfm":
        return f"a library or a list with counts; {_OTHER}"
    return None


def advice(what: str) -> str:
    """What is said of a list that is refused."""
    if what == LOVED:
        return f"looks like {what}, no listening history; `longplay import --as-feedback` takes them as likes"
    return f"looks like {what if ';' in what else f'{what}, no listening history; {_OTHER}'}"
