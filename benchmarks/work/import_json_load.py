"""json.load of whole files: a zip into Parquet with the columns of ``raw_plays``."""

import json
from collections.abc import Callable, Iterator

from benchmarks.work import records


def prepare(export: str, folder: str) -> Callable[[], dict[str, int]]:
    """Loads each file of the zip as a whole."""
    return lambda: {"rows": records.write(export, _records(export), folder)}


def _records(export: str) -> Iterator[tuple[str, int, records.Record]]:
    for archive, name in records.members(export):
        with archive.open(name) as stream:
            for row, record in enumerate(json.load(stream)):
                yield name, row, record
