"""Top lists: whole months merged, the days at the edges added, ranked by time and by plays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import polars as pl

from assets.order import as_enums
from assets.stats.bounds import bounded
from assets.stats.months import ADDED, Counting, added_up, known_sum
from assets.stats.periods import Period, periods
from assets.stats.songs import HEARD, Catalogue
from assets.tables import TOP_ALBUMS, TOP_ARTISTS, TOP_GENRES, TOP_TRACKS, Table

TOP_LIMIT = 100
_MEASURES = ("ms_estimated", "plays")
_GROUP = ["user_id", "period"]
_COUNTS = ("plays_counted", "plays_unmeasured")
_FACTS = (*_COUNTS, "ms_played")


@dataclass(frozen=True)
class Facts:
    """What was played: months added up, the plays themselves for the edges, and the months there are."""

    play_months: pl.LazyFrame
    plays: pl.LazyFrame
    known_months: Sequence[str]


def tops(
    facts: Facts, catalogue: Catalogue, as_of: datetime, counting: Counting
) -> Mapping[str, pl.LazyFrame]:
    """The four top tables, by name."""
    of = periods(as_of, facts.known_months)
    months, plays = _music(facts, of, counting)
    songs = catalogue.songs(pl.concat([months.select(HEARD), plays.select(HEARD)]).unique())
    counted = _edges(plays, of, facts.known_months, counting)
    listened = _listened([bounded(rows, songs) for rows in (months, counted)], of, facts.known_months)
    heard = _identified(listened, songs).lazy()  # once: four lists are made of it
    albums = heard.filter(pl.col("album_id").is_not_null())
    genres = heard.explode("genres").filter(pl.col("genres").is_not_null()).rename({"genres": "genre"})
    ranked = partial(_ranked, names=catalogue.names(), as_of=as_of)
    return {
        TOP_TRACKS.name: ranked(TOP_TRACKS, heard, "track_id", "track_name"),
        TOP_ARTISTS.name: ranked(TOP_ARTISTS, heard, "artist_id", "artist_name"),
        TOP_ALBUMS.name: ranked(TOP_ALBUMS, albums, "album_id", "album_name"),
        TOP_GENRES.name: ranked(TOP_GENRES, genres, "genre", "genre"),
    }


def _listened(parts: Sequence[pl.DataFrame], of: Sequence[Period], known: Sequence[str]) -> pl.LazyFrame:
    """``user_id, period``, ``HEARD`` with plays, time and plays of unknown time; music only, all enums."""
    months, edges = parts
    whole = pl.LazyFrame(
        [(period.name, month) for period in of for month in period.whole_months(known)],
        schema={"period": pl.String(), "month": pl.String()},
        orient="row",
    ).with_columns(
        pl.col("period").cast(_names(of)), pl.col("month").cast(months.schema["month"], strict=False)
    )
    by = [*_GROUP, *HEARD]
    found = [_summed(months.lazy().join(whole, on="month"), by), _summed(edges.lazy(), by)]
    return _summed(pl.concat(found), by)


def _edges(
    plays: pl.DataFrame, of: Sequence[Period], known: Sequence[str], counting: Counting
) -> pl.DataFrame:
    """The plays of months that lie partly inside a period, added up for each period."""
    found = [added_up(plays.lazy().clear(), counting).with_columns(period=pl.lit(None, dtype=_names(of)))]
    for period in of:
        if edges := period.edge_months(known):
            inside = plays.lazy().filter(pl.col("month").cast(pl.String()).is_in(edges), _is_inside(period))
            added = added_up(inside, counting)
            found.append(added.with_columns(period=pl.lit(period.name).cast(_names(of))))
    return pl.concat(found).collect()


def _names(of: Sequence[Period]) -> pl.Enum:
    return pl.Enum([period.name for period in of])


def _is_music() -> pl.Expr:
    return pl.col("kind") == "music"


def _music(facts: Facts, of: Sequence[Period], counting: Counting) -> list[pl.DataFrame]:
    """Months, and the plays of months at an edge of a period."""
    edges = {month for period in of for month in period.edge_months(facts.known_months)}
    months = facts.play_months.filter(_is_music()).select("user_id", *HEARD, "month", "ms_long", *_FACTS)
    plays = counting.shown(facts.plays).filter(_is_music(), pl.col("month").is_in(sorted(edges)))
    found = pl.collect_all([months, plays.select("ended_at", *ADDED)])
    return as_enums(found, ("user_id", *HEARD, "month"))


def _is_inside(period: Period) -> pl.Expr:
    ended = pl.col("ended_at")
    is_early = ended <= period.until
    return is_early if period.after is None else is_early & (ended > period.after)


def _summed(facts: pl.LazyFrame, by: list[str]) -> pl.LazyFrame:
    whole = facts.with_columns(pl.col(_FACTS).cast(pl.Int64))
    return whole.group_by(by).agg(pl.col(_COUNTS).sum(), known_sum("ms_played"))


def _identified(listened: pl.LazyFrame, songs: pl.DataFrame) -> pl.DataFrame:
    """Aliases resolved, unknown times estimated by the track's length, ids of artist and album joined in."""
    return (
        listened.join(songs.lazy(), on=HEARD, how="left", nulls_equal=True)
        .filter(~pl.col("is_unknown"))
        .select(
            *_GROUP,
            pl.col("song_id").alias("track_id"),
            *("artist_id", "album_id", "genres"),
            plays="plays_counted",
            ms_estimated=estimated_ms(),
        )
        .collect()
    )


def estimated_ms() -> pl.Expr:
    """Time played, and the track's length for plays whose time nobody tells; null where neither is known."""
    played, unmeasured = pl.col("ms_played"), pl.col("plays_unmeasured")
    guessed = pl.when(unmeasured > 0).then(unmeasured * pl.col("duration_ms"))
    known = played.is_not_null() | guessed.is_not_null()
    return pl.when(known).then(played.fill_null(0) + guessed.fill_null(0))


def _ranked(  # noqa: PLR0913
    table: Table,
    songs: pl.LazyFrame,
    key: str,
    name: str,
    *,
    names: Mapping[str, pl.LazyFrame],
    as_of: datetime,
) -> pl.LazyFrame:
    """The first ``TOP_LIMIT`` by each measure; ties by the other measure, the name, the id.

    Names are joined in only where they can matter. What was only skipped is on no list by plays.
    """
    summed = (
        songs.filter(pl.col(key).is_not_null())
        .group_by(*_GROUP, key)
        .agg(known_sum("ms_estimated"), pl.col("plays").sum())
    )
    heard = {
        "ms_estimated": summed.filter((pl.col("plays") > 0) | (pl.col("ms_estimated") > 0)),
        "plays": summed.filter(pl.col("plays") > 0),
    }
    lists = [
        _first(
            _named(_candidates(heard[measure], measure), key, names), measure, other, name, key
        ).with_columns(ranked_by=pl.lit(ranked_by))
        for ranked_by, measure, other in (("time", *_MEASURES), ("plays", *_MEASURES[::-1]))
    ]
    return table.conform(pl.concat(lists).with_columns(as_of=pl.lit(as_of)))


def _named(heard: pl.LazyFrame, key: str, names: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    texts = heard.with_columns(pl.col(key).cast(pl.String()))
    return texts.join(names[key], on=key, how="left") if key in names else texts


def _candidates(heard: pl.LazyFrame, measure: str) -> pl.LazyFrame:
    """The rows no lower than the last that could be on a list: far fewer to sort."""
    known = pl.col(measure).fill_null(-1)  # what is unknown comes last
    return heard.filter(known >= known.top_k(TOP_LIMIT).min().over(_GROUP))


def _first(heard: pl.LazyFrame, measure: str, other: str, name: str, key: str) -> pl.LazyFrame:
    by = list(dict.fromkeys([*_GROUP, measure, other, name, key]))
    descending = [column in (measure, other) for column in by]
    rank = pl.int_range(1, pl.len() + 1).over(_GROUP)
    return (
        heard.sort(by, descending=descending, nulls_last=True)
        .with_columns(rank=rank)
        .filter(pl.col("rank") <= TOP_LIMIT)
    )
