"""Drawn numbers to the truth's columns: names, times, and the circumstances of each play."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from simulator.catalogue import Catalogue
from simulator.chance import Ints, share
from simulator.choices import Mood, Runs
from simulator.endings import REASONS, Endings
from simulator.habits import COUNTRIES, Sittings

_DETAILED_UNTIL = datetime(2023, 10, 1, tzinfo=UTC)
_PLATFORMS = ("android", "ios", "windows", "osx")
_DETAILED_PLATFORMS = (
    "Android OS 12 API 32 (Google, Pixel 5)",
    "iOS 15.4 (iPhone13,2)",
    "Windows 10 (10.0.19045; x64)",
    "OS X 12.6.0 [x86 8]",
)


def _pick(words: tuple[str, ...], numbers: Ints) -> pl.Series:
    return pl.Series(list(words)).gather(pl.Series(numbers))


def moments(ms: Ints, first_day: date) -> pl.Series:
    """UTC times that many ms after the first day began."""
    epoch_ms = int(datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC).timestamp()) * 1000
    return pl.Series((ms + epoch_ms) * 1000).cast(pl.Datetime("us", "UTC"))


def _platform(started_at: pl.Series, device: Ints) -> pl.Series:
    frame = pl.DataFrame(
        {"at": started_at, "old": _pick(_DETAILED_PLATFORMS, device), "new": _pick(_PLATFORMS, device)}
    )
    return frame.select(pl.when(pl.col("at") < _DETAILED_UNTIL).then("old").otherwise("new")).to_series()


def plays_frame(  # noqa: PLR0913
    catalogue: Catalogue,
    *,
    item: Ints,
    user: Ints,
    endings: Endings,
    started_at: pl.Series,
    ended_at: pl.Series,
) -> pl.DataFrame:
    """What was played, when, and how it went; one row a play."""
    first_user = int(user[0])
    users = pl.Series([f"listener-{number:06d}" for number in range(first_user, int(user[-1]) + 1)])
    items = catalogue.items[item]
    return pl.DataFrame(
        {
            "user_id": users.gather(pl.Series(user - first_user)),
            "play_no": np.arange(len(user)) - np.searchsorted(user, user),
            "kind": items["kind"],
            "track_uri": items["track_uri"],
            "track_name": items["track_name"],
            "artist_name": items["artist_name"],
            "album_name": items["album_name"],
            "started_at": started_at,
            "ended_at": ended_at,
            "ms_played": endings.ms_played,
            "duration_ms": items["duration_ms"],
            "reason_start": _pick(REASONS, endings.reason_start),
            "reason_end": _pick(REASONS, endings.reason_end),
            "is_skipped": endings.is_skipped,
        }
    )


def circumstances(runs: Runs, sittings: Sittings, started_at: pl.Series) -> pl.DataFrame:
    """Shuffle, connection, privacy, country and device; one row a play."""
    sitting = runs.sitting[runs.of_play]
    number = np.arange(len(sittings.user))
    user = sittings.user
    device = (share(user, (share(user, number, "phone") < 0.7).astype(np.int64), "device") * 4).astype(
        np.int64
    )
    is_shuffle = (runs.mood == Mood.FAVOURITES) & (
        share(runs.user, np.arange(len(runs.mood)), "shuffle") < 0.6
    )
    return pl.DataFrame(
        {
            "is_shuffle": is_shuffle[runs.of_play],
            "is_offline": sittings.is_offline[sitting],
            "is_incognito": (share(user, number, "incognito") < 0.02)[sitting],
            "country": _pick(COUNTRIES, sittings.country[sitting]),
            "platform": _platform(started_at, device[sitting]),
        }
    )
