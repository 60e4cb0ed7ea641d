"""Which ids are one song: those of one name, unless their lengths say that they are not one recording."""

import polars as pl

from assets.listening import names
from assets.tables import TRACK_ALIASES

APART_MS = 15_000
APART_SHARE = 0.1
"""Lengths further apart than both, the share being of the longer, are two recordings."""


def track_aliases(tracks: pl.LazyFrame, renamed: pl.LazyFrame) -> pl.LazyFrame:
    """Ids whose names are those of a Spotify id, mapped to the one of these that was played most.

    Artists are known by the newest of their names (``renames.renamed``).
    """
    left = _named(tracks, renamed).collect()
    left = left.filter(pl.col("key").is_duplicated())
    found = [left.select("alias_id", best="alias_id").clear()]
    while not left.is_empty():
        among = left.with_columns(
            _best(name).over("key").alias(f"best_{name}") for name in ("alias_id", "length", "is_sure")
        )
        is_other = pl.col("best_alias_id").str.starts_with(names.ID_PREFIX) | _is_apart()
        is_same = ~is_other | (pl.col("alias_id") == pl.col("best_alias_id"))
        found.append(among.filter(is_same).select("alias_id", best="best_alias_id"))
        left = among.filter(~is_same).select(left.columns)
    mapped = pl.concat(found).lazy().filter(pl.col("alias_id") != pl.col("best"))
    return TRACK_ALIASES.conform(mapped.select("alias_id", track_id="best"))


def _named(tracks: pl.LazyFrame, renamed: pl.LazyFrame) -> pl.LazyFrame:
    """``alias_id, key, plays, length, is_sure``; a length that one complete play tells is not sure."""
    newer = renamed.select("told_id", called="artist_name")
    told_id = names.name_id(pl.col("artist_name"))
    called = tracks.with_columns(told_id=told_id).join(newer, on="told_id", how="left")
    newer_key = names.name_key(pl.col("called"), pl.when(pl.col("called").is_not_null()).then("track_name"))
    return called.select(
        "plays",
        alias_id="track_id",
        key=pl.coalesce(newer_key, "name_key"),
        length="duration_ms",
        is_sure=pl.col("completes") != 1,
    ).filter(pl.col("key").is_not_null())


def _best(name: str) -> pl.Expr:
    is_named = pl.col("alias_id").str.starts_with(names.ID_PREFIX)
    return pl.col(name).sort_by(is_named, -pl.col("plays"), "alias_id").first()


def _is_apart() -> pl.Expr:
    """Whether a length differs clearly: it is the shorter that may be wrong, of a play that was cut short."""
    length, best = pl.col("length"), pl.col("best_length")
    differs = (length - best).abs() > pl.max_horizontal(
        APART_MS, pl.max_horizontal(length, best) * APART_SHARE
    )
    is_sure = pl.when(length < best).then("is_sure").otherwise("best_is_sure")
    return (differs & is_sure).fill_null(value=False)
