"""A loop over ijson (the yajl2_c backend): a zip into Parquet with the columns of ``raw_plays``."""

from collections.abc import Callable, Iterator

import ijson.backends.yajl2_c as ijson

from benchmarks.work import records


def prepare(export: str, folder: str) -> Callable[[], dict[str, int]]:
    """Streams each file of the zip."""
    return lambda: {"rows": records.write(export, _records(export), folder)}


def _records(export: str) -> Iterator[tuple[str, int, records.Record]]:
    for archive, name in records.members(export):
        with archive.open(name) as stream:
            for row, record in enumerate(ijson.items(stream, "item", use_float=True, buf_size=1 << 20)):
                yield name, row, record
