"""Columns are found whatever they are called."""

import pytest

from assets.datasets.columns import columns


@pytest.mark.parametrize(
    ("name", "field"),
    [
        *((name, "title") for name in ("title", "Track Name", "trackName", "SONG", "name", "song-title")),
        *((name, "artist") for name in ("artist", "artists", "Artist(s) Name", "artist_name", "ArtistName")),
        *((name, "artist") for name in ("Artist Name(s)", "Artist(s)")),
        *((name, "genre") for name in ("genre", "genres", "track_genre", "Top Genre")),
        *((name, "duration") for name in ("duration", "duration_ms", "Duration (s)", "length")),
        *((name, "tempo") for name in ("tempo", "BPM", "tempo_bpm")),
        *((name, "spotify_id") for name in ("track_id", "uri", "Spotify Track URI", "id")),
        *(("release_date", "year"), ("released_year", "year"), ("Year", "year")),
        *(("album_name", "album"), ("mood", "mood"), ("Energy", "energy"), ("ISRC", "isrc")),
    ],
)
def test_a_field_has_many_names(name: str, field: str) -> None:
    assert columns([name]).of == {field: name}


@pytest.mark.parametrize(
    ("artist", "title"),
    [
        ("Künstler", "Titel"),
        ("Interpret", "Titel"),
        ("interprete", "titre"),
        ("Interprète", "Titre"),
        ("artista", "título"),
        ("Artista", "Titulo"),
        ("ARTISTA", "TITOLO"),
        ("Ku\u0308nstler", "Lied"),
        ("Sanatçı", "Şarkı"),
        ("Исполнитель", "Название"),
        ("アーティスト", "曲名"),
    ],
)
def test_fields_are_known_in_the_languages_of_tables_of_plays(artist: str, title: str) -> None:
    assert columns([artist, title]).of == {"artist": artist, "title": title}


@pytest.mark.parametrize(
    "name", ["valence", "danceability", "key", "", "title_length", "energy_raw", "genre_id"]
)
def test_what_only_looks_like_a_field_stays_another(name: str) -> None:
    found = columns([name])
    assert (found.of, found.others) == ({}, (name,))


def test_of_two_columns_of_a_field_the_better_name_counts_and_the_other_is_kept() -> None:
    found = columns(["name", "id", "track_name", "uri"])
    assert found.of == {"title": "track_name", "spotify_id": "uri"}
    assert found.others == ("name", "id")


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("duration_ms", 0.001), ("Duration MS", 0.001), ("duration_min", 60), ("duration", 1)],
)
def test_the_unit_of_a_length_is_in_its_name(name: str, seconds: float) -> None:
    assert columns(["title", name]).seconds_a_unit == seconds


def test_tracks_are_told_by_a_title_or_an_id() -> None:
    assert not columns(["artist", "genre", "tempo"]).names_tracks
    assert all(columns([name, "artist"]).names_tracks for name in ("title", "uri", "isrc"))
