"""One more day of one listener's plays, on top of what a lake holds: the same tables made current again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from assets.tables import PLAYS, RAW_PLAYS
from benchmarks.stages import Stages
from resources.settings import Settings
from resources.world import World

_PLAYS_A_DAY = 40


def prepare(home: str, as_of: str, number: str) -> Callable[[], dict[str, object]]:
    """Adds ``_PLAYS_A_DAY`` rows, the ``number``-th such import; tells the seconds of each step."""
    world = World(Settings(home=Path(home)))
    moment = datetime.fromisoformat(as_of)
    day = _day(world, moment, int(number))
    ident, month = str(day["import_id"][0]), str(day["month"][0])
    now = datetime(2025, 1, 1, tzinfo=UTC)
    world.operational.start_import(
        import_id=ident, user_id=day["user_id"][0], file_name="day", sha256=ident, created_at=now
    )
    world.operational.update_import(
        ident, status="running", rows_read=day.height, rows_rejected=0, months=[month], last_played_at=moment
    )
    stages = Stages(world, moment)

    def job() -> dict[str, object]:
        staged = world.lake.stage(RAW_PLAYS, ident)
        staged.add(day)
        staged.commit()
        stages.make([month], [str(day["user_id"][0])])
        status = world.operational.get_import(ident)["status"]
        return {"steps": stages.seconds, "is_complete": status == "completed"}

    return job


def _day(world: World, as_of: datetime, number: int) -> pl.DataFrame:
    """Rows of the first listener's, played again on the day before ``as_of``."""
    some = world.lake.scan(RAW_PLAYS, months=[f"{as_of:%Y-%m}"])
    first = world.lake.scan(PLAYS, months=[f"{as_of:%Y-%m}"]).select(pl.col("user_id").min())
    rows = some.join(first, on="user_id").sort("ended_at", "file", "row").limit(_PLAYS_A_DAY).collect()
    began = (as_of - timedelta(days=1)).replace(hour=0, minute=0, second=0)
    minutes = pl.int_range(pl.len()) * 7 + number % 7
    stop = pl.lit(began).cast(RAW_PLAYS.schema["ended_at"]) + pl.duration(minutes=minutes)
    return rows.with_columns(
        import_id=pl.lit(f"day-{number}"),
        row=pl.int_range(pl.len(), dtype=pl.Int64),
        ended_at=stop,
        offline_timestamp=(stop.dt.epoch("s") - pl.col("ms_played") // 1000),
    )
