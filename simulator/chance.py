"""Chance that belongs to a play: the same play always meets the same fate, whoever writes it.

Two exports of one history must agree on what Spotify recorded for a play (its clocks, its nulls), so
those draws depend on the listener, the play and the purpose, never on the order rows are written in.
"""

import zlib

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]


def mix(words: Words) -> Words:
    """SplitMix64's finaliser: neighbouring integers become unrelated ones."""
    mixed = words + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)


def share(left: Ints, right: Ints, purpose: str) -> Floats:
    """A number in [0, 1) for each pair, unrelated between purposes."""
    salt = np.uint64(zlib.crc32(purpose.encode()))
    words = mix(mix(left.astype(np.uint64)) ^ mix(right.astype(np.uint64) ^ (salt << np.uint64(24))))
    return np.asarray((words >> np.uint64(11)) * 2.0**-53, dtype=np.float64)


def play_share(truth: pl.DataFrame, purpose: str) -> pl.Series:
    """A number in [0, 1) for each row of ``truth``, by its user_id and play_no."""
    users = truth["user_id"].unique()
    codes = users.map_elements(lambda user: zlib.crc32(user.encode()), return_dtype=pl.Int64)
    user = truth["user_id"].replace_strict(users, codes, return_dtype=pl.Int64).to_numpy()
    return pl.Series(purpose, share(user, truth["play_no"].to_numpy(), purpose))
