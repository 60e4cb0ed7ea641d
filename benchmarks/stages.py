"""The product's own steps from raw rows to tops, without Dagster around them: start-up aside."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assets.catalog.commit import merge_catalogue
from assets.listening.commit import resolve_months
from assets.stats.assets import counting
from assets.stats.commit import add_up_months
from assets.stats.rank import rank
from resources.world import World


@dataclass
class Stages:
    """Makes the tables of some months and lists of some users (all when none are named), timing each step."""

    world: World
    as_of: datetime
    seconds: dict[str, float] = field(default_factory=dict)

    def make(self, months: Sequence[str], users: Sequence[str] = ()) -> None:
        """Everything an import needs."""
        self._timed("plays", lambda: resolve_months(self.world, months))
        self._timed("months", lambda: add_up_months(self.world, months, counting(self.world.settings)))
        self._timed("catalogue", lambda: merge_catalogue(self.world))
        self._timed("tops", lambda: rank(self.world, self.as_of, counting(self.world.settings), users))

    def _timed(self, name: str, step: Callable[[], object]) -> None:
        began = time.perf_counter()
        step()
        self.seconds[name] = time.perf_counter() - began
