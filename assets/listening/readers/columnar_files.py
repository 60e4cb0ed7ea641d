"""Parquet and Arrow files, as notebooks keep tables: read as lines of JSON."""

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

import polars as pl
from polars import selectors as cs
from polars.exceptions import PolarsError

from assets.listening.readers.limits import UnreadableExport

COLUMNAR: Mapping[bytes, Callable[[Path], pl.DataFrame]] = MappingProxyType(
    {b"PAR1": pl.read_parquet, b"ARRO": pl.read_ipc}
)
"""By the first bytes."""


def rows_as_json(path: Path, magic: bytes) -> bytes:
    """The rows of a Parquet or Arrow file, a line each; lengths of time as milliseconds, bytes left out.

    Raises:
        UnreadableExport: it is damaged.
    """
    try:
        rows = COLUMNAR[magic](path)
    except (PolarsError, OSError) as error:  # it may quote cells
        raise UnreadableExport("is damaged: save it again, or as CSV") from error
    plain = rows.select(~cs.binary()).with_columns(cs.duration().dt.total_milliseconds())
    lines = BytesIO()
    plain.write_ndjson(lines)
    return lines.getvalue()
