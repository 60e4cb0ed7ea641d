"""Months made again from raw rows: one run for a range, the same rows as month by month, all of it from nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from dagster._core.execution.asset_backfill import AssetBackfillData
from history import MONTHS, History

from assets.tables import LAKE_TABLES
from pipelines.sensors import range_tags
from resources.dagster_home import open_instance
from resources.settings import Settings

LATER = ("recommendations", "trust")
"""Groups that follow by themselves: no import makes them."""
CORE = {name: t for name, t in LAKE_TABLES.items() if t.layer == "core" and t.group not in LATER}
MONTHLY = [name for name, table in CORE.items() if table.is_monthly]
DERIVED = [name for name in CORE if name != "imports"]


def tables(history: History, names: list[str]) -> dict[str, pl.DataFrame]:
    return {name: history.table(name) for name in names}


def assert_same(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    differing = [name for name in expected if not found[name].equals(expected[name])]
    assert differing == []
    empty = {"top_genres", "duplicate_rows", "listening_gaps", "dataset_quality", "track_facts"}
    assert all(frame.height for name, frame in expected.items() if name not in empty)


def forget(history: History, names: list[str]) -> None:
    """As when somebody deletes the folders of derived tables."""
    for name in names:
        shutil.rmtree(Path(history.world.lake.uri(name)))


def test_a_range_of_months_is_one_run_and_every_month_of_it_is_made(made: History) -> None:
    result = made.run("months", tags=range_tags(MONTHS[0], MONTHS[-1]))
    assert result.success, made.failures(result)
    starts = [event.step_key for event in result.all_events if event.is_step_start]
    assert starts.count("resolve_plays") == 1
    for name in MONTHLY:
        assert made.instance.get_materialized_partitions(dg.AssetKey(name)) == set(MONTHS)


def test_a_range_gives_the_same_rows_as_month_by_month(made: History) -> None:
    expected = tables(made, MONTHLY)
    forget(made, MONTHLY)
    for month in (*MONTHS[2:], *MONTHS[:2]):
        result = made.run("months", tags={"dagster/partition": month})
        assert result.success, made.failures(result)
    assert_same(tables(made, MONTHLY), expected)


def test_deleting_every_derived_table_and_making_it_again_gives_the_same_rows(made: History) -> None:
    expected = tables(made, DERIVED)
    forget(made, DERIVED)
    followed = made.followed()
    assert followed.success, made.failures(followed)
    assert_same(tables(made, DERIVED), expected)
    assert all(made.outcomes(followed).values())


def test_making_it_again_writes_nothing_where_nothing_changed(made: History) -> None:
    versions = {name: made.world.lake.version(LAKE_TABLES[name]) for name in MONTHLY}
    assert made.followed().success
    assert {name: made.world.lake.version(LAKE_TABLES[name]) for name in MONTHLY} == versions


@pytest.mark.filterwarnings("ignore:Function `AssetSelection.sources` is deprecated:DeprecationWarning")
def test_a_backfill_of_a_range_is_one_range_of_every_table(made: History) -> None:
    graph = made.definitions.resolve_asset_graph()
    backfill = AssetBackfillData.from_asset_partitions(
        asset_graph=graph,
        partition_names=list(MONTHS),
        asset_selection=[dg.AssetKey(name) for name in MONTHLY],
        dynamic_partitions_store=made.instance,
        all_partitions=False,
        backfill_start_timestamp=made.world.clock().timestamp(),
    )
    assert {graph.get(dg.AssetKey(name)).backfill_policy for name in MONTHLY} == {
        dg.BackfillPolicy.single_run()
    }
    for key, subset in backfill.target_subset.partitions_subsets_by_asset_key.items():
        months = graph.get(key).partitions_def
        assert months is not None
        assert subset.get_partition_key_ranges(months) == [dg.PartitionKeyRange(MONTHS[0], MONTHS[-1])]


@pytest.fixture
def on_postgres(made: History, settings: Settings) -> Iterator[History]:
    """The same, on the instance that ``longplay`` itself opens."""
    with open_instance(settings) as opened:
        made.instance = opened
        yield made


def test_pool_slots_are_free_again_after_runs_that_succeed_and_that_fail(
    on_postgres: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = on_postgres.instance.event_log_storage
    assert on_postgres.run("months", tags=range_tags(MONTHS[0], MONTHS[-1])).success
    with monkeypatch.context() as broken:
        broken.setattr("assets.listening.assets.resolve_months", _breaks)
        assert not on_postgres.run("months", tags=range_tags(MONTHS[0], MONTHS[-1])).success
    info = storage.get_concurrency_info("lake")
    assert (info.slot_count, info.active_slot_count, info.pending_step_count) == (1, 0, 0)
    assert on_postgres.run("months", tags=range_tags(MONTHS[0], MONTHS[0])).success


def test_a_step_waits_for_its_pool_and_goes_on_when_another_run_frees_it(on_postgres: History) -> None:
    import threading

    storage = on_postgres.instance.event_log_storage
    storage.initialize_concurrency_limit_to_default("lake")
    assert storage.claim_concurrency_slot("lake", "another-run", "its_step").is_claimed
    timer = threading.Timer(0.5, lambda: storage.free_concurrency_slots_for_run("another-run"))
    timer.start()
    result = on_postgres.run("months", tags=range_tags(MONTHS[0], MONTHS[0]))
    timer.join()
    assert result.success, on_postgres.failures(result)
    assert storage.get_concurrency_info("lake").active_slot_count == 0


def _breaks(*_: object) -> None:
    raise RuntimeError("a broken run")
