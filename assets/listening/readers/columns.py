"""Columnar casts of what round trips do to values, and the reason a row is rejected for."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl

_FIRST_CLOCK = datetime(2002, 1, 1)  # noqa: DTZ001 - made UTC below; before any service that has exports
_EPOCH = pl.datetime(1970, 1, 1, time_zone="UTC")
LONGEST_MS = 24 * 3600 * 1000
_WHOLE_NUMBER = r"^\s*(-?\d{1,19})(?:\.0*)?\s*$"


@dataclass(frozen=True)
class Origin:
    """Where a member's rows come from, and the clock that says what lies in the future.

    Args:
        zone: the listener's, for clocks of devices that know none.
    """

    import_id: str
    user_id: str
    file: str
    is_video: bool
    now: datetime
    zone: str = "UTC"


def whole_number(column: str) -> pl.Expr:
    """Int64 of "5", "5.0" or 5; null of anything else."""
    return pl.col(column).str.extract(_WHOLE_NUMBER, 1).cast(pl.Int64, strict=False)


_YES = "true 1 1.0 yes wahr vrai verdadero verdadeiro vero waar prawda sant tosi doğru истина pravda igaz"
_NO = "false 0 0.0 no falsch faux falso onwaar fałsz falskt falsk epätosi yanlış ложь nepravda hamis"
"""Also as spreadsheets of other languages write them."""


def truth(column: str) -> pl.Expr:
    """Boolean of true/false, 1/0 and 1.0/0.0 as text, in many languages; null of anything else."""
    text = pl.col(column).str.strip_chars().str.to_lowercase()
    return pl.when(text.is_in(_YES.split())).then(True).when(text.is_in(_NO.split())).then(False)


def filled(column: str) -> pl.Expr:
    """The text, or null where it is empty."""
    return pl.when(pl.col(column) != "").then(pl.col(column))


def number_text(value: object) -> str | None:
    """A JSON value as the text Polars makes of it; objects, lists and NaN give null."""
    match value:
        case None | dict() | list():
            return None
        case float() if math.isnan(value):
            return None
        case bool():
            return "true" if value else "false"
        case float():
            return _plain(value) if math.isfinite(value) else str(value)
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case _:
            return str(value)


def _plain(value: float) -> str:
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")


def judged(frame: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """``frame`` with ``reason``: why a row is rejected, null where it is a play.

    Needs ``ended_at``, ``started_at``, ``ms_played``, ``track_uri``, ``track_name``, ``artist_name``,
    ``is_mistyped`` and ``clock_problem`` (null, or the reason there is no clock).
    """
    clock = pl.coalesce("ended_at", "started_at")
    first = pl.lit(_FIRST_CLOCK).dt.replace_time_zone("UTC")
    named = pl.any_horizontal(pl.col("track_uri", "track_name", "artist_name", "album_name").is_not_null())
    reason = (
        pl.when("is_mistyped")
        .then(pl.lit("wrong_type"))
        .when(pl.col("clock_problem").is_not_null())
        .then("clock_problem")
        .when((clock - _EPOCH).abs() < timedelta(days=1))  # a device without a clock starts there
        .then(pl.lit("no_time"))
        .when(clock < first)
        .then(pl.lit("before_2002"))
        .when(clock > now + timedelta(days=1))
        .then(pl.lit("in_the_future"))
        .when((pl.col("ms_played") < 0) | (pl.col("ms_played") > LONGEST_MS))
        .then(pl.lit("bad_duration"))
        .when(~named)
        .then(pl.lit("no_identity"))
    )
    return frame.with_columns(reason=reason, month=clock.dt.strftime("%Y-%m"))
