"""Rows that an export holds besides one for each play: repeats, re-synced copies, rows of nothing."""

import zlib

import numpy as np
import polars as pl

from simulator.chance import Bools, Floats
from simulator.quirks import Quirks

_CLEAR_S = 90
_LONG_MS = 61_000
_SECOND = pl.when(pl.col("offline_timestamp") > 100_000_000_000).then(1000).otherwise(1)
"""One second in the unit of the row's offline_timestamp."""


def _is_alone(recorded: pl.DataFrame) -> pl.Series:
    """Whether no other play of the track lasted as long and stopped within 90 s."""
    group, stop_s = ("user_id", "track_uri", "ms_played"), pl.col("stop_s")
    gaps = [(stop_s - stop_s.shift(step)).abs().over(group, order_by="stop_s") for step in (1, -1)]
    return recorded.select((pl.min_horizontal(gaps) > _CLEAR_S).fill_null(value=True)).to_series()


def _chosen(recorded: pl.DataFrame, chosen: Bools | pl.Series, why: str) -> pl.DataFrame:
    return recorded.filter(chosen).with_columns(pl.lit(why).alias("why"))


def _same_start(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    later_s = pl.Series(rng.integers(30, 20 * 3600, rows.height))
    part = pl.Series(rng.uniform(0.1, 0.95, rows.height))
    step = pl.Series(rng.integers(-1, 2, rows.height))
    return rows.with_columns(
        pl.col("stop_s") + later_s,
        (pl.col("ms_played") * part).cast(pl.Int64),
        pl.col("offline_timestamp") + _SECOND * step,
    )


def _resynced(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    later_s = pl.Series(rng.integers(2, 21, rows.height))
    junk = pl.when(pl.Series(rng.random(rows.height)) < 0.5).then(pl.lit(0, pl.Int64))
    return rows.with_columns(pl.col("stop_s") + later_s, junk.alias("offline_timestamp"))


def _shifted(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    later_s = pl.Series(rng.integers(60, 600, rows.height))
    return rows.with_columns(pl.col("stop_s") + later_s, pl.col("offline_timestamp") + _SECOND * later_s)


def _nothing(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    nulls = ("track_uri", "track_name", "artist_name", "album_name")
    return rows.with_columns(
        *(pl.lit(None, pl.String).alias(name) for name in nulls),
        pl.lit(None, pl.Int64).alias("play_no"),
        pl.Series("ms_played", rng.integers(0, 5_000, rows.height)),
    )


def _parts(draws: Floats, shares: list[float]) -> list[Bools]:
    """Which rows fall to each share; no row to two."""
    ends = np.cumsum(shares)
    return [(draws >= end - part) & (draws < end) for end, part in zip(ends, shares, strict=True)]


def with_copies(recorded: pl.DataFrame, quirks: Quirks, seed: int) -> pl.DataFrame:
    """``recorded``, and the rows that are not plays of their own; ``why`` says what each row is."""
    rng = np.random.default_rng([seed, zlib.crc32(b"copies")])
    shares = [
        quirks.whole_row_repeats,
        quirks.same_start_copies,
        quirks.resynced_copies,
        quirks.unidentifiable_copies,
        quirks.no_identity,
    ]
    repeats, same, resynced, shifted, nothing = _parts(rng.random(recorded.height), shares)
    known = recorded["is_start_known"]
    long = known & ~recorded["is_stop_wrong"] & (recorded["ms_played"] >= _LONG_MS) & _is_alone(recorded)
    parts = [
        _chosen(recorded, np.ones(recorded.height, dtype=np.bool_), "original"),
        _chosen(recorded, repeats, "whole_row_repeat"),
        _same_start(
            _chosen(recorded, pl.Series(same) & known & (recorded["ms_played"] > 1000), "same_start_copy"),
            rng,
        ),
        _resynced(_chosen(recorded, pl.Series(resynced) & long, "resynced_copy"), rng),
        _shifted(_chosen(recorded, pl.Series(shifted) & known, "unidentifiable_copy"), rng),
        _nothing(_chosen(recorded, nothing, "no_identity"), rng),
    ]
    return pl.concat(parts)
