"""Late data reaches every table it concerns, in order, once, and readers only when it was checked."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.asset_daemon_cursor import AssetDaemonCursor
from ticks import Ticks, without_marts

from assets.automation import made_once, month_follows, published_when_checked, whole_follows
from assets.listening import first_month
from assets.marts.registry import marts
from assets.partitions import MONTHS, months_from
from assets.tables import LAKE_TABLES
from assets.views import DBT_PROJECT
from pipelines.definitions import build
from resources.settings import Settings
from resources.world import World

MONTHLY = {"plays", "duplicate_rows", "track_months", "play_months", "clock_months", "profile_months"}
CATALOGUE = {"tracks", "albums", "artists", "track_aliases"}
TOPS = {"top_tracks", "top_artists", "top_albums", "top_genres"}
WHOLE = {name for name, table in LAKE_TABLES.items() if not table.is_monthly and table.layer == "core"}
FOLLOWING = WHOLE - {"country_time_zones", "dataset_quality"}
"""Whatever is made again when plays come."""
MARTS = set(marts(DBT_PROJECT))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Nothing of it is touched: no database is needed."""
    world = World(Settings(home=tmp_path_factory.mktemp("home")))
    first_month.reach(world, ["2002-01"])
    return world


@pytest.fixture(scope="module")
def definitions(world: World) -> dg.Definitions:
    return without_marts(build(world))


@pytest.fixture
def ticks(definitions: dg.Definitions) -> Iterator[Ticks]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Ticks(definitions, instance)


@pytest.fixture(scope="module")
def rested_before(
    definitions: dg.Definitions, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, AssetDaemonCursor | None]:
    """Two far months were imported and everything followed: an instance's files, to be copied, and its cursor."""
    files = tmp_path_factory.mktemp("rested")
    with dg.DagsterInstance.local_temp(str(files)) as instance:
        ticks = Ticks(definitions, instance)
        ticks.settle()
        ticks.imported(["2015-03", "2024-12"])
        ticks.settle()
    return files, ticks.cursor


@pytest.fixture
def at_rest(
    rested_before: tuple[Path, AssetDaemonCursor | None], definitions: dg.Definitions, tmp_path: Path
) -> Iterator[Ticks]:
    """A home in use; a copy of its own."""
    files, cursor = rested_before
    shutil.copytree(files, tmp_path / "dagster")
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
        yield Ticks(definitions, instance, cursor)


def test_a_new_home_asks_for_what_is_made_of_nothing_and_then_rests(whole: dg.Definitions) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = Ticks(whole, instance)
        [asked] = ticks.settle()
        assert set(asked) == {"country_time_zones", "listeners"} | MARTS
        assert ticks.tick() == {}


def test_the_marts_follow_and_the_snapshot_is_asked_for_with_them(whole: dg.Definitions) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = Ticks(whole, instance)
        ticks.settle()
        ticks.imported(["2015-03"])
        months, others, *rest = ticks.settle()
        assert months == {name: {"2015-03"} for name in MONTHLY}
        assert set(others) >= FOLLOWING | MARTS
        assert [set(others) & {"snapshot"}, *rest] in ([{"snapshot"}], [set(), {"snapshot": {None}}])


def test_marts_that_an_import_left_out_are_made_when_the_daemon_first_looks(whole: dg.Definitions) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = Ticks(whole, instance)
        ticks.imported(["2015-03"])
        ticks.do({name: {"2015-03"} for name in MONTHLY})
        ticks.do({name: {None} for name in WHOLE | {"snapshot"}})
        first, *rest = ticks.settle()
        assert MARTS <= set(first) <= MARTS | {"snapshot"}
        assert rest in ([], [{"snapshot": {None}}])


def test_late_data_of_an_old_month_makes_that_month_then_the_whole_tables_then_the_snapshot(
    at_rest: Ticks,
) -> None:
    at_rest.imported(["2015-03"])
    months, *later = at_rest.settle()
    assert months == {name: {"2015-03"} for name in MONTHLY}
    assert later == [{name: {None} for name in FOLLOWING | {"snapshot"}}]


def test_once_everything_followed_nothing_is_asked_for_again(at_rest: Ticks) -> None:
    assert [at_rest.tick() for _ in range(5)] == [{}] * 5


def test_an_import_of_several_months_asks_for_all_of_them_and_no_other(at_rest: Ticks) -> None:
    touched = {"2003-07", "2015-03", "2024-12"}
    at_rest.imported(sorted(touched))
    asked = at_rest.tick()
    assert [asked[name] for name in sorted(MONTHLY)] == [touched] * len(MONTHLY)


def test_tables_over_all_months_follow_although_most_months_are_missing(ticks: Ticks) -> None:
    ticks.settle()
    ticks.imported(["2015-03"])
    asked = set().union(*ticks.settle())
    assert TOPS | CATALOGUE | {"imports", "listeners"} <= asked


def test_an_import_of_nothing_but_rejected_rows_reaches_the_ledger(at_rest: Ticks) -> None:
    at_rest.made("rejected_rows")
    assert at_rest.settle()[0] == {"imports": {None}, "listening_gaps": {None}}


def test_a_failed_blocking_check_holds_the_snapshot_until_it_passes(at_rest: Ticks) -> None:
    at_rest.imported(["2015-03"])
    at_rest.do(at_rest.tick())
    at_rest.checked("plays", passed=False)
    assert "snapshot" not in set().union(*at_rest.settle())
    at_rest.checked("plays", passed=True)
    assert at_rest.tick() == {"snapshot": {None}}


def test_a_snapshot_stopped_by_a_check_in_its_own_run_comes_once_the_check_passes(at_rest: Ticks) -> None:
    at_rest.imported(["2015-03"])
    at_rest.do(at_rest.tick())
    asked = at_rest.tick()
    at_rest.do({name: parts for name, parts in asked.items() if name != "snapshot"})
    at_rest.checked("top_tracks", passed=False)
    assert at_rest.settle() == []
    at_rest.checked("top_tracks", passed=True)
    assert at_rest.settle() == [{"snapshot": {None}}]


def test_spotifys_own_top_lists_are_shown_although_nothing_is_made_from_them(at_rest: Ticks) -> None:
    at_rest.made("spotify_top_tracks")
    at_rest.made("spotify_top_artists")
    assert at_rest.settle() == [{"snapshot": {None}}]


def test_a_mined_block_alone_is_shown_with_the_next_snapshot(at_rest: Ticks) -> None:
    for name in ("trust_blocks", "trust_records"):
        at_rest.made(name)
    assert at_rest.settle() == []
    at_rest.made("spotify_top_tracks")
    assert at_rest.settle() == [{"snapshot": {None}}]


def test_what_failed_is_not_asked_for_over_and_over(at_rest: Ticks) -> None:
    at_rest.imported(["2015-03"])
    assert at_rest.tick()["plays"] == {"2015-03"}
    assert [at_rest.tick() for _ in range(3)] == [{}, {}, {}]


def test_feedback_that_was_not_copied_whole_holds_the_snapshot(at_rest: Ticks) -> None:
    at_rest.made("feedback_events", "2015-03")
    at_rest.checked("feedback_events", passed=False)
    asked = at_rest.settle()
    assert [each["profile_months"] for each in asked if "profile_months" in each] == [{"2015-03"}]
    assert "snapshot" not in set().union(*asked)
    at_rest.checked("feedback_events", passed=True)
    assert at_rest.settle() == [{"snapshot": {None}}]


def test_a_failed_check_of_raw_rows_holds_the_snapshot_too(at_rest: Ticks) -> None:
    at_rest.imported(["2015-03"])
    at_rest.checked("raw_plays", passed=False)
    assert "snapshot" not in set().union(*at_rest.settle())
    at_rest.checked("raw_plays", passed=True)
    assert at_rest.tick() == {"snapshot": {None}}


def test_nothing_is_asked_for_while_what_it_is_made_from_is_in_the_making(at_rest: Ticks) -> None:
    at_rest.imported(["2015-03"])
    at_rest.do(at_rest.tick())
    run = at_rest.instance.create_run_for_job(at_rest.definitions.resolve_job_def("months"))
    _plan(at_rest.instance, run.run_id, "track_months", "2015-03")
    assert not (CATALOGUE | {"snapshot"}) & set(at_rest.tick())
    at_rest.instance.report_run_canceled(run)
    assert set(at_rest.tick()) >= CATALOGUE


def test_a_second_import_in_the_same_moment_as_its_months_were_made_is_not_lost(at_rest: Ticks) -> None:
    at_rest.imported(["2015-03"])
    at_rest.do(at_rest.tick())  # the months are made …
    at_rest.imported(["2015-03"])  # … and another import of the month ends before the next tick
    assert at_rest.tick()["plays"] == {"2015-03"}


def test_months_before_the_homes_first_are_made_once_the_daemon_knows_them(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """An import of an older export under ``longplay up``, whose daemon looks before it has the new months."""
    world = World(Settings(home=tmp_path))
    first_month.reach(world, ["2024-11"])
    before = Ticks(without_marts(build(world)), instance)
    before.settle()
    before.imported(["2024-12"])
    before.settle()
    first_month.reach(world, ["2015-03"])
    before.imported(["2015-03", "2024-12"])
    assert before.settle()[0] == {name: {"2024-12"} for name in MONTHLY}
    after = Ticks(without_marts(build(world)), instance, before.cursor)
    months, *later = after.settle()
    assert months == {name: {"2015-03"} for name in MONTHLY}
    assert FOLLOWING | {"snapshot"} <= set().union(*later)


def test_months_always_exist_until_the_next_one() -> None:
    keys = months_from("2025-11").get_partition_keys(current_time=datetime(2026, 1, 31, 23, tzinfo=UTC))
    assert keys == ["2025-11", "2025-12", "2026-01", "2026-02"]


# The traps: what the obvious condition would do


def _world(condition: dg.AutomationCondition, *, is_monthly: bool) -> dg.Definitions:  # type: ignore[type-arg]
    raw = dg.AssetSpec("raw_plays", partitions_def=MONTHS)

    @dg.asset(deps=[raw], partitions_def=MONTHS if is_monthly else None, automation_condition=condition)
    def follower() -> None:
        """A table made of raw."""

    return dg.Definitions(assets=[raw, follower])


def _asked_after_late_data(condition: dg.AutomationCondition, *, is_monthly: bool) -> set[str | None]:  # type: ignore[type-arg]
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = Ticks(_world(condition, is_monthly=is_monthly), instance)
        ticks.tick()
        ticks.made("raw_plays", "2015-03")
        return ticks.tick().get("follower", set())


def test_plain_eager_would_ignore_the_old_month() -> None:
    assert _asked_after_late_data(dg.AutomationCondition.eager(), is_monthly=True) == set()
    assert _asked_after_late_data(month_follows(), is_monthly=True) == {"2015-03"}


def test_plain_eager_would_lose_an_import_that_ended_between_two_looks() -> None:
    def asked(condition: dg.AutomationCondition) -> set[str | None]:  # type: ignore[type-arg]
        with dg.DagsterInstance.ephemeral() as instance:
            ticks = Ticks(_world(condition, is_monthly=True), instance)
            ticks.tick()
            ticks.made("raw_plays", "2015-03")
            ticks.tick()
            ticks.made("follower", "2015-03")
            ticks.made("raw_plays", "2015-03")
            return ticks.tick().get("follower", set())

    of_any_month = dg.AutomationCondition.eager().without(dg.AutomationCondition.in_latest_time_window())
    assert asked(of_any_month) == set()
    assert asked(month_follows()) == {"2015-03"}


def test_plain_eager_would_wait_for_every_month_of_a_table_over_months() -> None:
    assert _asked_after_late_data(dg.AutomationCondition.eager(), is_monthly=False) == set()
    assert _asked_after_late_data(whole_follows(), is_monthly=False) == {None}


def test_plain_eager_would_never_make_a_table_of_nothing_on_a_new_home() -> None:
    def asked(condition: dg.AutomationCondition) -> list[set[str | None]]:  # type: ignore[type-arg]
        @dg.asset(automation_condition=condition)
        def zones() -> None:
            """Made of nothing."""

        with dg.DagsterInstance.ephemeral() as instance:
            ticks = Ticks(dg.Definitions(assets=[zones]), instance)
            return [ticks.tick().get("zones", set()) for _ in range(3)]

    assert asked(dg.AutomationCondition.eager()) == [set(), set(), set()]
    assert asked(made_once()) == [{None}, set(), set()]
    endless = dg.AutomationCondition.missing()
    assert asked(endless) == [{None}, {None}, {None}]


def test_raw_without_its_months_would_have_every_month_made_again() -> None:
    @dg.asset(deps=["raw_plays"], partitions_def=MONTHS, automation_condition=month_follows())
    def plays() -> None:
        """Made of raw rows that Dagster does not know to be cut by month."""

    with dg.DagsterInstance.ephemeral() as instance:
        ticks = Ticks(dg.Definitions(assets=[plays]), instance)
        ticks.tick()
        ticks.made("raw_plays", "2015-03")
        assert len(ticks.tick()["plays"]) == len(MONTHS.get_partition_keys())


def test_the_snapshot_without_its_condition_would_not_wait_for_checks() -> None:
    def asked(condition: dg.AutomationCondition) -> set[str | None]:  # type: ignore[type-arg]
        @dg.asset(automation_condition=condition, deps=["plays"])
        def snapshot() -> None:
            """What readers see."""

        @dg.asset_check(asset="plays", blocking=True)
        def fails() -> dg.AssetCheckResult:
            return dg.AssetCheckResult(passed=False)

        made = dg.Definitions(assets=[dg.AssetSpec("plays"), snapshot], asset_checks=[fails])
        with dg.DagsterInstance.ephemeral() as instance:
            ticks = Ticks(made, instance)
            ticks.tick()
            ticks.made("plays", passed=False)
            return ticks.tick().get("snapshot", set())

    assert asked(whole_follows()) == {None}
    assert asked(published_when_checked()) == set()


def _plan(instance: dg.DagsterInstance, run_id: str, name: str, month: str) -> None:
    from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent, DagsterEventType

    event = DagsterEvent(
        event_type_value=DagsterEventType.ASSET_MATERIALIZATION_PLANNED.value,
        job_name="months",
        event_specific_data=AssetMaterializationPlannedData(dg.AssetKey(name), partition=month),
    )
    instance.report_dagster_event(event, run_id)
