"""The catalogue, merged from the names that tracks were played under in each month."""

import polars as pl

from assets.listening import names
from assets.tables import ALBUMS, ARTISTS, TRACK_ALBUMS, TRACKS

RULES = 2
"""Raise it when the catalogue must be merged anew though no name changed."""

_UNTOLD = {"genres": pl.lit([], dtype=pl.List(pl.String())), "image_url": pl.lit(None)}
"""What Spotify tells joins in afterwards (``told``)."""
_LEFT_OPEN = ("release_date", "mood", "energy", "tempo_bpm", "year")
"""So does what datasets say (``assets/datasets/facts.py``)."""
_SONGS = pl.col("kind").is_in(names.SONGS)
_EDITION = ("track_id", "told_album_id")


def tracks(track_months: pl.LazyFrame) -> pl.LazyFrame:
    """One row a track: the names seen last, and its length. Ids of artist, album and show are open.

    The length is the median complete play, else what a source gave. It is the lower of two: a clock that ran
    on makes one of them hours.
    """
    order = ("last_played_at", "plays", "track_name", "artist_name", "album_name", "kind")
    seen = track_months.with_columns(artist_key=names.name_id(pl.col("artist_name")))
    is_former = pl.col("artist_key") != pl.col("artist_key").drop_nulls().last()
    is_same = [_lower(name).eq_missing(_lower(name).last()) for name in ("track_name", "album_name")]
    merged = (
        seen.sort("track_id", *order, nulls_last=False)
        .group_by("track_id")
        .agg(
            *(pl.col(name).drop_nulls().last() for name in ("track_name", "artist_name", "album_name")),
            pl.col("artist_name")
            .filter(is_former, *is_same)
            .unique(maintain_order=True)
            .alias("former_artist_names"),
            pl.col("first_played_at").filter(~is_former).min().alias("credited_since"),
            pl.col("kind").sort_by("plays", "kind").last(),
            pl.col("isrc").min(),
            pl.coalesce(_median_complete(), pl.col("duration_ms").quantile(0.5, "lower"))
            .round()
            .alias("duration_ms"),
            pl.col("plays", "completes").sum(),
            pl.col("first_played_at").min(),
            pl.col("last_played_at").max(),
        )
    )
    is_credited_anew = pl.col("former_artist_names").list.len() > 0
    named = merged.with_columns(
        name_key=names.name_key(pl.col("artist_name"), pl.col("track_name")),
        credited_since=pl.when(is_credited_anew).then("credited_since"),
        **_UNTOLD,
        **dict.fromkeys((*_LEFT_OPEN, "artist_id", "album_id", "show_id"), pl.lit(None)),
    )
    return TRACKS.conform(named)


def _lower(name: str) -> pl.Expr:
    return pl.col(name).str.to_lowercase()


def _median_complete() -> pl.Expr:
    """The lower median of the months' medians, each as often as plays ran to the end in it."""
    length, times = (pl.col(name).sort_by("complete_ms") for name in ("complete_ms", "completes"))
    return length.filter(times.cum_sum() * 2 >= times.sum()).first()


def identified(tracks: pl.LazyFrame, renamed: pl.LazyFrame) -> pl.LazyFrame:
    """Tracks with the ids of artist, album and show, made of the newest names of ``renames.renamed``."""
    called = _called(tracks, renamed)
    has_artist = _SONGS & pl.col("artist_name").is_not_null() & ~names.is_placeholder(pl.col("artist_name"))
    has_album = has_artist & pl.col("album_name").is_not_null()
    ids = called.with_columns(
        artist_id=pl.when(has_artist).then("newest_id"),
        album_id=names.name_id(*(pl.when(has_album).then(name) for name in ("newest_name", "album_name"))),
        show_id=pl.when(pl.col("kind") == "podcast").then("newest_id"),
    )
    return TRACKS.conform(ids)


def _called(rows: pl.LazyFrame, renamed: pl.LazyFrame) -> pl.LazyFrame:
    """Rows with an ``artist_name``, with ``newest_id`` and ``newest_name`` of that artist."""
    newer = renamed.select("told_id", newer_id="artist_id", newer_name="artist_name")
    joined = rows.with_columns(told_id=names.name_id(pl.col("artist_name"))).join(
        newer, on="told_id", how="left"
    )
    return joined.with_columns(
        newest_id=pl.coalesce("newer_id", "told_id"), newest_name=pl.coalesce("newer_name", "artist_name")
    )


def editions(track_months: pl.LazyFrame) -> pl.LazyFrame:
    """One row a track and album as rows name it, under the names seen last; a row without for no album."""
    order = ("last_played_at", "plays", "artist_name", "album_name")
    told = track_months.filter(_SONGS).with_columns(told_album_id=names.told_album_id())
    return (
        told.sort(*_EDITION, *order, nulls_last=False)
        .group_by(_EDITION)
        .agg(
            *(pl.col(name).last() for name in ("artist_name", "album_name")),
            pl.col("plays").sum(),
            pl.col("last_played_at").max(),
        )
    )


def track_albums(
    editions: pl.LazyFrame, tracks: pl.LazyFrame, aliases: pl.LazyFrame, renamed: pl.LazyFrame
) -> pl.LazyFrame:
    """The album each edition is: the one it names, else its track's, else its song's."""
    of_track = tracks.select("track_id", track_artist="artist_id", track_album="album_id")
    of_song = aliases.join(
        tracks.select("track_id", song_artist="artist_id", song_album="album_id"), on="track_id"
    ).select("song_artist", "song_album", track_id="alias_id")
    called = _called(editions, renamed)
    is_told = pl.col("told_album_id").is_not_null()
    own = names.name_id(*(pl.when(is_told).then(name) for name in ("newest_name", "album_name")))
    joined = called.join(of_track, on="track_id", how="left").join(of_song, on="track_id", how="left")
    return TRACK_ALBUMS.conform(
        joined.with_columns(
            album_id=pl.coalesce(own, "track_album", "song_album"),
            artist_id=pl.coalesce(pl.when(is_told).then("newest_id"), "track_artist", "song_artist"),
        )
    )


def albums(track_albums: pl.LazyFrame, tracks: pl.LazyFrame, artists: pl.LazyFrame) -> pl.LazyFrame:
    """One row an album, under the name seen last, with the plays whose rows name it."""
    in_order = track_albums.filter(pl.col("album_id").is_not_null()).sort(
        "album_id", "last_played_at", *_EDITION, nulls_last=False
    )
    counted = in_order.group_by("album_id").agg(
        pl.col("album_name", "artist_id").drop_nulls().last(),
        tracks=pl.col("track_id").n_unique(),
        plays=pl.col("plays").sum(),
    )
    told = tracks.sort("album_id", "last_played_at", "track_id").group_by("album_id")
    about = told.agg(pl.col("release_date", "image_url").drop_nulls().last())
    called = artists.select("artist_id", "artist_name")
    joined = counted.join(about, on="album_id", how="left").join(called, on="artist_id", how="left")
    return ALBUMS.conform(joined)


def artists(tracks: pl.LazyFrame) -> pl.LazyFrame:
    """One row an artist, under the name seen last of those that are its newest."""
    is_newest = names.name_id(pl.col("artist_name")) == pl.col("artist_id")
    known = tracks.filter(pl.col("artist_id").is_not_null()).with_columns(is_newest=is_newest)
    in_order = known.sort("artist_id", "is_newest", "last_played_at", "track_id")
    counted = in_order.group_by("artist_id").agg(
        pl.col("artist_name").last(), tracks=pl.len(), plays=pl.col("plays").sum()
    )
    return ARTISTS.conform(counted.with_columns(**_UNTOLD))
