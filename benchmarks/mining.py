"""Mining: hashes of one core and of two, beside the loops one would write with hashlib."""

from collections.abc import Iterator
from functools import partial

from benchmarks.figures import OURS, Row, Scale, rows
from benchmarks.inputs import Place
from benchmarks.measure import Sample, in_turns, work

TWO_CORES = f"{OURS}, a second core asked for"
LOOPS = {
    "hashlib loop, copy of the state": "copied",
    "hashlib loop, whole header": "whole",
    "hashlib loop, state of all but three digits": "suffixed",
}


def measured(scale: Scale, _: Place) -> Iterator[Row]:
    """A row for each way to try as many nonces."""
    tries = scale.mining_tries
    contenders = {
        OURS: partial(work, "mine_longplay", tries, 1),
        **{name: partial(work, "mine_hashlib", tries, how) for name, how in LOOPS.items()},
        TWO_CORES: partial(work, "mine_longplay", tries, 2),
    }
    samples = in_turns(contenders, scale.rounds)
    notes = {name: _rate(runs) for name, runs in samples.items()}
    yield from rows(f"{tries:,} hashes", samples, notes)


def _rate(runs: list[Sample]) -> str:
    """Of the fastest run: the others waited for somebody else."""
    fastest = max(run.told["tries"] / run.seconds for run in runs)
    return f"{fastest:,.0f} hashes a second"
