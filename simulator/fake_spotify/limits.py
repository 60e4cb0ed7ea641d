"""How many calls the fake Spotify answers, in any 24 hours and in any 30 seconds of its clock."""

import math
from collections import deque
from datetime import datetime, timedelta

from simulator.fake_spotify.answers import RefusedError, too_many


class Limit:
    """At most ``calls`` in any ``window``; refused calls are not counted."""

    def __init__(self, calls: int | None, window: timedelta, *, is_quota: bool) -> None:
        self.calls = calls
        self._window = window
        self._is_quota = is_quota
        self._times: deque[datetime] = deque()

    def check(self, now: datetime) -> None:
        """Raises ``RefusedError`` (429, Retry-After when the next call is free) if none is left."""
        while self._times and self._times[0] <= now - self._window:
            self._times.popleft()
        if self.calls is not None and len(self._times) >= self.calls:
            wait = (self._times[-self.calls] + self._window - now).total_seconds() if self.calls else 86_400
            raise RefusedError(too_many(max(math.ceil(wait), 1), is_quota=self._is_quota))

    def count(self, now: datetime) -> None:
        """One more call was answered."""
        self._times.append(now)


class Limits:
    """Both limits; None: no limit. They may be changed at any time."""

    def __init__(self, calls_a_day: int | None, calls_in_30_s: int | None) -> None:
        self.day = Limit(calls_a_day, timedelta(days=1), is_quota=True)
        self.burst = Limit(calls_in_30_s, timedelta(seconds=30), is_quota=False)

    def take(self, now: datetime) -> None:
        """Counts a call, or raises ``RefusedError``."""
        self.day.check(now)
        self.burst.check(now)
        self.day.count(now)
        self.burst.count(now)
