from datetime import UTC, datetime
from random import Random
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.catalog import merge
from assets.catalog.aliases import track_aliases
from assets.catalog.renames import renamed
from assets.listening import names
from assets.tables import ALBUMS, ARTISTS, TRACK_ALBUMS, TRACK_ALIASES, TRACK_MONTHS, TRACKS

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
    row |= {"completes": changes.get("complete_ms") and 1} | changes
    return row | {"name_key": key(row["artist_name"], row["track_name"])}


def catalogue(*rows: Row) -> dict[str, pl.DataFrame]:
    """All tables that are merged from the names alone."""
    months = pl.LazyFrame(rows, schema=TRACK_MONTHS.schema)
    merged = merge.tracks(months).collect().lazy()
    newest = renamed(merged).collect().lazy()
    tracks = merge.identified(merged, newest).collect().lazy()
    aliases, artists = track_aliases(tracks, newest), merge.artists(tracks)
    held = merge.track_albums(merge.editions(months), tracks, aliases, newest).collect().lazy()
    made = {
        TRACKS: tracks,
        TRACK_ALIASES: aliases,
        ARTISTS: artists,
        TRACK_ALBUMS: held,
        ALBUMS: merge.albums(held, tracks, artists),
    }
    return {table.name: frame.collect() for table, frame in made.items()}


def tracks(*rows: Row) -> pl.DataFrame:
    return catalogue(*rows)["tracks"]


def aliases(*rows: Row) -> dict[str, str]:
    return dict(catalogue(*rows)["track_aliases"].iter_rows())


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


def test_a_length_is_the_lower_median_of_complete_plays_else_what_a_source_gave() -> None:
    length = tracks(named(complete_ms=100, duration_ms=9), named(month="2024-02", complete_ms=201))
    assert length["duration_ms"].item() == 100
    assert tracks(named(duration_ms=90), named(month="2024-02"))["duration_ms"].item() == 90
    assert tracks(named())["duration_ms"].item() is None


def test_a_clock_that_ran_on_for_hours_makes_no_length_of_a_track() -> None:
    ran_on = named(month="2024-02", complete_ms=336 * 60_000)
    assert tracks(named(complete_ms=216_000), ran_on)["duration_ms"].item() == 216_000
    assert tracks(named(complete_ms=216_000, completes=9), ran_on)["duration_ms"].item() == 216_000


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
    found = catalogue(*rows)
    assert found["albums"].select("album_name", "artist_name", "tracks", "plays").rows() == [
        ("album", "ARTIST", 2, 3)
    ]
    assert found["artists"].select("artist_name", "tracks", "plays").rows() == [("ARTIST", 2, 3)]


def test_plays_count_for_the_album_their_row_names() -> None:
    rows = (
        named("a", album_name="Single", plays=3, complete_ms=200_000),
        named("b", "2024-02", album_name="Album", plays=2, complete_ms=200_000),
        named("b", "2024-01", album_name="Deluxe", plays=4, complete_ms=200_000),
        named("name:" + str(key("Artist", "Song")), "2024-03", album_name=None, plays=5),
    )
    found = catalogue(*rows)
    assert set(found["track_aliases"]["track_id"]) == {"b"}
    assert dict(found["albums"].select("album_name", "plays").iter_rows()) == {
        "Single": 3,
        "Album": 2 + 5,
        "Deluxe": 4,
    }
    assert found["artists"].select("tracks", "plays").rows() == [(3, 14)]


def test_recordings_of_one_name_and_clearly_different_lengths_are_not_one_song() -> None:
    edit, long = (
        named(ident, complete_ms=ms, completes=2, plays=plays)
        for ident, ms, plays in (("edit", 200_000, 9), ("long", 420_000, 8))
    )
    assert aliases(edit, long) == {}
    assert aliases(edit, long, named("again", complete_ms=415_000, completes=3, plays=2)) == {"again": "long"}
    assert aliases(edit, named("near", complete_ms=214_000, completes=3)) == {"near": "edit"}
    assert aliases(edit, named("untold")) == {"untold": "edit"}
    cut_short = named("cut", complete_ms=98_000)  # one play that was wound forward
    assert aliases(edit, cut_short) == {"cut": "edit"}


OLD: Row = {"artist_name": "Old Name"}


def test_an_artist_of_a_new_name_is_one_artist_with_all_that_was_played_before() -> None:
    before = [
        named(f"{number}", "2021-03", day=number, track_name=f"S{number}", **OLD) for number in (1, 2, 3)
    ]
    scrobbled = named("name:" + str(key("Old Name", "S1")), "2020-01", track_name="S1", **OLD)
    found = catalogue(*before, scrobbled, named("1", "2024-03", artist_name="New Name", track_name="S1"))
    assert found["artists"].select("artist_name", "tracks", "plays").rows() == [("New Name", 4, 5)]
    assert found["albums"].select("album_name", "artist_name", "plays").rows() == [("Album", "New Name", 5)]
    assert found["track_aliases"].rows() == [(scrobbled["track_id"], "1")]
    assert found["tracks"].filter(track_id="2")["artist_name"].to_list() == ["Old Name"]
    newer = catalogue(
        *before,
        named("1", "2024-03", artist_name="New Name", track_name="S1"),
        named("1", "2024-05", artist_name="Newest", track_name="S1"),
    )
    assert newer["artists"]["artist_name"].to_list() == ["Newest"]


def test_a_credit_that_was_put_right_makes_no_new_name_of_an_artist() -> None:
    def artists(old: str, new: str, *more: Row) -> list[str]:
        rows = [named("1", "2021-03", artist_name=old), named("1", "2024-03", artist_name=new)]
        other = named("2", "2021-03", artist_name=old, track_name="Other")
        return sorted(catalogue(*rows, other, *more)["artists"]["artist_name"])

    still = named("3", "2024-04", artist_name="Old Name", track_name="Third")
    assert artists("Old Name", "New Name", still) == ["New Name", "Old Name"]
    known = named("4", "2022-01", artist_name="New Name", track_name="Their own")
    assert artists("Old Name", "New Name", known) == ["New Name", "Old Name"], "a name of somebody else"
    later = named("4", "2024-04", artist_name="New Name", track_name="Their own")
    assert artists("Old Name", "New Name", later) == ["New Name"]
    reused = named("2", "2024-05", artist_name="Ben", track_name="Of another")
    assert artists("Old Name", "Old Name", reused) == ["Ben", "Old Name"]
    assert artists("Various Artists", "Ada") == ["Ada", "Various Artists"]
    assert artists("Ada", "Ada & Ben") == ["Ada", "Ada & Ben"]
    assert artists("Nines", "The Nines") == ["The Nines"]


def test_an_artist_nobody_knows_is_no_artist() -> None:
    found = catalogue(named("name:x", artist_name="Unknown Artist", track_name="Unknown Track"), named("b"))
    assert found["artists"]["artist_name"].to_list() == ["Artist"]
    assert found["tracks"].filter(track_id="name:x").select("artist_id", "artist_name").rows() == [
        (None, "Unknown Artist")
    ]


def test_nothing_played_is_an_empty_catalogue() -> None:
    tables = {table.name: table for table in (TRACKS, TRACK_ALIASES, ARTISTS, TRACK_ALBUMS, ALBUMS)}
    for name, frame in catalogue().items():
        assert frame.is_empty()
        assert frame.schema == tables[name].schema


NAMED = st.builds(
    named,
    st.sampled_from(("a", "b", "name:x")),
    st.sampled_from(("2023-12", "2024-01", "2024-02")),
    st.sampled_from((1, 1, 9)),
    track_name=st.sampled_from(("Song", "song", "Other", None)),
    artist_name=st.sampled_from(("Artist", "ARTIST", "Renamed", None)),
    album_name=st.sampled_from(("Album", None)),
    kind=st.sampled_from(("music", "podcast", "video")),
    plays=st.integers(1, 3),
    complete_ms=st.sampled_from((None, 100, 101, 300)),
    duration_ms=st.sampled_from((None, 90, 95)),
    isrc=st.sampled_from((None, "GB1", "GB2")),
)


@settings(max_examples=20)
@given(
    st.lists(NAMED, max_size=12, unique_by=lambda row: tuple(row[name] for name in TRACK_MONTHS.key)),
    st.randoms(use_true_random=False),
)
def test_months_merge_to_the_same_in_any_order(rows: list[Row], random: Random) -> None:
    shuffled = random.sample(rows, len(rows))
    one, other = catalogue(*rows), catalogue(*shuffled)
    assert all(one[name].equals(other[name]) for name in one)
    assert one["tracks"]["plays"].sum() == one["track_albums"]["plays"].sum() + sum(
        row["plays"] for row in rows if row["kind"] == "podcast"
    )
    assert one["albums"]["plays"].sum() <= one["track_albums"]["plays"].sum()
    assert one["tracks"]["plays"].sum() == sum(row["plays"] for row in rows)
    found = dict(one["track_aliases"].iter_rows())
    assert not found.keys() & set(found.values()), "an alias leads to a song in one step"
