"""Conservation: read = stored + duplicate + rejected, in the ledger and in the lake."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

from assets.checks import checked_months, table_checks
from assets.listening.balance import unbalanced_imports
from assets.tables import (
    COUNTRY_TIME_ZONES,
    DUPLICATE_ROWS,
    IMPORTS,
    LISTENERS,
    PLAYS,
    RAW_PLAYS,
    REJECTED_ROWS,
)
from resources.lake import Lake
from resources.world import World

listening_tables = table_checks("listening_tables", (PLAYS, DUPLICATE_ROWS))
ledger_tables = table_checks("ledger_tables", (IMPORTS, LISTENERS, COUNTRY_TIME_ZONES))
raw_tables = table_checks("raw_tables", (RAW_PLAYS, REJECTED_ROWS))


def unbalanced_months(lake: Lake, months: Sequence[str] | None) -> dict[str, dict[str, int]]:
    """Months whose raw rows are not all a play or a duplicate, by the tables' own logs."""
    wanted = None if months is None else set(months)
    raw, plays, duplicates = (lake.month_rows(table) for table in (RAW_PLAYS, PLAYS, DUPLICATE_ROWS))
    return {
        month: {
            "raw": raw.get(month, 0),
            "plays": plays.get(month, 0),
            "duplicates": duplicates.get(month, 0),
        }
        for month in sorted(set(raw) | set(plays) | set(duplicates))
        if (wanted is None or month in wanted)
        and raw.get(month, 0) != plays.get(month, 0) + duplicates.get(month, 0)
    }


def miscounted_rejects(lake: Lake, ledger: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Completed imports whose rejected rows in the lake are not as many as the ledger says."""
    stored = dict(lake.scan(REJECTED_ROWS).group_by("import_id").agg(pl.len()).collect().iter_rows())
    return {
        row["import_id"]: stored.get(row["import_id"], 0)
        for row in ledger
        if row["status"] == "completed" and stored.get(row["import_id"], 0) != row["rows_rejected"]
    }


@dg.asset_check(
    asset="plays",
    name="every_row_is_accounted_for",
    blocking=True,
    description="An import's rows read = stored + duplicate + rejected; a month's raw = plays + duplicates.",
)
def every_row_is_accounted_for(
    context: dg.AssetCheckExecutionContext, world: dg.ResourceParam[World]
) -> dg.AssetCheckResult:
    """The ledger's equation, held against the ledger and against the lake."""
    ledger = world.operational.list_imports()
    wrong: dict[str, Any] = {
        "imports": unbalanced_imports(ledger),
        "months": unbalanced_months(world.lake, checked_months(context)),
        "rejected": miscounted_rejects(world.lake, ledger),
    }
    settled = [row for row in ledger if row["status"] == "completed"]
    told = ("rows_read", "rows_stored", "rows_duplicate", "rows_rejected")
    totals = {name.replace("_", " "): sum(row[name] for row in settled) for name in told}
    return dg.AssetCheckResult(
        passed=not any(wrong.values()),
        metadata={**totals, **{f"wrong {name}": found for name, found in wrong.items() if found}},
    )
