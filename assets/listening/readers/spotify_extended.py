"""Spotify's extended streaming history: one record a stream, ``ts`` when it stopped."""

from collections.abc import Mapping

import polars as pl

from assets.listening.readers.columns import Origin, filled
from assets.listening.readers.spotify import BOOL, INT, TEXT, SpotifyFormat, by_content, clocked

_FIELDS: Mapping[str, pl.DataType] = {
    "ts": TEXT,
    "ms_played": INT,
    "platform": TEXT,
    "conn_country": TEXT,
    "master_metadata_track_name": TEXT,
    "master_metadata_album_artist_name": TEXT,
    "master_metadata_album_album_name": TEXT,
    "spotify_track_uri": TEXT,
    "episode_name": TEXT,
    "episode_show_name": TEXT,
    "spotify_episode_uri": TEXT,
    "audiobook_title": TEXT,
    "audiobook_uri": TEXT,
    "audiobook_chapter_uri": TEXT,
    "audiobook_chapter_title": TEXT,
    "reason_start": TEXT,
    "reason_end": TEXT,
    "shuffle": BOOL,
    "skipped": BOOL,
    "offline": BOOL,
    "offline_timestamp": INT,
    "incognito_mode": BOOL,
}


def _rows(frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    text = [name for name, kind in _FIELDS.items() if kind == TEXT and name != "ts"]
    told = frame.with_columns(filled(name).alias(name) for name in text)
    return clocked(told.with_columns(content=_content()), "ts").select(
        "is_mistyped",
        "clock_problem",
        "ended_at",
        "ms_played",
        "offline_timestamp",
        "reason_start",
        "reason_end",
        "platform",
        by_content(
            "spotify_track_uri",
            "spotify_episode_uri",
            pl.coalesce("audiobook_chapter_uri", "audiobook_uri"),
        ).alias("track_uri"),
        by_content("master_metadata_track_name", "episode_name", "audiobook_chapter_title").alias(
            "track_name"
        ),
        by_content("master_metadata_album_artist_name", "episode_show_name", pl.lit(None)).alias(
            "artist_name"
        ),
        by_content("master_metadata_album_album_name", pl.lit(None), "audiobook_title").alias("album_name"),
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


EXTENDED = SpotifyFormat("spotify_extended", "ts", _FIELDS, ("ts", "ms_played"), _rows)
