"""Tracks as web services write them, objects inside of objects, are read as if they were flat."""

import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dataset_worlds import read

from assets.datasets.nested import told

SONG = "4uLU6hMCjMI75M1A2tKUQC"
SPOTIFY = {
    "album": {
        "album_type": "album",
        "artists": [{"id": "a1", "name": "Various"}],
        "external_urls": {"spotify": "https://open.spotify.com/album/1"},
        "id": "alb",
        "images": [{"url": "x", "height": 64}],
        "name": "Whenever",
        "release_date": "1987-11-12",
        "uri": "spotify:album:alb",
    },
    "artists": [{"id": "a1", "name": "Ana"}, {"id": "a2", "name": "Ben"}],
    "duration_ms": 213_573,
    "external_ids": {"isrc": "GBARL9300135"},
    "external_urls": {"spotify": f"https://open.spotify.com/track/{SONG}"},
    "id": SONG,
    "name": "Never",
    "popularity": 80,
    "type": "track",
    "uri": f"spotify:track:{SONG}",
}
FEATURES = {"tempo": 113.3, "energy": 0.94, "valence": 0.9, "id": SONG, "duration_ms": 213_573}
NAMES = ("title", "artist", "album", "year", "duration_s", "isrc", "spotify_id", "tempo_bpm", "energy")
SAID = ("Never", "Ana; Ben", "Whenever", 1987, 213.573, "GBARL9300135", SONG, 113.3, 0.94)
ITEM = {
    "added_at": "2020-01-01T00:00:00Z",
    "added_by": {"id": "someone"},
    "track": SPOTIFY | {"audio_features": FEATURES},
}
FORMS = ["json", "jsonl", "parquet", "broken.jsonl"]


def written(rows: list[dict[str, Any]], form: str) -> bytes:
    """The rows in a format, the last of which needs the reader that takes anything."""
    stream = io.BytesIO()
    match form:
        case "parquet":
            pl.DataFrame(rows, infer_schema_length=None).write_parquet(stream)
        case "json":
            stream.write(json.dumps(rows).encode())
        case "jsonl":
            stream.write("\n".join(map(json.dumps, rows)).encode())
        case _:
            stream.write("\n".join([*map(json.dumps, rows), '{"id": ']).encode())
    return stream.getvalue()


def first(tmp_path: Path, rows: list[dict[str, Any]], form: str, *names: str) -> tuple[object, ...]:
    return read(tmp_path, form if "." in form else f"a.{form}", written(rows, form)).of(*names)[0]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "row",
    [
        SPOTIFY | {"audio_features": FEATURES},
        ITEM,
        {"track": SPOTIFY, "audio_features": FEATURES},
        {"item": SPOTIFY, "features": FEATURES},
        {"data": {"track": SPOTIFY, "audioFeatures": FEATURES}},
    ],
)
def test_a_track_of_spotifys_web_api_is_read_with_what_is_inside_of_it(
    tmp_path: Path, row: dict[str, Any], form: str
) -> None:
    assert first(tmp_path, [row], form, *NAMES) == SAID


@pytest.mark.parametrize(
    "document",
    [
        {"items": [ITEM], "limit": 50, "href": "x"},
        {"tracks": {"items": [ITEM], "total": 1}, "name": "My list", "images": [{"url": "a"}, {"url": "b"}]},
        {"tracks": {"items": [SPOTIFY | {"audio_features": FEATURES}]}},
        {"response": {"data": {"tracks": [ITEM]}}},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_pages_and_playlists_are_lists_of_their_tracks(
    tmp_path: Path, document: dict[str, Any], indent: int | None
) -> None:
    found = read(tmp_path, "a.json", json.dumps(document, indent=indent))
    assert found.of(*NAMES) == [SAID]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("row", "said"),
    [
        (  # Deezer
            {
                "title": "Song",
                "artist": {"name": "Ana"},
                "album": {"title": "I", "release_date": "1999-05-01"},
            },
            ("Song", "Ana", "I", 1999),
        ),
        (  # Apple Music
            {
                "attributes": {
                    "name": "Song",
                    "artistName": "Ana",
                    "albumName": "I",
                    "releaseDate": "1999-05-01",
                }
            },
            ("Song", "Ana", "I", 1999),
        ),
        (  # Last.fm
            {"name": "Song", "artist": {"#text": "Ana", "mbid": ""}, "album": {"#text": "I"}, "year": 1999},
            ("Song", "Ana", "I", 1999),
        ),
        (  # MusicBrainz
            {
                "title": "Song",
                "artist-credit": [{"name": "Ana"}],
                "first-release-date": "1999-05",
                "release": {"title": "I"},
            },
            ("Song", "Ana", "I", 1999),
        ),
        (
            {"song": {"title": "Song", "artist": "Ana", "album": "I", "year": 1999}},
            ("Song", "Ana", "I", 1999),
        ),
    ],
)
def test_other_services_objects_are_read(
    tmp_path: Path, row: dict[str, Any], said: tuple[object, ...], form: str
) -> None:
    assert first(tmp_path, [row], form, "title", "artist", "album", "year") == said


def test_a_length_and_genres_inside_of_objects_are_read_in_their_unit(tmp_path: Path) -> None:
    rows = [
        {"title": "Song", "duration": {"ms": 215_000}, "analysis": {"genres": ["rock", "pop"], "bpm": 120}}
    ]
    for form in FORMS:
        assert first(tmp_path, rows, form, "duration_s", "genre", "tempo_bpm") == (215.0, "rock; pop", 120.0)


def test_rows_with_texts_and_rows_with_objects_are_both_read(tmp_path: Path) -> None:
    rows = [
        {"title": "A", "artist": "Ana"},
        {"title": "B", "artist": {"name": "Ben"}},
        {"title": "C", "artist": None},
    ]
    found = read(tmp_path, "a.json", json.dumps(rows))
    assert found.of("title", "artist") == [("A", "Ana"), ("B", "Ben"), ("C", None)]


def test_energies_inside_of_objects_are_percent_too(tmp_path: Path) -> None:
    rows = [{"name": str(at), "audio_features": {"energy": each}} for at, each in enumerate((30, 79))]
    assert read(tmp_path, "a.json", json.dumps(rows)).of("energy") == [(0.3,), (0.79,)]


def test_what_is_in_the_objects_stays_beside(tmp_path: Path) -> None:
    found = read(tmp_path, "a.json", json.dumps([SPOTIFY]))
    extra = json.loads(str(found.of("extra")[0][0]))
    assert json.loads(extra["album"])["album_type"] == "album"
    assert found.reading.fields["album"] == 1


@pytest.mark.parametrize(
    "path",
    [
        *(
            ("album", "id"),
            ("album", "uri"),
            ("added_by", "id"),
            ("owner", "name"),
            ("label", "name"),
            ("context", "uri"),
        ),
        *(
            ("playlist", "name"),
            ("artist", "id"),
            ("artist", "genre"),
            ("chart", "year"),
            ("album", "external_urls", "spotify"),
        ),
    ],
)
def test_members_of_other_things_are_no_fields_of_the_track(path: tuple[str, ...]) -> None:
    assert told(path) is None


def test_keys_that_no_path_can_name_are_passed_over(tmp_path: Path) -> None:
    rows = [
        {
            "title": "Song",
            "it's": {"a'b": 1, "": 2, "x\\y": 3},
            "deep": {"a": {"b": {"c": {"d": {"tempo": 5}}}}},
        }
    ]
    assert first(tmp_path, rows, "json", "title", "tempo_bpm") == ("Song", None)
