"""The lists Spotify has of linked listeners, fetched and replaced: all of a listener's, or none.

A listener whose lists cannot be had is asked for again a few times, then stands in the list of failed
jobs. When the budget is spent, or Spotify answers nobody, everybody else simply stays due.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import polars as pl

from assets import store
from assets.stats.fetch_top import ATTEMPTS, PASSING, SPENT, Lists, fetch
from assets.stats.spotify_top import LISTS, NIGHT_SLACK, TABLES, TERMS, active_at, frame, is_due
from resources.spotify.accounts import Account, UnknownAccountError
from resources.spotify.errors import (
    AppRefusedError,
    NoTokenError,
    RevokedError,
    SpotifyError,
    TokenRefusedError,
)
from resources.spotify.web_api import Ranked
from resources.world import World

JOB: Final = "top"
MOST_FAILED_IN_A_ROW: Final = 3
"""Then it is Spotify that fails: to ask for everybody else would spend the budget on nothing."""
LISTENERS_A_COMMIT: Final = 200

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


# Whose


def due(world: World) -> list[str]:
    """Listeners whose lists the nightly look replaces."""
    now = world.clock()
    return _in_turn(
        world, lambda account: is_due(account.top_refreshed_at, _active_at(account), now, NIGHT_SLACK)
    )


def due_of(world: World, visited_at: Mapping[str, datetime]) -> list[str]:
    """Those of some listeners, who visited a page at a moment each, whose lists are too old.

    A visit is an activity itself, whatever the account knows of it yet.
    """
    now = world.clock()

    def is_wanted(account: Account) -> bool:
        visited = visited_at.get(account.user_id)
        return visited is not None and is_due(
            account.top_refreshed_at, active_at(_active_at(account), visited), now
        )

    return _in_turn(world, is_wanted)


def failed(world: World) -> list[str]:
    """Listeners in the list of failed jobs."""
    return [row["user_id"] for row in world.accounts.failed_jobs() if row["job"] == JOB]


def _active_at(account: Account) -> datetime | None:
    return active_at(account.last_seen_at, account.newest_played_at)


def _in_turn(world: World, is_wanted: Callable[[Account], bool]) -> list[str]:
    """Oldest lists first, so that a small budget starves nobody; who failed before, last."""
    failed_before = set(failed(world))
    wanted = [account for account in world.accounts.list() if account.is_valid and is_wanted(account)]
    wanted.sort(key=lambda one: (one.user_id in failed_before, one.top_refreshed_at or _LONG_AGO))
    return [account.user_id for account in wanted]


# Fetched and replaced


@dataclass
class Refresh:
    """One run over some listeners, and what became of them."""

    world: World
    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    """Not come to, and still due."""
    stopped: str | None = None
    """Why it did not come to them."""
    _failed_in_a_row: int = 0

    def __call__(self, users: Sequence[str]) -> "Refresh":
        """Replaces the lists of listeners, in this order."""
        for first in range(0, len(users), LISTENERS_A_COMMIT):
            self._refresh(users[first : first + LISTENERS_A_COMMIT])
        return self

    def _refresh(self, users: Sequence[str]) -> None:
        fetched = {}
        for user_id in users:
            lists = None if self._is_over() else self._fetched(user_id)
            if lists is not None:
                fetched[user_id] = lists
            elif self.stopped is not None and user_id not in self.failed:
                self.left.append(user_id)
        self.done += _replace(self.world, fetched)

    def _is_over(self) -> bool:
        if self.stopped is None and self.world.budget.left("top") < len(LISTS):
            self.stopped = "The day's budget of Spotify calls leaves none for top lists."
        return self.stopped is not None

    def _fetched(self, user_id: str) -> Lists | None:
        try:
            lists = fetch(self.world, user_id)
        except (*SPENT, AppRefusedError) as error:
            self.stopped = str(error)
        except UnknownAccountError:
            self.world.accounts.job_done(JOB, user_id)  # unlinked meanwhile
        except (SpotifyError, NoTokenError) as error:
            self._fail(user_id, error)
        else:
            self._failed_in_a_row = 0
            return lists
        return None

    def _fail(self, user_id: str, error: Exception) -> None:
        self.failed[user_id] = str(error)
        _report(self.world, user_id, error)
        self._failed_in_a_row = self._failed_in_a_row + 1 if isinstance(error, PASSING) else 0
        if self._failed_in_a_row == MOST_FAILED_IN_A_ROW:
            self.stopped = f"Spotify failed for {MOST_FAILED_IN_A_ROW} listeners in a row: {error}"


def _report(world: World, user_id: str, error: Exception) -> None:
    """What the account is to blame for counts against the account; the rest waits to be run again."""
    now = world.clock()
    if isinstance(error, RevokedError | TokenRefusedError):
        world.accounts.refused(user_id, now, str(error))
    else:
        attempts = ATTEMPTS if isinstance(error, PASSING) else 1
        world.accounts.job_failed(JOB, user_id, str(error), attempts, now)


def _replace(world: World, fetched: Mapping[str, Lists]) -> list[str]:
    """One commit a table, for all of these listeners who are still linked; returns them."""
    linked = {account.user_id for account in world.accounts.list()}
    users = [user_id for user_id in fetched if user_id in linked]
    if not users:
        return []
    frames = [_frame(ranked, [fetched[user_id] for user_id in users]) for ranked in TABLES]
    store.replace(world, list(TABLES.values()), lambda: frames, users)
    for user_id in users:
        world.accounts.top_refreshed(user_id, world.clock())
        world.accounts.job_done(JOB, user_id)
    return users


def _frame(ranked: Ranked, of_listeners: Sequence[Lists]) -> pl.DataFrame:
    """The three terms of each listener as one table's rows."""
    return frame(
        TABLES[ranked], [row for lists in of_listeners for term in TERMS for row in lists[ranked, term]]
    )
