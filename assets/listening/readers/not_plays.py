"""Lists that look like plays and are none, and exports that lack what a play needs: refused by name."""

import re
from collections.abc import Mapping, Sequence

from assets.listening.readers import date_columns, table_columns
from assets.listening.readers.scan import Record

LOVED = "a list of loved tracks"
BANNED = "a list of banned tracks"
NO_LOVED = (
    "is no list of loved tracks that says so, by its keys or by a name like `lovedtracks.csv`; "
    "without `--as-feedback` plays are imported"
)
UNDATED_LOVED = (
    f"looks like {LOVED} that does not say when: likes need their times; "
    "`longplay feedback` takes each by itself"
)
_LISTS = (
    (
        rb'(?i)"(?:(?:loved|liked|favou?rited|hearted|starred)_?(?:at|on|date|time)|date_?(?:loved|liked))"\s*:',
        LOVED,
    ),
    (rb'"score"\s*:\s*-?[01]\b[^{}]*"created"\s*:|"created"\s*:[^{}]*"score"\s*:\s*-?[01]\b', LOVED),
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
    (rb'(?i)"(?:added_?(?:at|on|date)|date_?added)"\s*:', "a playlist or a library"),
    (
        rb'(?i)"(?:play_?count|listen_?count|scrobbles|times_?played)"\s*:\s*"?\d',
        "a list of tracks with counts",
    ),
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
_OF_PLAYS = re.compile(
    r"\b(?:scrobbl\w*|plays|played|spins?|logs?|histor\w*|recent\w*|listen(?:s|ed|ing)|stream(?:s|ed|ing)?|verlauf)\b"
)
_NAMES = (
    (re.compile(r"\bsearch|\bsuch(?:verlauf|anfragen)"), "searches"),
    (re.compile(r"\b(?:banned|blocked|hated|disliked?s?|unloved|gesperrt|bloqu)"), BANNED),
    (
        re.compile(
            r"\b(?:loved|loves|liked|likes|likés|favou?rit|liebling|gefällt|favoris|aimés|me gusta|curtid"
            r"|preferit|préféré|coups? de c|mi piace|piaci|gostei|leuk|gillade|likte|suosik|kedvenc|oblíben"
            r"|beğen|favor|starred|saved|thumbs up|ulubion|polubi|любим|нрав|понрав|избран|αγαπημ)"
            r"|お気に入り|いいね|喜欢|喜歡|收藏|즐겨찾기|좋아"
        ),
        LOVED,
    ),
    (re.compile(r"shazam"), "a Shazam library"),
    (
        re.compile(
            r"\b(?:play ?lists?\b|wiedergabeliste|liste de lecture|lista de reprod|afspeellijst|spellista"
            r"|плейлист)"
            r"|プレイリスト|播放列表|재생목록"
        ),
        "a playlist",
    ),
    (re.compile(r"\btop(?: ?\d+| ?(?:tracks?|songs?|artists?|albums?))\b"), "a list of top tracks"),
    (
        re.compile(
            r"\b(?:wish ?list|want ?list|library|bibliothek|biblioth[eè]que|biblioteca|mediathek|raccolta"
            r"|discogs|purchases)\b"
        ),
        "a library",
    ),
    (re.compile(r"\bfollow(?:ed|ing)\b"), "a list of artists"),
)
"""Of names in lower case, a blank between words; those that speak of plays are of plays."""
_REPEATED = 20
"""One in so many rows that tells of a song again: lists have each once, or hardly any twice."""
_OTHER = "export the listening history (recent tracks, scrobbles) instead"
_COUNTS = f"a library or a list with counts; {_OTHER}"
_LIBRARY = frozenset(
    ("play_count", "playcount", "times_played", "plays", "total_plays", "scrobbles", "rank", "last_played")
)
_DATED = {
    date_columns.LAST: _COUNTS,
    date_columns.LOVED: LOVED,
    date_columns.ADDED: f"a playlist or a library; {_OTHER}",
    date_columns.BOUGHT: f"a list of purchases; {_OTHER}",
}
_UNDATED = f"a list of tracks without the times of plays; {_OTHER}"
_APPLE = "import `Apple Music Play Activity.csv` instead"
_TABLES = (
    ({"favorite_type", "item_description"}, LOVED),
    ({"date_played", "track_description"}, f"Apple's history by days, without times; {_APPLE}"),
    ({"last_event_timestamp", "track_description"}, f"Apple's list of recent tracks, each once; {_APPLE}"),
    ({"track_name", "last_played_date"}, f"Apple's list of tracks, each once; {_APPLE}"),
    ({"tagtime", "trackkey"}, f"a Shazam library; {_OTHER}"),
    ({"catalog_number", "release_id"}, f"a Discogs collection; {_OTHER}"),
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
    apart = re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])|[\W_]+", " ", name.rpartition(".")[0] or name)
    words = apart.lower().strip()
    found = next((what for pattern, what in _NAMES if pattern.search(words)), None)
    return found if found == "searches" or not _OF_PLAYS.search(words) else None


def are_repeated(songs: Sequence[object]) -> bool:
    """Whether songs are told of again, as plays are and what is on a list is not."""
    return 0 < len(songs) <= (len(songs) - len(set(map(str, songs)))) * _REPEATED


def table_list(names: Sequence[str], rows: Sequence[Sequence[str]], file: str) -> str | None:
    """What a table is by the names of its columns and its file's, if not one of plays."""
    found, roles = set(names), table_columns.roles(names)
    for columns, what in _TABLES:
        if columns <= found:
            return what
    if table_columns.source(names) != "lastfm" or not {"track", "artist", "album"} & roles.keys():
        return None
    is_timed = bool(table_columns.clocks(names) or table_columns.stops(names))
    is_of_songs = {"track", "artist"} <= roles.keys()
    if is_timed and is_of_songs and are_repeated(_songs(rows, roles)):
        return None
    called = named_list(file) if is_of_songs else None
    if called in (LOVED, BANNED) or (called is not None and not table_columns.has_play_clock(names)):
        return called if is_timed or called in (LOVED, BANNED) else _dated_list(names, rows) or called
    if table_columns.has_play_clock(names):
        return None
    return _COUNTS if _LIBRARY & found else None if is_timed else _dated_list(names, rows)


def _dated_list(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str | None:
    """What a table without times of plays is by what its dates are of."""
    dated = date_columns.kinds(names, rows)
    return next((_DATED.get(kind, _UNDATED) for kind in (*_DATED, *dated) if kind in dated), None)


def _songs(rows: Sequence[Sequence[str]], roles: Mapping[str, int]) -> list[tuple[str, str]]:
    columns = roles["artist"], roles["track"]
    return [(row[columns[0]], row[columns[1]]) for row in rows if max(columns) < len(row)]


def undated_list(names: Sequence[str], file: str) -> str | None:
    """What a table is of that names tracks and tells no times at all."""
    is_of_tracks = {"track", "artist"} <= table_columns.roles(names).keys()
    return (named_list(file) or _UNDATED) if is_of_tracks else None


def advice(what: str) -> str:
    """What is said of a list that is refused."""
    if what == LOVED:
        return f"looks like {what}, no listening history; `longplay import --as-feedback` takes them as likes"
    return f"looks like {what if ';' in what else f'{what}, no listening history; {_OTHER}'}"
