"""Every check passes on good data and fails on its own planted fault, and a fault keeps readers where they are."""

from collections.abc import Callable, Collection

import dagster as dg
import polars as pl
import pytest
from deltalake import write_deltalake
from history import MONTHS, History

from assets.tables import LAKE_TABLES
from pipelines.sensors import range_tags
from resources import snapshots
from resources.world import World


def blocking(definitions: dg.Definitions) -> set[str]:
    graph = definitions.resolve_asset_graph()
    return {
        f"{key.asset_key.to_user_string()}:{key.name}"
        for key in graph.asset_check_keys
        if graph.get(key).blocking
    }


def checked(history: History, asset: str, months: tuple[str, str] | None = None) -> dict[str, bool]:
    """The checks of one asset, run alone."""
    found = all_checked(history, [asset], months)
    return {name.partition(":")[2]: passed for name, passed in found.items()}


def all_checked(
    history: History, assets: Collection[str], months: tuple[str, str] | None = None
) -> dict[str, bool]:
    """The checks of some assets, run without them in one run."""
    selection = dg.AssetSelection.checks_for_assets(*map(dg.AssetKey, assets))
    only = dg.define_asset_job("only_checks", selection=selection)
    job = dg.Definitions(
        assets=history.definitions.assets,
        asset_checks=history.definitions.asset_checks,
        jobs=[only],
        resources=history.definitions.resources,
        executor=dg.in_process_executor,
    ).resolve_job_def("only_checks")
    tags = range_tags(*months) if months else {}
    result = job.execute_in_process(instance=history.instance, tags=tags, raise_on_error=False)
    return history.outcomes(result)


def rewrite(world: World, name: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """A table with other rows than it should have, whatever its columns."""
    table = LAKE_TABLES[name]
    frame = change(world.lake.scan(table).collect())
    write_deltalake(
        world.lake.uri(name),
        frame,
        mode="overwrite",
        schema_mode="overwrite",
        partition_by=table.partition_by,
    )


def doubled(rows: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([rows, rows.head(1)])


def test_good_data_passes_every_check(made: History) -> None:
    assets = {name.partition(":")[0] for name in blocking(made.definitions)}
    outcomes = all_checked(made, assets)
    assert set(outcomes) >= blocking(made.definitions)
    assert [name for name, passed in outcomes.items() if not passed] == []


def test_the_import_itself_checks_raw_rows(history: History) -> None:
    result = history.imported(history.dropped())
    assert history.outcomes(result) == {
        f"{table}:{check}": True
        for table in ("raw_plays", "rejected_rows")
        for check in ("has_schema", "has_unique_key")
    }


@pytest.mark.parametrize("name", ["plays", "raw_plays", "imports", "tracks", "top_tracks"])
def test_a_doubled_key_is_noticed(made: History, name: str) -> None:
    rewrite(made.world, name, doubled)
    outcomes = checked(made, name)
    assert (outcomes["has_schema"], outcomes["has_unique_key"]) == (True, False)


@pytest.mark.parametrize(
    ("name", "column"), [("plays", "ms_played"), ("imports", "bytes"), ("artists", "plays")]
)
def test_a_changed_type_is_noticed(made: History, name: str, column: str) -> None:
    rewrite(made.world, name, lambda rows: rows.with_columns(pl.col(column).cast(pl.Int32)))
    outcomes = checked(made, name)
    assert (outcomes["has_schema"], outcomes["has_unique_key"]) == (False, False)


def test_a_ledger_row_that_is_off_by_one_is_noticed(made: History) -> None:
    [row] = made.world.operational.list_imports()
    made.world.operational.update_import(row["import_id"], rows_read=row["rows_read"] + 1)
    assert not checked(made, "plays")["every_row_is_accounted_for"]


def test_a_lost_play_is_noticed_in_its_month_and_no_other(made: History) -> None:
    lost = made.table("plays").filter(month="2023-12")["play_id"][0]
    rewrite(made.world, "plays", lambda rows: rows.filter(pl.col("play_id") != lost))
    assert checked(made, "plays", ("2024-01", "2024-01"))["every_row_is_accounted_for"]
    assert not checked(made, "plays", ("2023-12", "2023-12"))["every_row_is_accounted_for"]
    assert not checked(made, "play_months", ("2023-12", "2023-12"))["adds_up_to_plays"]


def test_a_missing_rejected_row_is_noticed(made: History) -> None:
    [row] = made.world.operational.list_imports()
    made.world.operational.update_import(
        row["import_id"], rows_read=row["rows_read"] + 1, rows_rejected=row["rows_rejected"] + 1
    )
    assert not checked(made, "plays")["every_row_is_accounted_for"]


@pytest.mark.parametrize("column", ["plays", "ms_played"])
def test_months_that_do_not_add_up_are_noticed(made: History, column: str) -> None:
    rewrite(
        made.world,
        "play_months",
        lambda rows: rows.with_columns(pl.col(column) + (pl.int_range(pl.len()) == 0)),
    )
    assert not checked(made, "play_months")["adds_up_to_plays"]


def test_stale_top_lists_are_noticed(made: History) -> None:
    rewrite(made.world, "top_tracks", lambda rows: rows.with_columns(pl.col("as_of").dt.offset_by("-49h")))
    outcomes = checked(made, "top_tracks")
    assert (outcomes["is_fresh"], outcomes["has_unique_key"]) == (False, True)


def test_a_check_that_failed_looks_at_every_month_until_it_passes(made: History) -> None:
    intact = made.table("plays")
    rewrite(made.world, "plays", doubled)
    month = intact["month"][0]
    others = [
        other for other in MONTHS if other != made.world.lake.scan(LAKE_TABLES["plays"]).collect()["month"][0]
    ]
    assert not checked(made, "plays")["has_unique_key"]
    assert not checked(made, "plays", (others[-1], others[-1]))["has_unique_key"], (
        "a run over another month mended it"
    )
    rewrite(made.world, "plays", lambda _: intact)
    assert checked(made, "plays", (month, month))["has_unique_key"]


@pytest.mark.parametrize(
    ("asset", "check"),
    [
        ("plays", "every_row_is_accounted_for"),
        ("play_months", "adds_up_to_plays"),
        ("tracks", "has_unique_key"),
    ],
)
def test_a_failing_check_keeps_readers_at_the_old_snapshot_in_the_same_run(
    made: History, monkeypatch: pytest.MonkeyPatch, asset: str, check: str
) -> None:
    before = snapshots.current(made.world.settings.snapshots)
    if asset == "plays":
        [row] = made.world.operational.list_imports()
        made.world.operational.update_import(row["import_id"], rows_read=row["rows_read"] + 1)
    elif asset == "play_months":
        from assets.stats import months

        intact = months.play_months
        monkeypatch.setattr(
            months, "play_months", lambda *given: intact(*given).with_columns(pl.col("ms_played") + 1)
        )
    else:
        from assets.catalog import commit

        current = commit._current
        monkeypatch.setattr(
            commit, "_current", lambda *given: tuple(pl.concat([each] * 2) for each in current(*given))
        )
    result = made.followed()
    assert not result.success
    assert made.outcomes(result)[f"{asset}:{check}"] is False
    steps = {event.step_key for event in result.all_events if event.is_step_success}
    assert "snapshot" not in steps
    assert snapshots.current(made.world.settings.snapshots) == before
