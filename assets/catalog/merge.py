"""The catalogue, merged from the names that tracks were played under in each month."""

import polars as pl

from assets.listening import names
from assets.tables import ALBUMS, ARTISTS, TRACK_ALIASES, TRACKS

RULES = 1
"""Raise it when the catalogue must be merged anew though no name changed."""

_UNTOLD = {"genres": pl.lit([], dtype=pl.List(pl.String())), "image_url": pl.lit(None)}
"""What Spotify tells joins in afterwards (``told``)."""
_LEFT_OPEN = ("release_date", "mood", "energy", "tempo_bpm", "year")
"""So does what datasets say (``assets/datasets/facts.py``)."""
_SONGS = pl.col("kind").is_in(["music", "video"])


def tracks(track_months: pl.LazyFrame) -> pl.LazyFrame:
    """One row a track: the names seen last, and its length.

    The length is the median over months of the median complete play, else what a source gave.
    """
    order = ("last_played_at", "plays", "track_name", "artist_name", "album_name", "kind")
    seen = track_months.sort("track_id", *order, nulls_last=False)
    merged = seen.group_by("track_id").agg(
        *(pl.col(name).drop_nulls().last() for name in ("track_name", "artist_name", "album_name")),
        pl.col("kind").sort_by("plays", "kind").last(),
        pl.col("isrc").min(),
        pl.coalesce(pl.col("complete_ms").median(), pl.col("duration_ms").median())
        .round()
        .alias("duration_ms"),
        pl.col("plays").sum(),
        pl.col("first_played_at").min(),
        pl.col("last_played_at").max(),
    )
    is_song = _SONGS & pl.col("artist_name").is_not_null()
    named = merged.with_columns(
        name_key=names.name_key(pl.col("artist_name"), pl.col("track_name")),
        artist_id=pl.when(is_song).then(names.name_id(pl.col("artist_name"))),
        album_id=pl.when(is_song & pl.col("album_name").is_not_null()).then(
            names.name_id(pl.col("artist_name"), pl.col("album_name"))
        ),
        **_UNTOLD,
        **dict.fromkeys(_LEFT_OPEN, pl.lit(None)),
    )
    return TRACKS.conform(named)


def track_aliases(tracks: pl.LazyFrame) -> pl.LazyFrame:
    """Ids whose names are those of a Spotify id, mapped to the one of these that was played most."""
    is_spotify = ~pl.col("track_id").str.starts_with(names.ID_PREFIX)
    best = pl.col("track_id").sort_by(~is_spotify, -pl.col("plays"), "track_id").first()
    named = tracks.filter(pl.col("name_key").is_not_null())
    mapped = named.select(alias_id="track_id", track_id=best.over("name_key"))
    is_alias = (pl.col("alias_id") != pl.col("track_id")) & is_spotify
    return TRACK_ALIASES.conform(mapped.filter(is_alias))


def albums(tracks: pl.LazyFrame) -> pl.LazyFrame:
    """One row an album, under the names seen last."""
    last = [pl.col(name).last() for name in ("album_name", "artist_id", "artist_name")]
    told = [pl.col(name).drop_nulls().last() for name in ("release_date", "image_url")]
    return ALBUMS.conform(_counted(tracks, "album_id", [*last, *told]))


def artists(tracks: pl.LazyFrame) -> pl.LazyFrame:
    """One row an artist, under the name seen last."""
    counted = _counted(tracks, "artist_id", [pl.col("artist_name").last()])
    return ARTISTS.conform(counted.with_columns(**_UNTOLD))


def _counted(tracks: pl.LazyFrame, key: str, last: list[pl.Expr]) -> pl.LazyFrame:
    known = tracks.filter(pl.col(key).is_not_null()).sort(key, "last_played_at", "track_id")
    return known.group_by(key).agg(*last, tracks=pl.len(), plays=pl.col("plays").sum())
