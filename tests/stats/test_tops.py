from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
import top_reference as reference
from hypothesis import given
from hypothesis import strategies as st

from assets.stats import months
from assets.stats.months import Counting
from assets.stats.songs import Catalogue
from assets.stats.tops import TOP_LIMIT, Facts, tops
from assets.tables import (
    ALBUMS,
    ARTISTS,
    CLOCK_MONTHS,
    LAKE_TABLES,
    PLAY_MONTHS,
    PLAYS,
    TRACK_ALBUMS,
    TRACK_ALIASES,
    TRACKS,
)

Row = dict[str, Any]
AS_OF = datetime(2024, 8, 31, tzinfo=UTC)
KEYS = {
    "top_tracks": ("track_id", "track_name"),
    "top_artists": ("artist_id", "artist_name"),
    "top_albums": ("album_id", "album_name"),
    "top_genres": ("genre", "genre"),
}


def plays_of(rows: list[Row]) -> pl.LazyFrame:
    told = [row | {"started_at": row["ended_at"], "month": f"{row['ended_at']:%Y-%m}"} for row in rows]
    return pl.LazyFrame(told, schema=PLAYS.schema)


def counted(
    rows: list[Row], tracks: list[Row], aliases: Mapping[str, str], as_of: datetime, counting: Counting
) -> Mapping[str, pl.DataFrame]:
    plays = plays_of(rows)
    facts = Facts(
        months.play_months(plays, counting), plays, sorted({f"{row['ended_at']:%Y-%m}" for row in rows})
    )
    catalogue = known(rows, tracks, aliases)
    return {name: top.collect() for name, top in tops(facts, catalogue, as_of, counting).items()}


def known(rows: list[Row], tracks: list[Row], aliases: Mapping[str, str]) -> Catalogue:
    """What the catalogue says of these plays: every artist is called by its track, every album "Album"."""
    of_id = {track["track_id"]: track for track in tracks}
    told = {(row["track_id"], row.get("told_album_id")) for row in rows}
    albums = [
        {"track_id": ident, "told_album_id": album, "album_id": reference.album_of(play, of_id, song)}
        for ident, album in told
        for play in [{"track_id": ident, "told_album_id": album}]
        for song in [aliases.get(ident, ident)]
    ]
    artists = {track["artist_id"]: track["artist_name"] for track in tracks if track["artist_id"]}
    named = {row["album_id"] for row in albums if row["album_id"]}
    return Catalogue(
        pl.LazyFrame(tracks, schema=TRACKS.schema),
        pl.LazyFrame(list(aliases.items()), schema=TRACK_ALIASES.schema, orient="row"),
        pl.LazyFrame(albums, schema=TRACK_ALBUMS.schema),
        pl.LazyFrame([{"artist_id": a, "artist_name": n} for a, n in artists.items()], schema=ARTISTS.schema),
        pl.LazyFrame([{"album_id": album, "album_name": "Album"} for album in named], schema=ALBUMS.schema),
    )


def play(track_id: str = "a", ms_played: int | None = 100_000, **changes: object) -> Row:
    return {
        "user_id": "user",
        "track_id": track_id,
        "kind": "music",
        "ended_at": AS_OF,
        "ms_played": ms_played,
        "told_album_id": None,
    } | changes


def track(track_id: str, track_name: str = "Song", **changes: object) -> Row:
    return {
        "track_id": track_id,
        "track_name": track_name,
        "artist_id": "x",
        "artist_name": "X",
        "genres": [],
    } | changes


def order(rows: list[Row], tracks: list[Row], ranked_by: str) -> list[str]:
    found = counted(rows, tracks, {}, AS_OF, Counting())["top_tracks"]
    return found.filter(period="all_time", ranked_by=ranked_by)["track_id"].to_list()


@given(
    reference.play_rows(),
    reference.catalogue_rows(),
    st.sampled_from(({}, {"name:a": "a"}, {"name:a": "a", "b": "a"})),
    reference.MOMENTS,
    st.booleans(),
)
def test_top_lists_are_those_counted_play_by_play(
    rows: list[Row], tracks: list[Row], aliases: Mapping[str, str], as_of: datetime, include_incognito: bool
) -> None:
    counting = Counting(include_incognito=include_incognito)
    found = counted(rows, tracks, aliases, as_of, counting)
    for table, (key, name) in KEYS.items():
        columns = ("user_id", "period", "ranked_by", "rank", key, "plays", "ms_estimated")
        wanted = reference.tops(rows, tracks, aliases, as_of, counting, key, name)
        assert sorted(found[table].select(columns).iter_rows()) == wanted
        assert found[table].schema == LAKE_TABLES[table].schema


def test_ties_break_by_the_other_measure_then_name_then_id() -> None:
    tracks = [track("d", "A"), track("c", "B"), track("b", "B"), track("a", "C")]
    same = [play(each["track_id"]) for each in tracks]
    assert order(same, tracks, "time") == order(same, tracks, "plays") == ["d", "b", "c", "a"]
    halves = [*same, play("a", 50_000), play("a", 50_000), play("d", 100_000)]
    assert order(halves, tracks, "time") == ["a", "d", "b", "c"]
    assert order(halves, tracks, "plays") == ["a", "d", "b", "c"]


def test_a_list_ends_at_its_limit() -> None:
    rows = [play(f"t{number:03}", 100_000 + number) for number in range(TOP_LIMIT + 5)]
    found = order(rows, [], "time")
    assert len(found) == TOP_LIMIT
    assert found[0] == f"t{TOP_LIMIT + 4:03}"


def test_time_that_is_unknown_is_the_tracks_length_or_stays_unknown() -> None:
    tracks = [track("a", duration_ms=200_000), track("b")]
    rows = [play("a", None), play("a", 1_000), play("b", None)]
    found = counted(rows, tracks, {}, AS_OF, Counting())["top_tracks"].filter(
        period="all_time", ranked_by="time"
    )
    assert found.select("track_id", "plays", "ms_estimated").rows() == [("a", 1, 201_000), ("b", 1, None)]


@pytest.mark.parametrize(
    ("ms", "length", "counted_ms"),
    [
        (336 * 60_000, 216_000, 648_000),
        (640_000, 216_000, 640_000),
        (300_000, 10_000, 300_000),
        (300_001, 10_000, 300_000),
        (336 * 60_000, None, 336 * 60_000),
    ],
)
@pytest.mark.parametrize("ended_at", [AS_OF, datetime(2024, 7, 15, tzinfo=UTC)])
def test_a_play_is_counted_as_no_more_than_three_times_its_length_or_five_minutes(
    ms: int, length: int | None, counted_ms: int, ended_at: datetime
) -> None:
    tracks = [track("a", duration_ms=length)]
    rows = [play("a", ms, ended_at=ended_at), play("a", 100_000, ended_at=ended_at)]
    for table in ("top_tracks", "top_artists"):
        found = counted(rows, tracks, {}, AS_OF, Counting())[table].filter(period="all_time")
        assert set(found["ms_estimated"]) == {counted_ms + 100_000}


def test_a_song_counts_once_and_each_of_its_albums_by_what_the_rows_say() -> None:
    tracks = [track(ident, album_id=f"album {ident}", album_name="Album") for ident in "abc"]
    rows = [play(ident, told_album_id=f"album {ident}") for ident in "aaabbc"] + [play("a")]
    found = counted(rows, tracks, {"b": "a", "c": "a"}, AS_OF, Counting())
    by_plays = {name: top.filter(period="all_time", ranked_by="plays") for name, top in found.items()}
    assert by_plays["top_tracks"].select("track_id", "plays").rows() == [("a", 7)]
    assert dict(by_plays["top_albums"].select("album_id", "plays").iter_rows()) == {
        "album a": 4,
        "album b": 2,
        "album c": 1,
    }


def test_what_was_only_skipped_is_on_no_list_by_plays() -> None:
    found = counted([play("a", 5_000)], [track("a")], {}, AS_OF, Counting())
    for table in ("top_tracks", "top_artists"):
        assert set(found[table]["ranked_by"]) == {"time"}


def test_an_artist_nobody_knows_is_on_no_list() -> None:
    nobody = track("name:u", artist_id=None, artist_name="Unknown Artist")
    found = counted([play("name:u"), play("a")], [nobody, track("a")], {}, AS_OF, Counting())
    assert set(found["top_tracks"]["track_id"]) == {"a"}
    assert set(found["top_artists"]["artist_id"]) == {"x"}


@pytest.mark.parametrize(("include_incognito", "plays"), [(False, 2), (True, 3)])
def test_private_sessions_are_left_out_unless_wanted(include_incognito: bool, plays: int) -> None:
    rows = [play(is_incognito=each) for each in (True, False, None)]
    found = counted(rows, [], {}, AS_OF, Counting(include_incognito=include_incognito))["top_tracks"]
    assert set(found["plays"]) == {plays}


def test_what_counts_can_be_changed() -> None:
    rows = [play("a", 15_000)]
    for after_ms, plays in ((15_000, 1), (15_001, 0)):
        assert set(counted(rows, [], {}, AS_OF, Counting(after_ms=after_ms))["top_tracks"]["plays"]) == {
            plays
        }


@given(reference.play_rows(), st.booleans())
def test_months_and_clocks_add_up_to_the_plays(rows: list[Row], include_incognito: bool) -> None:
    counting = Counting(include_incognito=include_incognito)
    shown = [row for row in rows if reference.is_shown(row, counting)]
    added = months.play_months(plays_of(rows), counting).collect()
    clocks = months.clock_months(plays_of(rows), counting).collect()
    for table, frame in ((PLAY_MONTHS, added), (CLOCK_MONTHS, clocks)):
        assert frame.schema == table.schema
        assert frame.select(table.key).is_unique().all()
        assert frame["plays"].sum() == len(shown)
        assert frame["ms_played"].sum() == sum(row["ms_played"] or 0 for row in shown)
    assert added["plays_counted"].sum() == sum(reference.is_counted(row) for row in shown)
    assert added["plays_unmeasured"].sum() == sum(row["ms_played"] is None for row in shown)
    assert added["skips"].sum() == sum(row["is_skipped"] is True for row in shown)
    assert added["completes"].sum() == sum(row["reason_end"] == "trackdone" for row in shown)


def test_a_clock_has_quarter_hours_by_country_and_hours_of_the_week() -> None:
    at = [datetime(2024, 5, 1, 8, minute, tzinfo=UTC) for minute in (0, 14, 15)]
    rows = [play(ended_at=moment, ms_played=1_800_000, country="GB") for moment in at]
    clocks = months.clock_months(plays_of(rows), Counting())
    assert clocks.select("quarter_hour_at", "country", "plays").collect().rows() == [
        (at[0], "GB", 2),
        (at[2], "GB", 1),
    ]
    assert months.hours_of_week(clocks).collect().rows() == [(3, 8, 3, 1.5)]
