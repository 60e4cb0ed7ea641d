"""All the music of one listener, added up as the top lists add it up."""

from dataclasses import dataclass

import polars as pl

from assets.order import as_enums
from assets.stats.bounds import bounded
from assets.stats.rank import KNOWN
from assets.stats.songs import HEARD, Catalogue
from assets.stats.tops import estimated_ms
from assets.tables import PLAY_MONTHS
from resources.lake import Lake

_FACTS = ("plays", "plays_unmeasured", "ms_long", "ms_played")


@dataclass(frozen=True)
class MusicTotal:
    """Plays, how many of them have a known or estimated length, and how long those were; null: none has."""

    plays: int
    plays_timed: int
    ms_estimated: int | None

    @property
    def is_mostly_timed(self) -> bool:
        """Whether time is known of enough plays to rank by it."""
        return self.plays_timed * 2 >= self.plays > 0


def music_total(lake: Lake, user_id: str) -> MusicTotal:
    """What the listener's top lists are cut from; incognito plays as the months have them."""
    mine = lake.scan(PLAY_MONTHS).filter(user_id=user_id).filter(pl.col("kind") == "music")
    (months,) = as_enums([mine.select(*HEARD, *_FACTS).collect()], HEARD)
    songs = Catalogue(*(lake.scan(table) for table in KNOWN)).songs(months.select(HEARD).unique())
    timed = bounded(months, songs).join(songs, on=HEARD, how="left", nulls_equal=True)
    is_known = pl.col("duration_ms").is_not_null()
    unknown = pl.when(is_known).then(0).otherwise("plays_unmeasured")
    plays, untimed, ms = timed.select(
        pl.col("plays").sum(), unknown.sum().alias("untimed"), estimated_ms().sum().alias("ms")
    ).row(0)
    return MusicTotal(plays, plays - untimed, ms if plays > untimed else None)
