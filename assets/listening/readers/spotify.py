"""Spotify's own exports: the extended history and the account data, as columns.

Both are flat records, so that Polars parses them; only the fields named here enter a frame, which
leaves the personal ones (user name, addresses, user agent) out while parsing.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from assets.listening.readers.columns import Origin, filled, judged, number_text, truth, whole_number
from assets.listening.readers.scan import Record
from assets.listening.readers.times import parse_times

_TEXT, _INT, _BOOL = pl.String(), pl.Int64(), pl.Boolean()
_LONGEST_SPACE = 64
_SEPARATORS = re.compile(rb"[\s,\[\]]*")


@dataclass(frozen=True)
class SpotifyFormat:
    """One of Spotify's two forms.

    Args:
        fields: the fields that are read, with their Polars types.
        to_rows: from those fields to RAW_PLAYS columns, ``is_mistyped`` and ``clock_problem``.
    """

    name: str
    key: str
    fields: Mapping[str, pl.DataType]
    required: tuple[str, ...]
    to_rows: Callable[[pl.DataFrame, Origin], pl.DataFrame]
    noise: re.Pattern[bytes] = _SEPARATORS
    is_columnar: bool = True

    def is_record(self, record: Record) -> bool:
        """Whether an object has the keys that make it a play of this form."""
        return all(key in record for key in self.required)

    def from_lines(self, lines: bytes, count: int) -> pl.DataFrame | None:
        """The fields of ``count`` records, one a line; None where they must be read one by one."""
        frame = _read(lines, self.fields)
        if frame is None:
            frame = _read(lines, dict.fromkeys(self.fields, pl.String()))
            frame = frame if frame is None else self._typed(frame)
        if frame is None or frame.height != count:
            return None
        may_be_nested = frame.select(_begins_with_bracket(self.fields).any()).item()
        return None if may_be_nested and _has_nested_value(lines, count) else frame

    def from_records(self, records: Sequence[Record]) -> pl.DataFrame:
        """The fields of decoded records; an object where a value is wanted marks the row mistyped."""
        texts = pl.DataFrame(
            {name: [number_text(record.get(name)) for record in records] for name in self.fields},
            schema=dict.fromkeys(self.fields, pl.String()),
        )
        nested = [
            any(isinstance(record.get(name), dict | list) for name in self.fields) for record in records
        ]
        typed = self._typed(texts)
        return typed.with_columns(is_mistyped=pl.col("is_mistyped") | pl.Series(nested, dtype=pl.Boolean))

    def rows(self, frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
        """RAW_PLAYS columns but the row's identity, and ``reason``."""
        return judged(self.to_rows(frame, origin), origin.now)

    def _typed(self, texts: pl.DataFrame) -> pl.DataFrame:
        casts = {pl.Int64(): whole_number, pl.Boolean(): truth}
        typed = [casts[kind](name).alias(name) for name, kind in self.fields.items() if kind in casts]
        played = "ms_played" if "ms_played" in self.fields else "msPlayed"
        mistyped = filled(played).is_not_null() & whole_number(played).is_null()
        return texts.with_columns(*typed, is_mistyped=mistyped)


def _begins_with_bracket(fields: Mapping[str, pl.DataType]) -> pl.Expr:
    """Polars makes text of an object or list where text is wanted."""
    texts = [name for name, kind in fields.items() if kind == _TEXT]
    begins = [pl.col(name).str.starts_with(bracket) for name in texts for bracket in "[{"]
    return pl.any_horizontal(begins)


def _has_nested_value(lines: bytes, count: int) -> bool:
    expected = ((b"[", 0), (b"{", count))
    return any(lines.count(bracket) != usual and _opens_value(lines, bracket) for bracket, usual in expected)


def _opens_value(lines: bytes, bracket: bytes) -> bool:
    """Whether ``bracket`` ever follows ``":``; inside of a string that quote would be escaped."""
    at = lines.find(bracket)
    while at >= 0:
        before = lines[max(at - _LONGEST_SPACE, 0) : at].rstrip()
        if (before.endswith(b":") and before[:-1].rstrip()[-1:] in {b'"', b""}) or (not before and at > 0):
            return True
        at = lines.find(bracket, at + 1)
    return False


def _read(lines: bytes, schema: Mapping[str, pl.DataType]) -> pl.DataFrame | None:
    try:
        frame = pl.read_ndjson(io.BytesIO(lines), schema=dict(schema))
    except pl.exceptions.PolarsError:  # its text may quote personal fields: it goes no further
        return None
    return frame.with_columns(is_mistyped=pl.lit(value=False))


def _clocked(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    filled_text = frame.select(filled(text)).to_series()
    return frame.with_columns(ended_at=parse_times(filled_text)).with_columns(
        clock_problem=pl.when(filled_text.is_null())
        .then(pl.lit("no_time"))
        .when(pl.col("ended_at").is_null())
        .then(pl.lit("bad_time"))
    )


_EXTENDED_FIELDS: Mapping[str, pl.DataType] = {
    "ts": _TEXT,
    "ms_played": _INT,
    "platform": _TEXT,
    "conn_country": _TEXT,
    "master_metadata_track_name": _TEXT,
    "master_metadata_album_artist_name": _TEXT,
    "master_metadata_album_album_name": _TEXT,
    "spotify_track_uri": _TEXT,
    "episode_name": _TEXT,
    "episode_show_name": _TEXT,
    "spotify_episode_uri": _TEXT,
    "audiobook_title": _TEXT,
    "audiobook_uri": _TEXT,
    "audiobook_chapter_uri": _TEXT,
    "audiobook_chapter_title": _TEXT,
    "reason_start": _TEXT,
    "reason_end": _TEXT,
    "shuffle": _BOOL,
    "skipped": _BOOL,
    "offline": _BOOL,
    "offline_timestamp": _INT,
    "incognito_mode": _BOOL,
}


def _extended_rows(frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    text = [name for name, kind in _EXTENDED_FIELDS.items() if kind == _TEXT and name != "ts"]
    told = frame.with_columns(filled(name).alias(name) for name in text)
    return _clocked(told.with_columns(content=_content()), "ts").select(
        "is_mistyped",
        "clock_problem",
        "ended_at",
        "ms_played",
        "offline_timestamp",
        "reason_start",
        "reason_end",
        "platform",
        _by_content(
            "spotify_track_uri",
            "spotify_episode_uri",
            pl.coalesce("audiobook_chapter_uri", "audiobook_uri"),
        ).alias("track_uri"),
        _by_content("master_metadata_track_name", "episode_name", "audiobook_chapter_title").alias(
            "track_name"
        ),
        _by_content("master_metadata_album_artist_name", "episode_show_name", pl.lit(None)).alias(
            "artist_name"
        ),
        _by_content("master_metadata_album_album_name", pl.lit(None), "audiobook_title").alias("album_name"),
        started_at=None,
        kind=pl.lit("video") if origin.is_video else pl.col("content"),
        is_skipped="skipped",
        is_shuffle="shuffle",
        is_offline="offline",
        is_incognito="incognito_mode",
        country=pl.when(pl.col("conn_country") != "ZZ").then("conn_country"),
        duration_ms=None,
        isrc=None,
        recording_mbid=None,
        client=None,
    )


def _content() -> pl.Expr:
    """What was played: by the URI that is set, else by the names that are."""

    def has(*columns: str) -> pl.Expr:
        return pl.any_horizontal(pl.col(*columns).is_not_null())

    return (
        pl.when(has("spotify_track_uri"))
        .then(pl.lit("music"))
        .when(has("spotify_episode_uri"))
        .then(pl.lit("podcast"))
        .when(has("audiobook_chapter_uri", "audiobook_uri"))
        .then(pl.lit("audiobook"))
        .when(has("master_metadata_track_name", "master_metadata_album_artist_name"))
        .then(pl.lit("music"))
        .when(has("episode_name", "episode_show_name"))
        .then(pl.lit("podcast"))
        .when(has("audiobook_chapter_title", "audiobook_title"))
        .then(pl.lit("audiobook"))
        .otherwise(pl.lit("music"))
    )


def _by_content(music: str | pl.Expr, podcast: str | pl.Expr, audiobook: str | pl.Expr) -> pl.Expr:
    content = pl.col("content")
    return (
        pl.when(content == "music").then(music).when(content == "podcast").then(podcast).otherwise(audiobook)
    )


_ACCOUNT_FIELDS: Mapping[str, pl.DataType] = {
    "endTime": _TEXT,
    "artistName": _TEXT,
    "trackName": _TEXT,
    "podcastName": _TEXT,
    "episodeName": _TEXT,
    "audiobookName": _TEXT,
    "chapterName": _TEXT,
    "authorName": _TEXT,
    "msPlayed": _INT,
}


def _account_rows(frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    text = [name for name, kind in _ACCOUNT_FIELDS.items() if kind == _TEXT and name != "endTime"]
    told = frame.with_columns(filled(name).alias(name) for name in text)
    podcast = pl.any_horizontal(pl.col("podcastName", "episodeName").is_not_null())
    audiobook = pl.any_horizontal(pl.col("audiobookName", "chapterName").is_not_null())
    content = pl.when(podcast).then(pl.lit("podcast")).when(audiobook).then(pl.lit("audiobook"))
    unknown = (
        "track_uri",
        "reason_start",
        "reason_end",
        "platform",
        "country",
        "isrc",
        "recording_mbid",
        "client",
    )
    flags = ("started_at", "is_skipped", "is_shuffle", "is_offline", "is_incognito", "offline_timestamp")
    return _clocked(told.with_columns(content=content.otherwise(pl.lit("music"))), "endTime").select(
        "is_mistyped",
        "clock_problem",
        "ended_at",
        _by_content("trackName", "episodeName", "chapterName").alias("track_name"),
        _by_content("artistName", "podcastName", "authorName").alias("artist_name"),
        _by_content(pl.lit(None), pl.lit(None), "audiobookName").alias("album_name"),
        ms_played="msPlayed",
        kind=pl.lit("video") if origin.is_video else pl.col("content"),
        duration_ms=None,
        **dict.fromkeys(unknown, pl.lit(None, pl.String)),
        **dict.fromkeys(flags),
    )


EXTENDED = SpotifyFormat("spotify_extended", "ts", _EXTENDED_FIELDS, ("ts", "ms_played"), _extended_rows)
ACCOUNT = SpotifyFormat("spotify_account", "endTime", _ACCOUNT_FIELDS, ("endTime", "msPlayed"), _account_rows)
