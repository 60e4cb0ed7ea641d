"""Whether an export looks like another person's."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import polars as pl

from assets.listening import names

NOWHERE = "ZZ"
"""What Spotify calls a country that it does not know."""

MIN_TRACKS = 100
"""Fewer distinct tracks on either side tell nothing."""

MOST_IN_COMMON = 0.1
"""From here on the tracks of two histories, or the countries they were played in, are one person's.

Of 49 pairs of histories of people of different countries, 44 lie below it in both; of the halves of one
person's history none does.
"""


@dataclass(frozen=True)
class Habits:
    """What somebody played, and how many plays in each country: enough to tell two people apart."""

    tracks: frozenset[str] = field(default_factory=frozenset)
    countries: Mapping[str, int] = field(default_factory=dict)

    def __or__(self, other: "Habits") -> "Habits":
        return Habits(self.tracks | other.tracks, Counter(self.countries) + Counter(other.countries))

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
        """Hardly a track in common, and hardly a country; False where too little is known."""
        known = min(len(self.tracks), len(other.tracks))
        if known < MIN_TRACKS or not (self.countries and other.countries):
            return False
        is_new = len(self.tracks & other.tracks) < MOST_IN_COMMON * known
        return is_new and self._overlap(other) < MOST_IN_COMMON

    def _overlap(self, other: "Habits") -> float:
        """The sum of the smaller of both shares of each country, 0 to 1."""
        mine, theirs = (sum(habits.countries.values()) for habits in (self, other))
        shared = self.countries.keys() & other.countries.keys()
        return sum(min(self.countries[land] / mine, other.countries[land] / theirs) for land in shared)

    @classmethod
    def _made(cls, rows: pl.LazyFrame) -> Self:
        tracks, countries = pl.collect_all(
            [
                rows.select("track").drop_nulls().unique(),
                rows.filter(pl.col("country") != NOWHERE).group_by("country").len(),
            ]
        )
        return cls(frozenset(tracks["track"]), dict(countries.iter_rows()))
