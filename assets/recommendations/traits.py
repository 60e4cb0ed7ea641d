"""Whom and what feedback on a track speaks for: its artist, its genres and its mood."""

import polars as pl

from assets.tables import TRACK_TRAITS


def traits(tracks: pl.LazyFrame, track_aliases: pl.LazyFrame) -> pl.LazyFrame:
    """``track_traits`` of the catalogue: an id that means the same song as another has that one's traits.

    Podcasts, audiobooks and videos have none: a taste is one in music.
    """
    music = tracks.filter(pl.col("kind") == "music")
    aliases = track_aliases.select(alias_id="alias_id", song_id="track_id")
    songs = music.select("track_id", "artist_id", "genres", "mood")
    named = music.select("track_id").join(aliases, left_on="track_id", right_on="alias_id", how="left")
    strangers = aliases.rename({"alias_id": "track_id"}).join(music, on="track_id", how="anti")
    ids = pl.concat([named, strangers.select("track_id", "song_id")])
    meant = ids.with_columns(song_id=pl.coalesce("song_id", "track_id"))
    joined = meant.join(songs, left_on="song_id", right_on="track_id", how="inner")
    return TRACK_TRAITS.conform(joined.with_columns(pl.col("genres").list.unique(maintain_order=True)))


def changed(before: pl.LazyFrame, now: pl.LazyFrame) -> pl.LazyFrame:
    """``track_id`` of those whose traits differ, come or go, where that changes what is counted."""
    lists = [_listed(each) for each in (before, now)]
    both = lists[0].join(lists[1], on=["track_id", "kind", "name"], how="full", suffix="_now")
    is_in_one = pl.col("track_id").is_null() | pl.col("track_id_now").is_null()
    return both.filter(is_in_one).select(pl.coalesce("track_id", "track_id_now")).unique()


def _listed(rows: pl.LazyFrame) -> pl.LazyFrame:
    return listed(rows).select("track_id", "kind", "name")


def listed(track_traits: pl.LazyFrame) -> pl.LazyFrame:
    """``track_id, kind, name``: a row for each weight that feedback on a track moves."""
    rows = track_traits.select("track_id", "artist_id", "genres", "mood")
    genres = rows.select("track_id", name="genres").explode("name")
    of_kind = {
        "genre": genres,
        "artist": rows.select("track_id", name="artist_id"),
        "mood": rows.select("track_id", name="mood"),
    }
    named = [
        each.drop_nulls("name").select("track_id", pl.lit(kind).alias("kind"), "name")
        for kind, each in of_kind.items()
    ]
    return pl.concat(named)
