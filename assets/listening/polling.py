"""When an account is polled next: before its window of 50 plays can overflow, and not much sooner."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

SHORTEST: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(hours=2)
AGAIN_SOON: Final = timedelta(minutes=6)
"""After a full page of new plays; half of it more, by chance, so that accounts do not come at once."""

REST: Final = timedelta(minutes=5)
"""An account is never polled sooner after the last time."""
_HALF_A_PAGE: Final = 25
_RECENT: Final = timedelta(days=1)
_USED: Final = 0.9
"""The share of the day's calls that polls are planned to use: people and bursts need the rest."""


def interval(played_at: Iterable[datetime], now: datetime) -> timedelta:
    """How long half a page may take: as long as the fastest half page of the last day took.

    Between 15 minutes and 2 hours; 2 hours where there were fewer plays.
    """
    recent = sorted(at for at in played_at if at > now - _RECENT)
    took = [recent[i + _HALF_A_PAGE - 1] - recent[i] for i in range(len(recent) - _HALF_A_PAGE + 1)]
    return min(max(min(took, default=LONGEST), SHORTEST), LONGEST)


def stretch(intervals: Sequence[timedelta], calls_a_day: int) -> float:
    """What intervals must be multiplied with so that the day's calls suffice for all accounts; at least 1.

    Who listens more is still polled more, and nobody is left out.
    """
    wanted = sum(timedelta(days=1) / max(each, SHORTEST) for each in intervals)
    return max(1.0, wanted / (_USED * calls_a_day))


def due_at(now: datetime, wait: timedelta, stretched: float, *, was_full: bool, user_id: str) -> datetime:
    """When to poll next; soon, but by chance, where a whole page was new and calls are not short."""
    if was_full and stretched == 1.0:
        return now + AGAIN_SOON * (1 + _chance(user_id, now) / 2)
    return now + (SHORTEST if was_full else wait) * stretched


def _chance(user_id: str, now: datetime) -> float:
    """A number from 0 to 1 that tells nothing of the last one, and is the same in a repetition."""
    digest = blake2b(f"{user_id} {now.isoformat()}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32
