"""Everything an asset may touch, in one hand: settings, lake, Postgres and the clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from resources.lake import Lake
from resources.operational import Operational
from resources.settings import Settings


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
    given: dict[str, Path] = field(default_factory=dict)
    """Files this process imports, by the name runs know them by: a path may hold a person's name."""

    @cached_property
    def lake(self) -> Lake:
        """The Delta tables."""
        return Lake(self.settings.lake)

    @cached_property
    def operational(self) -> Operational:
        """The operational tables."""
        return Operational.open(self.settings)
