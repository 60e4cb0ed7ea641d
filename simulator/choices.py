"""What is played next: favourites, albums in order, one song again and again, shows, books, videos."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from simulator.catalogue import Catalogue
from simulator.chance import Floats, Ints, share
from simulator.habits import DAY_MS


class Mood(IntEnum):
    """What a run of plays is about."""

    FAVOURITES = 0
    ALBUM = 1
    REPEAT = 2
    PODCAST = 3
    AUDIOBOOK = 4
    PREVIEW = 5
    SKIPPING = 6
    VIDEO = 7


_SHARES = [0.525, 0.2, 0.05, 0.07, 0.02, 0.005, 0.09, 0.04]
_SHORTEST = np.array([1, 4, 2, 1, 2, 3, 5, 1])
_LONGEST = np.array([20, 12, 7, 3, 6, 9, 18, 4])
_NEW_SITTING_SHARE = 0.35
_CIRCLES = 12
TASTE_SHARE = 4
"""A taste is a quarter of the artists at any time."""
_DRIFT_DAYS, _SLOW_DRIFT_DAYS = 3_650, 400
"""In how many days every artist has come and gone, and how long each of the favourites of years stays put."""
TASTE_STRIDE = 7
"""How far apart neighbours in a taste are in the catalogue; no divisor of its size."""


@dataclass(frozen=True)
class Runs:
    """Plays laid out in runs of one mood, runs in sittings.

    Args:
        mood, sitting, user: one a run.
        of_play, position: one a play: its run, and its place in the run.
    """

    mood: Ints
    sitting: Ints
    user: Ints
    of_play: Ints
    position: Ints


def draw_runs(rng: np.random.Generator, counts: Ints, first_user: int) -> Runs:
    """Cuts ``counts[u]`` plays of each listener ``first_user + u`` into runs and sittings."""
    plays = int(counts.sum())
    moods = rng.choice(len(_SHARES), plays // 2 + 8, p=_SHARES)
    lengths = rng.integers(_SHORTEST[moods], _LONGEST[moods] + 1)
    lengths[-1] = plays
    ends = np.cumsum(lengths)
    user_starts = (np.cumsum(counts) - counts)[counts > 0]
    starts = np.union1d(np.concatenate([[0], ends[ends < plays]]), user_starts)
    user = first_user + np.searchsorted(np.cumsum(counts), starts, side="right")
    is_new = (rng.random(len(starts)) < _NEW_SITTING_SHARE) | np.isin(starts, user_starts)
    of_play = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, plays)))
    mood = moods[np.searchsorted(ends, starts, side="right")]
    return Runs(mood, np.cumsum(is_new) - 1, user, of_play, np.arange(plays) - starts[of_play])


def _zipf(draws: Floats, size: Ints) -> Ints:
    """Ranks from 0 below ``size``, the r-th about 1/r as likely as the first."""
    ranks = np.floor(np.exp(draws * np.log1p(size))).astype(np.int64) - 1
    return np.clip(ranks, 0, size - 1)


def favourite_artist(rng: np.random.Generator, user: Ints, day: Ints, artists: int) -> Ints:
    """An artist for each draw: circles of listeners share tastes, and tastes drift.

    Half of a taste stays for years, the other half meets every artist within a decade: whatever the year,
    some artists are new and others fade.
    """
    breadth = max(1, artists // TASTE_SHARE)
    rank = _zipf(rng.random(len(user)), np.full(len(user), breadth))
    drift = np.where(rank % 2 == 1, day * (artists - breadth) // _DRIFT_DAYS, day // _SLOW_DRIFT_DAYS)
    circle = (share(user, user, "circle") * _CIRCLES).astype(np.int64)
    own = _CIRCLES + user
    taste = np.where(rng.random(len(user)) < 0.75, circle, own)
    start = (share(taste, taste, "taste") * artists).astype(np.int64)
    return (start + (rank + drift) * TASTE_STRIDE) % artists


def _tracks_of(rng: np.random.Generator, catalogue: Catalogue, artist: Ints) -> Ints:
    first = catalogue.artist_tracks[artist]
    return first + _zipf(rng.random(len(artist)), catalogue.artist_tracks[artist + 1] - first)


def _in_order(first: Ints, position: Ints, within: tuple[int, int]) -> Ints:
    low, high = within
    return low + (first + position) % (high - low)


def choose(rng: np.random.Generator, catalogue: Catalogue, runs: Runs, sitting_ms: Ints) -> Ints:
    """The item of every play."""
    day = sitting_ms[runs.sitting] // DAY_MS
    shuffled = _tracks_of(
        rng, catalogue, favourite_artist(rng, runs.user[runs.of_play], day[runs.of_play], catalogue.artists)
    )
    anchor = _tracks_of(rng, catalogue, favourite_artist(rng, runs.user, day, catalogue.artists))
    # Shows and books go on where the listener was: a place that moves with the calendar.
    place = (share(runs.user, day // 60, "place") * 1_000_000).astype(np.int64) + day % 60
    start, step = place[runs.of_play], runs.position
    album = catalogue.track_album[anchor][runs.of_play]
    album_length = catalogue.album_tracks[album + 1] - catalogue.album_tracks[album]
    options = {
        Mood.FAVOURITES: shuffled,
        Mood.ALBUM: catalogue.album_tracks[album] + step % album_length,
        Mood.REPEAT: anchor[runs.of_play],
        Mood.PODCAST: _in_order(start, step, catalogue.episodes),
        Mood.AUDIOBOOK: _in_order(start, step, catalogue.chapters),
        Mood.PREVIEW: _in_order(start, np.zeros_like(step), catalogue.previews),
        Mood.SKIPPING: shuffled,
        Mood.VIDEO: _in_order(start, step, catalogue.videos),
    }
    item = np.choose(runs.mood[runs.of_play], [options[each] for each in Mood])
    is_late = rng.random(len(item)) < 0.4
    return np.where(is_late, catalogue.reissue[item], item)
