"""One row a listen, made comparable: its ids, its start, its stop and whether it was skipped."""

from datetime import UTC, datetime, timedelta

import polars as pl

from assets.listening import names
from assets.order import enum_of, packed, places_in_order
from assets.tables import RAW_PLAYS, UTC_MICROSECONDS

SOURCES = (
    *("spotify_extended", "apple_music", "tidal", "spotify_account", "deezer", "listenbrainz", "lastfm"),
    *("maloja", "koito", "pano_scrobbler", "rockbox", "web_scrobbler", "amazon_music", "youtube_music"),
    *("soundcloud", "spinitron", "spotify_api"),
)
"""Richest first: the order in which sources are reconciled."""

UNNAMED = "unnamed"
"""The ``other_key`` of a row that tells no names."""

_PLAY = ("user_id", "track_id", "started_at", "ended_at", "ms_played", "source")
"""What a play is: the first columns of the order."""
_ARRIVAL = ("import_id", "file", "row")
_TOLD = tuple(name for name in RAW_PLAYS.columns if name not in (*_ARRIVAL, *_PLAY, "month"))
_CALLED = ("kind", "track_uri", "track_name", "artist_name", "album_name")
_SPOTIFY_LAUNCH = datetime(2008, 10, 1, tzinfo=UTC)
_CLOCK_SLACK = timedelta(seconds=5)
_SKIP_FLAG_TRUSTED_SINCE = datetime(2022, 10, 16, tzinfo=UTC)
_LATEST_EPOCH_S = 100_000_000_000  # larger numbers are milliseconds
_LATEST_EPOCH_MS = 253_402_300_799_000
_SKIPPING_REASONS = ("fwdbtn", "backbtn", "nextbtn")
_UNKNOWN = "Unknown Artist / Unknown Track"  # what account data calls a track that is gone
_SPOTIFY_ID = r"^(?:spotify:[a-z]+:)([0-9A-Za-z]{22})$"


def comparable(raw: pl.DataFrame, imports: pl.LazyFrame) -> pl.DataFrame:
    """Rows of ``raw_plays`` with ids, clocks and a content order ``i``; lower comes first.

    What is only told and never compared stays in ``raw``, where ``place`` says a row stands. Users,
    tracks, sources and months are enums in the order of their text: compared as numbers.

    Args:
        raw: rows of ``raw_plays``.
        imports: ``import_id`` and ``last_played_at``: equal rows belong to the older export.

    Returns:
        ``i`` and ``place``, the identity of the row, ``month``, ``song`` (equal where kind, track and
        names are), ``track_id``, ``name_key``, ``other_key``, ``started_at``, ``is_start_known``,
        ``ended_at``, ``is_stop_clock``, ``ms_played``, ``length_ms`` (of the whole track): in the order of
        content, never of arrival.
    """
    called = raw.lazy().join(
        _songs(raw).lazy(), on=_CALLED, how="left", nulls_equal=True, maintain_order="left"
    )
    clocks = called.with_columns(_played_start().alias("known_start"))
    rows = clocks.select(
        *_ARRIVAL,
        *("song", "track_id", "name_key", "other_key", "ms_played"),
        pl.col("duration_ms").alias("length_ms"),
        *(pl.col(name).cast(enum_of(raw[name])) for name in ("user_id", "month")),
        pl.col("source").cast(pl.Enum(SOURCES)),
        is_start_known=pl.col("known_start").is_not_null(),
        is_stop_clock=pl.col("started_at").is_null(),
        ended_at=ended_at(),
        started_at=pl.coalesce("known_start", _derived_start()),
    ).collect()
    ends = imports.select("import_id", export_ends_at="last_played_at")
    place = places_in_order(
        rows.select(packed("user_id", "track_id"), "started_at"),
        lambda tied: rows.select(_PLAY[3:])[tied].hstack(_told(raw[tied], ends)),
    )
    return rows[place].with_columns(place=place).with_row_index("i")


def _told(copies: pl.DataFrame, ends: pl.LazyFrame) -> pl.DataFrame:
    """What orders rows that are copies of each other: all they tell, and where from comes last."""
    told = copies.lazy().with_columns(is_skipped=is_skipped())
    ended = told.join(ends, on="import_id", how="left", maintain_order="left")
    return ended.select(*_TOLD, "export_ends_at", *_ARRIVAL).collect()


def _songs(raw: pl.DataFrame) -> pl.DataFrame:
    """What each distinct set of names says, made once for all the rows that repeat it."""
    songs = (
        raw.lazy()
        .select(_CALLED)
        .unique()
        .select(
            *_CALLED,
            track_id=_track_id(),
            name_key=names.name_key(pl.col("artist_name"), pl.col("track_name")),
            other_key=_other_key(),
        )
        .with_row_index("song")
        .collect()
    )
    same = pl.col("song").min().over("track_id", "kind", "track_name", "artist_name", "album_name")
    return songs.with_columns(same, pl.col("track_id").cast(enum_of(songs["track_id"])))


def ended_at() -> pl.Expr:
    """The stop as told; the start plus the time played where only that is known."""
    return pl.coalesce("ended_at", _start_only_end())


def _played_start() -> pl.Expr:
    """The start a source tells: outright, or Spotify's offline clock where it can be true."""
    clock = pl.col("offline_timestamp").clip(0, _LATEST_EPOCH_MS)
    clock_ms = pl.when(clock < _LATEST_EPOCH_S).then(clock * 1000).otherwise(clock)
    start = (clock_ms.clip(upper_bound=_LATEST_EPOCH_MS) * 1000).cast(UTC_MICROSECONDS)
    is_plausible = (start >= _SPOTIFY_LAUNCH) & (start <= pl.col("ended_at") + _CLOCK_SLACK)
    return pl.coalesce("started_at", pl.when(is_plausible).then(start))


def _derived_start() -> pl.Expr:
    return pl.col("ended_at") - pl.duration(milliseconds=pl.col("ms_played").fill_null(0))


def _start_only_end() -> pl.Expr:
    return pl.col("started_at") + pl.duration(milliseconds=pl.col("ms_played").fill_null(0))


def _track_id() -> pl.Expr:
    """The Spotify id, else an id of the names, else whatever there is: never null."""
    spotify_id = pl.col("track_uri").str.extract(_SPOTIFY_ID)
    artist, title, album = (
        pl.when(spotify_id.is_null()).then(name) for name in ("artist_name", "track_name", "album_name")
    )
    named = names.name_id(artist, title)
    return pl.coalesce(spotify_id, named, "track_uri", names.name_id(artist, title, album))


def _other_key() -> pl.Expr:
    """What else tells a play: book and chapter (extended history names no author), or having no names."""
    names_told = pl.concat_str("artist_name", "track_name", separator=" / ")
    is_unnamed = pl.all_horizontal(pl.col("artist_name", "track_name").is_null()) | (names_told == _UNKNOWN)
    book = pl.when(pl.col("kind") == "audiobook").then("album_name")
    return pl.coalesce(names.name_key(book, pl.col("track_name")), pl.when(is_unnamed).then(pl.lit(UNNAMED)))


def is_skipped() -> pl.Expr:
    """The flag where it can be trusted, else what the reason for the end says, else null."""
    by_reason = (
        pl.when(pl.col("reason_end") == "trackdone")
        .then(statement=False)
        .when(pl.col("reason_end").is_in(_SKIPPING_REASONS))
        .then(statement=True)
    )
    is_trusted = (pl.col("source") != "spotify_extended") | (pl.col("ended_at") >= _SKIP_FLAG_TRUSTED_SINCE)
    return pl.coalesce(pl.when(is_trusted).then(pl.col("is_skipped")), by_reason)
