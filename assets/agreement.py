"""Whether tables agree: each derived table keeps what its rows were made from, beside them in its log.

Between the commit of ``plays`` and that of ``play_months`` another run may publish. It would show
readers plays that no month counts; so publishing asks here first. The top lists are not asked: they
are as of a moment of their own, and may be made again for one listener only.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from assets.tables import (
    ALBUMS,
    ARTISTS,
    CLOCK_MONTHS,
    LAKE_TABLES,
    PLAY_MONTHS,
    PLAYS,
    TRACK_ALBUMS,
    TRACK_ALIASES,
    TRACK_FACTS,
    TRACK_MONTHS,
    TRACKS,
    Table,
)
from resources.lake import Lake

BY_MONTH: Mapping[str, Table] = MappingProxyType({PLAY_MONTHS.name: PLAYS, CLOCK_MONTHS.name: PLAYS})
"""Tables whose months are made from the same months of another."""
WHOLE: Mapping[str, Table] = MappingProxyType(
    {
        table.name: TRACK_MONTHS
        for table in (TRACKS, TRACK_ALBUMS, ALBUMS, ARTISTS, TRACK_ALIASES, TRACK_FACTS)
    }
)
"""Tables made from all of another."""


def sources(lake: Lake, table: Table, months: Sequence[str]) -> dict[str, int]:
    """What months of a table would be made from now: a fingerprint of the files, by their name.

    Read it before the rows: when a commit comes between, the table stands as made from the older files,
    and is made again.
    """
    if table.name not in BY_MONTH:
        return {}
    source = BY_MONTH[table.name]
    found = lake.fingerprints(lake.open(source))
    return {_name(table, source, month): found.get(month, 0) for month in months}


def sources_of_whole(lake: Lake, tables: Sequence[Table]) -> list[dict[str, int]]:
    """The same for each of some whole tables; what several are made from is looked at once."""
    read = {source.name: source for table in tables if (source := WHOLE.get(table.name))}
    held = {name: lake.fingerprint(lake.open(source)) for name, source in read.items()}
    named = [(table, WHOLE.get(table.name)) for table in tables]
    return [{_name(table, source): held[source.name]} if source else {} for table, source in named]


def apart(lake: Lake, versions: Mapping[str, int], agreed: Mapping[str, int] | None) -> dict[str, list[str]]:
    """Tables that were made from other rows than those their source holds, with the months concerned.

    Args:
        versions: which version of each table is meant.
        agreed: versions that agreed; only what is another now is looked at. Everything, when None.
    """
    found = {name: _stale_months(lake, name, versions, agreed or {}) for name in BY_MONTH}
    whole: dict[str, list[str]] = {name: [] for name in WHOLE if _is_stale(lake, name, versions)}
    return {name: months for name, months in found.items() if months} | whole


def months_apart(lake: Lake, agreed: Mapping[str, int] | None) -> list[str]:
    """Months to make again: another run is at them or was killed there, or a new version emptied a table."""
    versions = {name: lake.version(LAKE_TABLES[name]) for name in _concerned()}
    found = [*apart(lake, versions, agreed).values(), *(_emptied_months(lake, name) for name in BY_MONTH)]
    return sorted({month for months in found for month in months})


def _concerned() -> set[str]:
    return {*BY_MONTH, *WHOLE, *(source.name for source in (*BY_MONTH.values(), *WHOLE.values()))}


def _stale_months(lake: Lake, name: str, versions: Mapping[str, int], agreed: Mapping[str, int]) -> list[str]:
    table, source = LAKE_TABLES[name], BY_MONTH[name]
    if all(versions[each.name] == agreed.get(each.name) for each in (table, source)):
        return []
    held = lake.fingerprints(lake.open(source, versions[source.name]))
    before = _fingerprints_before(lake, source, agreed.get(source.name))
    changed = {month for month in held.keys() | before.keys() if held.get(month) != before.get(month)}
    made = lake.open(table, versions[name])
    left = lake.fingerprints(made).keys() - held.keys()  # the plays of a month may be gone altogether
    return _made_otherwise(lake, made, table, held, changed | left)


def _emptied_months(lake: Lake, name: str) -> list[str]:
    """Months of the source of which a table has nothing, and does not say that nothing is right."""
    table, source = LAKE_TABLES[name], BY_MONTH[name]
    held, made = lake.fingerprints(lake.open(source)), lake.open(table)
    return _made_otherwise(lake, made, table, held, held.keys() - lake.fingerprints(made).keys())


def _made_otherwise(
    lake: Lake, made: DeltaTable, table: Table, held: Mapping[str, int], months: Iterable[str]
) -> list[str]:
    source = BY_MONTH[table.name]
    return [
        month
        for month in sorted(months)
        if lake.noted(made, _name(table, source, month)) != held.get(month, 0)
    ]


def _fingerprints_before(lake: Lake, table: Table, version: int | None) -> dict[str, int]:
    """Of no month when no version is named, or its log is gone: then every month is looked at."""
    if version is None:
        return {}
    try:
        return lake.fingerprints(lake.open(table, version))
    except DeltaError:
        return {}


def _is_stale(lake: Lake, name: str, versions: Mapping[str, int]) -> bool:
    table, source = LAKE_TABLES[name], WHOLE[name]
    held = lake.fingerprint(lake.open(source, versions[source.name]))
    return lake.noted(lake.open(table, versions[name]), _name(table, source)) != held


def _name(table: Table, source: Table, month: str = "") -> str:
    """A table whose columns changed was emptied, and is made again."""
    return f"{source.name}/{month or 'all'}/{table.version}"
