"""What Spotify told of tracks and artists, joined into the catalogue that was merged from plays.

It joins in afterwards: an answer that comes late reaches tracks that nobody played since.
"""

import polars as pl

from assets.listening import names
from assets.tables import ARTISTS, TRACKS

_FALLBACKS = ("duration_ms", "isrc")
"""Columns that plays tell better; the others only Spotify tells."""
_NO_GENRES = pl.lit([], dtype=pl.List(pl.String()))


def tracks(merged: pl.LazyFrame, items: pl.LazyFrame) -> pl.LazyFrame:
    """Tracks with what Spotify told of them: doing it again changes nothing."""
    plain = merged.drop("release_date", "image_url", "genres")
    joined = plain.join(_of_tracks(items), on="track_id", how="left", suffix="_told")
    return TRACKS.conform(
        joined.with_columns(
            *(pl.coalesce(name, f"{name}_told") for name in _FALLBACKS),
            genres=pl.coalesce("genres", _NO_GENRES),
            year=pl.col("release_date").str.slice(0, 4).cast(pl.Int64()),
        )
    )


def filled_in_otherwise(then: pl.LazyFrame, now: pl.LazyFrame) -> pl.LazyFrame:
    """Ids of tracks whose length or recording code Spotify told otherwise before: to be merged anew.

    What it had not told at all fills in by itself.
    """
    before, after = (_of_kind(items, "track").select("spotify_id", *_FALLBACKS) for items in (then, now))
    apart = before.join(after, on=["spotify_id", *_FALLBACKS], how="anti", nulls_equal=True)
    return apart.select(track_id="spotify_id")


def artists(merged: pl.LazyFrame, tracks: pl.LazyFrame, items: pl.LazyFrame) -> pl.LazyFrame:
    """Artists with what Spotify told of those under whose name a track of theirs was played.

    Of several artists of one name it is the one whose tracks were played most.
    """
    told = _of_kind(items, "artist").select("spotify_id", "name", "genres", "image_url")
    named = told.with_columns(artist_id=names.name_id(pl.col("name"))).drop("name")
    played = tracks.select("track_id", "artist_id", "plays").drop_nulls("artist_id")
    theirs = _artists_of_tracks(items).join(played, on="track_id").join(named, on=["spotify_id", "artist_id"])
    counted = theirs.group_by("artist_id", "spotify_id").agg(
        pl.col("plays").sum(), pl.col("genres", "image_url").first()
    )
    in_order = counted.sort("artist_id", -pl.col("plays"), "spotify_id")
    most = in_order.unique("artist_id", keep="first", maintain_order=True)
    joined = merged.drop("genres", "image_url").join(most.drop("plays"), on="artist_id", how="left")
    return ARTISTS.conform(joined.with_columns(genres=pl.coalesce("genres", _NO_GENRES)))


def _of_tracks(items: pl.LazyFrame) -> pl.LazyFrame:
    """``track_id, duration_ms, isrc, release_date, image_url, genres`` of tracks that were looked up."""
    albums = _of_kind(items, "album").select("release_date", "image_url", album_id="spotify_id")
    found = _of_kind(items, "track").select("album_id", *_FALLBACKS, track_id="spotify_id")
    with_album = found.join(albums, on="album_id", how="left").drop("album_id")
    return with_album.join(_genres_of_tracks(items), on="track_id", how="left")


def _genres_of_tracks(items: pl.LazyFrame) -> pl.LazyFrame:
    """The genres of a track's artists, each once, those of the first artist first."""
    genres = _of_kind(items, "artist").select("spotify_id", "genres")
    told = _artists_of_tracks(items).join(genres, on="spotify_id").explode("genres").drop_nulls("genres")
    in_order = told.sort("track_id", "place", maintain_order=True)
    return in_order.group_by("track_id").agg(pl.col("genres").unique(maintain_order=True))


def _artists_of_tracks(items: pl.LazyFrame) -> pl.LazyFrame:
    """``track_id, spotify_id, place``: the artists of each track, in their order."""
    listed = _of_kind(items, "track").select("artist_ids", track_id="spotify_id").drop_nulls("artist_ids")
    numbered = listed.with_columns(place=pl.int_ranges(pl.col("artist_ids").list.len()))
    return numbered.explode("artist_ids", "place").rename({"artist_ids": "spotify_id"})


def _of_kind(items: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    return items.filter(pl.col("kind") == kind)
