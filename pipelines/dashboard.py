"""What the terminal shows after an import: the ledger, and what was listened to."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from assets.tables import CLOCK_MONTHS, REJECTED_ROWS, TOP_ARTISTS, TOP_TRACKS
from pipelines.ledger import ledger
from resources.lake import Lake

_BAR_WIDTH = 24


def show(console: Console, lake: Lake, user_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Top artists and tracks, minutes, the longest streak, what was rejected and why."""
    console.print(ledger(rows, console.width))
    for row in rows:
        if row["error"]:
            console.print(f"[yellow]{row['import_id']}[/]: {escape(row['error'])}")
    console.print(Columns([_tops(lake, user_id), _totals(lake, user_id)]))
    if rejected := _rejected(lake, [row["import_id"] for row in rows]):
        console.print(rejected)


def _tops(lake: Lake, user_id: str) -> Panel:
    is_shown = (
        (pl.col("user_id") == user_id)
        & (pl.col("period") == "all_time")
        & (pl.col("ranked_by") == "time")
        & (pl.col("rank") <= 5)
    )
    artists = lake.scan(TOP_ARTISTS).filter(is_shown).sort("rank").collect()
    tracks = lake.scan(TOP_TRACKS).filter(is_shown).sort("rank").collect()
    return Panel(
        Group(_bars(artists, "artist_name"), "", _bars(tracks, "track_name")),
        title="Most listened, all time",
        title_align="left",
    )


def _bars(frame: pl.DataFrame, name: str) -> Table:
    table = Table.grid(padding=(0, 1))
    most = max(frame["ms_estimated"].max() or 1, 1)
    for title, ms in frame.select(name, "ms_estimated").iter_rows():
        bar = "█" * max(1, round(_BAR_WIDTH * ms / most))
        table.add_row(escape((title or "unknown")[:28]), f"[green]{bar}[/]", f"{ms / 60_000:,.0f} min")
    return table


def _totals(lake: Lake, user_id: str) -> Panel:
    clock = lake.scan(CLOCK_MONTHS).filter(pl.col("user_id") == user_id)
    sums = clock.select(pl.col("plays").sum(), pl.col("ms_played").sum()).collect()
    plays, ms = sums.row(0)
    days = clock.select(pl.col("quarter_hour_at").dt.date().unique()).collect().to_series()
    table = Table.grid(padding=(0, 2))
    table.add_row("plays", f"{plays:,}")
    table.add_row("minutes", f"{ms / 60_000:,.0f}")
    table.add_row("days with music", f"{days.len():,}")
    table.add_row("longest streak", f"{longest_streak(days):,} days")
    return Panel(table, title="In all", title_align="left")


def longest_streak(days: pl.Series) -> int:
    """The most consecutive days in a series of distinct dates."""
    frame = pl.DataFrame({"day": days.sort()}).with_row_index()
    run = pl.col("day") - pl.duration(days=pl.col("index"))
    lengths = frame.group_by(run.alias("run")).len()
    return int(lengths["len"].max() or 0)  # type: ignore[arg-type]


def _rejected(lake: Lake, import_ids: Sequence[str]) -> RenderableType | None:
    reasons = (
        lake.scan(REJECTED_ROWS)
        .filter(pl.col("import_id").is_in(list(import_ids)))
        .group_by("reason")
        .len()
        .sort("len", "reason", descending=[True, False])
        .collect()
    )
    if reasons.is_empty():
        return None
    table = Table.grid(padding=(0, 2))
    for reason, count in reasons.iter_rows():
        table.add_row(f"{count:,}", reason.replace("_", " "))
    return Panel(table, title="Rejected, and why", title_align="left", style="yellow", expand=False)
