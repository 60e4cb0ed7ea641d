"""Old runs are forgotten; what says that tables are current is kept, whatever its age."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.asset_daemon_cursor import AssetDaemonCursor
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.runs.schema import RunsTable
from sqlalchemy import Engine, func, select, text, update

from pipelines.run_history import Ages, prune
from resources.dagster_home import open_instance
from resources.operational import Operational
from resources.settings import Settings

NOW = datetime(2026, 11, 20, tzinfo=UTC)
AGES = Ages(NOW - timedelta(days=7), NOW - timedelta(days=90), NOW - timedelta(days=2))
MONTHS = dg.StaticPartitionsDefinition(["2026-09", "2026-10"])
FOLLOWS = dg.AutomationCondition.any_deps_match(dg.AutomationCondition.newly_updated()).since(
    dg.AutomationCondition.newly_updated()
)


@dg.asset(partitions_def=MONTHS)
def plays() -> None:
    """Some months."""


@dg.asset(deps=[plays], automation_condition=FOLLOWS)
def tops(context: dg.AssetExecutionContext) -> None:
    """Of all months."""
    if context.run.tags.get("fails"):
        raise ValueError("it fails")


@dg.asset_check(asset=tops, blocking=True)
def is_right() -> dg.AssetCheckResult:
    """Always."""
    return dg.AssetCheckResult(passed=True)


DEFINITIONS = dg.Definitions(assets=[plays, tops], asset_checks=[is_right], executor=dg.in_process_executor)
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    with open_instance(settings) as opened:
        yield opened


def make(instance: dg.DagsterInstance, name: str, month: str | None = None, **tags: str) -> str:
    job = DEFINITIONS.resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(
        run_config=QUIET,
        instance=instance,
        asset_selection=[dg.AssetKey(name)],
        partition_key=month,
        tags=tags,
        raise_on_error=False,
    )
    return result.run_id


def age(engine: Engine, run_ids: list[str], by: timedelta) -> None:
    """As though they had ended so long ago."""
    ended = (NOW - by).timestamp()
    with engine.begin() as connection:
        connection.execute(update(RunsTable).where(RunsTable.c.run_id.in_(run_ids)).values(end_time=ended))


def events_of(engine: Engine, run_id: str) -> int:
    counted = select(func.count()).where(SqlEventLogStorageTable.c.run_id == run_id)
    with engine.connect() as connection:
        return connection.scalar(counted) or 0


def asked(
    instance: dg.DagsterInstance, cursor: AssetDaemonCursor | None = None
) -> dg.EvaluateAutomationConditionsResult:
    everything = dg.AssetSelection.all()
    return dg.evaluate_automation_conditions(DEFINITIONS, instance, everything, cursor=cursor)


def known(instance: dg.DagsterInstance) -> dict[str, object]:
    """What conditions and the pages of assets ask."""
    log = instance.event_log_storage
    months = log.get_latest_storage_id_by_partition(plays.key, dg.DagsterEventType.ASSET_MATERIALIZATION)
    record = instance.get_latest_materialization_event(tops.key)
    check = log.get_asset_check_execution_history(dg.AssetCheckKey(tops.key, "is_right"), limit=1)
    return {
        "months": months,
        "tops": record and record.run_id,
        "check": [(result.status, result.run_id) for result in check],
        "runs": [instance.get_run_by_id(result.run_id) is not None for result in check],
    }


def test_of_old_runs_all_is_forgotten_but_what_says_that_tables_are_current(
    instance: dg.DagsterInstance, operational: Operational, settings: Settings
) -> None:
    engine, logs = operational.engine, settings.dagster / "logs"
    september = make(instance, "plays", "2026-09")
    replaced = [make(instance, "plays", "2026-10") for _ in range(3)] + [make(instance, "tops")]
    october, newest = make(instance, "plays", "2026-10"), make(instance, "tops")
    long_failed, failed = (make(instance, "tops", fails="yes") for _ in range(2))
    made = make(instance, "tops")
    (logs / replaced[0]).mkdir(parents=True, exist_ok=True)
    age(engine, [september, *replaced, october, newest, failed], timedelta(days=30))
    age(engine, [long_failed], timedelta(days=91))
    age(engine, [made], timedelta(days=6))
    evaluated = asked(instance)
    before, of_made, of_september = known(instance), events_of(engine, made), events_of(engine, september)

    forgotten = prune(engine, [logs], AGES)

    assert known(instance) == before
    left = {run.run_id for run in instance.get_runs()}
    assert not left & {*replaced, newest, long_failed}
    assert {september, october, failed, made} <= left
    assert (forgotten, events_of(engine, made)) == (6, of_made)
    assert (events_of(engine, september), of_september > 8) == (2, True)  # planned, and made
    assert [events_of(engine, run_id) for run_id in replaced] == [0, 0, 0, 0]
    assert not (logs / replaced[0]).exists()
    assert (evaluated.total_requested, asked(instance, evaluated.cursor).total_requested) == (0, 0)
    assert prune(engine, [logs], AGES) == 0


def test_a_year_of_polls_leaves_as_much_as_a_month_of_them(
    instance: dg.DagsterInstance, operational: Operational, settings: Settings
) -> None:
    engine = operational.engine
    last = make(instance, "plays", "2026-10")
    age(engine, [last], timedelta(days=31))
    sizes = []
    for days in (30, 365):
        now = NOW + timedelta(days=days)
        last = _polls(engine, last, now, days)
        ages = Ages(now - timedelta(days=7), now - timedelta(days=90), now - timedelta(days=2))
        prune(engine, [settings.dagster / "logs"], ages)
        with engine.connect() as connection:
            counts = [select(func.count()).select_from(each) for each in (RunsTable, SqlEventLogStorageTable)]
            sizes.append([connection.scalar(counted) for counted in counts])
    assert sizes[0] == sizes[1]
    assert sizes[0][0] == 4 * 7 + 1


def _polls(engine: Engine, run_id: str, now: datetime, days: int) -> str:
    """Four runs a day like one there is, each replacing what the one before made; the last of them."""
    runs = """
        INSERT INTO runs (run_id, snapshot_id, pipeline_name, status, run_body, end_time)
        SELECT 'poll-' || :days || '-' || n, snapshot_id, pipeline_name, status, run_body,
               :now - 86400.0 * (:days - n / 4.0)
        FROM runs, generate_series(1, 4 * :days) AS n WHERE run_id = :like"""
    events = """
        INSERT INTO event_logs (run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
        SELECT 'poll-' || :days || '-' || n, event, dagster_event_type, timestamp, step_key, asset_key, partition
        FROM generate_series(1, 4 * :days) AS n, event_logs WHERE run_id = :like ORDER BY n, id"""
    values = {"days": days, "like": run_id, "now": now.timestamp()}
    with engine.begin() as connection:
        for statement in (runs, events):
            connection.execute(text(statement), values)
    return f"poll-{days}-{4 * days}"


def test_a_database_that_dagster_never_used_is_left_alone(operational: Operational, tmp_path: Path) -> None:
    assert prune(operational.engine, [tmp_path], AGES) == 0
