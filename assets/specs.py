"""Dagster's view of a registry table: one way to describe every asset.

The one file outside ``assets.py`` modules that makes asset specs; what an asset *does* is not here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import dagster as dg

from assets.partitions import MONTHS
from assets.tables import Table
from resources.warehouse import duckdb_type

OWNERS = ["team:longplay"]

_WRITTEN_BY: Final[Mapping[str, str]] = {
    "raw_plays": "jobs import_history and sync",
    "rejected_rows": "jobs import_history and sync",
    "spotify_top_tracks": "job top_stats",
    "spotify_top_artists": "job top_stats",
    "spotify_items": "job enrich",
    "feedback_events": "job feedback",
    "datasets": "jobs add_dataset and remove_dataset",
    "dataset_tracks": "jobs add_dataset and remove_dataset",
    "rejected_dataset_rows": "jobs add_dataset and remove_dataset",
}
"""Tables that no asset function makes: the UI calls them external, and cannot materialize them."""


def spec(
    table: Table, deps: Sequence[str] = (), automation: dg.AutomationCondition[Any] | None = None
) -> dg.AssetSpec:
    """The asset of a table: described, owned, typed."""
    return dg.AssetSpec(
        table.name,
        deps=list(deps),
        description=_described(table),
        group_name=table.group,
        owners=OWNERS,
        kinds={"deltalake", "postgres"} if table.name == "imports" else {"deltalake", "polars"},
        code_version=str(table.version),
        metadata={"dagster/column_schema": column_schema(table), "key": ", ".join(table.key)},
        partitions_def=MONTHS if table.is_monthly else None,
        automation_condition=automation,
    )


def _described(table: Table) -> str:
    writer = _WRITTEN_BY.get(table.name)
    return table.description if writer is None else f"{table.description} Written by the {writer}."


def column_schema(table: Table) -> dg.TableSchema:
    """Columns with their types and meanings, as the Dagster UI shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, duckdb_type(column.dtype), description=column.description)
            for name, column in table.columns.items()
        ]
    )


def results(
    rows: Mapping[str, int], metadata: Mapping[str, Mapping[str, Any]] | None = None
) -> Iterable[dg.MaterializeResult[Any]]:
    """A result for each table, with whatever a person would look at and its row count."""
    for name, count in rows.items():
        about = {**(metadata or {}).get(name, {}), "dagster/row_count": count}
        yield dg.MaterializeResult(asset_key=name, metadata=_kept_once(name, about))


def _kept_once(name: str, about: Mapping[str, Any]) -> Mapping[str, Any]:
    """Nothing within a run, which has it from here: a result's own is kept twice, of output and table."""
    try:
        context = dg.AssetExecutionContext.get()
    except dg.DagsterInvariantViolationError:  # called by hand
        return about
    context.add_asset_metadata(about, name)
    return {}


def monthly_results(
    context: dg.AssetExecutionContext,
    rows: Mapping[str, int],
    metadata: Mapping[str, Mapping[str, Any]],
) -> Iterable[dg.MaterializeResult[Any]]:
    """A result for each table over some months, with its row count at each month.

    What a person would look at comes before that, and at the newest month alone: it is kept each time.
    """
    *earlier, newest = context.partition_keys
    for name, count in rows.items():
        counted = {"dagster/row_count": count}
        for month in earlier:
            context.add_asset_metadata(counted, name, month)
        context.add_asset_metadata({**metadata.get(name, {}), **counted}, name, newest)
        yield dg.MaterializeResult(asset_key=name)
