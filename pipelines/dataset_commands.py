"""What ``longplay dataset add``, ``list`` and ``remove`` do and show."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from assets.datasets.ledger import ACCEPTED
from assets.datasets.quality import WEIGHTS
from assets.tables import DATASET_QUALITY, DATASETS, TRACK_FACTS
from pipelines.exit_codes import Exit, exit_of
from pipelines.run import RunFailedError, Runner
from resources.world import World

DONE, REFUSED = Exit.DONE, Exit.UNREADABLE
_SHOWN_CAUSES = 12


def add(world: World, console: Console, path: Path, licence: str | None, name: str | None) -> int:
    """Adds a dataset, makes the catalogue, shows the scores and what cost points; returns the exit code."""
    runner = Runner(world)
    try:
        with console.status("Reading …"):
            row = runner.add_dataset(path, licence, name)
    except RunFailedError as error:
        return _complain(console, str(error), exit_of(error))
    for passed in row["passed_over"]:
        console.print(f"{passed}: passed over, it is no data.", style="yellow", markup=False)
    if row["status"] != ACCEPTED:
        if row["is_new"]:
            runner.follow_datasets()  # it may have been accepted before
        return _complain(console, f"{row['name']} was rejected. {row['reason']}")
    if row["is_new"]:
        with console.status("Scoring, and telling the catalogue …"):
            runner.follow_datasets()
    _show(world, console, row)
    return DONE


def remove(world: World, console: Console, name: str) -> int:
    """Removes a dataset; what it told the catalogue goes too."""
    runner = Runner(world)
    try:
        row = runner.ask("remove_dataset", "take_out_dataset", {"dataset": name})
    except RunFailedError as error:
        return _complain(console, str(error), exit_of(error))
    with console.status("Telling the catalogue …"):
        runner.follow_datasets()
    console.print(f"Removed: {row['name']} ({row['dataset_id']}).", markup=False)
    return DONE


def listing(world: World, console: Console, least: float) -> int:
    """The datasets of at least that total, the best first, then those without a score and why."""
    rows = _scored(world)
    shown = [row for row in rows if row["total"] is None or row["total"] >= least]
    if not shown:
        console.print("There are no datasets: `longplay dataset add PATH` adds one.")
        return DONE
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("id", "name", "licence", "tracks", "rejected", "total", "weakest"):
        is_number = name in ("tracks", "rejected", "total")
        table.add_column(name, justify="right" if is_number else "left", no_wrap=name != "name")
    for row in shown:
        table.add_row(*_cells(row))
    console.print(table)
    for row in shown:
        if row["status"] != ACCEPTED:
            console.print(f"{row['name']}: rejected. {row['reason']}", style="yellow", markup=False)
    low = world.settings.min_quality
    if any(row["total"] is not None and row["total"] < low for row in shown):
        console.print(f"Those of a total below {low:g} (LONGPLAY_MIN_QUALITY) tell the catalogue nothing.")
    return DONE


def _scored(world: World) -> list[dict[str, Any]]:
    both = world.lake.scan(DATASETS).join(
        world.lake.scan(DATASET_QUALITY).rename({"licence": "permits"}), on="dataset_id", how="left"
    )
    ordered = both.sort("total", "name", "dataset_id", descending=[True, False, False], nulls_last=True)
    return ordered.collect().rows(named=True)


def _cells(row: Mapping[str, Any]) -> list[str]:
    scores = {name: row["permits" if name == "licence" else name] for name in WEIGHTS}
    is_scored = row["total"] is not None
    weakest = min(scores, key=lambda name: scores[name]) if is_scored else ""
    told = [f"{row['total']:.3f}", f"{weakest} {scores[weakest]:.3f}"] if is_scored else ["–", "–"]
    counts = [f"{row['rows_stored']:,}", f"{row['rows_rejected']:,}"]
    return [row["dataset_id"], _safe(row["name"]), _safe(row["licence"] or "–"), *counts, *told]


def _show(world: World, console: Console, row: Mapping[str, Any]) -> None:
    ident = row["dataset_id"]
    read, stored, rejected = (f"{row[f'rows_{name}']:,}" for name in ("read", "stored", "rejected"))
    counts = f"{read} rows read = {stored} stored + {rejected} rejected"
    console.print(f"{row['name']} ({ident}, {row['licence']}): {counts}.", markup=False)
    is_its = pl.col("dataset_id") == ident
    [quality] = world.lake.scan(DATASET_QUALITY).filter(is_its).collect().rows(named=True)
    parts = ", ".join(f"{name} {quality[name]:.3f}" for name in WEIGHTS)
    console.print(f"Total {quality['total']:.3f}: {parts}.", markup=False)
    for line in quality["explanation"][:_SHOWN_CAUSES]:
        console.print(f"  {line}", markup=False, soft_wrap=True)
    told = world.lake.scan(TRACK_FACTS).filter(is_its)
    tracks = told.select(pl.col("track_id").n_unique()).collect().item()
    console.print(f"It tells something of {tracks:,} tracks that were played.")


def _complain(console: Console, message: str, ended: Exit = REFUSED) -> int:
    console.print(message, style="red", markup=False, soft_wrap=True)
    return ended


def _safe(text: str) -> str:
    return text.replace("[", r"\[")
