"""When and where people listen: hours, weekdays, trips abroad and days without a connection."""

from dataclasses import dataclass

import numpy as np

from simulator.chance import Bools, Floats, Ints, share

DAY_MS = 86_400_000
_HOUR_MS = 3_600_000
COUNTRIES = ("GB", "DE", "SE", "BR", "JP", "IL", "EG", "FR", "IN", "NG", "PL", "ZA")
_UTC_OFFSET_HOURS = np.array([0, 1, 1, -3, 9, 2, 2, 1, 5.5, 1, 1, 2])
_WORKDAY = [2, 1, 0.5, 0.3, 0.3, 0.6, 2, 5, 7, 6, 5, 5, 5, 5, 5, 5, 6, 8, 8, 7, 7, 7, 6, 4]
_WEEKEND = [5, 4, 2, 1, 0.5, 0.4, 0.6, 1, 3, 5, 7, 8, 8, 7, 7, 7, 7, 7, 8, 8, 8, 8, 7, 6]
_WEEKDAY = np.array([1.0, 0.95, 0.95, 1.0, 1.25, 1.2, 0.9])
_TRIP_DAYS, _TRIP_SHARE = 21, 0.07
_OFFLINE_DAYS, _OFFLINE_SHARE = 3, 0.06


@dataclass(frozen=True)
class Sittings:
    """One entry a sitting, ordered by listener and time.

    Args:
        user: the listener's number, counted over all frames of the world.
        wanted_ms: when it would begin, ms since the first day, if nothing else were playing.
        country: number in ``COUNTRIES``.
    """

    user: Ints
    wanted_ms: Ints
    country: Ints
    is_offline: Bools


def _inverse(weights: Floats, draws: Floats) -> Ints:
    cumulative = np.cumsum(weights)
    found = np.searchsorted(cumulative, draws * cumulative[-1], side="right")
    return np.asarray(np.minimum(found, len(weights) - 1), dtype=np.int64)


def _hours(weekday: Ints, user: Ints, draws: Floats) -> Floats:
    """Local hours with their fraction; some listeners live up to three hours later than others."""
    profiles = np.array([_WORKDAY, _WEEKEND])
    late = (share(user, user, "late") * 4).astype(np.int64)
    hour = np.where(weekday >= 5, _inverse(profiles[1], draws), _inverse(profiles[0], draws))
    return np.asarray((hour + late) % 24, dtype=np.float64)


def _country(user: Ints, day: Ints) -> Ints:
    """Home, or for three weeks somewhere else."""
    home = (share(user, user, "home") * len(COUNTRIES)).astype(np.int64)
    trip = day // _TRIP_DAYS
    away = 1 + (share(user, trip, "abroad") * (len(COUNTRIES) - 1)).astype(np.int64)
    is_away = share(user, trip, "trip") < _TRIP_SHARE
    return np.where(is_away, (home + away) % len(COUNTRIES), home)


def plan(rng: np.random.Generator, user: Ints, first_weekday: int, days: int) -> Sittings:
    """Draws when each sitting would begin; ``user`` is ascending and names each sitting's listener."""
    weekdays = (first_weekday + np.arange(days)) % 7
    busy = _WEEKDAY[weekdays] * np.linspace(0.7, 1.3, days) * rng.lognormal(0, 0.5, days)
    day = _inverse(busy, rng.random(len(user)))
    hour = _hours(weekdays[day], user, rng.random(len(user))) + rng.random(len(user))
    country = _country(user, day)
    local_ms = day * DAY_MS + hour * _HOUR_MS
    wanted_ms = (local_ms - _UTC_OFFSET_HOURS[country] * _HOUR_MS).astype(np.int64)
    wanted_ms = np.clip(wanted_ms, 0, days * DAY_MS - 1)
    order = np.lexsort((wanted_ms, user))
    is_offline = share(user, day // _OFFLINE_DAYS, "offline") < _OFFLINE_SHARE
    return Sittings(user[order], wanted_ms[order], country[order], is_offline[order])


def settle(sittings: Sittings, length_ms: Ints, span_ms: int) -> Ints:
    """When each sitting really begins: as wanted, but never before the last one is over.

    Raises:
        ValueError: some listener has more to hear than the days hold.
    """
    user = sittings.user - sittings.user[0]
    listened_ms = np.bincount(user, weights=length_ms)
    spare_ms = span_ms - listened_ms
    if spare_ms.min() < 0.05 * span_ms:
        raise ValueError("more plays than the days can hold: ask for fewer plays, or more days or listeners")
    pause_ms = np.minimum(spare_ms / (2 * np.maximum(np.bincount(user), 1)), 21 * 60_000)
    taken_ms = length_ms + pause_ms.astype(np.int64)[user]
    before_ms = np.cumsum(taken_ms) - taken_ms
    # Listeners are laid end to end, far enough apart that none pushes another.
    shift_ms = user * (4 * span_ms)
    earliest = np.maximum.accumulate(sittings.wanted_ms + shift_ms - before_ms)
    bound = span_ms + shift_ms - taken_ms - before_ms
    latest = np.minimum.accumulate(bound[::-1])[::-1]
    return np.asarray(np.minimum(earliest, latest) + before_ms - shift_ms, dtype=np.int64)
