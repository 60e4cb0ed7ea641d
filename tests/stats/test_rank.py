from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.stats.months import Counting, play_months
from assets.stats.rank import TOPS, rank
from assets.store import IdRange, id_ranges, of_users
from assets.tables import PLAY_MONTHS, PLAYS, TOP_TRACKS, TRACKS, Table
from resources.operational import Operational
from resources.row_filter import RowFilter
from resources.settings import Settings
from resources.world import World

AS_OF = datetime(2024, 8, 15, tzinfo=UTC)
USERS = ["ada", "ben", "cleo", "dora", "emil"]


@pytest.fixture
def world(settings: Settings, operational: Operational) -> World:
    world = World(settings, clock=lambda: AS_OF)
    world.operational = operational
    fill(world, USERS)
    return world


def fill(world: World, users: list[str]) -> None:
    rows = [
        {
            "play_id": f"{user}{track}{month}",
            "user_id": user,
            "track_id": f"track {track}",
            "kind": "music",
            "month": f"2024-0{month}",
            "ended_at": datetime(2024, month, 3, tzinfo=UTC),
            "started_at": datetime(2024, month, 3, tzinfo=UTC),
            "ms_played": 40_000 + 1_000 * track,
        }
        for number, user in enumerate(users)
        for track in range(number + 1)
        for month in (7, 8)
    ]
    plays = pl.LazyFrame(rows, schema=PLAYS.schema)
    names = [
        {"track_id": f"track {n}", "track_name": f"Song {n}", "artist_id": "x", "artist_name": "X"}
        for n in range(len(users))
    ]
    put(world, PLAYS, plays)
    put(world, PLAY_MONTHS, play_months(plays, Counting()))
    put(world, TRACKS, pl.LazyFrame(names, schema=TRACKS.schema))


def put(world: World, table: Table, rows: pl.LazyFrame) -> None:
    world.lake.overwrite(table, world.lake.open(table), rows.collect())


def lists(world: World) -> list[pl.DataFrame]:
    return [world.lake.scan(table).collect().sort(table.key) for table in TOPS]


def test_lists_ranked_a_few_listeners_at_a_time_are_those_ranked_at_once(world: World) -> None:
    counts = rank(world, AS_OF, Counting())
    at_once = lists(world)
    for table in TOPS:
        world.lake.delete(table, RowFilter("true"))

    assert rank(world, AS_OF, Counting(), most=3) == counts
    for one, other in zip(lists(world), at_once, strict=True):
        assert one.equals(other)
    assert at_once[0].height > 0


def test_a_listener_who_is_gone_has_no_lists_after_a_ranking_in_batches(world: World) -> None:
    rank(world, AS_OF, Counting(), most=3)
    fill(world, ["ben", "cleo", "dora"])

    rank(world, AS_OF, Counting(), most=3)

    assert set(lists(world)[0]["user_id"]) == {"ben", "cleo", "dora"}


def test_lists_of_others_follow_a_catalogue_that_an_import_changed(world: World) -> None:
    rank(world, AS_OF, Counting())
    later = AS_OF + timedelta(hours=1)
    called = pl.when(pl.col("track_id") == "track 3").then(pl.lit("Called otherwise")).otherwise("track_name")
    put(world, TRACKS, world.lake.scan(TRACKS).with_columns(called.alias("track_name")))

    rank(world, later, Counting(), ["ada"])

    tracks = world.lake.scan(TOP_TRACKS).collect()
    assert set(tracks.filter(as_of=later)["user_id"]) == {"ada", "dora", "emil"}  # who heard track 3
    assert set(tracks.filter(track_id="track 3")["track_name"]) == {"Called otherwise"}
    rank(world, AS_OF, Counting(), ["ada"])
    assert set(world.lake.scan(TOP_TRACKS).filter(as_of=AS_OF).collect()["user_id"]) == {"ada", "ben", "cleo"}


@given(
    st.dictionaries(st.text(min_size=1, alphabet="abz09._"), st.integers(1, 50), max_size=20),
    st.integers(1, 60),
    st.text(alphabet="abz09._"),
)
def test_every_id_lies_in_one_range_and_a_range_holds_no_more_than_asked(
    rows: dict[str, int], most: int, anybody: str
) -> None:
    by_user = pl.DataFrame(
        sorted(rows.items()), schema={"user_id": pl.String(), "rows": pl.Int64()}, orient="row"
    )

    ranges = list(id_ranges(by_user, most))

    ids = pl.LazyFrame({"user_id": [anybody]})
    assert sum(of_users(ids, some).collect().height for some in ranges) == 1
    for some in ranges:
        held = of_users(by_user.lazy(), some).collect()["rows"].to_list()
        assert sum(held) < most + max(held, default=1)
    assert ranges[0] == IdRange("", ranges[0].end)
    assert ranges[-1].end is None
