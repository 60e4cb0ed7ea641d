"""The product's own steps from raw rows to tops, without Dagster around them: start-up aside."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from assets import store
from assets.catalog import merge
from assets.listening.commit import resolve_months
from assets.stats import months as add_up
from assets.stats.assets import counting
from assets.stats.rank import rank
from assets.tables import (
    ALBUMS,
    ARTISTS,
    CLOCK_MONTHS,
    PLAY_MONTHS,
    PLAYS,
    TRACK_ALIASES,
    TRACK_MONTHS,
    TRACKS,
)
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
        self._timed("months", lambda: self._add_up(months))
        self._timed("catalogue", self._merge_catalogue)
        self._timed("tops", lambda: rank(self.world, self.as_of, counting(self.world.settings), users))

    def _timed(self, name: str, step: Callable[[], object]) -> None:
        began = time.perf_counter()
        step()
        self.seconds[name] = time.perf_counter() - began

    def _add_up(self, months: Sequence[str]) -> None:
        lake, rule = self.world.lake, counting(self.world.settings)
        for batch in store.batches(months, lake.month_rows(PLAYS)):
            plays = lake.scan(PLAYS, months=batch)

            def compute(plays: pl.LazyFrame = plays) -> list[pl.DataFrame]:
                return pl.collect_all([add_up.play_months(plays, rule), add_up.clock_months(plays, rule)])

            store.replace_months(self.world, (PLAY_MONTHS, CLOCK_MONTHS), compute, batch)

    def _merge_catalogue(self) -> None:
        def compute() -> list[pl.DataFrame]:
            tracks = merge.tracks(self.world.lake.scan(TRACK_MONTHS)).collect()
            made_of_tracks = (merge.albums, merge.artists, merge.track_aliases)
            return [tracks, *pl.collect_all([make(tracks.lazy()) for make in made_of_tracks])]

        store.replace(self.world, (TRACKS, ALBUMS, ARTISTS, TRACK_ALIASES), compute)
