"""What was played: tracks, albums, artists, and what Spotify says of them."""

import polars as pl

from assets.tables.table import (
    ARTIST,
    FETCHED,
    IMAGE,
    KIND,
    MONTH,
    NAME_KEY,
    RELEASED,
    TEXTS,
    TOLD_ALBUM_ID,
    TRACK_ID,
    Column,
    Table,
    integer,
    moment,
    text,
)

TRACK_MONTHS = Table(
    name="track_months",
    group="catalog",
    description="Names and lengths each track was played under, by month: what the catalogue is merged from.",
    key=("month", "track_id", "kind", "track_name", "artist_name", "album_name"),
    is_monthly=True,
    sort_by=("track_id", "kind", "track_name", "artist_name", "album_name"),
    version=2,
    columns={
        "month": MONTH,
        "track_id": TRACK_ID,
        "name_key": NAME_KEY,
        "kind": KIND,
        "track_name": text("title as the source gave it"),
        "artist_name": text("artist, or the podcast's name"),
        "album_name": text("album, or the audiobook's title"),
        "isrc": text("recording code, where a source gave one"),
        "plays": integer("plays under these names"),
        "completes": integer("plays that ran to the end"),
        "complete_ms": integer("lower median length of the plays that ran to the end; null when none did"),
        "duration_ms": integer("length of the whole track as a source gave it"),
        "first_played_at": moment("first start in the month"),
        "last_played_at": moment("last start in the month"),
    },
)


TRACKS = Table(
    name="tracks",
    group="catalog",
    description="Every track, episode and chapter that was played.",
    key=("track_id",),
    sort_by=("track_id",),
    version=4,
    columns={
        "track_id": TRACK_ID,
        "name_key": NAME_KEY,
        "kind": KIND,
        "track_name": text("title, as last seen"),
        "artist_id": text("the artist under the newest name; null of podcasts, books and unknown artists"),
        "artist_name": text("artist, or the podcast's name, as last seen of this track"),
        "former_artist_names": Column(
            TEXTS, "artists it had before that with this title and album, the last one last"
        ),
        "credited_since": moment("first start under the artist it has now; null when always the same"),
        "show_id": text('of a podcast: "name:" and 16 hex digits of the newest name of the show'),
        "album_id": text('"name:" and 16 hex digits of the normalised artist and album'),
        "album_name": text("album, as last seen"),
        "isrc": text("recording code, where a source of plays gave one, else as Spotify says"),
        "duration_ms": integer(
            "lower median of complete plays, else as a source of plays gave it, else Spotify, else a dataset"
        ),
        "release_date": text("when its album came out: 2024, 2024-05 or 2024-05-31, as Spotify says"),
        "image_url": text("address of its album's picture at Spotify; null when unknown"),
        "genres": Column(
            pl.List(pl.String()),
            "genres of its artists, the first one's first, as Spotify says, else a dataset; else empty",
        ),
        "mood": text("mood as an accepted dataset names it; null when none does"),
        "energy": Column(pl.Float64(), "0 to 1, as an accepted dataset says; null when none does"),
        "tempo_bpm": Column(pl.Float64(), "beats a minute, as an accepted dataset says; null when none does"),
        "year": integer("when it came out: the year of release_date, else as an accepted dataset says"),
        "plays": integer("plays by all listeners"),
        "completes": integer("those that ran to the end"),
        "first_played_at": moment("first start"),
        "last_played_at": moment("last start"),
    },
)

TRACK_ALBUMS = Table(
    name="track_albums",
    group="catalog",
    description="The albums each track was played on: a play belongs to the album that its row names.",
    key=("track_id", "told_album_id"),
    sort_by=("track_id", "told_album_id"),
    columns={
        "track_id": TRACK_ID,
        "told_album_id": TOLD_ALBUM_ID,
        "album_id": text("the album it is: of the artist's newest name; where rows name none, the track's"),
        "artist_id": text("the artist of the album"),
        "artist_name": text("artist, as the rows name it"),
        "album_name": text("album, as the rows name it"),
        "plays": integer("plays by all listeners"),
        "last_played_at": moment("last start"),
    },
)

ALBUMS = Table(
    name="albums",
    group="catalog",
    description="Every album that was played.",
    key=("album_id",),
    sort_by=("album_id",),
    version=3,
    columns={
        "album_id": text('"name:" and 16 hex digits of the normalised artist and album'),
        "album_name": text("album"),
        **ARTIST,
        "release_date": text("2024, 2024-05 or 2024-05-31, as Spotify says; null when unknown"),
        "image_url": text("address of its picture at Spotify; null when unknown"),
        "tracks": integer("its tracks that were played"),
        "plays": integer("plays by all listeners whose rows name it, or name none and it is the track's"),
    },
)

ARTISTS = Table(
    name="artists",
    group="catalog",
    description="Every artist that was played, each under the newest of their names.",
    key=("artist_id",),
    sort_by=("artist_id",),
    version=3,
    columns={
        **ARTIST,
        "genres": Column(pl.List(pl.String()), "as Spotify says; empty until asked"),
        "image_url": text("address of a picture at Spotify; null when unknown"),
        "tracks": integer("their tracks that were played"),
        "plays": integer("plays by all listeners"),
    },
)

TRACK_ALIASES = Table(
    name="track_aliases",
    group="catalog",
    description="Ids that mean the same song: name ids and re-releases, mapped to the id played most.",
    key=("alias_id",),
    sort_by=("alias_id",),
    version=2,
    columns={"alias_id": TRACK_ID, "track_id": text("the id that stands for the song")},
)


SPOTIFY_ITEMS = Table(
    name="spotify_items",
    group="catalog",
    layer="raw",
    description="What Spotify says of tracks, artists and albums that were played, looked up one by one.",
    key=("kind", "spotify_id"),
    sort_by=("kind", "spotify_id"),
    columns={
        "kind": text("track, artist or album"),
        "spotify_id": text("Spotify id"),
        "name": text("its name"),
        "duration_ms": integer("length of a track"),
        "isrc": text("recording code of a track"),
        "release_date": RELEASED,
        "image_url": IMAGE,
        "genres": Column(TEXTS, "genres of an artist (or album)"),
        "album_id": text("Spotify id of a track's album"),
        "artist_ids": Column(TEXTS, "Spotify ids of a track's or album's artists, the first one first"),
        "fetched_at": FETCHED,
    },
)
