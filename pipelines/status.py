"""What ``longplay status`` knows and shows; neither Dagster nor Polars is loaded for it.

First what is known is gathered, then it is shown, to a person or as JSON to a program.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from assets.listening.balance import unbalanced_imports
from assets.listening.synced import is_synced
from pipelines import linked
from pipelines.chain_status import ChainStatus, chain_status
from pipelines.ledger import ledger
from pipelines.linked import Linked
from pipelines.loose import advice, loose
from pipelines.terminal import to_reader
from resources import snapshots
from resources.operational import Row
from resources.snapshots import Snapshot
from resources.untouched import is_untouched
from resources.world import World

_CHANGED = (
    "warehouse.duckdb is not as it was published (a client opened it for writing, or it is gone): "
    "`longplay sql` writes it anew; open it read-only."
)
NOTHING_YET = "Nothing is published yet: import something first."
_LEFT = (
    "Rows of {} are stored and in no published table: `longplay materialize` makes the tables, or says why "
    "not; a running `longplay up` does it by itself."
)


@dataclass(frozen=True)
class Status:
    """The ledger (days of sync apart, of which there are many), accounts, the chain, what is published."""

    imported: Sequence[Row]
    synced: Sequence[Row]
    accounts: Linked | None
    chain: ChainStatus
    published: Snapshot | None
    loose: Sequence[Path] = ()
    """Files and folders that lie in the inbox and are nobody's."""
    is_warehouse_whole: bool = True
    """Whether ``warehouse.duckdb`` is as it was published."""

    @property
    def rows(self) -> Sequence[Row]:
        """The whole ledger."""
        return [*self.imported, *self.synced]

    @property
    def left(self) -> list[str]:
        """Imports whose rows readers do not see."""
        whole = [row for row in self.rows if row["status"] == "completed" and row["rows_stored"]]
        return [row["import_id"] for row in whole if snapshots.is_since(row["finished_at"], self.published)]

    @property
    def unbalanced(self) -> Sequence[Mapping[str, Any]]:
        """Imports whose rows do not add up."""
        return unbalanced_imports(self.rows)


def status(world: World) -> Status:
    """What there is to know; imports that a kill ended are told as ended."""
    _end_cut_off_imports(world)
    rows, settings = world.operational.list_imports(), world.settings
    published = snapshots.current(settings.snapshots)
    return Status(
        [row for row in rows if not is_synced(row)],
        [row for row in rows if is_synced(row)],
        linked.linked(world),
        chain_status(world),
        published,
        loose(settings.inbox),
        published is None or is_untouched(settings.warehouse, published.created_at),
    )


def _end_cut_off_imports(world: World) -> None:
    """Only where something may be cut off is loaded what ends it."""
    if any(not is_synced(row) for row in world.operational.list_imports(["pending", "running"])):
        from pipelines.unfinished import end_cut_off_imports  # noqa: PLC0415

        end_cut_off_imports(world)


def show(world: World, console: Console, *, is_json: bool = False) -> None:
    """To a person within the terminal's width, or as one JSON object."""
    told = status(world)
    if is_json:
        with to_reader():
            sys.stdout.write(json.dumps(as_json(told), default=_plain, ensure_ascii=False, indent=2) + "\n")
        return
    console.print(ledger(told.imported, console.width))
    if told.synced:
        read, stored = (sum(row[name] or 0 for row in told.synced) for name in ("rows_read", "rows_stored"))
        console.print(f"Synced from Spotify: {read:,} rows of {len(told.synced)} days, {stored:,} stored.")
    linked.show(console, told.accounts)
    show_troubles(console, told)
    if told.loose:
        console.print(advice(told.loose, world.settings.user), style="yellow", markup=False)
    told.chain.show(console)
    _show_published(console, told)
    if not told.is_warehouse_whole:
        console.print(_CHANGED, style="yellow")


def show_troubles(console: Console, told: Status) -> None:
    """What is going on, what failed, what is held, and whether rows add up."""
    for row in told.rows:
        if row["status"] == "running":
            share = 100 * row["bytes_done"] / (row["bytes"] or 1)
            console.print(f"{row['import_id']}: {row['rows_done']:,} rows so far ({share:.0f} %)")
        if row["error"]:
            console.print(f"{row['import_id']}: {row['error']}", style="yellow", markup=False)
    if told.rows:
        unbalanced = told.unbalanced
        verdict = "Every row is accounted for" if not unbalanced else f"Rows do not add up: {unbalanced}"
        if held := [row["import_id"] for row in told.rows if row["status"] == "held"]:
            console.print(f"Held, of which nothing is stored: {', '.join(held)}.", style="yellow")
            verdict = verdict.replace("Every row", "Every other row")
        elif all(row["status"] == "undone" for row in told.rows):
            return  # nothing is left to account for
        console.print(f"{verdict} (read = stored + duplicate + rejected).", markup=False)


def _show_published(console: Console, told: Status) -> None:
    published, left = told.published, told.left
    if left:
        console.print(_LEFT.format(", ".join(left)), style="yellow", soft_wrap=True)
    if published is None:
        if not left:
            console.print(NOTHING_YET)
        return
    console.print(f"Published {published.created_at:%Y-%m-%d %H:%M} UTC (snapshot {published.id}).")
    if published.marts is None:
        console.print("Marts: none yet; `longplay materialize` or a running `longplay up` makes them.")
    else:
        console.print(f"Marts: build {published.marts}.")


def as_json(told: Status) -> dict[str, Any]:
    """Every fact that ``show`` tells of, under names that stay."""
    published = told.published
    return {
        "imports": [dict(row) | {"is_synced": False} for row in told.imported]
        + [dict(row) | {"is_synced": True} for row in told.synced],
        "loose_files": [path.name for path in told.loose],
        "is_warehouse_whole": told.is_warehouse_whole,
        "unpublished_imports": told.left,
        "unbalanced_imports": [row["import_id"] for row in told.unbalanced],
        "spotify": None if told.accounts is None else told.accounts.as_json(),
        "trust_chain": told.chain.as_json(),
        "published": None
        if published is None
        else {"snapshot": published.id, "created_at": published.created_at, "marts": published.marts},
    }


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
