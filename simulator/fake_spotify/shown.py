"""What of the truth Spotify's API shows, when, and with which time."""

import zlib
from collections.abc import Iterator

import polars as pl

from simulator.chance import play_share, share
from simulator.fake_spotify.items import ShownPlay, Track, TruePlay

SHOWN_FROM_MS = 30_000
_RECONNECTS = pl.duration(hours=12)
_DEVICE_BLOCK_MS, _LEAST_LAG_MS, _MOST_LAG_MS = 3 * 3_600_000, 1_800_000, 12 * 3_600_000
_MOST_DELAY_MS = 20_000


def _milliseconds(ms: pl.Expr) -> pl.Expr:
    return pl.duration(milliseconds=ms.floor().cast(pl.Int64))


def _device_synced_at(truth: pl.DataFrame, seed: int, late_share: float) -> pl.Series:
    """When a device that was late for three hours tells of them all at once; null for all others."""
    block = truth["started_at"].dt.epoch("ms") // _DEVICE_BLOCK_MS
    user = pl.repeat(zlib.crc32(truth["user_id"][0].encode()), truth.height, dtype=pl.Int64, eager=True)
    draws = [
        pl.Series(name, share(user.to_numpy(), block.to_numpy(), f"{name} {seed}"))
        for name in ("late", "lag")
    ]
    lag_ms = pl.col("lag") * (_MOST_LAG_MS - _LEAST_LAG_MS) + _LEAST_LAG_MS
    synced_ms = ((block + 1) * _DEVICE_BLOCK_MS).alias("block_end_ms")
    at = pl.from_epoch(pl.col("block_end_ms") + lag_ms.floor().cast(pl.Int64), "ms").dt.replace_time_zone(
        "UTC"
    )
    is_late = pl.col("late") < late_share
    return pl.DataFrame([*draws, synced_ms]).select(pl.when(is_late).then(at).alias("synced_at")).to_series()


def _visible_from() -> pl.Expr:
    """Some seconds after the end; offline plays with the next online one, or twelve hours later."""
    ended_at = pl.col("ended_at")
    online_at = pl.when(~pl.col("is_offline")).then(pl.col("started_at")).backward_fill()
    reconnected_at = pl.when(pl.col("is_offline")).then(
        pl.min_horizontal(online_at, ended_at + _RECONNECTS).fill_null(ended_at + _RECONNECTS)
    )
    return pl.max_horizontal(ended_at, reconnected_at, "synced_at") + _milliseconds(
        pl.col("delay") * _MOST_DELAY_MS
    )


def _is_shown(partial_absent: float) -> pl.Expr:
    """Music that was heard in public for 30 s; of what was cut off before its end, some is missing."""
    is_partial = pl.col("ms_played") < pl.col("duration_ms")
    is_absent = is_partial & (pl.col("partial") < partial_absent)
    is_public_music = (pl.col("kind") == "music") & ~pl.col("is_incognito")
    return is_public_music & (pl.col("ms_played") >= SHOWN_FROM_MS) & ~is_absent


def _plays(rows: pl.DataFrame) -> Iterator[ShownPlay]:
    tracks: dict[str, Track] = {}
    for row in rows.iter_rows(named=True):
        uri = row["track_uri"]
        track = tracks.get(uri) or tracks.setdefault(uri, _track(row))
        true = TruePlay(*(row[name] for name in TruePlay.__dataclass_fields__))
        yield ShownPlay(track, row["played_at"], row["visible_from"], true)


def _track(row: dict[str, str]) -> Track:
    track_id = row["track_uri"].rpartition(":")[2]
    names = (row["track_name"], (row["artist_name"],), row["album_name"])
    return Track(track_id, *names, int(row["duration_ms"]))


def shown(
    truth: pl.DataFrame,
    seed: int,
    *,
    partial_absent: float = 0.5,
    started_share: float = 0.05,
    late_share: float = 0.04,
) -> list[ShownPlay]:
    """What the API will ever show of one listener's plays, by play_no.

    Args:
        truth: all plays of one listener, as ``simulate`` gives them.
        seed: draws, for each play by itself, how it is shown.
        partial_absent: share of the plays of 30 s and more that are missing because they were cut off.
        started_share: share whose ``played_at`` is the start; else it is the end. Whole milliseconds.
        late_share: share of the three-hour spans whose plays a device tells of 30 minutes to 12 hours
            after the span, all at once. Offline plays are late in their own way.

    Raises:
        ValueError: ``truth`` holds several listeners.
    """
    if truth.is_empty():
        return []
    if truth["user_id"].n_unique() > 1:
        raise ValueError("an account is one listener's: filter the truth by user_id")
    draws = [play_share(truth, f"{name} {seed}").alias(name) for name in ("partial", "start", "delay")]
    drawn = truth.with_columns(*draws, _device_synced_at(truth, seed, late_share))
    is_start = pl.col("start") < started_share
    timed = drawn.with_columns(
        pl.when(is_start).then("started_at").otherwise("ended_at").alias("played_at"),
        _visible_from().dt.cast_time_unit("us").alias("visible_from"),
    )
    return list(_plays(timed.filter(_is_shown(partial_absent))))
