"""What Spotify told joins into the catalogue where plays say nothing, however late it comes."""

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.catalog import merge, told
from assets.listening import names
from assets.tables import ALBUMS, ARTISTS, SPOTIFY_ITEMS, TRACK_ALBUMS, TRACKS

Row = dict[str, Any]


def played(track_id: str = "song", **changes: object) -> Row:
    """A track merged from plays."""
    row: Row = dict.fromkeys(TRACKS.columns)
    row |= {"track_id": track_id, "kind": "music", "track_name": "Song", "artist_name": "Artist", "plays": 1}
    return row | {"album_name": "Album", "genres": []} | changes


def item(kind: str, spotify_id: str, **changes: object) -> Row:
    return dict.fromkeys(SPOTIFY_ITEMS.columns) | {"kind": kind, "spotify_id": spotify_id} | changes


SONG = item("track", "song", duration_ms=200, isrc="GB1", album_id="album", artist_ids=["artist", "guest"])
ALBUM = item("album", "album", release_date="1999-05", image_url="https://i/album")
ARTIST = item("artist", "artist", name="ARTIST", genres=["dub", "jazz"], image_url="https://i/artist")
GUEST = item("artist", "guest", name="Guest", genres=["soul", "dub"])
ALL = (SONG, ALBUM, ARTIST, GUEST)


def items(*rows: Row) -> pl.LazyFrame:
    return pl.LazyFrame(rows, schema=SPOTIFY_ITEMS.schema)


def merged(*rows: Row) -> pl.LazyFrame:
    """Tracks with the ids that names give."""
    plain = pl.LazyFrame(rows, schema=TRACKS.schema)
    artist, album = pl.col("artist_name"), pl.col("album_name")
    return plain.with_columns(artist_id=names.name_id(artist), album_id=names.name_id(artist, album))


def tracks(*rows: Row, known: tuple[Row, ...] = ALL) -> pl.DataFrame:
    return told.tracks(merged(*rows), items(*known)).collect()


def artists(*rows: Row, known: tuple[Row, ...] = ALL) -> pl.DataFrame:
    catalogue = merged(*rows)
    return told.artists(merge.artists(catalogue), catalogue, items(*known)).collect()


def albums(tracks: pl.LazyFrame) -> pl.DataFrame:
    """Albums of tracks each of which was played on its own."""
    held = TRACK_ALBUMS.conform(tracks.with_columns(told_album_id="album_id"))
    return merge.albums(held, tracks, merge.artists(tracks)).collect()


def test_a_track_has_what_spotify_told_of_it_its_album_and_its_artists() -> None:
    [row] = tracks(played()).rows(named=True)
    assert (row["duration_ms"], row["isrc"]) == (200, "GB1")
    assert (row["release_date"], row["image_url"]) == ("1999-05", "https://i/album")
    assert row["genres"] == ["dub", "jazz", "soul"]


def test_plays_tell_lengths_and_recording_codes_better() -> None:
    found = tracks(played(duration_ms=150, isrc="GB0"))
    assert found.select("duration_ms", "isrc").rows() == [(150, "GB0")]


def test_what_spotify_has_not_told_yet_is_unknown_and_has_no_genres() -> None:
    for known in ((), (ALBUM,), (GUEST,)):
        [row] = tracks(played(), known=known).rows(named=True)
        assert [row[name] for name in ("duration_ms", "isrc", "release_date", "image_url")] == [None] * 4
        assert row["genres"] == []


def test_each_answer_adds_what_it_tells() -> None:
    assert tracks(played(), known=(SONG,))["duration_ms"].item() == 200
    assert tracks(played(), known=(SONG, ALBUM))["release_date"].item() == "1999-05"
    assert tracks(played(), known=(SONG, GUEST))["genres"].to_list() == [["soul", "dub"]]


def test_what_is_no_longer_told_goes() -> None:
    once = tracks(played())
    again = told.tracks(once.lazy(), items(SONG)).collect()
    assert again.select("release_date", "image_url").rows() == [(None, None)]
    assert again["genres"].to_list() == [[]]


def test_an_album_has_what_a_track_of_it_that_was_looked_up_tells() -> None:
    catalogue = tracks(played(), played("other", track_name="Other")).lazy()
    [row] = albums(catalogue).rows(named=True)
    assert (row["release_date"], row["image_url"], row["tracks"]) == ("1999-05", "https://i/album", 2)


def test_an_artist_is_known_by_a_track_of_theirs_that_was_played_under_their_name() -> None:
    [row] = artists(played()).rows(named=True)
    assert (row["artist_name"], row["genres"], row["image_url"]) == (
        "Artist",
        ["dub", "jazz"],
        "https://i/artist",
    )
    [unknown] = artists(played(artist_name="Somebody")).rows(named=True)
    assert (unknown["genres"], unknown["image_url"]) == ([], None)


def test_of_two_artists_of_one_name_it_is_the_one_played_most() -> None:
    namesake = item("artist", "namesake", name="Artist", genres=["metal"])
    theirs = item("track", "theirs", artist_ids=["namesake"])
    known = (*ALL, namesake, theirs)
    for plays, genres in ((1, ["metal"]), (9, ["dub", "jazz"])):
        found = artists(played(plays=plays), played("theirs", plays=5), known=known)
        assert found["genres"].to_list() == [genres]


def test_nothing_played_and_nothing_told_are_empty_tables() -> None:
    assert tracks(known=()).schema == TRACKS.schema
    assert artists(known=()).schema == ARTISTS.schema
    assert albums(tracks(known=()).lazy()).schema == ALBUMS.schema
    assert tracks().is_empty()
    assert artists().is_empty()


IDS = st.sampled_from(("a", "b", "c"))
TRACK_ITEMS = st.builds(
    lambda ident, length, code, album, of: item(
        "track", ident, duration_ms=length, isrc=code, album_id=album, artist_ids=of
    ),
    IDS,
    st.sampled_from((None, 1, 2)),
    st.sampled_from((None, "GB1", "GB2")),
    st.none() | IDS,
    st.none() | st.lists(IDS, max_size=2, unique=True),
)
ALBUM_ITEMS = st.builds(
    lambda ident, date: item("album", ident, release_date=date), IDS, st.sampled_from((None, "1999", "2001"))
)
ARTIST_ITEMS = st.builds(
    lambda ident, genres: item("artist", ident, name="Artist", genres=genres),
    IDS,
    st.sampled_from((None, [], ["dub"], ["soul", "dub"])),
)
TOLD = st.lists(
    st.one_of(TRACK_ITEMS, ALBUM_ITEMS, ARTIST_ITEMS),
    max_size=8,
    unique_by=lambda row: (row["kind"], row["spotify_id"]),
)
PLAYED = st.lists(
    st.builds(played, IDS, duration_ms=st.sampled_from((None, 9)), isrc=st.sampled_from((None, "GB9"))),
    max_size=3,
    unique_by=lambda row: row["track_id"],
)


@given(PLAYED, TOLD, TOLD)
def test_merging_anew_what_is_filled_in_otherwise_is_as_good_as_merging_all(
    rows: list[Row], then: list[Row], now: list[Row]
) -> None:
    catalogue = merged(*rows)
    before = told.tracks(catalogue, items(*then))
    again = told.filled_in_otherwise(items(*then), items(*now)).collect().to_series().implode()
    is_again = pl.col("track_id").is_in(again)
    mixed = pl.concat([before.filter(~is_again), catalogue.filter(is_again)])
    assert told.tracks(mixed, items(*now)).collect().equals(told.tracks(catalogue, items(*now)).collect())


@given(PLAYED, TOLD)
def test_telling_again_changes_nothing(rows: list[Row], known: list[Row]) -> None:
    once = told.tracks(merged(*rows), items(*known))
    assert told.tracks(once, items(*known)).collect().equals(once.collect())
    nothing = told.filled_in_otherwise(items(*known), items(*known[::-1])).collect()
    assert nothing.is_empty()
