"""Top lists: whole months merged, the days at the edges added, ranked by time and by plays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import polars as pl

from assets.stats.months import Counting, added_up
from assets.stats.windows import Window, windows
from assets.tables import TOP_ALBUMS, TOP_ARTISTS, TOP_GENRES, TOP_TRACKS, Table

TOP_LIMIT = 100
_MEASURES = ("ms_estimated", "plays")
_GROUP = ["user_id", "window"]


@dataclass(frozen=True)
class Facts:
    """What was played: months added up, the plays themselves for the edges, and the months there are."""

    play_months: pl.LazyFrame
    plays: pl.LazyFrame
    known_months: Sequence[str]


@dataclass(frozen=True)
class Catalogue:
    """What is known of tracks, joined in after counting."""

    tracks: pl.LazyFrame
    track_aliases: pl.LazyFrame


def tops(
    facts: Facts, catalogue: Catalogue, as_of: datetime, counting: Counting
) -> Mapping[str, pl.LazyFrame]:
    """The four top tables, by name."""
    listened = _listened(facts, windows(as_of, facts.known_months), counting)
    songs = _identified(listened, catalogue).collect().lazy()  # once: four lists are made of it
    albums = songs.filter(pl.col("album_id").is_not_null())
    genres = songs.explode("genres").filter(pl.col("genres").is_not_null()).rename({"genres": "genre"})
    ranked = partial(_ranked, tracks=catalogue.tracks, as_of=as_of)
    return {
        TOP_TRACKS.name: ranked(TOP_TRACKS, songs, "track_id", "track_name"),
        TOP_ARTISTS.name: ranked(TOP_ARTISTS, songs, "artist_id", "artist_name"),
        TOP_ALBUMS.name: ranked(TOP_ALBUMS, albums, "album_id", "album_name"),
        TOP_GENRES.name: ranked(TOP_GENRES, genres, "genre", "genre"),
    }


def _listened(facts: Facts, of: Sequence[Window], counting: Counting) -> pl.LazyFrame:
    """``user_id, window, track_id`` with plays, time and plays of unknown time; music only."""
    months = facts.play_months.filter(pl.col("kind") == "music")
    plays = counting.shown(facts.plays).filter(pl.col("kind") == "music")
    whole = pl.LazyFrame(
        [(window.name, month) for window in of for month in window.whole_months(facts.known_months)],
        schema={"window": pl.String(), "month": pl.String()},
        orient="row",
    )
    parts = [_summed(months.join(whole, on="month"), [*_GROUP, "track_id"])]
    for window in of:
        if edges := window.edge_months(facts.known_months):
            inside = plays.filter(pl.col("month").is_in(edges), _is_inside(window))
            parts.append(_windowed(added_up(inside, counting), window.name))
    return _summed(pl.concat(parts), [*_GROUP, "track_id"])


def _is_inside(window: Window) -> pl.Expr:
    ended = pl.col("ended_at")
    is_early = ended <= window.until
    return is_early if window.after is None else is_early & (ended > window.after)


def _windowed(months: pl.LazyFrame, window: str) -> pl.LazyFrame:
    return _summed(months.with_columns(window=pl.lit(window)), [*_GROUP, "track_id"])


_FACTS = ("plays_counted", "plays_unmeasured", "ms_played")


def _summed(facts: pl.LazyFrame, by: list[str]) -> pl.LazyFrame:
    return facts.group_by(by).agg(pl.col(name).cast(pl.Int64).sum() for name in _FACTS)


def _identified(listened: pl.LazyFrame, catalogue: Catalogue) -> pl.LazyFrame:
    """Aliases resolved, unknown times estimated by the track's length, ids of artist and album joined in."""
    tracks = catalogue.tracks.select("track_id", "artist_id", "album_id", "duration_ms", "genres")
    estimated = pl.col("ms_played") + pl.col("plays_unmeasured") * pl.col("duration_ms").fill_null(0)
    canonical = listened.join(
        catalogue.track_aliases, left_on="track_id", right_on="alias_id", how="left", suffix="_of_song"
    ).with_columns(track_id=pl.coalesce("track_id_of_song", "track_id"))
    return canonical.join(tracks, on="track_id", how="left").select(
        *_GROUP,
        *("track_id", "artist_id", "album_id", "genres"),
        plays="plays_counted",
        ms_estimated=estimated,
    )


def _ranked(  # noqa: PLR0913
    table: Table, songs: pl.LazyFrame, key: str, name: str, *, tracks: pl.LazyFrame, as_of: datetime
) -> pl.LazyFrame:
    """The first ``TOP_LIMIT`` by each measure; ties by the other measure, the name, the id.

    Names are those of the first track by id, joined in only where they can matter.
    """
    summed = (
        songs.filter(pl.col(key).is_not_null())
        .group_by(*_GROUP, key)
        .agg(pl.col("track_id").min().alias("named_by"), *(pl.col(measure).sum() for measure in _MEASURES))
    )
    heard = summed.filter((pl.col("plays") > 0) | (pl.col("ms_estimated") > 0))
    labels = [column for column in ("track_name", "artist_name", "album_name") if column in table.columns]
    named = tracks.select(pl.col("track_id").alias("named_by"), *labels)
    lists = [
        _first(
            _candidates(heard, measure).join(named, on="named_by", how="left"), measure, other, name, key
        ).with_columns(ranked_by=pl.lit(ranked_by))
        for ranked_by, measure, other in (("time", *_MEASURES), ("plays", *_MEASURES[::-1]))
    ]
    return table.conform(pl.concat(lists).with_columns(as_of=pl.lit(as_of)))


def _candidates(heard: pl.LazyFrame, measure: str) -> pl.LazyFrame:
    """The rows no lower than the last that could be on a list: far fewer to sort."""
    last = pl.col(measure).top_k(TOP_LIMIT).min().over(_GROUP)
    return heard.filter(pl.col(measure) >= last)


def _first(heard: pl.LazyFrame, measure: str, other: str, name: str, key: str) -> pl.LazyFrame:
    by = list(dict.fromkeys([*_GROUP, measure, other, name, key]))
    descending = [column in (measure, other) for column in by]
    rank = pl.int_range(1, pl.len() + 1).over(_GROUP)
    return (
        heard.sort(by, descending=descending, nulls_last=True)
        .with_columns(rank=rank)
        .filter(pl.col("rank") <= TOP_LIMIT)
    )
