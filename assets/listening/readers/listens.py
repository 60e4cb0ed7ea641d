"""What the smaller JSON formats share: records of nested objects, mapped one by one to a `Listen`."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime

import polars as pl

from assets.listening.readers.columns import Origin, judged, number_text
from assets.listening.readers.scan import Record
from assets.tables import RAW_PLAYS, UTC_MICROSECONDS

NO_PLAY = "no_play"
"""The reason for what is told beside plays: likes, for example."""
_LONG = 10_000
"""Seconds that no song lasts, but milliseconds that each does."""
_LAST_SECOND = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Listen:
    """One listen as a service tells of it; the clock is epoch seconds, its problem a reject reason."""

    clock_s: float | None
    clock_problem: str | None
    track_name: str | None
    artist_name: str | None
    album_name: str | None = None
    is_stop: bool = False
    is_mistyped: bool = False
    ms_played: int | None = None
    duration_ms: int | None = None
    track_uri: str | None = None
    isrc: str | None = None
    recording_mbid: str | None = None
    client: str | None = None
    is_skipped: bool | None = None
    reason_end: str | None = None


LISTEN_COLUMNS: dict[str, pl.DataType] = {
    **{field.name: RAW_PLAYS.schema.get(field.name, pl.String()) for field in fields(Listen)},
    "clock_s": pl.Float64(),
    "is_stop": pl.Boolean(),
    "is_mistyped": pl.Boolean(),
}
"""A frame of listens: a column a field."""


def listens_frame(listens: Sequence[Listen]) -> pl.DataFrame:
    """One row a listen."""
    return pl.DataFrame(
        {
            name: pl.Series(name, [getattr(each, name) for each in listens], dtype)
            for name, dtype in LISTEN_COLUMNS.items()
        }
    )


def listen_rows(frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    """RAW_PLAYS columns but the row's identity, and ``reason``."""
    clock = pl.from_epoch((pl.col("clock_s") * 1_000_000).round().cast(pl.Int64), "us").dt.replace_time_zone(
        "UTC"
    )
    unknown = {
        name: pl.lit(None, dtype)
        for name, dtype in RAW_PLAYS.schema.items()
        if name not in frame.columns
        and (name.startswith(("is_", "reason_")) or name in {"offline_timestamp", "country", "platform"})
    }
    rows = frame.with_columns(
        ended_at=pl.when("is_stop").then(clock).cast(UTC_MICROSECONDS),
        started_at=pl.when(~pl.col("is_stop")).then(clock).cast(UTC_MICROSECONDS),
        kind=pl.lit("video" if origin.is_video else "music"),
        **unknown,
    )
    return judged(rows, origin.now)


@dataclass(frozen=True)
class ListenFormat:
    """A format whose records become a `Listen` each.

    Args:
        listen: from a record; it must not raise, whatever the types inside.
    """

    name: str
    key: str
    noise: re.Pattern[bytes]
    is_record: Callable[[Record], bool]
    listen: Callable[[Record], Listen]
    is_columnar: bool = False

    def from_lines(self, lines: bytes, count: int) -> pl.DataFrame | None:  # noqa: ARG002 - never columnar
        """None: these records are read one by one."""
        return None

    def from_records(self, records: Sequence[Record]) -> pl.DataFrame:
        """One row a record."""
        return listens_frame([self.listen(record) for record in records])

    def rows(self, frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
        """RAW_PLAYS columns but the row's identity, and ``reason``."""
        return listen_rows(frame, origin)


def text(value: object) -> str | None:
    """A name as text, also where a round trip made it a number; null when empty, nested or missing."""
    return number_text(value) or None


def nested(value: object) -> Record:
    """The object, or an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def first_text(value: object) -> str | None:
    """The text, or the first of a list of texts."""
    return text(value[0] if isinstance(value, list) and value else value)


def number(value: object) -> float | None:
    """A finite number, also as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def milliseconds(value: object, scale: float = 1) -> int | None:
    """A whole number of ms; null when it is no number, beyond Int64 or not positive."""
    found = number(value)
    return None if found is None or not 0 < found * scale < 2**53 else round(found * scale)


def seconds_ms(value: object) -> int | None:
    """Milliseconds of a length that should be in seconds, where some write milliseconds."""
    found = milliseconds(value, 1_000)
    return found if found is None or found < _LONG * 1_000 else milliseconds(value)


def epoch(value: object, missing: str = "no_time") -> tuple[float | None, str | None]:
    """Epoch seconds (also given in ms, µs or ns) and the reason there are none."""
    if value is None or value == "":
        return None, missing
    found = number(value)
    if found is None:
        return None, "bad_time"
    seconds = found / 1000 ** sum(found > limit for limit in (1e11, 1e14, 1e17))
    return max(min(seconds, _LAST_SECOND), -_LAST_SECOND), None
