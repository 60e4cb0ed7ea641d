"""A home's months begin with the first that a table has, and earlier ones join when rows come to them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.listening import first_month
from assets.tables import PROFILE_MONTHS, RAW_PLAYS, Table
from resources.settings import Settings
from resources.world import World

MONTHS = st.dates(date(2002, 1, 1), date(2030, 1, 1)).map("{:%Y-%m}".format)


def home(folder: Path) -> World:
    return World(Settings(home=folder), lambda: datetime(2026, 5, 31, tzinfo=UTC))


def put(world: World, table: Table, months: Sequence[str]) -> None:
    rows = pl.LazyFrame({name: [None] * len(months) for name in table.columns}).with_columns(
        month=pl.Series(months)
    )
    world.lake.append(table, table.conform(rows).collect())


def test_a_home_without_rows_begins_now(tmp_path: Path) -> None:
    world = home(tmp_path)
    assert first_month.of(world) == "2026-05"
    assert not first_month.reach(world, [])
    assert not world.settings.first_month.exists()


def test_a_home_of_an_older_version_begins_with_the_first_month_of_any_of_its_tables(tmp_path: Path) -> None:
    world = home(tmp_path)
    put(world, RAW_PLAYS, ["2019-07", "2024-12"])
    put(world, PROFILE_MONTHS, ["2018-02"])
    assert first_month.of(world) == "2018-02"
    assert first_month.reach(world, ["2026-05"]), "a poll of today is not the first of an old home"
    assert world.settings.first_month.read_text() == "2018-02"


@pytest.mark.parametrize("text", ["", "201", "2015-13", "yesterday"])
def test_a_file_that_was_cut_off_is_asked_of_the_tables_again(tmp_path: Path, text: str) -> None:
    world = home(tmp_path)
    put(world, RAW_PLAYS, ["2019-07"])
    world.settings.first_month.write_text(text)
    assert first_month.of(world) == "2019-07"
    assert first_month.reach(world, ["2020-01"])
    assert world.settings.first_month.read_text() == "2019-07"


@given(st.lists(st.lists(MONTHS, max_size=3), max_size=6))
def test_it_only_ever_moves_back_and_tells_when(brought: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        world, known = home(Path(folder)), "9999-12"
        for months in brought:
            earliest = min([known, *months])
            assert first_month.reach(world, months) == (earliest < known)
            known = earliest
            assert first_month.of(world) == (known if known < "9999-12" else "2026-05")
