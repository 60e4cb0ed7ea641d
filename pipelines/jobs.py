"""Which tables are made together."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from assets.tables import LAKE_TABLES

_LATER = ("recommendations", "trust")
"""Groups that no import waits for: they follow by themselves, and in ``refresh``."""
_CORE = {name: table for name, table in LAKE_TABLES.items() if table.layer == "core"}
_MONTHLY = [name for name, table in _CORE.items() if table.is_monthly and table.group not in _LATER]
_WHOLE = [name for name, table in _CORE.items() if not table.is_monthly]
_AT_ONCE = [name for name in _WHOLE if _CORE[name].group not in _LATER]

months_job = dg.define_asset_job(
    "months",
    selection=dg.AssetSelection.assets(*_MONTHLY),
    description="Plays and statistics of some months.",
)
listening_job = dg.define_asset_job(
    "listening",
    selection=dg.AssetSelection.assets(*_MONTHLY, *_AT_ONCE, "snapshot"),
    description="From raw rows of some months to published top lists: what an import needs at once.",
)


def refresh_job(marts: dg.AssetSelection) -> UnresolvedAssetJobDefinition:
    """Everything that is not cut by month, the marts among it, then a snapshot."""
    return dg.define_asset_job(
        "refresh",
        selection=dg.AssetSelection.assets(*_WHOLE, "snapshot") | marts,
        description="Catalogue, top lists and marts anew, then a snapshot.",
    )


publish_job = dg.define_asset_job(
    "publish",
    selection=dg.AssetSelection.assets("snapshot"),
    description="Moves readers to the newest tables.",
)

ALL = (months_job, listening_job, publish_job)
