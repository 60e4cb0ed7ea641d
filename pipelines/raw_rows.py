"""What a job that brings raw rows tells of them: the months it touched, and the checks of what it wrote."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

from assets.checks import evaluations, has_failed
from assets.listening import first_month
from assets.listening.checks import raw_tables
from assets.tables import RAW_PLAYS, REJECTED_ROWS
from resources.world import World


def report(
    context: dg.OpExecutionContext,
    world: World,
    months: Sequence[str],
    about: Mapping[str, Any],
    *,
    has_rejected: bool,
) -> None:
    """Logs a materialisation of each month and the checks: a snapshot waits for these as for any table's."""
    first_month.reach(world, months)
    rows = world.lake.month_rows(RAW_PLAYS)
    for month in months:
        counted = {"dagster/partition_row_count": rows.get(month, 0)}
        context.log_event(
            dg.AssetMaterialization(RAW_PLAYS.name, partition=month, metadata={**about, **counted})
        )
    if has_rejected:
        counted = {"dagster/row_count": world.lake.scan(REJECTED_ROWS).select(pl.len()).collect().item()}
        context.log_event(dg.AssetMaterialization(REJECTED_ROWS.name, metadata={**about, **counted}))
    is_broken = has_failed(context.instance, raw_tables.check_keys, context.run_id)
    looked_at = None if is_broken else months
    for event in (*evaluations(world, RAW_PLAYS, looked_at), *evaluations(world, REJECTED_ROWS, None)):
        context.log_event(event)  # type: ignore[arg-type] # it takes them; its annotation lags behind
