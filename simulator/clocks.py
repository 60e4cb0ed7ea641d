"""What Spotify recorded of each play's times: the stop, and its own clock of the start.

The same play is recorded the same way in every export of it, so nothing here depends on the export.
"""

from datetime import UTC, datetime

import polars as pl

from simulator.chance import play_share
from simulator.endings import EXITS
from simulator.quirks import Quirks

_SECONDS_SINCE = int(datetime(2018, 1, 1, tzinfo=UTC).timestamp())
_JITTER_MS = (-3000, 1000)
_NEAR_S = 31
_RECONNECT_MS, _LATE_MS = 12 * 3_600_000, 754_321
"""A device that plays nothing online still connects, some minutes past noon and midnight UTC."""


def _epoch_ms(column: str) -> pl.Expr:
    return pl.col(column).dt.epoch("ms")


def _later(when_ms: pl.Expr, quirks: Quirks) -> pl.Expr:
    """Whether that moment is a stop that could be recorded: after the true one, and not too late."""
    lag_ms = when_ms - _epoch_ms("ended_at")
    return ((lag_ms >= 0) & (lag_ms <= quirks.max_lag_hours * 3_600_000)).fill_null(value=False)


def _stops(quirks: Quirks) -> list[pl.Expr]:
    """stop_s as recorded, and whether it is another moment than the true one."""
    next_ms = _epoch_ms("started_at").shift(-1).over("user_id")
    online_ms = pl.when(~pl.col("is_offline")).then(_epoch_ms("started_at"))
    reconnects_ms = (_epoch_ms("ended_at") // _RECONNECT_MS + 1) * _RECONNECT_MS + _LATE_MS
    sync_ms = pl.min_horizontal(online_ms.backward_fill().over("user_id"), reconnects_ms)
    left = pl.col("reason_end").is_in(EXITS) & ~pl.col("is_offline")
    is_next = left & (pl.col("stop chance") < quirks.stop_at_next_start) & _later(next_ms, quirks)
    is_synced = pl.col("is_offline") & (pl.col("stop chance") < quirks.shared_sync) & _later(sync_ms, quirks)
    stop_ms = pl.when(is_next).then(next_ms).when(is_synced).then(sync_ms).otherwise(_epoch_ms("ended_at"))
    return [(stop_ms // 1000).alias("stop_s"), (is_next | is_synced).alias("is_stop_wrong")]


def _near_namesake() -> pl.Expr:
    """Whether an unknown start would make this row look like another play of the track by its stop."""
    group = ("user_id", "track_uri", "ms_played")
    stop_s = pl.col("stop_s")
    sorted_gaps = [(stop_s - stop_s.shift(step)).abs().over(group, order_by="stop_s") for step in (1, -1)]
    nearest_s = pl.min_horizontal(sorted_gaps)
    return (nearest_s <= _NEAR_S).fill_null(value=False)


def recorded_clocks(truth: pl.DataFrame, quirks: Quirks) -> pl.DataFrame:
    """``truth`` with what was recorded of its times.

    Adds stop_s (epoch seconds, what ``ts`` tells), is_stop_wrong, offline_timestamp (seconds,
    milliseconds, 0, 1 or null) and is_start_known. ``truth`` must hold all plays of its listeners,
    by listener and time.
    """
    draws = ("stop chance", "start chance", "jitter chance", "jitter", "junk", "unit")
    clocked = truth.with_columns(play_share(truth, draw) for draw in draws).with_columns(_stops(quirks))
    unknown = (pl.col("start chance") < quirks.unknown_start) & ~pl.col("is_stop_wrong") & ~_near_namesake()
    low_ms, high_ms = _JITTER_MS
    jitter_ms = (pl.col("jitter") * (high_ms - low_ms)).floor().cast(pl.Int64) + low_ms
    start_ms = _epoch_ms("started_at") + pl.when(pl.col("jitter chance") < quirks.start_jitter).then(
        jitter_ms
    ).otherwise(0)
    is_old = _epoch_ms("started_at") // 1000 < _SECONDS_SINCE
    in_ms = is_old & (pl.col("unit") < quirks.millisecond_starts)
    junk = pl.when(pl.col("junk") < 0.5).then(0).when(pl.col("junk") < 0.6).then(1)
    offline_timestamp = pl.when(unknown).then(junk).when(in_ms).then(start_ms).otherwise(start_ms // 1000)
    return clocked.with_columns(
        offline_timestamp.cast(pl.Int64).alias("offline_timestamp"), (~unknown).alias("is_start_known")
    ).drop(draws)
