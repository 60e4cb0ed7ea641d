"""What a benchmark gives: rows of a table, and what limits them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.measure import Sample, median_seconds

OURS = "Longplay"


@dataclass(frozen=True)
class Row:
    """One contender at one size.

    Args:
        seconds: the median of the runs.
        fastest_seconds, slowest_seconds: of the runs.
        peak_mb: the most of any run.
        times_as_fast: this contender's seconds over Longplay's; None for Longplay itself.
    """

    size: str
    contender: str
    seconds: float
    fastest_seconds: float
    slowest_seconds: float
    runs: int
    peak_mb: float
    times_as_fast: float | None
    note: str = ""


@dataclass(frozen=True)
class Scale:
    """How large and how often.

    Args:
        exports: that are imported: their plays, and how often their files stand in them.
        lakes: that top lists are made of, and one day is added to: their plays, and how often
            their listeners stand in them.
        command_plays: of the export that the command line imports.
        used_imports, used_years, used_plays: of the home in use that one play is added to.
        dataset_tracks: of the datasets that are read and scored.
        feedback_events: that are folded; at a request, those of ``feedback_since``.
        live_accounts, live_calls: that are followed, and the Spotify calls of a day there are for them.
        mining_tries: nonces that are tried.
        rounds: how often each contender runs; what is as large as ``once_from`` runs once,
            and as ``alone_from`` without the slow peers.
    """

    exports: Sequence[tuple[int, int]]
    lakes: Sequence[tuple[int, int]]
    command_plays: int
    rounds: int
    used_imports: int = 40
    used_years: int = 10
    used_plays: int = 20_000
    live_accounts: int = 200
    dataset_tracks: Sequence[int] = (1_000_000,)
    feedback_events: Sequence[int] = (100_000,)
    feedback_requests: int = 1_000
    feedback_since: int = 50
    live_calls: Sequence[int] = (10_000, 1_000)
    plays_a_listener: int = 20_000
    mining_tries: int = 10_000_000
    once_from: int = 9_000_000
    alone_from: int = 11_000_000

    def rounds_of(self, plays: int) -> int:
        """How often a contender runs at a size."""
        return 1 if plays >= self.once_from else self.rounds


SCALES: Mapping[str, Scale] = {
    "tiny": Scale(
        ((2_000, 1), (2_000, 2)),
        ((3_000, 1), (3_000, 2)),
        2_000,
        rounds=1,
        used_imports=2,
        used_years=1,
        used_plays=400,
        live_accounts=8,
        dataset_tracks=(2_000,),
        feedback_events=(2_000,),
        feedback_requests=20,
        feedback_since=5,
        live_calls=(1_000,),
        plays_a_listener=1_000,
        mining_tries=200_000,
    ),
    "small": Scale(((100_000, 1),), ((1_000_000, 1),), 300_000, rounds=3),
    "full": Scale(
        exports=((830_000, 1), (830_000, 15)),
        lakes=((1_000_000, 1), (10_000_000, 1), (100_000_000, 1), (100_000_000, 5)),
        command_plays=300_000,
        rounds=3,
    ),
}


def rows(size: str, samples: Mapping[str, Sequence[Sample]], notes: Mapping[str, str]) -> list[Row]:
    """A row for each contender, compared with Longplay in the same turns."""
    ours = median_seconds(samples[OURS])
    return [_row(size, name, runs, ours, notes.get(name, "")) for name, runs in samples.items()]


def _row(size: str, name: str, runs: Sequence[Sample], ours: float, note: str) -> Row:
    seconds = [run.seconds for run in runs]
    median = median_seconds(runs)
    return Row(
        size=size,
        contender=name,
        seconds=median,
        fastest_seconds=min(seconds),
        slowest_seconds=max(seconds),
        runs=len(runs),
        peak_mb=max(run.peak_mb for run in runs),
        times_as_fast=None if name == OURS else median / ours,
        note=note,
    )
