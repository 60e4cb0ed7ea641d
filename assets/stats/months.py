"""What a month of plays adds up to: facts that merge across months."""

from dataclasses import dataclass

import polars as pl

from assets.stats.bounds import LONG_MS
from assets.tables import CLOCK_MONTHS, PLAY_MONTHS, Table

GROUPED = ("month", "user_id", "kind", "track_id", "told_album_id", "country")
ADDED = (*GROUPED, "started_at", "ms_played", "is_skipped", "is_incognito", "reason_end")
"""The columns of plays that months are made of."""


@dataclass(frozen=True)
class Counting:
    """What counts: a play of ``after_ms``, a complete shorter one, or one of unknown length."""

    after_ms: int = 30_000
    include_incognito: bool = False

    def shown(self, plays: pl.LazyFrame) -> pl.LazyFrame:
        """The plays that statistics may use."""
        return (
            plays if self.include_incognito else plays.filter(pl.col("is_incognito").ne_missing(other=True))
        )

    def is_counted(self) -> pl.Expr:
        """Whether a play counts."""
        ms = pl.col("ms_played")
        return ms.is_null() | (ms >= self.after_ms) | (is_complete() & (ms > 0))


def is_complete() -> pl.Expr:
    """Whether a play ran to the end of its track, as far as its source says."""
    return pl.col("reason_end").eq_missing("trackdone")


def play_months(plays: pl.LazyFrame, counting: Counting) -> pl.LazyFrame:
    """Plays added up by listener, track and month."""
    return _conform(PLAY_MONTHS, added_up(counting.shown(plays), counting))


def added_up(plays: pl.LazyFrame, counting: Counting) -> pl.LazyFrame:
    """The columns of ``play_months`` for any set of plays, those of one month or of some days."""
    ms = pl.col("ms_played")
    added = plays.group_by(PLAY_MONTHS.key).agg(
        plays=pl.len(),
        plays_counted=counting.is_counted().sum(),
        plays_unmeasured=ms.is_null().sum(),
        ms_played=known_sum("ms_played"),
        ms_long=ms.filter(ms > LONG_MS),
        skips=pl.col("is_skipped").sum(),
        completes=is_complete().sum(),
        first_played_at=pl.col("started_at").min(),
        last_played_at=pl.col("started_at").max(),
    )
    return added.with_columns(pl.col("ms_long").list.sort(descending=True))


def known_sum(name: str) -> pl.Expr:
    """The sum of what is known; null where nothing is, which is not zero."""
    column = pl.col(name)
    return pl.when(column.count() > 0).then(column.sum()).alias(name)


def clock_months(plays: pl.LazyFrame, counting: Counting) -> pl.LazyFrame:
    """Plays added up by listener, country and the UTC quarter-hour they started in."""
    quarters = counting.shown(plays).with_columns(quarter_hour_at=pl.col("started_at").dt.truncate("15m"))
    added = quarters.group_by(CLOCK_MONTHS.key).agg(plays=pl.len(), ms_played=known_sum("ms_played"))
    return _conform(CLOCK_MONTHS, added)


def _conform(table: Table, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Sorted before texts are texts again."""
    ordered = rows.sort(table.sort_by, nulls_last=True)
    return ordered.select(pl.col(name).cast(dtype) for name, dtype in table.schema.items())


def hours_of_week(clock_months: pl.LazyFrame) -> pl.LazyFrame:
    """``hours`` listened (null: unknown) and ``plays`` by UTC ``weekday`` (1 is Monday) and ``hour``."""
    at = pl.col("quarter_hour_at")
    by = clock_months.group_by(weekday=at.dt.weekday(), hour=at.dt.hour())
    added = by.agg(known_sum("ms_played").alias("ms"), pl.col("plays").sum())
    return added.select("weekday", "hour", "plays", hours=pl.col("ms") / 3_600_000).sort("weekday", "hour")
