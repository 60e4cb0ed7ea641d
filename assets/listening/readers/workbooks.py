"""Spreadsheets (Deezer's export is one), read as tables of text."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import polars as pl

from assets.listening.readers.limits import UnreadableExport

_ODS = "content.xml"
_TIME_CELL = re.compile(rb"""office:(?:value-type=(["'])time\1|time-value=(["'])[^"'<>]*\2)""")
_TIMES = pl.col(pl.String).str.replace(r"^1899-12-3[01] (\d\d:\d\d:\d\d)", "$1")
"""A time without a day, or a length, is one of the first day that a spreadsheet knows."""


def sheets_as_csv(path: Path) -> Iterator[tuple[str, bytes]]:
    """The name of each sheet that holds anything, and its cells as CSV in UTF-8.

    Raises:
        UnreadableExport: it is no spreadsheet that can be read.
    """
    try:
        sheets = pl.read_excel(
            _with_times_as_text(path),
            sheet_id=0,
            engine="calamine",
            has_header=False,
            infer_schema_length=0,
            raise_if_empty=False,
        )
    except Exception as error:  # of several libraries, each with errors of its own; they may quote cells
        raise UnreadableExport(
            "cannot be read as a spreadsheet: save it again, or each sheet as CSV"
        ) from error
    for name, cells in sheets.items():
        if cells.height:
            yield name, cells.with_columns(_TIMES).write_csv(include_header=False).encode()


def _with_times_as_text(path: Path) -> Path | BytesIO:
    """The spreadsheet; of an .ods, cells of times as the text they show: they are read as empty else."""
    if not zipfile.is_zipfile(path):
        return path
    with zipfile.ZipFile(path) as packed:
        if _ODS not in packed.namelist():
            return path
        shown = BytesIO()
        with zipfile.ZipFile(shown, "w") as anew:
            for name in packed.namelist():
                content = packed.read(name)
                anew.writestr(name, _TIME_CELL.sub(_as_text, content) if name == _ODS else content)
    shown.seek(0)
    return shown


def _as_text(found: re.Match[bytes]) -> bytes:
    return b'office:value-type="string"' if found[1] else b""
