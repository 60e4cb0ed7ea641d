"""Whether an export looks like another person's."""

from dataclasses import dataclass, field
from typing import Self

import polars as pl

from assets.listening import names

MIN_TRACKS = 100
"""Fewer distinct tracks on either side tell nothing."""

MAX_SHARE_IN_COMMON = 0.01


@dataclass(frozen=True)
class Habits:
    """What somebody played and where: enough to tell two people apart."""

    tracks: frozenset[str] = field(default_factory=frozenset)
    countries: frozenset[str] = field(default_factory=frozenset)

    def __or__(self, other: "Habits") -> "Habits":
        return Habits(self.tracks | other.tracks, self.countries | other.countries)

    @classmethod
    def of(cls, plays: pl.LazyFrame, user_id: str) -> Self:
        """A listener's, from their ``plays``."""
        mine = plays.filter(pl.col("user_id") == user_id)
        return cls._made(mine.select(pl.coalesce("name_key", "track_id").alias("track"), "country"))

    @classmethod
    def of_raw(cls, raw: pl.DataFrame) -> Self:
        """An export's, from its ``raw_plays``."""
        key = names.name_key(pl.col("artist_name"), pl.col("track_name"))
        ident = pl.col("track_uri").str.split(":").list.last()
        return cls._made(raw.lazy().select(pl.coalesce(key, ident).alias("track"), "country"))

    def is_stranger(self, other: "Habits") -> bool:
        """Nearly no track in common, and no country; False where too little is known."""
        known = min(len(self.tracks), len(other.tracks))
        if known < MIN_TRACKS or not (self.countries and other.countries):
            return False
        in_common = len(self.tracks & other.tracks)
        return in_common < MAX_SHARE_IN_COMMON * known and not self.countries & other.countries

    @classmethod
    def _made(cls, rows: pl.LazyFrame) -> Self:
        frame = rows.unique().collect()
        return cls(frozenset(frame["track"].drop_nulls()), frozenset(frame["country"].drop_nulls()))
