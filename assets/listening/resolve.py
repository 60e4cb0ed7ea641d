"""From raw rows to plays: every row gets one outcome."""

from dataclasses import dataclass

import polars as pl

from assets.listening import deduplicate, names, played_names, reconcile, starts
from assets.order import is_as_before, packed, places_in_order
from assets.tables import DUPLICATE_ROWS, PLAYS

_ARRIVAL = ("import_id", "file", "row")
_FETCHED = ("kind", "track_name", "artist_name", *reconcile.FILLED_FIELDS)


@dataclass(frozen=True)
class Resolved:
    """What some months of raw rows become; ``names`` are the plays' names, see ``played_names``."""

    plays: pl.DataFrame
    duplicate_rows: pl.DataFrame
    names: pl.DataFrame

    @property
    def track_months(self) -> pl.DataFrame:
        """The names and lengths of these plays alone."""
        return played_names.track_months([self.names])


def resolve(raw: pl.LazyFrame, imports: pl.LazyFrame, months: list[str]) -> Resolved:
    """Plays, duplicates and names of ``months``.

    Rows are told apart by a few columns; what else they tell is fetched once, for the rows that are kept.

    Args:
        raw: rows of ``raw_plays`` of those months and of some days either side; of a listener all or none.
        imports: ``import_id`` and ``last_played_at`` of the imports the rows came with.
        months: the months to keep; the rows beside them only give context.
    """
    with pl.Config(engine_affinity="in-memory"):  # hundreds of short steps: streaming each takes longer
        return _resolved(raw, imports, months)


def _resolved(raw: pl.LazyFrame, imports: pl.LazyFrame, months: list[str]) -> Resolved:
    found = raw.collect()
    rows = starts.comparable(found, imports)
    outcomes = deduplicate.within_sources(rows.lazy()).sort("i").collect()
    is_kept = outcomes["i"] == outcomes["play"]
    copies = rows.with_columns(outcomes["play"]).filter(~is_kept, source="spotify_extended")
    matches = reconcile.across_sources(
        rows.filter(is_kept), copies, found.select("artist_name", "track_name")
    )
    is_play = is_kept & ~rows["i"].is_in(matches["i"].implode())
    plays = _identified(rows.filter(is_play))
    wanted = _in_order(plays.filter(pl.col("month").cast(pl.String()).is_in(months)))
    facts = _facts(wanted, found, rows, matches)
    duplicates = _duplicates(rows.filter(~is_play), outcomes, matches, plays)
    return Resolved(
        facts.lazy().select(pl.col(name).cast(dtype) for name, dtype in PLAYS.schema.items()).collect(),
        DUPLICATE_ROWS.conform(duplicates.lazy().filter(pl.col("month").is_in(months))).collect(),
        played_names.of_plays(facts),
    )


def _identified(plays: pl.DataFrame) -> pl.DataFrame:
    """Plays with their id: user, track and start, numbered where a source tells of several at once.

    They come in the order of ``i``, in which plays of one id stand side by side.
    """
    started_ms = pl.col("started_at").dt.epoch("ms")
    what = plays.select("user_id", "track_id", started_ms)
    texts = what.select(pl.concat_str(pl.all().cast(pl.String()), separator=":").alias("play_id"))
    is_again = what.select(is_as_before(what.columns)).to_series()
    if not is_again.any():
        return plays.hstack(texts)
    place = pl.int_range(pl.len())
    number = place - pl.when(~is_again).then(place).forward_fill()
    numbered = pl.when(number > 0).then(pl.concat_str("play_id", number, separator=":"))
    return plays.hstack(texts.select(pl.coalesce(numbered, "play_id").alias("play_id")))


def _in_order(plays: pl.DataFrame) -> pl.DataFrame:
    """By month, and inside it in the order ``plays`` is stored in."""
    keys = plays.select(packed("month", "user_id"), "started_at")
    return plays[places_in_order(keys, lambda tied: plays.select("play_id")[tied])]


def _facts(plays: pl.DataFrame, raw: pl.DataFrame, rows: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """Plays with all that their row tells, and where it tells nothing, what rows of other sources do."""
    facts = plays.drop("ms_played").hstack(_fetched(raw, plays["place"]))
    if matches.is_empty():
        return facts.with_columns(told_album_id=names.told_album_id())
    matched = rows.filter(pl.col("i").is_in(matches["i"].implode()))
    others = matched.select("i", "source").hstack(_fetched(raw, matched["place"]))
    filled = reconcile.filled(facts.lazy(), reconcile.told_elsewhere(others, matches))
    return filled.with_columns(told_album_id=names.told_album_id()).collect()


def _fetched(raw: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    told = raw.lazy().with_columns(is_skipped=starts.is_skipped())
    return told.select(pl.col(_FETCHED).gather(pl.lit(places))).collect()


def _duplicates(
    rows: pl.DataFrame, outcomes: pl.DataFrame, matches: pl.DataFrame, plays: pl.DataFrame
) -> pl.DataFrame:
    """Rows that are not a play: the play they belong to, through both steps."""
    told = rows.select("i", *_ARRIVAL, "user_id", pl.col("month").cast(pl.String())).join(outcomes, on="i")
    elsewhere = told.join(matches.select(play="i", other="play"), on="play", how="left").with_columns(
        rule=pl.when(pl.col("i") == pl.col("play")).then(pl.lit("other_source")).otherwise("rule"),
        play=pl.coalesce("other", "play"),
    )
    return elsewhere.join(plays.select("play_id", play="i"), on="play")
