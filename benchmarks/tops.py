"""Raw to tops: raw rows of many listeners into plays, months, the catalogue and top lists."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from shutil import rmtree

from benchmarks.figures import OURS, Row, Scale, rows
from benchmarks.inputs import AS_OF, Place
from benchmarks.measure import Run, Sample, in_turns, work

DUCKDB = "DuckDB SQL"


def measured(scale: Scale, place: Place) -> Iterator[Row]:
    """Two rows for each size of history."""
    for listened, times in scale.lakes:
        plays, home = listened * times, place.home(listened, scale.plays_a_listener, times)
        ours = {OURS: partial(work, "tops_longplay", home, AS_OF)}
        if plays >= scale.alone_from:
            samples, compared = in_turns(ours, rounds=1), ""
        else:
            samples, compared = _against_duckdb(ours, home, place, scale.rounds_of(plays))
        yield from rows(f"{plays:,} plays", samples, {OURS: steps(samples[OURS]), DUCKDB: compared})


def _against_duckdb(
    ours: Mapping[str, Run], home: Path, place: Place, rounds: int
) -> tuple[dict[str, list[Sample]], str]:
    with place.scratch() as result:
        samples = in_turns({**ours, DUCKDB: partial(_duckdb, home, result)}, rounds)
        compared = work("compare_tops", home / "lake", result).told["rows_compared"]
    return samples, f"{compared:,} rows are the same"


def _duckdb(home: Path, result: Path) -> Sample:
    rmtree(result, ignore_errors=True)
    return work("tops_duckdb", home / "lake" / "raw_plays", AS_OF, result)


def steps(samples: list[Sample]) -> str:
    """How long each step took in the last run."""
    return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in samples[-1].told["steps"].items())
