"""One listener's lists, fetched from Spotify: asked for again when that may help."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
)

from assets.stats.spotify_top import LISTS, Row, rows_of
from resources.spotify.budget import BudgetSpentError
from resources.spotify.errors import BadAnswerError, RateLimitedError, SpotifyDownError
from resources.spotify.login import access_token
from resources.spotify.web_api import Ranked, Term
from resources.world import World

ATTEMPTS: Final = 6
"""1, 2, 4, 8 and 16 s apart."""
WORTH_WAITING: Final = timedelta(minutes=1)
"""Until the budget of a minute has calls again, or Spotify does: shorter than leaving and coming back."""
PASSING: Final = (SpotifyDownError, BadAnswerError)
"""What another attempt may mend."""
SPENT: Final = (BudgetSpentError, RateLimitedError)
"""Both say until when."""

T = TypeVar("T")
Lists = dict[tuple[Ranked, Term], list[Row]]


def fetch(world: World, user_id: str) -> Lists:
    """Every list of a listener; what was answered is not asked for again when another call fails.

    Raises:
        SpotifyError: the last of the attempts failed, or an attempt in a way that none would mend.
        BudgetSpentError: there are no calls, for longer than is worth waiting.
        NoTokenError: there is no token to ask with.
    """
    lists: Lists = {}
    fetched_at = world.clock()

    def attempt() -> Lists:
        token = access_token(world, user_id)
        for ranked, term in LISTS:
            if (ranked, term) not in lists:
                answer = _patiently(world, lambda: world.spotify.top(token, ranked, term))  # noqa: B023 - now
                lists[ranked, term] = rows_of(answer, ranked, term, user_id, fetched_at)
        return lists

    again = Retrying(
        sleep=world.sleep,
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(),
        retry=retry_if_exception_type(PASSING),
        reraise=True,
    )
    return again(attempt)


def _patiently(world: World, ask: Callable[[], T]) -> T:
    """A call that waits for its turn in the budget of a minute, and for what Spotify asks of a minute."""

    def left(error: BaseException | None) -> timedelta:
        return error.until - world.clock() if isinstance(error, SPENT) else timedelta.max

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return max(0.0, left(error).total_seconds())

    again = Retrying(
        sleep=world.sleep,
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait,
        retry=retry_if_exception(lambda error: left(error) <= WORTH_WAITING),
        reraise=True,
    )
    return again(ask)
