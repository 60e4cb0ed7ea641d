"""How plays end: to the end, skipped, cut off, left running for hours."""

from dataclasses import dataclass

import numpy as np

from simulator.chance import Bools, Ints

REASONS = (
    "trackdone",
    "fwdbtn",
    "backbtn",
    "endplay",
    "remote",
    "trackerror",
    "logout",
    "unexpected-exit-while-paused",
    "unexpected-exit",
    "clickrow",
    "appload",
    "playbtn",
)
TRACKDONE, FWDBTN, BACKBTN, ENDPLAY, REMOTE, TRACKERROR, LOGOUT, EXIT_PAUSED, EXIT = range(9)
_CLICKROW, _APPLOAD, _PLAYBTN = 9, 10, 11
EXITS = (REASONS[LOGOUT], REASONS[EXIT_PAUSED], REASONS[EXIT])
"""After these the stop time is that of the next start."""
_SKIPS = (FWDBTN, BACKBTN, ENDPLAY)
# Rows: ordinary, attentive (albums, repeats, previews), skipping, spoken. Columns: the first six reasons.
_ODDS = np.array(
    [
        [0.66, 0.21, 0.02, 0.08, 0.02, 0.01],
        [0.88, 0.05, 0.01, 0.04, 0.015, 0.005],
        [0.06, 0.85, 0.02, 0.06, 0.005, 0.005],
        [0.30, 0.05, 0.05, 0.55, 0.045, 0.005],
    ]
)
_MANNER = np.array([0, 1, 1, 3, 3, 1, 2, 3])
_ZERO_SHARE, _LOOPED_SHARE, _HOURS_SHARE = 0.12, 0.001, 0.0004


@dataclass(frozen=True)
class Endings:
    """One entry a play: how long it played, and the reasons as numbers in ``REASONS``."""

    ms_played: Ints
    reason_start: Ints
    reason_end: Ints

    @property
    def is_skipped(self) -> Bools:
        """Left before its end by the listener's hand."""
        return np.isin(self.reason_end, _SKIPS)


def _reason_end(rng: np.random.Generator, mood: Ints, is_last: Bools) -> Ints:
    odds = np.cumsum(_ODDS, axis=1)[_MANNER[mood]]
    reason = np.minimum((rng.random(len(mood))[:, None] >= odds).sum(axis=1), TRACKERROR)
    leaving = rng.random(len(mood))
    exits = np.select([leaving < 0.3, leaving < 0.45, leaving < 0.5], [LOGOUT, EXIT_PAUSED, EXIT], reason)
    return np.where(is_last, exits, reason)


def _reason_start(rng: np.random.Generator, reason_end: Ints, is_first: Bools) -> Ints:
    previous = np.roll(reason_end, 1)
    follows = np.where(
        np.isin(previous, (TRACKDONE, FWDBTN, BACKBTN, REMOTE, TRACKERROR)), previous, _CLICKROW
    )
    opening = np.array([_CLICKROW, _APPLOAD, _PLAYBTN, REMOTE])[rng.integers(0, 4, len(reason_end))]
    return np.where(is_first, opening, follows)


def _ms_played(rng: np.random.Generator, reason: Ints, duration_ms: Ints) -> Ints:
    part = rng.random(len(reason))
    soon_ms = np.where(rng.random(len(reason)) < _ZERO_SHARE, 0, rng.exponential(9_000, len(reason)))
    cut_ms = np.where(reason == FWDBTN, soon_ms, part * duration_ms)
    cut_ms = np.minimum(cut_ms, duration_ms - 1)
    return np.select([reason == TRACKDONE, reason == TRACKERROR], [duration_ms, 0], cut_ms).astype(np.int64)


def end_plays(  # noqa: PLR0913
    rng: np.random.Generator,
    mood: Ints,
    duration_ms: Ints,
    *,
    is_first: Bools,
    is_last: Bools,
    is_music: Bools,
) -> Endings:
    """Draws how each play goes; ``is_first`` and ``is_last`` mark the edges of sittings."""
    reason = _reason_end(rng, mood, is_last)
    ms_played = _ms_played(rng, reason, duration_ms)
    odd = rng.random(len(mood))
    hours_ms = rng.integers(2 * 3_600_000, 6 * 3_600_000, len(mood))
    looped_ms = (duration_ms * rng.uniform(1.01, 1.5, len(mood))).astype(np.int64)
    is_odd = is_music & (odd < _LOOPED_SHARE)
    ms_played = np.where(is_odd, np.where(odd < _HOURS_SHARE, hours_ms, looped_ms), ms_played)
    reason = np.where(is_odd, ENDPLAY, reason)
    return Endings(ms_played, _reason_start(rng, reason, is_first), reason)
