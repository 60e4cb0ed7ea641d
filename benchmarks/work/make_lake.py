"""Writes ``raw_plays`` of many listeners into a lake, an import each, with the copies exports hold."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from assets.tables import RAW_PLAYS
from resources.settings import Settings
from resources.world import World
from simulator import truth_frames

_SEED = 11
_PLAYS_A_FRAME = 2_000_000
_LONG_MS = 61_000
_SHARES = {"unknown start": 0.12, "repeated": 0.01, "same start": 0.004, "re-synced": 0.003}
"""As the simulator draws them for exports; drawn here without its slower checks, which no peer needs."""


def prepare(home: str, plays: str, plays_a_listener: str, times: str = "1") -> Callable[[], dict[str, int]]:
    """Tells ``rows`` (with the copies) and ``listeners``: each ``times`` over, by other names."""
    world = World(Settings(home=Path(home)))
    world.operational  # noqa: B018 - starts PostgreSQL
    listeners = max(1, int(plays) // int(plays_a_listener))

    def job() -> dict[str, int]:
        rows = _fill(world, listeners, int(plays), int(times))
        return {"rows": rows, "listeners": listeners * int(times)}

    return job


def import_id(user: pl.Expr) -> pl.Expr:
    """The import a listener's rows came with."""
    return pl.lit("import-of-") + user


def _fill(world: World, listeners: int, plays: int, times: int) -> int:
    staged = world.lake.stage(RAW_PLAYS, "benchmark")
    rows = 0
    for number, truth in enumerate(truth_frames(_SEED, listeners, plays, batch=_PLAYS_A_FRAME)):
        first = _raw(_with_copies(_recorded(truth, number), number), number)
        for raw in (_of_others(first, turn) for turn in range(times)):
            _start_imports(world, raw)
            for begin in range(0, raw.height, _PLAYS_A_FRAME):
                staged.add(raw[begin : begin + _PLAYS_A_FRAME])
            rows += raw.height
    staged.commit()
    return rows


def _of_others(raw: pl.DataFrame, turn: int) -> pl.DataFrame:
    """The same rows as other listeners', but for the first turn."""
    if turn == 0:
        return raw
    user = pl.format("{}-{}", pl.lit(turn), "user_id")
    return raw.with_columns(user_id=user, import_id=import_id(user))


def _start_imports(world: World, raw: pl.DataFrame) -> None:
    by_import = raw.group_by("import_id", "user_id").agg(pl.len(), pl.col("ended_at").max())
    now = datetime(2025, 1, 1, tzinfo=UTC)
    for ident, user, rows, last in by_import.iter_rows():
        world.operational.start_import(
            import_id=ident, user_id=user, file_name="export.zip", sha256=ident, created_at=now
        )
        world.operational.update_import(
            ident, status="running", rows_read=rows, rows_rejected=0, last_played_at=last
        )


def _draw(number: int, what: str, rows: int) -> pl.Series:
    seed = [_SEED, number, list(_SHARES).index(what)]
    return pl.Series(np.random.default_rng(seed).random(rows) < _SHARES[what])


def _recorded(truth: pl.DataFrame, number: int) -> pl.DataFrame:
    """Stops in whole seconds, and Spotify's own clock of the start where it has one."""
    is_unknown = _draw(number, "unknown start", truth.height)
    return truth.with_columns(
        pl.col("ended_at").dt.truncate("1s"),
        offline_timestamp=pl.when(~is_unknown).then(pl.col("started_at").dt.epoch("s")),
    )


def _with_copies(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    repeated = rows.filter(_draw(number, "repeated", rows.height))
    same_start = rows.filter(_draw(number, "same start", rows.height)).with_columns(
        pl.col("ended_at") + pl.duration(minutes=50), pl.col("ms_played") * 3 // 5
    )
    resynced = rows.filter(
        _draw(number, "re-synced", rows.height) & (pl.col("ms_played") >= _LONG_MS)
    ).with_columns(pl.col("ended_at") + pl.duration(seconds=10), offline_timestamp=None)
    return pl.concat([rows, repeated, same_start, resynced], how="vertical_relaxed")


def _raw(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    nothing = {
        name: pl.lit(None, dtype)
        for name, dtype in RAW_PLAYS.schema.items()
        if name in {"started_at", "duration_ms", "isrc", "recording_mbid", "client"}
    }
    return (
        rows.with_columns(import_id=import_id(pl.col("user_id")), **nothing)
        .with_row_index("row")
        .with_columns(
            pl.col("row").cast(pl.Int64),
            file=pl.lit(f"Streaming_History_Audio_{number}.json"),
            source=pl.lit("spotify_extended"),
            month=pl.col("ended_at").dt.strftime("%Y-%m"),
        )
        .select(RAW_PLAYS.schema.names())
    )
