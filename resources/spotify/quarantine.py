"""When a refused account is asked again, and when it is stopped: never for good.

Outages, a lapsed subscription or a wrong answer of a gateway last minutes to hours, and the same token works
after them. Only three refusals with a day between the first and the last tell of a permission that is gone.
A stopped account is still asked once a day, which costs one call; whatever answers ends it.
"""

from datetime import datetime, timedelta
from typing import Final

LEAST_REFUSALS: Final = 3
LEAST_TIME: Final = timedelta(hours=24)
"""Between the first refusal of a row and the last: longer than outages, and than Premium takes to return."""
WAITS: Final = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
"""After the first refusal (the next try has a fresh token), the second, and each later one."""
STOPPED_WAIT: Final = timedelta(days=1)


def is_over(refusals: int, first_at: datetime, last_at: datetime) -> bool:
    """Whether so many refusals in a row, this one counted, stop an account."""
    return refusals >= LEAST_REFUSALS and last_at - first_at >= LEAST_TIME


def next_try(refusals: int, last_at: datetime, *, is_stopped: bool) -> datetime:
    """When to ask again after a refusal."""
    return last_at + (STOPPED_WAIT if is_stopped else WAITS[min(refusals, len(WAITS)) - 1])
