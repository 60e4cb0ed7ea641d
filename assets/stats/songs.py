"""What is known of the tracks that were heard: joined in after counting, so that it may come late."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from assets.order import as_enums

HEARD = ("track_id", "told_album_id")
"""What was heard: a track, on the album its rows name."""


@dataclass(frozen=True)
class Catalogue:
    """The tables of the catalogue that top lists are made with."""

    tracks: pl.LazyFrame
    track_aliases: pl.LazyFrame
    track_albums: pl.LazyFrame
    artists: pl.LazyFrame
    albums: pl.LazyFrame

    def songs(self, heard: pl.DataFrame) -> pl.DataFrame:
        """``HEARD`` with ``song_id, artist_id, album_id, duration_ms, genres, is_unknown``.

        Songs count together under the id that stands for them; albums by what the rows name. What an
        artist nobody knows plays is no song to rank.

        Args:
            heard: ``HEARD``, each once, enums.
        """
        tracks = self.tracks.select("track_id", "artist_id", "artist_name", "duration_ms", "genres")
        aliases = self.track_aliases.select(pl.col("track_id").alias("of_song"), "alias_id")
        albums = self.track_albums.select(*HEARD, "album_id")
        texts = heard.with_columns(pl.col(HEARD).cast(pl.String())).lazy()
        songs = (
            texts.join(aliases, left_on="track_id", right_on="alias_id", how="left")
            .with_columns(song_id=pl.coalesce("of_song", "track_id"))
            .join(tracks, left_on="song_id", right_on="track_id", how="left")
            .join(albums, on=HEARD, how="left", nulls_equal=True)
            .with_columns(is_unknown=pl.col("artist_id").is_null() & pl.col("artist_name").is_not_null())
            .drop("of_song", "artist_name")
            .collect()
        )
        (known,) = as_enums([songs], ("song_id", "artist_id", "album_id"))
        return known.with_columns(pl.col(name).cast(heard.schema[name]) for name in HEARD)

    def names(self) -> Mapping[str, pl.LazyFrame]:
        """What the entries of each list are called, by the list's key: one name an id everywhere."""
        artists = self.artists.select("artist_id", "artist_name")
        tracks = self.tracks.select("track_id", "track_name", "artist_id", told="artist_name")
        called = tracks.join(artists, on="artist_id", how="left")
        artist_name = pl.coalesce("artist_name", "told").alias("artist_name")
        return {
            "track_id": called.select("track_id", "track_name", artist_name),
            "artist_id": artists,
            "album_id": self.albums.select("album_id", "album_name", "artist_name"),
        }
