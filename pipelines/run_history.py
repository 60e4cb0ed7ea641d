"""What Dagster keeps of runs, and its end: by itself it keeps every run and every event for ever.

Whatever their age these stay, because by them Dagster knows what is current: the newest event of each kind
of each asset and partition, the last results of each check, and the runs that those are of.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path
from shutil import rmtree
from typing import Final

import dagster as dg
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetEventTagsTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.runs.schema import BackfillTagsTable, BulkActionsTable, RunsTable, RunTagsTable
from dagster._core.storage.schedules.schema import AssetDaemonAssetEvaluationsTable
from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, inspect, or_, select, union

MOST_RUNS: Final = 20_000
"""In one go; what is left waits for the next day."""
_RUNS_A_TRANSACTION: Final = 500
_RESULTS_A_CHECK: Final = 2
"""A check that runs looks at its result before: see ``assets.checks.has_failed``."""
_ENDED: Final = (dg.DagsterRunStatus.SUCCESS.value, dg.DagsterRunStatus.CANCELED.value)
_FAILED: Final = dg.DagsterRunStatus.FAILURE.value
_BACKFILL_ENDED: Final = ("COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED")
_RUNLESS: Final = ""

_events, _checks, _runs = SqlEventLogStorageTable.c, AssetCheckExecutionsTable.c, RunsTable.c
_evaluations, _backfills = AssetDaemonAssetEvaluationsTable.c, BulkActionsTable.c


@dataclass(frozen=True)
class Ages:
    """Until when it must have been, to be forgotten (UTC)."""

    ended: datetime
    """A run that went well."""
    failed: datetime
    evaluated: datetime
    """A condition that was looked at: what was found takes as much room as the runs it asked for."""


@dataclass(frozen=True)
class _Kept:
    """Ids of the rows that stay, whatever their age."""

    events: Collection[int]
    checks: Collection[int]


def prune(engine: Engine, folders: Sequence[Path], ages: Ages) -> int:
    """Deletes old runs with their events, results of checks and files; returns how many runs.

    Args:
        engine: of the database that holds Dagster's storage; one that never did is left alone.
        folders: each has a folder a run: of what its steps printed, and of what they returned.
    """
    if not inspect(engine).has_table(RunsTable.name):
        return 0
    with engine.begin() as connection:
        old, kept = _old_runs(connection, ages), _kept(connection)
        _prune_the_rest(connection, ages, kept)
    forgotten = 0
    for begin in range(0, len(old), _RUNS_A_TRANSACTION):
        some = old[begin : begin + _RUNS_A_TRANSACTION]
        with engine.begin() as connection:
            forgotten += _forget(connection, some, kept)
        for folder, run_id in product(folders, some):
            rmtree(folder / run_id, ignore_errors=True)
    return forgotten


def _old_runs(connection: Connection, ages: Ages) -> list[str]:
    ended = func.coalesce(_runs.end_time, func.extract("epoch", _runs.update_timestamp))
    is_old = or_(
        and_(_runs.status.in_(_ENDED), ended < ages.ended.timestamp()),
        and_(_runs.status == _FAILED, ended < ages.failed.timestamp()),
    )
    return list(connection.scalars(select(_runs.run_id).where(is_old).order_by(_runs.id).limit(MOST_RUNS)))


def _kept(connection: Connection) -> _Kept:
    kinds = [kind.value for kind in ASSET_EVENTS]
    newest = (
        select(func.max(_events.id))
        .where(_events.asset_key.is_not(None), _events.dagster_event_type.in_(kinds))
        .group_by(_events.asset_key, _events.partition, _events.dagster_event_type)
    )
    by_check = [_checks.asset_key, _checks.check_name, _checks.partition]
    place = func.row_number().over(partition_by=by_check, order_by=_checks.id.desc()).label("place")
    placed = select(_checks.id, _checks.evaluation_event_storage_id.label("event"), place).subquery()
    results: list[tuple[int, int | None]] = [
        (row.id, row.event)
        for row in connection.execute(select(placed).where(placed.c.place <= _RESULTS_A_CHECK))
    ]
    of_checks = {event for _, event in results if event is not None}
    return _Kept(of_checks | {*connection.scalars(newest)}, [ident for ident, _ in results])


def _forget(connection: Connection, run_ids: Sequence[str], kept: _Kept) -> int:
    """All but what is kept; a run of which something is kept stays itself."""
    _delete_events(connection, _events.run_id.in_(run_ids), kept)
    connection.execute(
        delete(AssetCheckExecutionsTable).where(_checks.run_id.in_(run_ids), _checks.id.not_in(kept.checks))
    )
    left = [select(of.run_id).where(of.run_id.in_(run_ids)) for of in (_events, _checks)]
    staying: set[str] = {*connection.scalars(union(*left))}
    gone = [run_id for run_id in run_ids if run_id not in staying]
    for table in (RunTagsTable, RunsTable):
        connection.execute(delete(table).where(table.c.run_id.in_(gone)))
    return len(gone)


def _delete_events(connection: Connection, which: ColumnElement[bool], kept: _Kept) -> None:
    doomed = and_(which, _events.id.not_in(kept.events))
    tags = AssetEventTagsTable.c.event_id.in_(select(_events.id).where(doomed))
    connection.execute(delete(AssetEventTagsTable).where(tags))
    connection.execute(delete(SqlEventLogStorageTable).where(doomed))


def _prune_the_rest(connection: Connection, ages: Ages, kept: _Kept) -> None:
    """Events of no run, backfills, and what was found each time a table's condition was looked at."""
    ended, evaluated = (age.replace(tzinfo=None) for age in (ages.ended, ages.evaluated))  # as Dagster does
    is_runless = and_(_events.run_id == _RUNLESS, _events.timestamp < ended)
    _delete_events(connection, is_runless, kept)
    newest = select(func.max(_evaluations.id)).group_by(_evaluations.asset_key)
    connection.execute(
        delete(AssetDaemonAssetEvaluationsTable).where(
            _evaluations.create_timestamp < evaluated, _evaluations.id.not_in(newest)
        )
    )
    is_over = and_(_backfills.status.in_(_BACKFILL_ENDED), _backfills.timestamp < ended)
    of_them = BackfillTagsTable.c.backfill_id.in_(select(_backfills.key).where(is_over))
    connection.execute(delete(BackfillTagsTable).where(of_them))
    connection.execute(delete(BulkActionsTable).where(is_over))
