"""A build of the marts is one thing, whatever part of it was asked for."""

import dagster as dg
import polars as pl
from history import History

from assets.marts.registry import marts
from assets.views import DBT_PROJECT, newest_build
from pipelines.definitions import build

EVERY = set(marts(DBT_PROJECT))


def test_a_build_that_is_asked_for_in_part_makes_and_reports_every_mart_and_check(made: History) -> None:
    left = made.world.settings.home / "dbt" / "of-a-run-of-before"
    left.mkdir(parents=True)
    whole = build(made.world)
    job = dg.define_asset_job("part", selection=dg.AssetSelection.assets("listens", "podcasts"))
    part = dg.Definitions(
        assets=whole.assets,
        asset_checks=whole.asset_checks,
        jobs=[job],
        resources=whole.resources,
        executor=dg.in_process_executor,
    )

    result = part.resolve_job_def("part").execute_in_process(instance=made.instance)

    assert result.success
    reported = {name for name in EVERY if made.instance.get_latest_materialization_event(dg.AssetKey(name))}
    assert reported == EVERY
    shown = {mart: made.metadata(mart) for mart in EVERY}
    assert {mart: shown[mart]["dagster/row_count"].value for mart in EVERY} == {
        mart: _rows(made, mart) for mart in EVERY
    }
    drawn = {mart for mart in EVERY if _rows(made, mart)}
    assert drawn > {"year_in_music", "listening_days", "listening_clock", "streaks"}
    for mart in EVERY:
        first, *rest = shown[mart].items()
        assert [key for key, _ in rest] == (["dagster/row_count"] if mart in drawn else [])
        assert "data:image/svg" in str(first[1].value) or mart not in drawn, "its picture comes first"
    pictures = [event for event in result.all_events if "data:image/svg" in repr(event)]
    assert len(pictures) == len(drawn), "the log keeps each once"
    name = newest_build(made.world.settings.marts)
    assert name is not None
    folders = {path.name for path in left.parent.iterdir() if path.is_dir()}
    assert folders == {"build", "now", "parsed"}, "dbt leaves MBs a run"
    written = {path.stem for path in (made.world.settings.marts / name).glob("*.parquet")}
    assert written == EVERY
    for node in map(whole.resolve_asset_graph().get, map(dg.AssetKey, EVERY)):
        assert set(node.metadata) == {"dagster/column_schema", "key"}, "nothing of how dbt goes about it"
    checked = {
        key for key in whole.resolve_asset_graph().asset_check_keys if key.asset_key.to_user_string() in EVERY
    }
    told = {event.asset_check_evaluation_data.asset_check_key for event in _evaluations(made.instance)}
    assert checked <= told


def _rows(made: History, name: str) -> int:
    build = newest_build(made.world.settings.marts)
    assert build is not None
    return pl.read_parquet(made.world.settings.marts / build / f"{name}.parquet").height


def _evaluations(instance: dg.DagsterInstance) -> list[dg.DagsterEvent]:
    [run] = instance.get_runs(dg.RunsFilter(job_name="part"))
    logged = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    return [entry.dagster_event for entry in logged if entry.dagster_event is not None]
