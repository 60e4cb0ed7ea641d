"""Top lists: whole months merged, the days at the edges added, ranked by time and by plays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import polars as pl

from assets.order import as_enums
from assets.stats.months import ADDED, Counting, added_up
from assets.stats.windows import Window, windows
from assets.tables import TOP_ALBUMS, TOP_ARTISTS, TOP_GENRES, TOP_TRACKS, Table

TOP_LIMIT = 100
_MEASURES = ("ms_estimated", "plays")
_GROUP = ["user_id", "window"]
_FACTS = ("plays_counted", "plays_unmeasured", "ms_played")


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
    songs = _identified(listened.collect(), catalogue).lazy()  # once: four lists are made of it
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
    """``user_id, window, track_id`` with plays, time and plays of unknown time; music only, all enums."""
    months, plays = _music(facts, of, counting)
    names = pl.Enum([window.name for window in of])
    whole = pl.LazyFrame(
        [(window.name, month) for window in of for month in window.whole_months(facts.known_months)],
        schema={"window": pl.String(), "month": pl.String()},
        orient="row",
    ).with_columns(pl.col("window").cast(names), pl.col("month").cast(months.schema["month"], strict=False))
    parts = [_summed(months.lazy().join(whole, on="month"), [*_GROUP, "track_id"])]
    for window in of:
        if edges := window.edge_months(facts.known_months):
            inside = plays.lazy().filter(pl.col("month").cast(pl.String()).is_in(edges), _is_inside(window))
            counted = added_up(inside, counting).with_columns(window=pl.lit(window.name).cast(names))
            parts.append(_summed(counted, [*_GROUP, "track_id"]))
    return _summed(pl.concat(parts), [*_GROUP, "track_id"])


def _is_music() -> pl.Expr:
    return pl.col("kind") == "music"


def _music(facts: Facts, of: Sequence[Window], counting: Counting) -> list[pl.DataFrame]:
    """Months, and the plays of months at an edge of a window."""
    edges = {month for window in of for month in window.edge_months(facts.known_months)}
    months = facts.play_months.filter(_is_music()).select("user_id", "track_id", "month", *_FACTS)
    plays = counting.shown(facts.plays).filter(_is_music(), pl.col("month").is_in(sorted(edges)))
    found = pl.collect_all([months, plays.select("ended_at", *ADDED)])
    return as_enums(found, ("user_id", "track_id", "month"))


def _is_inside(window: Window) -> pl.Expr:
    ended = pl.col("ended_at")
    is_early = ended <= window.until
    return is_early if window.after is None else is_early & (ended > window.after)


def _summed(facts: pl.LazyFrame, by: list[str]) -> pl.LazyFrame:
    return facts.group_by(by).agg(pl.col(name).cast(pl.Int64).sum() for name in _FACTS)


def _identified(listened: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Aliases resolved, unknown times estimated by the track's length, ids of artist and album joined in."""
    songs = _songs(listened["track_id"], catalogue)
    estimated = pl.col("ms_played") + pl.col("plays_unmeasured") * pl.col("duration_ms").fill_null(0)
    return (
        listened.lazy()
        .join(songs.lazy(), on="track_id", how="left")
        .select(
            *_GROUP,
            pl.col("song_id").alias("track_id"),
            *("artist_id", "album_id", "genres"),
            plays="plays_counted",
            ms_estimated=estimated,
        )
        .collect()
    )


def _songs(heard: pl.Series, catalogue: Catalogue) -> pl.DataFrame:
    """What is known of each track that was heard: looked up once, however many heard it."""
    tracks = catalogue.tracks.select("track_id", "artist_id", "album_id", "duration_ms", "genres")
    aliases = catalogue.track_aliases.select(pl.col("track_id").alias("of_song"), "alias_id")
    songs = (
        heard.unique()
        .cast(pl.String())
        .to_frame()
        .lazy()
        .join(aliases, left_on="track_id", right_on="alias_id", how="left")
        .with_columns(song_id=pl.coalesce("of_song", "track_id"))
        .join(tracks, left_on="song_id", right_on="track_id", how="left")
        .collect()
    )
    (known,) = as_enums([songs], ("song_id", "artist_id", "album_id"))
    return known.with_columns(pl.col("track_id").cast(heard.dtype))


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
    lists = [
        _first(_named(_candidates(heard, measure), tracks, table), measure, other, name, key).with_columns(
            ranked_by=pl.lit(ranked_by)
        )
        for ranked_by, measure, other in (("time", *_MEASURES), ("plays", *_MEASURES[::-1]))
    ]
    return table.conform(pl.concat(lists).with_columns(as_of=pl.lit(as_of)))


def _named(heard: pl.LazyFrame, tracks: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    labels = [column for column in ("track_name", "artist_name", "album_name") if column in table.columns]
    named = tracks.select(pl.col("track_id").alias("named_by"), *labels)
    return heard.with_columns(pl.col("named_by").cast(pl.String())).join(named, on="named_by", how="left")


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
