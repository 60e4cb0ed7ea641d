"""What live sync would have stored of a simulated year, and of which true play each row tells."""

from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import polars as pl
from play_rows import imports_of

from assets.listening.resolve import Resolved, resolve
from assets.tables import RAW_PLAYS, UTC_MICROSECONDS

PAGE = 50
SHORTEST_MS = 30_000
PLACE = ("import_id", "file", "row")
Shown = tuple[datetime, int]
"""played_at and play_no."""
Told = tuple[datetime, int, int, datetime]
"""When it was polled, the place in the poll, play_no and played_at."""


@dataclass(frozen=True)
class Faults:
    """Shares in 0…1 of the plays that Spotify does not show at their end, at once and once."""

    at_start: float = 0.05
    off_by_a_minute: float = 0.05
    from_late_devices: float = 0.03
    told_again: float = 0.02


NO_FAULTS = Faults(0, 0, 0, 0)


@dataclass(frozen=True)
class Synced:
    """Rows of ``raw_plays``, and ``labels``: the ``play_no`` of each by its place."""

    rows: pl.DataFrame
    labels: pl.DataFrame = field(repr=False)

    @property
    def plays(self) -> set[int]:
        """The true plays that were seen."""
        return set(self.labels["play_no"])


def shown(truth: pl.DataFrame, seed: int, faults: Faults) -> pl.DataFrame:
    """The plays that Spotify shows, with ``played_at`` (whole ms) and ``seen_at``, from when it shows them.

    Music of 30 s or more outside private sessions.
    """
    plays = truth.filter(
        pl.col("kind") == "music", ~pl.col("is_incognito"), pl.col("ms_played") >= SHORTEST_MS
    )
    chance = np.random.default_rng(seed)
    at_start, off, late = (chance.random(plays.height) for _ in range(3))
    off_ms = np.where(off < faults.off_by_a_minute, chance.integers(-60_000, 60_001, plays.height), 0)
    late_ms = np.where(late < faults.from_late_devices, chance.integers(1, 9, plays.height) * 3_600_000, 0)
    clock = pl.when(pl.Series(at_start < faults.at_start)).then("started_at").otherwise("ended_at")
    drawn = plays.with_columns(pl.Series("off_ms", off_ms), pl.Series("late_ms", late_ms))
    told = drawn.with_columns(played_at=clock + pl.duration(milliseconds="off_ms"))
    visible = pl.max_horizontal("ended_at", "played_at") + pl.duration(milliseconds="late_ms")
    return told.with_columns(seen_at=visible)


def pages(seen: pl.DataFrame, every: timedelta) -> Iterator[tuple[datetime, list[Shown]]]:
    """Each poll that shows something new: when it was made, and the last 50 plays visible then."""
    coming = seen.select("seen_at", "played_at", "play_no").sort("seen_at", "play_no").rows()
    history: list[Shown] = []
    place = 0
    while place < len(coming):
        begins = coming[0][0]
        polled_at = begins + ((coming[place][0] - begins) // every + 1) * every
        while place < len(coming) and coming[place][0] <= polled_at:
            insort(history, coming[place][1:])
            place += 1
        yield polled_at, history[: -PAGE - 1 : -1]


def synced(
    truth: pl.DataFrame, seed: int, faults: Faults | None = None, every: timedelta = timedelta(minutes=20)
) -> Synced:
    """Polls every so often; each stores what the page before did not have, and now and then an item again."""
    faults = faults or Faults()
    seen = shown(truth, seed, faults)
    chance = np.random.default_rng([seed, 1])
    told: list[Told] = []
    before: set[Shown] = set()
    for polled_at, page in pages(seen, every):
        again = chance.random(len(page)) < faults.told_again
        told += [
            (polled_at, row, play_no, played_at)
            for row, (played_at, play_no) in enumerate(page)
            if (played_at, play_no) not in before or again[row]
        ]
        before = set(page)
    return _stored(told, seen)


def _stored(told: Sequence[Told], seen: pl.DataFrame) -> Synced:
    schema = {
        "polled_at": UTC_MICROSECONDS,
        "row": pl.Int64(),
        "play_no": pl.Int64(),
        "ended_at": UTC_MICROSECONDS,
    }
    names = seen.select("play_no", "track_uri", "track_name", "artist_name", "album_name", "duration_ms")
    polls = pl.DataFrame(told, schema=schema, orient="row").join(names, on="play_no", maintain_order="left")
    rows = polls.with_columns(
        import_id=pl.format("sync {}", pl.col("polled_at").dt.date()),
        file=pl.format("recently_played_{}", pl.col("polled_at").dt.epoch("s")),
        user_id=pl.lit("listener"),
        source=pl.lit("spotify_api"),
        kind=pl.lit("music"),
        month=pl.col("ended_at").dt.strftime("%Y-%m"),
        isrc=pl.format("ISRC{}", pl.col("track_uri").str.slice(14, 8)),
    )
    unknown = [pl.lit(None, dtype).alias(name) for name, dtype in RAW_PLAYS.schema.items()]
    whole = rows.with_columns(column for column in unknown if column.meta.output_name() not in rows.columns)
    typed = whole.select(pl.col(name).cast(dtype) for name, dtype in RAW_PLAYS.schema.items())
    return Synced(typed, rows.select(*PLACE, "play_no"))


@dataclass(frozen=True)
class Judged:
    """What rows became, held against the true play each of them tells of."""

    rows: pl.DataFrame
    labels: pl.DataFrame

    @cached_property
    def found(self) -> Resolved:
        """The rows resolved, all months at once."""
        return resolve(self.rows.lazy(), imports_of(self.rows), sorted(set(self.rows["month"])))

    @cached_property
    def plays(self) -> pl.DataFrame:
        """The plays, with their ``play_no``."""
        return self.found.plays.join(self.labels, on=PLACE, how="left", validate="1:1")

    @cached_property
    def duplicates(self) -> pl.DataFrame:
        """The duplicates with their ``play_no``, ``kept_no`` (that of the play they were given to) and source."""
        told = self.found.duplicate_rows.join(self.labels, on=PLACE, how="left", validate="1:1")
        sources = self.rows.select(*PLACE, "source")
        kept = self.plays.select("play_id", kept_no="play_no")
        return told.join(sources, on=PLACE).join(kept, on="play_id", how="left")

    @property
    def polled(self) -> pl.DataFrame:
        """The duplicates that sync brought."""
        return self.duplicates.filter(source="spotify_api")


def judged(*parts: tuple[pl.DataFrame, pl.DataFrame]) -> Judged:
    """Rows and labels from several places, together."""
    labels = [told.select(*PLACE, "play_no") for _, told in parts]
    return Judged(pl.concat([rows for rows, _ in parts]), pl.concat(labels))
