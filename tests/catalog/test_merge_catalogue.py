from datetime import UTC, datetime
from random import Random
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.catalog import merge
from assets.listening import names
from assets.tables import ALBUMS, ARTISTS, TRACK_ALIASES, TRACK_MONTHS, TRACKS

Row = dict[str, Any]


def key(artist: str | None, title: str | None) -> str | None:
    frame = pl.DataFrame(
        {"artist": [artist], "title": [title]}, schema={"artist": pl.String, "title": pl.String}
    )
    found: str | None = frame.select(names.name_key(pl.col("artist"), pl.col("title"))).item()
    return found


def named(track_id: str = "a", month: str = "2024-01", day: int = 1, **changes: object) -> Row:
    """A row of ``track_months``."""
    at = datetime(int(month[:4]), int(month[5:]), day, tzinfo=UTC)
    row: Row = {
        "month": month,
        "track_id": track_id,
        "kind": "music",
        "track_name": "Song",
        "artist_name": "Artist",
        "album_name": "Album",
        "isrc": None,
        "plays": 1,
        "complete_ms": None,
        "duration_ms": None,
        "first_played_at": at,
        "last_played_at": at,
    }
    row |= changes
    return row | {"name_key": key(row["artist_name"], row["track_name"])}


def tracks(*rows: Row) -> pl.DataFrame:
    return merge.tracks(pl.LazyFrame(rows, schema=TRACK_MONTHS.schema)).collect()


def aliases(*rows: Row) -> dict[str, str]:
    return dict(merge.track_aliases(tracks(*rows).lazy()).collect().iter_rows())


def test_the_names_seen_last_win() -> None:
    found = tracks(named(month="2024-02", track_name="Song (Remastered)"), named(month="2024-01"))
    assert found["track_name"].to_list() == ["Song (Remastered)"]
    assert found["name_key"].to_list() == [key("Artist", "Song (Remastered)")]


def test_names_that_are_missing_later_do_not_hide_earlier_ones() -> None:
    found = tracks(named(), named(month="2024-02", track_name=None, artist_name=None, album_name=None))
    assert found.select("track_name", "artist_name", "album_name").rows() == [("Song", "Artist", "Album")]


def test_a_key_is_that_of_the_names_it_stands_beside() -> None:
    found = tracks(named(), named(month="2024-02", track_name="New", artist_name=None))
    assert found["name_key"].to_list() == [key("Artist", "New")]


def test_plays_add_up_and_first_and_last_nest() -> None:
    found = tracks(named(plays=3, day=5), named(month="2024-03", plays=4), named(month="2024-02", isrc="GB1"))
    assert found.select("plays", "first_played_at", "last_played_at", "isrc").rows() == [
        (8, datetime(2024, 1, 5, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC), "GB1")
    ]


def test_a_length_is_the_median_of_complete_plays_else_what_a_source_gave() -> None:
    assert tracks(named(complete_ms=100, duration_ms=9), named(month="2024-02", complete_ms=201))[
        "duration_ms"
    ].item() in (150, 151)
    assert tracks(named(duration_ms=90), named(month="2024-02"))["duration_ms"].item() == 90
    assert tracks(named())["duration_ms"].item() is None


def test_only_songs_have_artists_and_albums() -> None:
    found = tracks(
        named("a"), named("b", kind="podcast"), named("c", album_name=None), named("d", artist_name=None)
    )
    has = found.select("track_id", pl.col("artist_id", "album_id").is_not_null()).rows()
    assert has == [("a", True, True), ("b", False, False), ("c", True, False), ("d", False, False)]


def test_name_ids_and_re_releases_are_aliases_of_the_spotify_id_played_most() -> None:
    name_id = "name:" + str(key("Artist", "Song"))
    rows = (named("old", plays=2), named("new", plays=3), named(name_id, plays=99, album_name=None))
    assert aliases(*rows) == {name_id: "new", "old": "new"}


def test_ids_played_as_often_stand_in_the_order_of_their_ids() -> None:
    many = [named(f"id{number:02}") for number in range(40)]
    assert set(aliases(*many).values()) == {"id00"}
    assert aliases(*many) == aliases(*many[::-1])


def test_other_names_and_missing_ones_are_no_aliases() -> None:
    assert (
        aliases(
            named("a"),
            named("b", track_name="Other"),
            named("c", track_name=None),
            named("d", track_name=None),
        )
        == {}
    )
    assert aliases(named("name:" + str(key("Artist", "Song")))) == {}


def test_albums_and_artists_count_their_tracks_under_the_names_seen_last() -> None:
    rows = (
        named("a", plays=2),
        named("b", "2024-02", artist_name="ARTIST", album_name="album", track_name="B"),
    )
    found = tracks(*rows).lazy()
    albums, artists = merge.albums(found).collect(), merge.artists(found).collect()
    assert albums.select("album_name", "artist_name", "tracks", "plays").rows() == [("album", "ARTIST", 2, 3)]
    assert artists.select("artist_name", "tracks", "plays").rows() == [("ARTIST", 2, 3)]


def test_nothing_played_is_an_empty_catalogue() -> None:
    empty = merge.tracks(TRACK_MONTHS.empty().lazy()).collect()
    assert empty.schema == TRACKS.schema
    made = {ALBUMS: merge.albums, ARTISTS: merge.artists, TRACK_ALIASES: merge.track_aliases}
    for table, make in made.items():
        assert make(empty.lazy()).collect().schema == table.schema


NAMED = st.builds(
    named,
    st.sampled_from(("a", "b", "name:x")),
    st.sampled_from(("2023-12", "2024-01", "2024-02")),
    st.sampled_from((1, 1, 9)),
    track_name=st.sampled_from(("Song", "song", "Other", None)),
    artist_name=st.sampled_from(("Artist", "ARTIST", None)),
    album_name=st.sampled_from(("Album", None)),
    kind=st.sampled_from(("music", "podcast", "video")),
    plays=st.integers(1, 3),
    complete_ms=st.sampled_from((None, 100, 101, 300)),
    duration_ms=st.sampled_from((None, 90, 95)),
    isrc=st.sampled_from((None, "GB1", "GB2")),
)


@given(
    st.lists(NAMED, max_size=12, unique_by=lambda row: tuple(row[name] for name in TRACK_MONTHS.key)),
    st.randoms(use_true_random=False),
)
def test_months_merge_to_the_same_in_any_order(rows: list[Row], random: Random) -> None:
    shuffled = random.sample(rows, len(rows))
    one, other = tracks(*rows), tracks(*shuffled)
    assert one.equals(other)
    for make in (merge.albums, merge.artists, merge.track_aliases):
        assert make(one.lazy()).collect().equals(make(other.lazy()).collect())
    assert one["plays"].sum() == sum(row["plays"] for row in rows)
    found = aliases(*rows)
    assert not found.keys() & set(found.values()), "an alias leads to a song in one step"
