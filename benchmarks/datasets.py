"""A dataset of a million tracks: read, and scored."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.figures import OURS, Row, Scale, rows
from benchmarks.inputs import Place
from benchmarks.measure import Run, Sample, in_turns, work
from benchmarks.tops import steps

LOOP, DUCKDB = "row by row, csv", "DuckDB SQL"


class ScoresDifferError(Exception):
    """Two contenders score the same dataset differently."""


def measured(scale: Scale, place: Place) -> Iterator[Row]:
    """Three rows for each size."""
    for tracks in scale.dataset_tracks:
        path = _dataset(place, tracks)
        contenders: dict[str, Run] = {
            OURS: partial(_longplay, place, path),
            LOOP: partial(work, "score_rows", path),
            DUCKDB: partial(work, "score_duckdb", path),
        }
        samples = in_turns(contenders, scale.rounds)
        notes = {OURS: steps(samples[OURS]), LOOP: _compared(samples), DUCKDB: "scores only, stores nothing"}
        yield from rows(f"{tracks:,} tracks", samples, notes)


def _dataset(place: Place, tracks: int) -> Path:
    folder = place.folder / f"dataset_{tracks}"
    if not folder.exists():
        work("make_dataset", tracks, folder)
    return folder / "tracks.csv"


def _longplay(place: Place, path: Path) -> Sample:
    with place.scratch() as home:
        return work("score_longplay", home, path)


def _compared(samples: Mapping[str, Sequence[Sample]]) -> str:
    """Every contender's scores are the same; raises ``ScoresDifferError`` where they are not."""
    ours, *others = (runs[-1].told["scores"] for runs in samples.values())
    for other in others:
        if not all(math.isclose(ours[name], other[name], abs_tol=1e-6) for name in ours):
            raise ScoresDifferError(f"{ours} and {other}")
    return f"the five scores are the same, {ours['total']:.6f} in all; stores nothing"
