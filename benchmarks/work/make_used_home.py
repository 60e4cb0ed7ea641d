"""Imports a listener's history in slices, one after the other: a home that was used for years."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.run import Runner
from resources.settings import Settings
from resources.world import World
from simulator import simulate, write_extended

_SEED = 19
LAST_DAY = date(2024, 12, 31)
"""Of the history."""
_A_YEAR = timedelta(days=365)


def prepare(home: str, imports: str, years: str, plays: str) -> Callable[[], dict[str, int]]:
    """Tells how many ``imports`` there are; PostgreSQL is left running."""
    world = World(Settings(home=Path(home)))
    first_day = LAST_DAY - int(years) * _A_YEAR
    truth = simulate(_SEED, plays=int(plays), first_day=first_day, last_day=LAST_DAY)
    runner = Runner(world)

    def job() -> dict[str, int]:
        days = int(years) * 365 // int(imports)
        with TemporaryDirectory() as folder:
            for number in range(int(imports)):
                export = Path(folder) / f"slice_{number}"
                begin = first_day + timedelta(days=number * days)
                end = begin + timedelta(days=days - 1)
                write_extended(truth, export, seed=_SEED, first=begin, last=end)
                months = runner.import_path(export, "listener", is_confirmed=True)["months"]
                runner.follow(months, ["listener"])
        return {"imports": len(world.operational.list_imports())}

    return job
