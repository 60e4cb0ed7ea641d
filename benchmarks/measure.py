"""Contenders run in turns, each in a process of its own: seconds of work and peak memory."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

REPOSITORY = Path(__file__).resolve().parents[1]


class WorkFailedError(Exception):
    """A contender's process did not succeed."""


@dataclass(frozen=True)
class Sample:
    """One run.

    Args:
        seconds: of the work, start-up aside; of the whole command where a command is measured.
        peak_mb: the most memory the process held (``ru_maxrss``), start-up included.
        processor_seconds: of the whole process and those it waited for, start-up included.
        told: whatever else the work said of itself.
    """

    seconds: float
    peak_mb: float
    told: Mapping[str, Any] = field(default_factory=dict)
    processor_seconds: float = 0.0


Run = Callable[[], Sample]


def work(name: str, *arguments: object) -> Sample:
    """Runs ``benchmarks.work.<name>`` in a process of its own; it times itself."""
    command = [sys.executable, "-m", "benchmarks.work", name, *map(str, arguments)]
    sample, said = _measured(command, os.environ)
    told = json.loads(said.splitlines()[-1])
    return Sample(told.pop("seconds"), sample.peak_mb, told, sample.processor_seconds)


def command(*arguments: object, environment: Mapping[str, str]) -> Sample:
    """Runs a command, timed from start to exit."""
    return _measured([str(argument) for argument in arguments], {**os.environ, **environment})[0]


def in_turns(contenders: Mapping[str, Run], rounds: int) -> dict[str, list[Sample]]:
    """Every contender once, then every one again: a slow minute of the machine falls on all."""
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            samples[name].append(run())
    return samples


def median_seconds(samples: Sequence[Sample]) -> float:
    """The median of the runs' seconds."""
    return statistics.median(sample.seconds for sample in samples)


def _measured(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[Sample, str]:
    with TemporaryFile("w+") as said, TemporaryFile("w+") as complaints:
        began = time.perf_counter()
        process = subprocess.Popen(
            arguments, stdout=said, stderr=complaints, cwd=REPOSITORY, env=dict(environment)
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said_last = (_text(complaints) or _text(said))[-2000:]
            raise WorkFailedError(f"{arguments[1:]} ended with {process.returncode}:\n{said_last}")
        used = usage.ru_utime + usage.ru_stime
        return Sample(seconds, usage.ru_maxrss * _MAXRSS_BYTES / 1e6, {}, used), _text(said)


_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


def _text(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read()
