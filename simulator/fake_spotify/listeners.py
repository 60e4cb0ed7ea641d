"""People of varied habits who link their accounts: what they play, and what Spotify shows of it."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from simulator.catalogue import Catalogue, make_catalogue
from simulator.chance import Ints, share
from simulator.choices import Mood, Runs, choose
from simulator.endings import ENDPLAY, FWDBTN, TRACKDONE, Endings
from simulator.fake_spotify.items import ShownPlay
from simulator.fake_spotify.shown import shown
from simulator.habits import COUNTRIES, DAY_MS, Sittings, settle
from simulator.listener import SAME_TRACK_APART_MS
from simulator.truth import circumstances, moments, plays_frame

_ARTISTS = 211
_FULL = 0.6
_CLICKROW = 9
_DAYTIME, _NIGHT = (7, 23), (22, 28)


@dataclass(frozen=True)
class Habit:
    """How much and how somebody listens; hours are UTC, the second may be past midnight.

    Args:
        sittings_a_day: on average; those who ``least`` sit down once do so however short the time is.
        plays: fewest and most of one sitting.
        heard_ms: None: to the end mostly; else skipped on after so many ms, all of them shown.
        weight: how common they are.
    """

    name: str
    sittings_a_day: float
    plays: tuple[int, int]
    hours: tuple[int, int] = _DAYTIME
    heard_ms: tuple[int, int] | None = None
    weight: float = 1.0
    least: int = 1

    @property
    def partial_absent(self) -> float:
        """Share of cut-off plays that Spotify does not show."""
        return 0.5 if self.heard_ms is None else 0.0

    @property
    def mean_ms(self) -> int:
        """About how long one play takes."""
        return 200_000 if self.heard_ms is None else sum(self.heard_ms) // 2


HABITS = (
    Habit("heavy", 5, (10, 28), weight=3),
    Habit("steady", 2.5, (5, 15), weight=6),
    Habit("light", 0.8, (3, 8), weight=4),
    Habit("bursty", 0.4, (40, 80), weight=2),
    Habit("idle", 0.03, (1, 4), weight=2, least=0),
    Habit("night owl", 2.5, (6, 20), _NIGHT, weight=2),
    Habit("quick skipper", 2.5, (40, 110), heard_ms=(30_000, 33_000), weight=1),
)
"""A quick skipper hears 50 tracks in half an hour, and Spotify shows every one."""


@dataclass(frozen=True)
class LinkedListener:
    """One person: the truth (columns of ``simulate``), and what Spotify shows of it."""

    user_id: str
    spotify_id: str
    habit: Habit
    truth: pl.DataFrame
    plays: list[ShownPlay]


def _habits(rng: np.random.Generator, count: int, habits: tuple[Habit, ...]) -> list[Habit]:
    """One of each first, then by weight."""
    weights = np.array([habit.weight for habit in habits])
    drawn = rng.choice(len(habits), count, p=weights / weights.sum())
    return [*habits[:count], *(habits[number] for number in drawn[len(habits) :])]


def _sittings_of(rng: np.random.Generator, habit: Habit, days: int) -> tuple[Ints, Ints]:
    """When one listener's sittings would begin (ms since the first day), and the plays of each."""
    wanted = max(int(rng.poisson(habit.sittings_a_day * days)), habit.least)
    hours = rng.uniform(*habit.hours, wanted) + 24 * rng.integers(0, days, wanted)
    wanted_ms = np.sort((hours * 3_600_000).astype(np.int64) % (days * DAY_MS))
    plays = rng.integers(habit.plays[0], habit.plays[1] + 1, wanted)
    fits = np.cumsum(plays) * habit.mean_ms <= _FULL * days * DAY_MS
    return wanted_ms[fits], plays[fits]


def _plan(rng: np.random.Generator, habits: list[Habit], days: int) -> tuple[Sittings, Ints]:
    """The sittings of all of them, and how many plays each has."""
    drawn = [_sittings_of(rng, habit, days) for habit in habits]
    user = np.repeat(np.arange(len(habits)), [len(plays) for _, plays in drawn])
    country = (share(user, user, "home") * len(COUNTRIES)).astype(np.int64)
    wanted_ms, plays = (np.concatenate(parts).astype(np.int64) for parts in zip(*drawn, strict=True))
    is_offline = rng.random(len(user)) < 0.05
    return Sittings(user, wanted_ms, country, is_offline), plays


def _runs(rng: np.random.Generator, sittings: Sittings, plays: Ints) -> Runs:
    """Every sitting is one run: favourites, an album, or (short ones only) a podcast."""
    number = np.arange(len(plays))
    moods = rng.choice([Mood.FAVOURITES, Mood.ALBUM, Mood.PODCAST], len(plays), p=[0.6, 0.25, 0.15])
    of_play = np.repeat(number, plays)
    position = np.arange(len(of_play)) - np.repeat(np.cumsum(plays) - plays, plays)
    mood = np.where(plays > 4, np.minimum(moods, Mood.ALBUM), moods)  # episodes are long: no day holds many
    return Runs(mood, number, sittings.user, of_play, position)


def _endings(rng: np.random.Generator, duration_ms: Ints, habit: Ints, habits: list[Habit]) -> Endings:
    """Seven in ten to the end, two skipped within seconds, one somewhere; skippers as they do."""
    how, count = rng.random(len(duration_ms)), len(duration_ms)
    soon_ms = rng.exponential(9_000, count)
    cut_ms = rng.random(count) * duration_ms
    ms_played = np.select([how < 0.7, how < 0.9], [duration_ms, soon_ms], cut_ms)
    reason = np.select([how < 0.7, how < 0.9], [TRACKDONE, FWDBTN], ENDPLAY)
    heard_ms = np.array([each.heard_ms or (0, 0) for each in habits])[habit]
    is_skipper = heard_ms[:, 1] > 0
    skipped_ms = rng.integers(heard_ms[:, 0], heard_ms[:, 1] + 1)
    ms_played = np.minimum(np.where(is_skipper, skipped_ms, ms_played), duration_ms).astype(np.int64)
    return Endings(ms_played, np.full(count, _CLICKROW), np.where(is_skipper, FWDBTN, reason))


def _starts_ms(
    rng: np.random.Generator, sittings: Sittings, runs: Runs, ms_played: Ints, span_ms: int
) -> Ints:
    """When each play starts; starts of any two are far enough apart to be told from each other."""
    gap_ms = np.maximum(rng.exponential(300, len(ms_played)) + 20, SAME_TRACK_APART_MS - ms_played)
    taken_ms = ms_played + gap_ms.astype(np.int64)
    length_ms = np.bincount(runs.of_play, weights=taken_ms).astype(np.int64)
    before_ms = np.cumsum(taken_ms) - taken_ms - (np.cumsum(length_ms) - length_ms)[runs.of_play]
    return np.asarray(settle(sittings, length_ms, span_ms)[runs.of_play] + before_ms, dtype=np.int64)


def _truth(
    rng: np.random.Generator, catalogue: Catalogue, habits: list[Habit], days: int, first_day: date
) -> pl.DataFrame:
    sittings, plays = _plan(rng, habits, days)
    runs = _runs(rng, sittings, plays)
    item = choose(rng, catalogue, runs, sittings.wanted_ms)
    user = sittings.user[runs.of_play]
    endings = _endings(rng, catalogue.items["duration_ms"].to_numpy()[item], user, habits)
    start_ms = _starts_ms(rng, sittings, runs, endings.ms_played, days * DAY_MS)
    started_at = moments(start_ms, first_day)
    frame = plays_frame(
        catalogue,
        item=item,
        user=user,
        endings=endings,
        started_at=started_at,
        ended_at=moments(start_ms + endings.ms_played, first_day),
    )
    return frame.hstack(circumstances(runs, sittings, started_at))


def accounts_of(
    seed: int,
    count: int,
    days: int,
    *,
    first_day: date = date(2026, 1, 5),
    habits: tuple[Habit, ...] = HABITS,
) -> list[LinkedListener]:
    """``count`` people over that many days (UTC), one of each habit first; the same for the same seed.

    Every play lies inside the days, one person's never overlap and start at least 8 s apart. Plays that
    Spotify shows late may become visible after the last day.

    Raises:
        ValueError: no people, no days, or no habit that is sure to play anything.
    """
    if count < 1 or days < 1 or habits[0].least < 1:
        raise ValueError("accounts need a person, a day, and a first habit that plays something")
    rng = np.random.default_rng([seed, 5])
    drawn = _habits(rng, count, habits)
    truth = _truth(rng, make_catalogue(seed, _ARTISTS), drawn, days, first_day)
    own = {str(user): frame for (user,), frame in truth.partition_by("user_id", as_dict=True).items()}
    return [_listener(number, habit, own, truth.clear(), seed) for number, habit in enumerate(drawn)]


def _listener(
    number: int, habit: Habit, own: dict[str, pl.DataFrame], nothing: pl.DataFrame, seed: int
) -> LinkedListener:
    user_id = f"listener-{number:06d}"
    truth = own.get(user_id, nothing)
    plays = shown(truth, seed, partial_absent=habit.partial_absent)
    return LinkedListener(user_id, f"fake{number:06d}", habit, truth, plays)
