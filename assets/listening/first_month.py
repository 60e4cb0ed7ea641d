"""Where a home's months begin: no table is asked for months before it, nor is one shown as missing."""

from collections.abc import Iterable

from deltalake.exceptions import DeltaError

from assets import store
from assets.listening import months as calendar
from assets.tables import LAKE_TABLES
from resources import first_month
from resources.lake import Lake
from resources.world import World


def of(world: World) -> str:
    """The first month of a home; the month that it is now where the home has no rows yet."""
    return first_month.read(world.settings.first_month) or _of_tables(world) or f"{world.clock():%Y-%m}"


def reach(world: World, months: Iterable[str]) -> bool:
    """Has a home begin with the first of some months, unless it begins earlier; whether that is news.

    Whoever brings rows says so before the rows are told of: a month that no table has is passed over.
    """
    place = world.settings.first_month
    known = first_month.read(place)
    found = [month for month in (known or _of_tables(world), *months) if month]
    if not found or min(found) == known:
        return False
    first_month.write_earlier(place, min(found))
    return True


def _of_tables(world: World) -> str | None:
    """Of a home as older versions left it: each table's log tells its months.

    From the first month that any row may have on where they cannot be asked: a store may be away.
    """
    try:
        return min(_months(world.lake), default=None)
    except (OSError, DeltaError):
        return calendar.FIRST


def _months(lake: Lake) -> Iterable[str]:
    for table in LAKE_TABLES.values():
        if table.is_monthly and lake.exists(table.name):
            yield from store.months_so_far(lake, table)
