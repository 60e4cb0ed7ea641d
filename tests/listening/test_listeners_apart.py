"""Months too large for memory are resolved some listeners at a time: nothing may show that they were."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from play_rows import OTHER_SONG, SONG, Row, account, extended, imports_of, listen, raw, resolved
from play_worlds import worlds

from assets import store
from assets.listening.commit import resolve_months
from assets.listening.played_names import track_months
from assets.listening.resolve import resolve
from assets.stats.commit import add_up_months
from assets.stats.months import Counting
from assets.tables import CLOCK_MONTHS, DUPLICATE_ROWS, PLAY_MONTHS, PLAYS, RAW_PLAYS, TRACK_MONTHS
from resources.operational import Operational
from resources.row_filter import RowFilter
from resources.settings import Settings
from resources.world import World

MADE = (PLAYS, DUPLICATE_ROWS, TRACK_MONTHS, PLAY_MONTHS, CLOCK_MONTHS)
USERS = ("ada", "ben", "cleo", "dora")
MONTHS = ["2024-05", "2024-06"]
LAST_HOUR = datetime(2024, 5, 31, 23, tzinfo=UTC)


@given(worlds())
def test_listeners_resolved_apart_are_listeners_resolved_together(world: list[Row]) -> None:
    frame = raw(world)
    months, users = sorted(set(frame["month"])), sorted(set(frame["user_id"]))
    together = resolved(frame)
    apart = [resolve(frame.lazy().filter(user_id=user), imports_of(frame), months) for user in users]

    plays = pl.concat([part.plays for part in apart])
    duplicates = pl.concat([part.duplicate_rows for part in apart])

    order = ["month", *PLAYS.sort_by]
    assert plays.sort(order).equals(together.plays)
    assert duplicates.sort("row").equals(together.duplicate_rows.sort("row"))
    assert track_months([part.names for part in apart]).equals(together.track_months)


@pytest.fixture
def world(settings: Settings, operational: Operational) -> World:
    world = World(settings)
    world.operational = operational
    rows = [row for number, user in enumerate(USERS) for row in of_listener(user, number)]
    operational.start_import(
        import_id="import", user_id="ada", file_name="export", sha256="import", created_at=LAST_HOUR
    )
    operational.update_import("import", status="running", rows_read=len(rows), last_played_at=LAST_HOUR)
    world.lake.append(RAW_PLAYS, raw(rows))
    return world


def of_listener(user: str, number: int) -> list[Row]:
    """Plays around the end of a month, one of them told twice and one by a poorer source too."""
    stops = [LAST_HOUR + timedelta(minutes=17 * place + number) for place in range(6)]
    rows = [
        extended(
            stop, 60_000 + 1_000 * number, track_uri=(SONG, OTHER_SONG)[place % 2], reason_end="trackdone"
        )
        for place, stop in enumerate(stops)
    ]
    start = stops[2] - timedelta(milliseconds=60_000 + 1_000 * number)
    told = [rows[1], account(stops[0], 60_000 + 1_000 * number), listen("lastfm", start)]
    return [row | {"user_id": user} for row in (*rows, *told)]


def made(world: World) -> dict[str, pl.DataFrame]:
    """Rows as they are stored."""
    return {table.name: world.lake.scan(table).collect().sort("month", maintain_order=True) for table in MADE}


def make(world: World, most: int) -> None:
    resolve_months(world, MONTHS, most)
    add_up_months(world, MONTHS, Counting(), most)


@pytest.mark.parametrize("most", [1, 7, 13, 30])
def test_months_made_some_rows_at_a_time_are_those_made_at_once(world: World, most: int) -> None:
    make(world, 1_000)
    at_once = made(world)
    for table in MADE:
        world.lake.delete(table, RowFilter("true"))

    make(world, most)

    for name, frame in made(world).items():
        assert frame.equals(at_once[name]), name
        assert frame.height


def test_a_month_made_some_rows_at_a_time_is_one_commit(world: World) -> None:
    for table in MADE:
        world.lake.open(table)
    make(world, 1)
    for table in MADE:
        assert world.lake.version(table) == len(world.lake.month_rows(table)), table.name
    assert len(store.slices(world.lake, RAW_PLAYS, MONTHS[:1], 1)) == len(USERS)


def test_a_month_that_stayed_the_same_is_not_written_again(world: World) -> None:
    make(world, 1_000)
    files = [world.lake.month_files(table, MONTHS) for table in MADE]
    make(world, 1)
    assert [world.lake.month_files(table, MONTHS) for table in MADE] == files


def test_a_month_of_which_one_listener_changed_holds_the_others_too(world: World) -> None:
    make(world, 1)
    world.lake.delete(RAW_PLAYS, RowFilter("user_id = 'ben' AND track_name = 'Song' AND ms_played = 61000"))
    make(world, 1)
    changed = made(world)
    for table in MADE:
        world.lake.delete(table, RowFilter("true"))
    make(world, 1_000)
    for name, frame in made(world).items():
        assert frame.equals(changed[name]), name
    assert set(changed["plays"]["user_id"]) >= {"ada", "cleo", "dora"}
