"""Raw to tops: raw rows of many listeners into plays, months, the catalogue and top lists."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from shutil import rmtree

from benchmarks.figures import OURS, Row, Scale, rows
from benchmarks.inputs import AS_OF, Place
from benchmarks.measure import Sample, in_turns, work


def measured(scale: Scale, place: Place) -> Iterator[Row]:
    """Two rows for each size of history."""
    for plays in scale.lake_plays:
        home = place.home(plays, scale.plays_a_listener)
        with place.scratch() as result:
            contenders = {
                OURS: partial(work, "tops_longplay", home, AS_OF),
                "DuckDB SQL": partial(_duckdb, home, result),
            }
            samples = in_turns(contenders, scale.rounds_of(plays))
            compared = work("compare_tops", home / "lake", result).told["rows_compared"]
        note = f"{compared:,} rows are the same"
        yield from rows(f"{plays:,} plays", samples, {OURS: steps(samples[OURS]), "DuckDB SQL": note})


def _duckdb(home: Path, result: Path) -> Sample:
    rmtree(result, ignore_errors=True)
    return work("tops_duckdb", home / "lake" / "raw_plays", AS_OF, result)


def steps(samples: list[Sample]) -> str:
    """How long each step took in the last run."""
    return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in samples[-1].told["steps"].items())
