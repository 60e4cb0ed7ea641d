"""The truth: what simulated people really played, to the millisecond."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import pairwise

import numpy as np
import polars as pl

from simulator.catalogue import Catalogue, make_catalogue
from simulator.chance import Bools, Ints
from simulator.choices import TASTE_SHARE, TASTE_STRIDE, choose, draw_runs
from simulator.endings import end_plays
from simulator.habits import DAY_MS, Sittings, plan, settle
from simulator.truth import circumstances, moments, plays_frame

SAME_TRACK_APART_MS = 8_000
"""Two plays of one song start at least this far apart: more than the 2 s within which two starts mean
one play, plus what the recorded clocks may be off by (-3 to +1 s, and up to 1 s by rounding)."""
FIRST_DAY, LAST_DAY = date(2015, 1, 1), date(2024, 12, 31)
_catalogue = lru_cache(maxsize=2)(make_catalogue)


def _counts(rng: np.random.Generator, listeners: int, plays: int) -> Ints:
    """How much each of them plays, ``plays`` in all: at least one each, the keen many times the others."""
    keenness = rng.lognormal(0, 0.7, listeners)
    spread = np.floor(np.cumsum(keenness) / keenness.sum() * (plays - listeners) + 0.5)
    spread[-1] = plays - listeners
    return np.asarray(np.diff(spread, prepend=0).astype(np.int64) + 1, dtype=np.int64)


def _gaps_ms(rng: np.random.Generator, is_first: Bools) -> Ints:
    """Silence before each play: a moment, now and then some minutes; none at the start of a sitting."""
    moment = rng.exponential(400, len(is_first)) + 20
    pause = rng.uniform(60_000, 900_000, len(is_first))
    return np.where(is_first, 0, np.where(rng.random(len(is_first)) < 0.02, pause, moment)).astype(np.int64)


def _keep_apart(gap_ms: Ints, ms_played: Ints, song: Ints, sitting: Ints) -> Ints:
    """The gaps, widened so that starts of one song in one sitting are far enough apart."""
    starts = np.cumsum(gap_ms + ms_played) - ms_played
    order = np.lexsort((np.arange(len(song)), song, sitting))
    is_again = (np.diff(song[order]) == 0) & (np.diff(sitting[order]) == 0)
    missing = np.where(is_again, SAME_TRACK_APART_MS - np.diff(starts[order]), 0)
    widened = gap_ms.copy()
    widened[order[1:]] += np.maximum(missing, 0)
    return widened


def _starts_ms(gap_ms: Ints, ms_played: Ints, sitting: Ints, sittings: Sittings, span_ms: int) -> Ints:
    """When each play starts, ms since the first day."""
    starts = np.cumsum(gap_ms + ms_played) - ms_played
    first = np.searchsorted(sitting, np.arange(len(sittings.user)))
    length_ms = np.bincount(sitting, weights=gap_ms + ms_played).astype(np.int64)
    begins = settle(sittings, length_ms, span_ms)
    return np.asarray(starts - starts[first][sitting] + begins[sitting], dtype=np.int64)


def _cohort(
    rng: np.random.Generator, catalogue: Catalogue, counts: Ints, first_user: int, days: tuple[date, date]
) -> pl.DataFrame:
    """The plays of ``len(counts)`` listeners, by listener and time."""
    span_days = (days[1] - days[0]).days + 1
    runs = draw_runs(rng, counts, first_user)
    sitting = runs.sitting[runs.of_play]
    is_first = np.diff(sitting, prepend=-1) == 1
    sittings = plan(rng, runs.user[runs.of_play][is_first], days[0].weekday(), span_days)
    item = choose(rng, catalogue, runs, sittings.wanted_ms)
    endings = end_plays(
        rng,
        runs.mood[runs.of_play],
        catalogue.items["duration_ms"].to_numpy()[item],
        is_first=is_first,
        is_last=np.append(is_first[1:], True),
        is_music=item < catalogue.previews[0],
    )
    gap_ms = _keep_apart(_gaps_ms(rng, is_first), endings.ms_played, catalogue.song[item], sitting)
    start_ms = _starts_ms(gap_ms, endings.ms_played, sitting, sittings, span_days * DAY_MS)
    started_at = moments(start_ms, days[0])
    truth = plays_frame(
        catalogue,
        item=item,
        user=runs.user[runs.of_play],
        endings=endings,
        started_at=started_at,
        ended_at=moments(start_ms + endings.ms_played, days[0]),
    )
    return truth.hstack(circumstances(runs, sittings, started_at))


def truth_frames(  # noqa: PLR0913
    seed: int,
    listeners: int,
    plays: int,
    batch: int = 2_000_000,
    *,
    first_day: date = FIRST_DAY,
    last_day: date = LAST_DAY,
) -> Iterator[pl.DataFrame]:
    """The truth of a world of any size, in frames of about ``batch`` plays of whole listeners each.

    A frame's columns are those of ``simulate``. Memory is that of one frame; one listener's plays are
    always in one frame. The same arguments give the same frames.

    Raises:
        ValueError: fewer plays than listeners, or more than the days can hold (a listener can hear
            about 200 tracks a day).
    """
    if not 1 <= listeners <= plays:
        raise ValueError(f"each of {listeners} listeners needs a play, and there are {plays}")
    counts = _counts(np.random.default_rng([seed, 0]), listeners, plays)
    artists = TASTE_SHARE * min(211 + plays // 500, 4001)
    catalogue = _catalogue(seed, artists + (artists % TASTE_STRIDE == 0))
    frame_of = (np.cumsum(counts) - 1) // batch
    edges = np.append(np.flatnonzero(np.diff(frame_of, prepend=-1)), listeners)
    for number, (first, end) in enumerate(pairwise(edges)):
        rng = np.random.default_rng([seed, 2, number])
        yield _cohort(rng, catalogue, counts[first:end], int(first), (first_day, last_day))


def simulate(
    seed: int, listeners: int = 1, plays: int = 10_000, first_day: date = FIRST_DAY, last_day: date = LAST_DAY
) -> pl.DataFrame:
    """The truth: one row a play, ``plays`` in all, by listener and time; the same for the same arguments.

    user_id and play_no (from 0) are the key. Times are UTC in whole milliseconds, ended_at = started_at
    + ms_played, and one listener's plays never overlap. duration_ms is the whole track's length.

    Raises:
        ValueError: as ``truth_frames``.
    """
    return pl.concat(truth_frames(seed, listeners, plays, first_day=first_day, last_day=last_day))
