"""Looks items of the catalogue up at Spotify, within the budget, and puts the answers into the lake.

Every answer is stored before the next call. Whatever stops a run stops it quietly: the next one goes on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from assets import store
from assets.catalog import commit, enrich
from assets.tables import SPOTIFY_ITEMS, TRACKS
from resources.spotify.accounts import Account
from resources.spotify.budget import BudgetSpentError
from resources.spotify.catalogue_items import Asked, CatalogueItems
from resources.spotify.errors import NoTokenError
from resources.spotify.login import access_token
from resources.spotify.web_api import (
    AppRefusedError,
    BadAnswerError,
    ForbiddenError,
    NoSuchItemError,
    RateLimitedError,
    SpotifyDownError,
    TokenRefusedError,
)
from resources.world import World

MOST_DOWN_IN_A_ROW: Final = 3
_REFUSED = (TokenRefusedError, ForbiddenError, NoTokenError)


class NobodyLetInError(RuntimeError):
    """No linked account has a token that Spotify takes; the message says what became of the last.

    ``is_forbidden``: it may be the item that is forbidden, not the account.
    """

    def __init__(self, why: str, *, is_forbidden: bool = False) -> None:
        super().__init__(why)
        self.is_forbidden = is_forbidden


_STOPPING = (BudgetSpentError, RateLimitedError, SpotifyDownError, AppRefusedError, NobodyLetInError)


@dataclass
class Lookup:
    """What came of one run; ``stopped`` says what ended it before its time."""

    answered: int = 0
    failed: int = 0
    gone: int = 0
    stopped: str | None = None

    @property
    def asked(self) -> int:
        """Items that were asked for."""
        return self.answered + self.failed + self.gone


def items_of(world: World) -> CatalogueItems:
    """The items that are looked up."""
    return CatalogueItems(world.operational.engine)


def want(world: World) -> int:
    """Have what the catalogue wants to know looked up; returns how many items are new or played anew."""
    items = items_of(world)
    answered = enrich.frame(items.answered())
    wanted = enrich.wanted(world.lake.scan(TRACKS), answered.lazy()).collect()
    return items.want(wanted.iter_rows(), world.clock())


def look_up(world: World, most: int) -> Lookup:
    """Asks Spotify for at most so many items, most played first; their artists may follow in the same run."""
    run = _Run(world)
    try:
        while run.done.asked < most and (due := run.due(most - run.done.asked)):
            for asked in due:
                run.look_up(asked)
    except _STOPPING as error:
        run.done.stopped = str(error)
    return run.done


def into_lake(world: World) -> int:
    """Puts every answer into ``spotify_items`` in one commit; returns its rows."""
    rows = store.replace(world, [SPOTIFY_ITEMS], lambda: [enrich.frame(items_of(world).answered())])
    return rows[SPOTIFY_ITEMS.name]


def is_finished(world: World) -> bool:
    """Whether every answer is in the lake and in the catalogue; a kill may leave it otherwise."""
    newest = items_of(world).newest_answer_at()
    if newest is None:
        return True
    stored = world.lake.scan(SPOTIFY_ITEMS).select(pl.col("fetched_at").max()).collect().item()
    return bool(stored == newest) and commit.is_told(world.lake)


def by_preference(accounts: Iterable[Account]) -> list[Account]:
    """The valid accounts, the one synced last first: its token works and is too young to be refreshed."""
    valid = sorted((account for account in accounts if account.is_valid), key=lambda account: account.user_id)
    return sorted(valid, key=lambda one: one.synced_at or one.authorized_at, reverse=True)


class _Run:
    """Asks with the token of one account until it is refused, then with the next one's.

    Spotify limits the app, not the account, so that any token will do.
    """

    def __init__(self, world: World) -> None:
        self.done = Lookup()
        self._world = world
        self._items = items_of(world)
        self._accounts = by_preference(world.accounts.list())
        self._down_in_a_row = 0

    def due(self, most: int) -> list[Asked]:
        """What to ask for now, also what the answers so far make wanted; raises ``NobodyLetInError``."""
        if not self._accounts:
            raise NobodyLetInError("No valid account is linked: link one with `longplay link`.")
        want(self._world)
        return self._items.due(self._world.clock(), most)

    def look_up(self, asked: Asked) -> None:
        """Stores what Spotify says of an item; a fault that is the item's own delays it alone."""
        try:
            answers = enrich.answers(asked, self._ask(asked))
        except NoSuchItemError as error:
            self._items.gone(asked, str(error), self._world.clock())
            self.done.gone += 1
        except (BadAnswerError, enrich.MalformedAnswerError) as error:
            self._failed(asked, error)
        except SpotifyDownError as error:
            self._down(asked, error)
            return
        except NobodyLetInError as error:
            if error.is_forbidden:  # or it, if it alone is, would stop every run
                self._failed(asked, error)
            raise
        else:
            self._items.fetched(answers, self._world.clock())
            self.done.answered += 1
        self._down_in_a_row = 0

    def _ask(self, asked: Asked) -> dict[str, Any]:
        refused: Exception | None = None
        self._wait()
        while self._accounts:
            try:
                token = access_token(self._world, self._accounts[0].user_id)
                return self._world.spotify.item(token, asked.kind, asked.spotify_id)
            except _REFUSED as error:
                refused = error
                self._accounts.pop(0)
        raise NobodyLetInError(str(refused), is_forbidden=isinstance(refused, ForbiddenError))

    def _wait(self) -> None:
        """Following accounts comes first: half of every minute's calls are left to it."""
        if self.done.asked:
            self._world.sleep(2 * 60 / self._world.settings.spotify_calls_a_minute)

    def _failed(self, asked: Asked, error: Exception) -> None:
        self._items.failed(asked, str(error), self._world.clock())
        self.done.failed += 1

    def _down(self, asked: Asked, error: SpotifyDownError) -> None:
        self._failed(asked, error)
        self._down_in_a_row += 1
        if self._down_in_a_row == MOST_DOWN_IN_A_ROW:
            raise error
