"""Import: a zip of extended history into the columns of ``raw_plays``."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.figures import OURS, Row, Scale, rows
from benchmarks.inputs import Place
from benchmarks.measure import Run, Sample, in_turns, work

DUCKDB = "DuckDB read_json (unpacked)"
_AT_ANY_SIZE = (OURS, DUCKDB)
"""The loops take as long a file at any size; the largest exports leave them out."""


def measured(scale: Scale, place: Place) -> Iterator[Row]:
    """A few rows for each size of export."""
    for plays, times in scale.exports:
        packed, unpacked = place.export(plays, times)
        contenders = _contenders(packed, unpacked, place)
        if plays * times >= scale.alone_from:
            contenders = {name: contenders[name] for name in _AT_ANY_SIZE}
        samples = in_turns(contenders, scale.rounds_of(plays * times))
        size_mb = sum(file.stat().st_size for file in unpacked.rglob("*.json")) / 1e6
        yield from rows(f"{size_mb:,.0f} MB of JSON, {samples[OURS][0].told['rows']:,} rows", samples, {})


def _contenders(packed: Path, unpacked: Path, place: Place) -> dict[str, Run]:
    def into_scratch(name: str, source: Path) -> Sample:
        with place.scratch() as result:
            return work(name, source, result)

    return {
        OURS: partial(into_scratch, "import_longplay", packed),
        "ijson loop": partial(into_scratch, "import_ijson", packed),
        "json.load loop": partial(into_scratch, "import_json_load", packed),
        DUCKDB: partial(into_scratch, "import_duckdb", unpacked),
    }
