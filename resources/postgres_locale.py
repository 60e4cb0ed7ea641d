"""Homes that an older longplay made have the locale of who made them, which a machine may lose any day.

They are brought to PostgreSQL's own Unicode rules when their server is next started: while the lost
locale is stood in for by C.UTF-8, the databases are told, and their indexes are sorted anew.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

NEW_DATA: Final = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
"""Options of initdb: the same rules on every machine, whatever locales it has or loses."""

_SETTING: Final = re.compile(r"^(lc_(?:messages|monetary|numeric|time)\s*=\s*)'([^']*)'", re.MULTILINE)
_EVERYWHERE: Final = frozenset({"", "c", "posix", "c.utf-8", "c.utf8"})
_STAND_IN: Final = Path("/usr/lib/locale/C.utf8")
_FOLDER: Final = ".locales"

_TELL: Final = (
    "UPDATE pg_database SET datlocprovider = 'b', datlocale = 'C.UTF-8', datcollate = 'C', datctype = 'C', "
    "datcollversion = NULL WHERE datlocprovider = 'c' AND encoding = 6"  # UTF8
)
_SORT: Final = "REINDEX DATABASE"


def foreign(data: Path) -> list[str]:
    """Locales that the configuration of a data folder names and a machine may lack."""
    configuration = data / "postgresql.conf"
    if not configuration.exists():
        return []
    found = {name for _, name in _SETTING.findall(configuration.read_text(errors="surrogateescape"))}
    return sorted(name for name in found if name.casefold() not in _EVERYWHERE)


def stand_in(data: Path, names: Sequence[str]) -> dict[str, str]:
    """The environment in which those locales are there, where the system has C.UTF-8 as files."""
    if not names or not _STAND_IN.is_dir():
        return {}
    folder = data / _FOLDER
    folder.mkdir(exist_ok=True, mode=0o755)
    for name in names:
        link = folder / Path(name).name
        if not link.is_symlink():
            link.symlink_to(_STAND_IN)
    return {"LOCPATH": str(folder)}


def convert(data: Path, uri: str) -> None:
    """Tells the databases of a running server, sorts their indexes anew, then its configuration: once."""
    import psycopg2  # type: ignore[import-untyped] # noqa: PLC0415 - only old homes pay

    for statement in (_TELL, _SORT):  # each in a session of its own: a session keeps the rules it began with
        connection = psycopg2.connect(uri)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()
    configuration = data / "postgresql.conf"
    before = configuration.read_text(errors="surrogateescape")
    configuration.write_text(_SETTING.sub(r"\1'C'", before), errors="surrogateescape")
