"""Check factories over the registry: every table has its columns, and no key twice.

Checks of one domain's own rules are in that domain's ``checks.py``.
"""

from collections.abc import Iterable, Iterator, Sequence

import dagster as dg
import polars as pl
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from assets import store
from assets.partitions import MONTHS
from assets.tables import Table
from resources.world import World

_SUCCEEDED = AssetCheckExecutionRecordStatus.SUCCEEDED
_RANGE_START = "dagster/asset_partition_range_start"
_RANGE_END = "dagster/asset_partition_range_end"
_PARTITION = "dagster/partition"

ROWS_A_CHECK = 500_000
"""Raw rows whose keys are compared at once: an import is checked in little memory, whatever its size."""


def table_checks(name: str, tables: Sequence[Table]) -> dg.AssetChecksDefinition:
    """Blocking checks of schema and key for some tables, in one step.

    A run over some months looks at those; any other looks at every month.
    """

    @dg.multi_asset_check(name=name, specs=[s for table in tables for s in _specs(table)], can_subset=True)
    def check(
        context: dg.AssetCheckExecutionContext, world: dg.ResourceParam[World]
    ) -> Iterable[dg.AssetCheckResult]:
        months = checked_months(context)
        wanted = {key.asset_key.to_user_string() for key in context.selected_asset_check_keys}
        for table in tables:
            if table.name in wanted:
                yield from evaluate(world, table, months)

    return check


def evaluate(world: World, table: Table, months: Sequence[str] | None) -> Iterator[dg.AssetCheckResult]:
    """The results for one table, over some months or all."""
    stored = pl.Schema(pl.scan_delta(world.lake.open(table)).collect_schema())
    wrong = {name: str(dtype) for name, dtype in table.schema.items() if stored.get(name) != dtype}
    columns = {"columns": len(table.schema)} | ({"wrong": wrong} if wrong else {})
    yield dg.AssetCheckResult(
        asset_key=table.name,
        check_name="has_schema",
        passed=not wrong,
        metadata=columns,
    )
    if wrong:
        repeated, about = None, "not looked at: the columns are wrong"
    else:
        repeated, about = _repeated_rows(world, table, months), ", ".join(table.key)
    yield dg.AssetCheckResult(
        asset_key=table.name,
        check_name="has_unique_key",
        passed=repeated == 0,
        metadata={"rows that share a key": repeated, "key": about},
    )


def evaluations(
    world: World, table: Table, months: Sequence[str] | None
) -> Iterator[dg.AssetCheckEvaluation]:
    """The same as events, for a table that a job writes and no asset makes."""
    yield from map(as_event, evaluate(world, table, months))


def as_event(result: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    """The result of a blocking check, which names its table and itself, for a job to log."""
    if result.asset_key is None or result.check_name is None:
        raise ValueError("a result that is logged names its table and its check")
    return dg.AssetCheckEvaluation(
        asset_key=result.asset_key,
        check_name=result.check_name,
        passed=result.passed,
        severity=result.severity,
        metadata=result.metadata,
        blocking=True,
    )


def checked_months(context: dg.AssetCheckExecutionContext) -> list[str] | None:
    """The months of the run; None, which means every month, where it is over none.

    Also where a check failed the last time: else a run over other months would declare it mended.
    """
    if has_failed(context.instance, context.selected_asset_check_keys, context.run.run_id):
        return None
    tags = context.run.tags
    first = tags.get(_RANGE_START, tags.get(_PARTITION))
    last = tags.get(_RANGE_END, tags.get(_PARTITION))
    if first is None or last is None:
        return None
    return list(MONTHS.get_partition_keys_in_range(dg.PartitionKeyRange(first, last)))


def has_failed(instance: dg.DagsterInstance, keys: Iterable[dg.AssetCheckKey], run_id: str) -> bool:
    """Whether one of the checks did not pass in the last run before this one."""
    storage = instance.event_log_storage
    last_two = (storage.get_asset_check_execution_history(key, limit=2) for key in keys)
    latest = [[record for record in records if record.run_id != run_id][:1] for records in last_two]
    return any(record.status is not _SUCCEEDED for records in latest for record in records)


def _repeated_rows(world: World, table: Table, months: Sequence[str] | None) -> int:
    repeated = pl.struct(table.key).is_duplicated().sum()
    return sum(
        world.lake.scan(table, months=batch).select(repeated).collect().item()
        for batch in _batches(world, table, months)
    )


def _batches(world: World, table: Table, months: Sequence[str] | None) -> Iterable[Sequence[str] | None]:
    if not table.is_monthly:
        return [None]
    if table.layer != "raw":
        return [months]
    rows = world.lake.month_rows(table)
    return store.batches(list(rows) if months is None else months, rows, ROWS_A_CHECK)


def _specs(table: Table) -> Iterable[dg.AssetCheckSpec]:
    yield dg.AssetCheckSpec(
        "has_schema", asset=table.name, blocking=True, description="Has the registered columns and types."
    )
    yield dg.AssetCheckSpec(
        "has_unique_key", asset=table.name, blocking=True, description="No two rows share the key."
    )
