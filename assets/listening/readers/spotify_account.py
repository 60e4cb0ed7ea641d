"""Spotify's account data: the last year, names only, stop times in whole minutes."""

from collections.abc import Mapping

import polars as pl

from assets.listening.readers.columns import Origin, filled
from assets.listening.readers.spotify import INT, TEXT, SpotifyFormat, by_content, clocked

_FIELDS: Mapping[str, pl.DataType] = {
    "endTime": TEXT,
    "artistName": TEXT,
    "trackName": TEXT,
    "podcastName": TEXT,
    "episodeName": TEXT,
    "audiobookName": TEXT,
    "chapterName": TEXT,
    "authorName": TEXT,
    "msPlayed": INT,
}


def _rows(frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    text = [name for name, kind in _FIELDS.items() if kind == TEXT and name != "endTime"]
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
    return clocked(told.with_columns(content=content.otherwise(pl.lit("music"))), "endTime").select(
        "is_mistyped",
        "clock_problem",
        "ended_at",
        by_content("trackName", "episodeName", "chapterName").alias("track_name"),
        by_content("artistName", "podcastName", "authorName").alias("artist_name"),
        by_content(pl.lit(None), pl.lit(None), "audiobookName").alias("album_name"),
        ms_played="msPlayed",
        kind=pl.lit("video") if origin.is_video else pl.col("content"),
        duration_ms=None,
        **dict.fromkeys(unknown, pl.lit(None, pl.String)),
        **dict.fromkeys(flags),
    )


ACCOUNT = SpotifyFormat("spotify_account", "endTime", _FIELDS, ("endTime", "msPlayed"), _rows)
