"""Everything an asset may touch, in one hand: settings, lake, Postgres and the clock."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from resources.private import make_private
from resources.settings import Settings

if TYPE_CHECKING:
    from resources.chain import Chain
    from resources.events import Events
    from resources.lake import Lake
    from resources.operational import Operational
    from resources.preferences import Preferences
    from resources.spotify.accounts import Accounts
    from resources.spotify.budget import Budget
    from resources.spotify.vault import Vault
    from resources.spotify.web_api import SpotifyApi


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def unwatched(rows: int, bytes_done: int, bytes_total: int) -> None:
    """Nobody watches an import's progress."""


@dataclass
class World:
    """The outside world; Postgres is reached (and started) when first asked for."""

    settings: Settings
    clock: Callable[[], datetime] = utc_now
    on_progress: Callable[[int, int, int], None] = unwatched
    sleep: Callable[[float], None] = time.sleep
    given: dict[str, Path] = field(default_factory=dict)
    """Files this process imports, by the name runs know them by: a path may hold a person's name."""

    @cached_property
    def lake(self) -> "Lake":
        """The Delta tables."""
        from resources.lake import Lake  # noqa: PLC0415 - a fifth of a second that the help need not pay

        make_private(self.settings.home)
        return Lake(self.settings.lake)

    @cached_property
    def operational(self) -> "Operational":
        """The operational tables."""
        from resources.operational import Operational  # noqa: PLC0415

        make_private(self.settings.home)
        return Operational.open(self.settings)

    @cached_property
    def events(self) -> "Events":
        """The event log."""
        from resources.events import Events  # noqa: PLC0415

        return Events(self.operational.engine, self.clock)

    @cached_property
    def preferences(self) -> "Preferences":
        """What listeners say they prefer."""
        from resources.preferences import Preferences  # noqa: PLC0415

        return Preferences(self.operational.engine)

    @cached_property
    def chain(self) -> "Chain":
        """The trust chain."""
        from resources.chain import Chain  # noqa: PLC0415

        return Chain(self.operational.engine)

    # Linked accounts; their libraries are loaded when first asked for.

    @cached_property
    def vault(self) -> "Vault":
        """What seals and opens tokens."""
        from resources.spotify.vault import Vault  # noqa: PLC0415

        return Vault.of(self.settings)

    @cached_property
    def accounts(self) -> "Accounts":
        """The linked accounts."""
        from resources.spotify.accounts import Accounts  # noqa: PLC0415

        return Accounts(self.operational.engine, self.vault)

    @cached_property
    def budget(self) -> "Budget":
        """How many calls of the Spotify API are left."""
        from resources.spotify.budget import Budget  # noqa: PLC0415

        return Budget(self.operational.engine, self.settings, self.clock)

    @cached_property
    def spotify(self) -> "SpotifyApi":
        """The Spotify API, within the budget."""
        from resources.spotify.web_api import SpotifyApi  # noqa: PLC0415

        return SpotifyApi(self.settings, self.budget, self.clock)
