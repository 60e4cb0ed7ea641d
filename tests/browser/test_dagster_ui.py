"""The Dagster UI of ``longplay up``, used as a person uses it, in a real browser."""

from collections.abc import Iterator
from datetime import date

import pytest
from dagster_ui import (
    launch_backfill,
    open_asset,
    open_backfill,
    open_group,
    open_lineage,
    open_run,
    see_backfill_succeed,
    see_check_passed,
    show_picture,
)
from longplay_process import longplay, longplay_up
from screen import Screen, chromium, has_browser

from assets.tables import LAKE_TABLES, PLAYS
from simulator import simulate, write_extended

pytestmark = pytest.mark.skipif(not has_browser(), reason="needs Debian's chromium and chromium-driver")

MONTHS = "[2024-01...2024-06]"
MADE_TOGETHER = ("plays", "duplicate_rows", "track_months", "play_months", "clock_months")


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """A window on a home that holds one small import."""
    folder = tmp_path_factory.mktemp("browser")
    home, log, export = folder / "home", folder / "up.log", folder / "my_spotify_data.zip"
    listener = simulate(7, plays=600, first_day=date(2023, 11, 1), last_day=date(2024, 8, 20))
    write_extended(listener, export, seed=7)
    longplay(home, "import", str(export))
    with longplay_up(home, log) as url, chromium(folder / "profile") as driver:
        opened = Screen(driver, url, log)
        opened.open()
        yield opened


@pytest.fixture(scope="module")
def backfill_id(screen: Screen) -> str:
    """A backfill, launched before the daemon's next look so that nobody waits for it twice."""
    return launch_backfill(screen, ["plays", "play_months"], MONTHS)


def test_a_range_of_months_is_launched_from_one_dialog(screen: Screen, backfill_id: str) -> None:
    screen.click("Runs", tag="a")

    screen.see("6 partitions")
    screen.see(backfill_id)


def test_the_graph_shows_every_group_of_tables(screen: Screen) -> None:
    open_lineage(screen)

    for group in sorted({table.group for table in LAKE_TABLES.values()} | {"marts", "publishing"}):
        screen.see(group)


def test_a_group_lists_its_tables_raw_rows_too(screen: Screen) -> None:
    open_group(screen, "listening")

    for name in ("raw_plays", "rejected_rows", "plays", "duplicate_rows", "imports"):
        screen.find(f"//*[@title='{name}']", f"the table {name}")


def test_the_page_of_a_table_says_what_it_holds(screen: Screen) -> None:
    open_asset(screen, "plays")

    screen.see(PLAYS.description)
    screen.see("Row count")
    for name, column in PLAYS.columns.items():
        screen.see(name)
        screen.see(column.description)


def test_the_page_of_plays_has_a_picture_of_plays_by_month(screen: Screen) -> None:
    open_asset(screen, "plays")

    assert show_picture(screen, "plays a month") == 360
    screen.click("Close")


def test_the_checks_of_a_table_have_passed(screen: Screen) -> None:
    open_asset(screen, "plays")

    screen.click("Checks", tag="a")

    for name in ("every_row_is_accounted_for", "has_schema", "has_unique_key"):
        see_check_passed(screen, name)


def test_an_import_is_seen_as_a_run_whose_steps_all_succeeded(screen: Screen) -> None:
    open_run(screen, "listening")

    screen.see("Success")
    screen.see("No steps have errored")
    told = "starts-with(normalize-space(text()), 'Succeeded (')"
    count = "substring-before(substring-after(text(), '('), ')')"
    screen.find(f"//*[{told} and number({count}) >= 10]", "its ten and more steps")


def test_the_launched_months_are_made_in_single_runs(screen: Screen, backfill_id: str) -> None:
    open_backfill(screen, backfill_id)

    see_backfill_succeed(screen, 6, MADE_TOGETHER)
