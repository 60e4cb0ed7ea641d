"""Small worlds of raw rows, and the outcomes they are resolved to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from assets.listening.resolve import Resolved, resolve
from assets.tables import RAW_PLAYS

Row = dict[str, Any]
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
SONG, OTHER_SONG = "spotify:track:1cLGbR4XDrbU2AWdSsr4P0", "spotify:track:7ouMYWpwJ422jRcDASZB7P"
ARRIVAL = ("import_id", "file", "row")
_IMPORTS = {"import_id": pl.String(), "last_played_at": pl.Datetime("us", "UTC")}


def epoch_s(moment: datetime) -> int:
    return int(moment.timestamp())


def extended(stop: datetime = NOON, ms_played: int = 200_000, **changes: object) -> Row:
    """A row of the extended history; its start is unknown unless ``start`` tells it."""
    start = changes.pop("start", None)
    clock = round(start.timestamp() * 1000) if isinstance(start, datetime) else None
    row: Row = {
        "source": "spotify_extended",
        "ended_at": stop,
        "ms_played": ms_played,
        "offline_timestamp": clock,
        "track_uri": SONG,
        "track_name": "Song",
        "artist_name": "Artist",
        "album_name": "Album",
        "kind": "music",
    }
    return row | changes


def account(stop: datetime = NOON, ms_played: int = 200_000, **changes: object) -> Row:
    row = extended(stop.replace(second=0, microsecond=0), ms_played)
    return row | {"source": "spotify_account", "track_uri": None, "album_name": None} | changes


def listen(source: str, start: datetime, **changes: object) -> Row:
    """A row of a service that says when it started and, at most, how long the track is."""
    row = extended(NOON, 0)
    return (
        row | {"source": source, "ended_at": None, "started_at": start, "ms_played": None, "track_uri": None}
    ) | changes


def stopped(source: str, stop: datetime, **changes: object) -> Row:
    """A row of a service that says when it stopped."""
    return listen(source, stop) | {"started_at": None, "ended_at": stop} | changes


def raw(rows: Sequence[Row]) -> pl.DataFrame:
    """``raw_plays`` of these rows; each is its own place in its file unless it says otherwise."""
    placed: list[Row] = [
        {"user_id": "user", "import_id": "import", "file": "file", "row": number} | row
        for number, row in enumerate(rows)
    ]
    for row in placed:
        row["month"] = (row.get("ended_at") or row["started_at"]).strftime("%Y-%m")
    return pl.DataFrame(placed, schema=RAW_PLAYS.schema)


def imports_of(frame: pl.DataFrame) -> pl.LazyFrame:
    clock = pl.coalesce("ended_at", "started_at")
    ends = frame.lazy().group_by("import_id").agg(clock.max().alias("last_played_at"))
    return ends.cast(_IMPORTS)  # type: ignore[arg-type]


def resolved(rows: Sequence[Row] | pl.DataFrame, months: Iterable[str] | None = None) -> Resolved:
    frame = rows if isinstance(rows, pl.DataFrame) else raw(rows)
    wanted = frame["month"].unique().to_list() if months is None else list(months)
    return resolve(frame.lazy(), imports_of(frame), wanted)


@dataclass(frozen=True)
class Outcome:
    """The rows that are plays, and for every other row the row whose play it is, by place in the world."""

    plays: frozenset[int]
    duplicates: Mapping[int, int]


def outcome(rows: Sequence[Row]) -> Outcome:
    """What became of rows that are numbered by their place."""
    found = resolved(rows)
    of_play = dict(found.plays.select("play_id", "row").iter_rows())
    told = found.duplicate_rows.select("row", "play_id").iter_rows()
    return Outcome(frozenset(of_play.values()), {row: of_play[play] for row, play in told})


def plays(*rows: Row) -> int:
    """How many plays the rows are."""
    return resolved(rows).plays.height


def after(seconds: float, moment: datetime = NOON) -> datetime:
    return moment + timedelta(seconds=seconds)
