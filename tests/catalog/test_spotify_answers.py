"""Answers of Spotify keep what is good, and say what else to ask for."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.catalog import enrich
from assets.tables import SPOTIFY_ITEMS, TRACKS
from resources.spotify.catalogue_items import Answer, Asked
from resources.spotify.web_api import Kind

SONG, ALBUM, ARTIST, GUEST = "s" * 22, "l" * 22, "a" * 22, "g" * 22
PICTURES = [{"url": f"https://i.scdn.co/image/{px}", "width": px, "height": px} for px in (640, 300, 64)]
TRACK_SAID = {
    "type": "track",
    "id": SONG,
    "name": "Song",
    "duration_ms": 201_000,
    "external_ids": {"isrc": "GBAYE0000001"},
    "artists": [{"id": ARTIST, "name": "Artist"}, {"id": GUEST, "name": "Guest"}],
    "album": {
        "id": ALBUM,
        "type": "album",
        "name": "Album",
        "release_date": "1999-05",
        "images": PICTURES,
        "artists": [{"id": ARTIST}],
    },
}
ARTIST_SAID = {
    "type": "artist",
    "id": ARTIST,
    "name": "Artist",
    "genres": ["dub", "jazz"],
    "images": PICTURES,
}
ALBUM_ANSWER = Answer("Album", None, None, "1999-05", "https://i.scdn.co/image/300", None, None, [ARTIST])
TRACK_ANSWER = Answer("Song", 201_000, "GBAYE0000001", album_id=ALBUM, artist_ids=[ARTIST, GUEST])


def track(**changes: object) -> Answer:
    """What a track's answer with other fields says of the track."""
    asked = Asked("track", SONG)
    return enrich.answers(asked, TRACK_SAID | changes)[asked]


def artist(**changes: object) -> Answer:
    asked = Asked("artist", ARTIST)
    return enrich.answers(asked, ARTIST_SAID | changes)[asked]


def album(**changes: object) -> Answer:
    asked, said = Asked("album", ALBUM), TRACK_SAID["album"]
    assert isinstance(said, dict)
    return enrich.answers(asked, said | changes)[asked]


def test_a_tracks_answer_tells_the_track_and_its_album() -> None:
    assert enrich.answers(Asked("track", SONG), TRACK_SAID) == {
        Asked("track", SONG): TRACK_ANSWER,
        Asked("album", ALBUM): ALBUM_ANSWER,
    }


@pytest.mark.parametrize("lacking", ["name", "release_date", "images"])
def test_an_album_of_which_a_track_tells_half_is_asked_for_itself(lacking: str) -> None:
    half = {name: value for name, value in dict[str, Any](TRACK_SAID["album"]).items() if name != lacking}  # type: ignore[call-overload]
    assert list(enrich.answers(Asked("track", SONG), TRACK_SAID | {"album": half})) == [Asked("track", SONG)]


def test_albums_and_artists_tell_their_genres_and_a_picture() -> None:
    assert artist() == Answer("Artist", genres=["dub", "jazz"], image_url="https://i.scdn.co/image/300")
    assert album() == ALBUM_ANSWER


@pytest.mark.parametrize(
    ("field", "junk", "lost"),
    [
        ("name", None, "name"),
        ("name", 7, "name"),
        ("name", " ", "name"),
        ("duration_ms", 0, "duration_ms"),
        ("duration_ms", -5, "duration_ms"),
        ("duration_ms", "201000", "duration_ms"),
        ("duration_ms", True, "duration_ms"),
        ("duration_ms", 10**15, "duration_ms"),
        ("external_ids", None, "isrc"),
        ("external_ids", {"isrc": "nonsense"}, "isrc"),
        ("external_ids", ["isrc"], "isrc"),
        ("album", None, "album_id"),
        ("album", {"id": "not a Spotify id"}, "album_id"),
        ("artists", None, "artist_ids"),
        ("artists", [None, {}, {"id": 5}], "artist_ids"),
    ],
)
def test_a_field_that_holds_junk_is_missing_and_the_others_stay(field: str, junk: object, lost: str) -> None:
    expected = {**vars(TRACK_ANSWER), lost: None}
    assert vars(track(**{field: junk})) == expected


@pytest.mark.parametrize(
    ("said", "kept"),
    [("2024", "2024"), ("2024-05", "2024-05"), ("2024-05-31", "2024-05-31"), ("0000", None)]
    + [
        (junk, None)
        for junk in ("2024-13", "2024-05-32", "May 2024", "2024-5", "", 2024, None, "2024-05-31T00")
    ],
)
def test_a_release_date_is_a_year_a_month_or_a_day(said: object, kept: str | None) -> None:
    assert album(release_date=said).release_date == kept


def test_a_recording_code_is_written_without_hyphens() -> None:
    assert track(external_ids={"isrc": "gb-aye-00-00001"}).isrc == "GBAYE0000001"


@pytest.mark.parametrize(
    ("widths", "chosen"),
    [
        ((64, 640, 300), 300),
        ((64, 160), 160),
        ((1000, 640), 640),
        ((None, 64), 64),
        ((None,), None),
        ((), "none"),
    ],
)
def test_the_smallest_picture_that_is_wide_enough_is_taken(
    widths: tuple[int | None, ...], chosen: object
) -> None:
    images = [{"url": f"https://i/{width}", "width": width} for width in widths]
    assert artist(images=images).image_url == (None if chosen == "none" else f"https://i/{chosen}")


@pytest.mark.parametrize("url", ["http://i/1", "javascript:alert(1)", 'https://i/"><script>', "", None, 5])
def test_an_address_that_is_none_is_no_picture(url: object) -> None:
    assert artist(images=[{"url": url, "width": 640}]).image_url is None


def test_genres_are_told_apart_from_nothing_said_of_them() -> None:
    assert artist(genres=[]).genres == []
    assert artist(genres=None).genres is None
    assert artist(genres=["dub", None, " ", "dub", 5, " jazz "]).genres == ["dub", "jazz"]


def test_text_that_no_database_takes_is_cleaned() -> None:
    assert track(name="So\0ng\ud800").name == "Song"


@pytest.mark.parametrize(
    "said",
    [
        *(None, [], "track", 5, {}, {"type": "episode", "name": "Talk"}, TRACK_SAID["album"]),
        {"type": "track", "name": "", "duration_ms": 0, "artists": [{"id": None}], "album": {}},
    ],
)
def test_an_answer_of_which_nothing_can_be_used_is_malformed(said: object) -> None:
    with pytest.raises(enrich.MalformedAnswerError, match="track"):
        enrich.answers(Asked("track", SONG), said)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
FIELDS = (
    "type",
    "name",
    "duration_ms",
    "external_ids",
    "album",
    "artists",
    "images",
    "genres",
    "release_date",
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        field: JSON | st.just(TRACK_SAID.get(field, ARTIST_SAID.get(field)))
        for field in FIELDS
        if field != "type"
    },
)


@given(st.sampled_from(("track", "album", "artist")), ANSWERS | JSON)
def test_whatever_is_answered_gives_rows_the_lake_takes_or_is_malformed(kind: Kind, said: object) -> None:
    asked = Asked(kind, SONG)
    try:
        found = enrich.answers(asked, said)
    except enrich.MalformedAnswerError:
        return
    rows = [vars(one) | vars(answer) | {"fetched_at": None} for one, answer in found.items()]
    assert enrich.frame(rows).height == len(found)
    assert asked in found


def tracks(*rows: tuple[str, str, int]) -> pl.LazyFrame:
    """A catalogue of ids, kinds and plays."""
    empty = dict.fromkeys(TRACKS.columns)
    full = [empty | {"track_id": ident, "kind": kind, "plays": plays} for ident, kind, plays in rows]
    return pl.LazyFrame(full, schema=TRACKS.schema)


def items(*rows: dict[str, object]) -> pl.LazyFrame:
    empty = dict.fromkeys(SPOTIFY_ITEMS.columns)
    return pl.LazyFrame([empty | row for row in rows], schema=SPOTIFY_ITEMS.schema)


def wanted(catalogue: pl.LazyFrame, known: pl.LazyFrame) -> list[tuple[str, str, int]]:
    return enrich.wanted(catalogue, known).collect().rows()


def test_music_with_a_spotify_id_is_wanted() -> None:
    played = tracks(
        (SONG, "music", 3),
        ("e" * 22, "podcast", 9),
        ("name:0123456789abcdef", "music", 9),
        ("x" * 21, "music", 1),
    )
    assert wanted(played, items()) == [("track", SONG, 3)]


def test_albums_and_artists_are_wanted_once_known_with_the_plays_of_their_tracks() -> None:
    other, alone = "o" * 22, "z" * 22
    played = tracks((SONG, "music", 3), (other, "music", 4), (alone, "music", 1))
    known = items(
        {"kind": "track", "spotify_id": SONG, "album_id": ALBUM, "artist_ids": [ARTIST, GUEST]},
        {"kind": "track", "spotify_id": other, "album_id": ALBUM, "artist_ids": [ARTIST]},
        {"kind": "track", "spotify_id": alone},
        {"kind": "track", "spotify_id": "n" * 22, "album_id": "n" * 22, "artist_ids": ["n" * 22]},
        {"kind": "album", "spotify_id": ALBUM, "artist_ids": [ARTIST, "m" * 22]},
    )
    assert wanted(played, known) == [
        ("album", ALBUM, 7),
        ("artist", ARTIST, 7),
        ("artist", GUEST, 3),
        ("track", other, 4),
        ("track", SONG, 3),
        ("track", alone, 1),
    ]
