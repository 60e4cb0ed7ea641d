"""What the terminal shows after an import: the ledger, and what was listened to."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from assets.stats.totals import MusicTotal, music_total
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
    total = music_total(lake, user_id)
    console.print(Columns([_tops(lake, user_id, total), _totals(lake, user_id, total)]))
    if rejected := _rejected(lake, [row["import_id"] for row in rows]):
        console.print(rejected)


def _tops(lake: Lake, user_id: str, total: MusicTotal) -> Panel:
    measure = "ms_estimated" if total.is_mostly_timed else "plays"
    is_shown = (
        (pl.col("user_id") == user_id)
        & (pl.col("period") == "all_time")
        & (pl.col("ranked_by") == ("time" if total.is_mostly_timed else "plays"))
        & (pl.col("rank") <= 5)
    )
    artists = lake.scan(TOP_ARTISTS).filter(is_shown).sort("rank").collect()
    tracks = lake.scan(TOP_TRACKS).filter(is_shown).sort("rank").collect()
    return Panel(
        Group(_bars(artists, "artist_name", measure), "", _bars(tracks, "track_name", measure)),
        title=f"Most {'listened' if total.is_mostly_timed else 'played'}, all time",
        title_align="left",
    )


def _bars(frame: pl.DataFrame, name: str, measure: str) -> Table:
    table = Table.grid(padding=(0, 1))
    found: list[tuple[str | None, int | None]] = frame.select(name, measure).rows()
    most = max((value or 0 for _, value in found), default=0) or 1
    for title, value in found:
        bar = "█" * max(1, round(_BAR_WIDTH * (value or 0) / most))
        shown = _minutes(value) if measure == "ms_estimated" else f"{value or 0:,} play{'s' * (value != 1)}"
        table.add_row(escape((title or "unknown")[:28]), f"[green]{bar}[/]", shown)
    return table


def _minutes(ms: int | None) -> str:
    return "unknown" if ms is None else f"{ms / 60_000:,.0f} min"


def _totals(lake: Lake, user_id: str, total: MusicTotal) -> Panel:
    clock = lake.scan(CLOCK_MONTHS).filter(pl.col("user_id") == user_id, pl.col("kind") == "music")
    days = clock.select(pl.col("quarter_hour_at").dt.date().unique()).collect().to_series()
    table = Table.grid(padding=(0, 2))
    table.add_row("plays", f"{total.plays:,}")
    table.add_row("time", _minutes(total.ms_estimated))
    if 0 < total.plays_timed < total.plays:
        table.add_row("", f"of {total.plays_timed:,} plays; of the others it is unknown")
    table.add_row("days with music", f"{days.len():,}")
    table.add_row("longest streak", f"{longest_streak(days):,} days")
    return Panel(table, title="Music, in all", title_align="left")


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
