"""From raw rows to plays: every row gets one outcome."""

from dataclasses import dataclass

import polars as pl

from assets.listening import deduplicate, reconcile, starts
from assets.tables import DUPLICATE_ROWS, PLAYS, TRACK_MONTHS


@dataclass(frozen=True)
class Resolved:
    """The tables that some months of raw rows become."""

    plays: pl.DataFrame
    duplicate_rows: pl.DataFrame
    track_months: pl.DataFrame


def resolve(raw: pl.LazyFrame, imports: pl.LazyFrame, months: list[str]) -> Resolved:
    """Plays, duplicates and names of ``months``.

    Args:
        raw: rows of ``raw_plays`` of those months and of some days either side.
        imports: ``import_id`` and ``last_played_at`` of the imports the rows came with.
        months: the months to keep; the rows beside them only give context.
    """
    rows = starts.comparable(raw, imports)
    outcomes = deduplicate.within_sources(rows.lazy()).sort("i").collect()
    is_kept = outcomes["i"] == outcomes["play"]
    kept = rows.filter(is_kept)
    copies = rows.select(_MATCHING).with_columns(outcomes["play"]).filter(~is_kept)
    is_extended = pl.col("source") == "spotify_extended"
    matches = reconcile.across_sources(kept.select(_MATCHING), copies.filter(is_extended))
    plays = _identified(reconcile.filled(kept, matches))
    duplicates = _duplicates(rows.lazy(), outcomes.lazy(), matches.lazy(), plays.lazy())
    in_months = pl.col("month").is_in(months)
    wanted = plays.lazy().filter(in_months)
    made = (
        PLAYS.conform(wanted),
        DUPLICATE_ROWS.conform(duplicates.filter(in_months)),
        TRACK_MONTHS.conform(_track_months(wanted)),
    )
    return Resolved(*pl.collect_all(made))


_MATCHING = [
    "i",
    "user_id",
    "source",
    "track_id",
    "name_key",
    "other_key",
    "started_at",
    "ended_at",
    "ms_played",
    "is_stop_clock",
]


def _identified(plays: pl.DataFrame) -> pl.DataFrame:
    """Plays with their id: user, track and start, numbered where a source tells of several at once.

    They come in the order of ``i``, in which plays of one id stand side by side.
    """
    started_ms = pl.col("started_at").dt.epoch("ms").cast(pl.String())
    what = pl.concat_str("user_id", "track_id", started_ms, separator=":")
    place = pl.int_range(pl.len())
    number = place - pl.when(what.ne_missing(what.shift())).then(place).forward_fill()
    suffix = pl.when(number > 0).then(pl.concat_str(pl.lit(":"), number)).otherwise(pl.lit(""))
    return plays.with_columns(play_id=what + suffix)


def _duplicates(
    rows: pl.LazyFrame, outcomes: pl.LazyFrame, matches: pl.LazyFrame, plays: pl.LazyFrame
) -> pl.LazyFrame:
    """Rows that are not a play: the play they belong to, through both steps."""
    elsewhere = matches.select(play="i", other="play")
    told = outcomes.join(elsewhere, on="play", how="left").with_columns(
        rule=pl.when(pl.col("i") == pl.col("play")).then(pl.lit("other_source")).otherwise("rule"),
        play=pl.coalesce("other", "play"),
    )
    duplicates = told.filter(pl.col("i") != pl.col("play"))
    named = duplicates.join(plays.select(play="i", play_id="play_id"), on="play")
    return named.join(rows.select("i", "import_id", "file", "row", "user_id", "month"), on="i")


def _track_months(plays: pl.LazyFrame) -> pl.LazyFrame:
    is_complete = (pl.col("reason_end") == "trackdone") & (pl.col("ms_played") > 0)
    return plays.group_by(TRACK_MONTHS.key).agg(
        pl.col("name_key").first(),
        pl.col("isrc").min(),
        plays=pl.len(),
        complete_ms=pl.col("ms_played").filter(is_complete).median().round(),
        duration_ms=pl.col("duration_ms").median().round(),
        first_played_at=pl.col("started_at").min(),
        last_played_at=pl.col("started_at").max(),
    )
