"""The registry: every table's name, columns, key, partitioning, order and meaning.

What belongs here: what a table *is*. How it is stored is ``resources/lake.py``; how it is made is
the ``assets.py`` of its domain. Checks, the table reference and empty tables are made from this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

UTC_MICROSECONDS = pl.Datetime("us", "UTC")
"""Every time in the lake."""

Layer = Literal["raw", "core", "marts"]


@dataclass(frozen=True)
class Column:
    """One column: its type and what a reader cannot see from its name."""

    dtype: pl.DataType
    description: str


@dataclass(frozen=True, eq=False)
class Table:
    """One table of the lake or of the marts.

    Args:
        key: the columns that no two rows share.
        sort_by: the order of rows inside a partition.
        is_monthly: partitioned by the ``month`` column ("2024-05", UTC).
        version: raised when the columns change; the lake upgrades older tables.
    """

    name: str
    group: str
    description: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    sort_by: tuple[str, ...] = ()
    is_monthly: bool = False
    layer: Layer = "core"
    version: int = 1

    @property
    def schema(self) -> pl.Schema:
        """Column names and Polars types, in storage order."""
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    @property
    def partition_by(self) -> list[str] | None:
        """The Delta partition columns, or None."""
        return ["month"] if self.is_monthly else None

    def empty(self) -> pl.DataFrame:
        """A frame of no rows with this table's schema."""
        return self.schema.to_frame()

    def conform(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The table's columns in their order and types, sorted; raises when one is missing."""
        typed = frame.select(pl.col(name).cast(column.dtype) for name, column in self.columns.items())
        return typed.sort(self.sort_by, nulls_last=True) if self.sort_by else typed


def _text(description: str) -> Column:
    return Column(pl.String(), description)


def _int(description: str) -> Column:
    return Column(pl.Int64(), description)


def _bool(description: str) -> Column:
    return Column(pl.Boolean(), description)


def _time(description: str) -> Column:
    return Column(UTC_MICROSECONDS, description)


_USER = _text("the listener")
_MONTH = _text('UTC month, "2024-05"')
_TRACK_ID = _text('the Spotify id as found, else "name:" and 16 hex digits of the normalised names')
_NAME_KEY = _text("16 hex digits of the normalised artist and title; null when a name is missing")
_KIND = _text("music, podcast, audiobook or video")
_ROW_IDENTITY = {
    "import_id": _text("the import the row came with"),
    "file": _text("name of the file inside the import, user names masked"),
    "row": _int("position of the record in its file, from 0"),
}
_PLAYED_AS = {
    "ms_played": _int("how long it really played; null when the source does not say"),
    "is_skipped": _bool("whether the listener skipped it; null when unknown"),
    "reason_start": _text("why it started, as the source says"),
    "reason_end": _text("why it ended, as the source says"),
    "is_shuffle": _bool("shuffle was on"),
    "is_offline": _bool("played without a connection"),
    "is_incognito": _bool("played in a private session"),
    "country": _text("ISO 3166 country of the connection; null when unknown"),
    "platform": _text("device or system, as the source says"),
}

RAW_PLAYS = Table(
    name="raw_plays",
    group="listening",
    layer="raw",
    description="Every readable row of every import, typed, without the personal fields. Append-only.",
    key=("import_id", "file", "row"),
    is_monthly=True,
    sort_by=("ended_at", "file", "row"),
    columns={
        **_ROW_IDENTITY,
        "user_id": _USER,
        "source": _text("spotify_extended, spotify_account, listenbrainz, lastfm, maloja or spotify_api"),
        "month": _text("UTC month of the stop time (of the start where only that is known)"),
        "ended_at": _time("when it stopped, where the source says; whole minutes in account data"),
        "started_at": _time("when it started, where the source says so outright"),
        "offline_timestamp": _int("Spotify's own start clock as found: seconds, milliseconds or junk"),
        "kind": _KIND,
        "track_uri": _text("Spotify URI of the track, episode or chapter"),
        "track_name": _text("title of the track, episode or chapter"),
        "artist_name": _text("album artist, or the podcast's name"),
        "album_name": _text("album, or the audiobook's title"),
        **_PLAYED_AS,
        "duration_ms": _int("length of the whole track, where the source says"),
        "isrc": _text("recording code, where the source says"),
        "recording_mbid": _text("MusicBrainz recording, where the source says"),
        "client": _text("the program that submitted the listen"),
    },
)

REJECTED_ROWS = Table(
    name="rejected_rows",
    group="listening",
    layer="raw",
    description="Rows that could not be read or have no identity: where they stand, and why.",
    key=("import_id", "file", "row"),
    sort_by=("import_id", "file", "row"),
    columns={
        **_ROW_IDENTITY,
        "user_id": _USER,
        "reason": _text("why the row was rejected"),
        "byte_start": _int("first byte of the row in its (uncompressed) file"),
        "byte_end": _int("one past its last byte"),
    },
)

DUPLICATE_ROWS = Table(
    name="duplicate_rows",
    group="listening",
    description="Rows that tell of a play another row tells better: which play, and by which rule.",
    key=("import_id", "file", "row"),
    is_monthly=True,
    sort_by=("user_id", "play_id", "import_id", "file", "row"),
    columns={
        **_ROW_IDENTITY,
        "user_id": _USER,
        "month": _MONTH,
        "play_id": _text("the play it duplicates"),
        "rule": _text("same_start, resynced_copy, repeated_row or other_source"),
    },
)

PLAYS = Table(
    name="plays",
    group="listening",
    description="One row a play, duplicates removed and sources reconciled.",
    key=("play_id",),
    is_monthly=True,
    sort_by=("user_id", "started_at", "play_id"),
    columns={
        "play_id": _text("made of the user, the track and the start: the same in every rebuild"),
        "user_id": _USER,
        "month": _text("UTC month of the stop its source tells, or of the start where it tells none"),
        "track_id": _TRACK_ID,
        "name_key": _NAME_KEY,
        "kind": _KIND,
        "started_at": _time("when it started, by the best clock the row has"),
        "ended_at": _time("when it stopped; the start where no source says how long it played"),
        **_PLAYED_AS,
        "source": _text("the richest source that tells of this play"),
        **_ROW_IDENTITY,
    },
)

TRACK_MONTHS = Table(
    name="track_months",
    group="catalog",
    description="Names and lengths each track was played under, by month: what the catalogue is merged from.",
    key=("month", "track_id", "kind", "track_name", "artist_name", "album_name"),
    is_monthly=True,
    sort_by=("track_id", "kind", "track_name", "artist_name", "album_name"),
    columns={
        "month": _MONTH,
        "track_id": _TRACK_ID,
        "name_key": _NAME_KEY,
        "kind": _KIND,
        "track_name": _text("title as the source gave it"),
        "artist_name": _text("artist, or the podcast's name"),
        "album_name": _text("album, or the audiobook's title"),
        "isrc": _text("recording code, where a source gave one"),
        "plays": _int("plays under these names"),
        "complete_ms": _int("median length of the plays that ran to the end; null when none did"),
        "duration_ms": _int("length of the whole track as a source gave it"),
        "first_played_at": _time("first start in the month"),
        "last_played_at": _time("last start in the month"),
    },
)

PLAY_MONTHS = Table(
    name="play_months",
    group="stats",
    description="What each listener played in each month, a row a track: the facts tops are merged from.",
    key=("user_id", "kind", "track_id", "month"),
    is_monthly=True,
    sort_by=("user_id", "kind", "track_id"),
    columns={
        "month": _MONTH,
        "user_id": _USER,
        "kind": _KIND,
        "track_id": _TRACK_ID,
        "plays": _int("all plays, incognito left out"),
        "plays_counted": _int("plays that count: 30 s or more, or complete, or of no known length"),
        "plays_unmeasured": _int("plays whose source gives no time played"),
        "ms_played": _int("time played, where known"),
        "skips": _int("plays known to be skipped"),
        "completes": _int("plays that ran to the end"),
        "first_played_at": _time("first start in the month"),
        "last_played_at": _time("last start in the month"),
    },
)

CLOCK_MONTHS = Table(
    name="clock_months",
    group="stats",
    description="When each listener listened, by UTC quarter-hour: local clocks are made from it.",
    key=("month", "user_id", "country", "kind", "quarter_hour_at"),
    is_monthly=True,
    sort_by=("user_id", "quarter_hour_at", "country", "kind"),
    columns={
        "month": _MONTH,
        "user_id": _USER,
        "country": _text("country of the connection; null when unknown"),
        "kind": _KIND,
        "quarter_hour_at": _time("start of the quarter-hour, UTC"),
        "plays": _int("plays that started in it, incognito left out"),
        "ms_played": _int("time played, where known"),
    },
)

IMPORTS = Table(
    name="imports",
    group="listening",
    description="The ledger: what each import held and what became of every row.",
    key=("import_id",),
    sort_by=("import_id",),
    columns={
        "import_id": _text("hash of the user and the content"),
        "user_id": _USER,
        "file_name": _text("name of the file or folder, user names masked"),
        "sha256": _text("SHA-256 of the content"),
        "format": _text("the formats found in it, joined with +"),
        "bytes": _int("size of what was read, uncompressed"),
        "rows_read": _int("records found"),
        "rows_stored": _int("rows that are a play"),
        "rows_duplicate": _int("rows that duplicate a play"),
        "rows_rejected": _int("rows that could not be read"),
        "first_played_at": _time("earliest clock in it"),
        "last_played_at": _time("latest clock in it"),
        "status": _text("pending, running, held, completed, failed or undone"),
        "error": _text("what went wrong and what to do"),
        "created_at": _time("when it was first asked for"),
        "finished_at": _time("when every row had its outcome"),
    },
)

LISTENERS = Table(
    name="listeners",
    group="people",
    description="The people, with the time zone their days are counted in.",
    key=("user_id",),
    sort_by=("user_id",),
    columns={
        "user_id": _USER,
        "time_zone": _text("IANA zone; UTC when it is neither told nor guessable"),
        "is_time_zone_guessed": _bool("made from the country listened in most, not told"),
    },
)

COUNTRY_TIME_ZONES = Table(
    name="country_time_zones",
    group="people",
    description="Countries that have one time zone, and which (IANA tz database).",
    key=("country",),
    sort_by=("country",),
    columns={"country": _text("ISO 3166 code"), "time_zone": _text("IANA zone")},
)

_NAMES = {
    "artist_id": _text('"name:" and 16 hex digits of the normalised artist'),
    "artist_name": _text("artist"),
}

TRACKS = Table(
    name="tracks",
    group="catalog",
    description="Every track, episode and chapter that was played.",
    key=("track_id",),
    sort_by=("track_id",),
    version=2,
    columns={
        "track_id": _TRACK_ID,
        "name_key": _NAME_KEY,
        "kind": _KIND,
        "track_name": _text("title, as last seen"),
        **_NAMES,
        "album_id": _text('"name:" and 16 hex digits of the normalised artist and album'),
        "album_name": _text("album, as last seen"),
        "isrc": _text("recording code, where a source of plays gave one, else as Spotify says"),
        "duration_ms": _int(
            "median length of complete plays, else the length a source of plays gave, else as Spotify says"
        ),
        "release_date": _text("when its album came out: 2024, 2024-05 or 2024-05-31, as Spotify says"),
        "image_url": _text("address of its album's picture at Spotify; null when unknown"),
        "genres": Column(
            pl.List(pl.String()),
            "genres of its artists, the first one's first, as Spotify says; empty until asked",
        ),
        "plays": _int("plays by all listeners"),
        "first_played_at": _time("first start"),
        "last_played_at": _time("last start"),
    },
)

ALBUMS = Table(
    name="albums",
    group="catalog",
    description="Every album that was played.",
    key=("album_id",),
    sort_by=("album_id",),
    version=2,
    columns={
        "album_id": _text('"name:" and 16 hex digits of the normalised artist and album'),
        "album_name": _text("album"),
        **_NAMES,
        "release_date": _text("2024, 2024-05 or 2024-05-31, as Spotify says; null when unknown"),
        "image_url": _text("address of its picture at Spotify; null when unknown"),
        "tracks": _int("its tracks that were played"),
        "plays": _int("plays by all listeners"),
    },
)

ARTISTS = Table(
    name="artists",
    group="catalog",
    description="Every artist that was played.",
    key=("artist_id",),
    sort_by=("artist_id",),
    version=2,
    columns={
        **_NAMES,
        "genres": Column(pl.List(pl.String()), "as Spotify says; empty until asked"),
        "image_url": _text("address of a picture at Spotify; null when unknown"),
        "tracks": _int("their tracks that were played"),
        "plays": _int("plays by all listeners"),
    },
)

TRACK_ALIASES = Table(
    name="track_aliases",
    group="catalog",
    description="Ids that mean the same song: name ids and re-releases, mapped to the id played most.",
    key=("alias_id",),
    sort_by=("alias_id",),
    columns={"alias_id": _TRACK_ID, "track_id": _text("the id that stands for the song")},
)


def _top(name: str, what: str, columns: dict[str, Column]) -> Table:
    return Table(
        name=name,
        group="stats",
        description=f"The {what} each listener played most, by window; music only.",
        key=("user_id", "window", "ranked_by", "rank"),
        sort_by=("user_id", "window", "ranked_by", "rank"),
        columns={
            "user_id": _USER,
            "window": _text('4_weeks, 6_months, year, all_time, or a calendar year such as "2024" (UTC)'),
            "ranked_by": _text("time or plays"),
            "rank": _int("from 1; ties break by the other measure, then name, then id"),
            **columns,
            "plays": _int("plays that count"),
            "ms_estimated": _int("time played; where unknown, the track's length"),
            "as_of": _time("the moment the windows end at"),
        },
    )


_ARTIST_NAME = _text("artist")
TOP_TRACKS = _top(
    "top_tracks",
    "tracks",
    {"track_id": _TRACK_ID, "track_name": _text("title"), "artist_name": _ARTIST_NAME},
)
TOP_ARTISTS = _top("top_artists", "artists", _NAMES)
TOP_ALBUMS = _top(
    "top_albums",
    "albums",
    {"album_id": _text("the album"), "album_name": _text("album"), "artist_name": _ARTIST_NAME},
)
TOP_GENRES = _top("top_genres", "genres", {"genre": _text("genre of the artist, as Spotify says")})

LISTENING_GAPS = Table(
    name="listening_gaps",
    group="listening",
    description="Times in which a linked account played more than Spotify shows: an export fills them.",
    key=("user_id", "after_at"),
    sort_by=("user_id", "after_at"),
    columns={
        "user_id": _USER,
        "after_at": _time("the newest play known before the gap"),
        "before_at": _time("the oldest play seen after it"),
        "found_at": _time("when the poll was made that found it"),
        "is_filled": _bool("an export that covers it was imported"),
    },
)

_FETCHED = _time("when Spotify said so")
_IMAGE = _text("address of a picture at Spotify; null when unknown")
_RELEASED = _text("2024, 2024-05 or 2024-05-31, as Spotify says; null when unknown")
_GENRES = pl.List(pl.String())


def _spotify_top(what: str, columns: dict[str, Column]) -> Table:
    return Table(
        name=f"spotify_top_{what}",
        group="stats",
        layer="raw",
        description=f"What Spotify itself calls each linked listener's top {what}; replaced whole.",
        key=("user_id", "term", "rank"),
        sort_by=("user_id", "term", "rank"),
        columns={
            "user_id": _USER,
            "term": _text("short_term (4 weeks), medium_term (6 months) or long_term (1 year)"),
            "rank": _int("from 1, as Spotify ranks"),
            **columns,
            "fetched_at": _FETCHED,
        },
    )


SPOTIFY_TOP_TRACKS = _spotify_top(
    "tracks",
    {"track_id": _text("Spotify id"), "track_name": _text("title"), "artist_name": _ARTIST_NAME},
)
SPOTIFY_TOP_ARTISTS = _spotify_top(
    "artists",
    {
        "spotify_artist_id": _text("Spotify id"),
        "artist_name": _ARTIST_NAME,
        "genres": Column(_GENRES, "as Spotify says"),
    },
)

SPOTIFY_ITEMS = Table(
    name="spotify_items",
    group="catalog",
    layer="raw",
    description="What Spotify says of tracks, artists and albums that were played, looked up one by one.",
    key=("kind", "spotify_id"),
    sort_by=("kind", "spotify_id"),
    columns={
        "kind": _text("track, artist or album"),
        "spotify_id": _text("Spotify id"),
        "name": _text("its name"),
        "duration_ms": _int("length of a track"),
        "isrc": _text("recording code of a track"),
        "release_date": _RELEASED,
        "image_url": _IMAGE,
        "genres": Column(_GENRES, "genres of an artist (or album)"),
        "album_id": _text("Spotify id of a track's album"),
        "artist_ids": Column(_GENRES, "Spotify ids of a track's or album's artists, the first one first"),
        "fetched_at": _FETCHED,
    },
)

LAKE_TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        IMPORTS,
        RAW_PLAYS,
        REJECTED_ROWS,
        DUPLICATE_ROWS,
        PLAYS,
        LISTENING_GAPS,
        LISTENERS,
        COUNTRY_TIME_ZONES,
        TRACK_MONTHS,
        TRACKS,
        ALBUMS,
        ARTISTS,
        TRACK_ALIASES,
        PLAY_MONTHS,
        CLOCK_MONTHS,
        TOP_TRACKS,
        TOP_ARTISTS,
        TOP_ALBUMS,
        TOP_GENRES,
        SPOTIFY_TOP_TRACKS,
        SPOTIFY_TOP_ARTISTS,
        SPOTIFY_ITEMS,
    )
}
"""Every Delta table, by name."""
