"""``python -m benchmarks [NAME…] [--scale small|full]``: measures, and writes docs/benchmarks.md."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import command, datasets, day, feedback, imports, live, mining, report, tops
from benchmarks.figures import SCALES
from benchmarks.inputs import Place
from benchmarks.machine import described
from benchmarks.measure import REPOSITORY

MODULES = {
    "import": imports,
    "tops": tops,
    "day": day,
    "command": command,
    "live": live,
    "mining": mining,
    "feedback": feedback,
    "datasets": datasets,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the named benchmarks, all when none are named."""
    chosen = _parser().parse_args(arguments)
    if chosen.inputs is not None:
        chosen.inputs.mkdir(parents=True, exist_ok=True)
        _measure(chosen, chosen.inputs)
        return
    with TemporaryDirectory() as folder:
        _measure(chosen, Path(folder))


def _measure(chosen: argparse.Namespace, folder: Path) -> None:
    """Writes the page after each benchmark, so that a long run that is cut off keeps what it has."""
    scale, place = SCALES[chosen.scale], Place(folder)
    results_path, page_path = chosen.docs / "benchmarks.json", chosen.docs / "benchmarks.md"
    for name in chosen.names or list(MODULES):
        sys.stderr.write(f"{name} …\n")
        rows = list(MODULES[name].measured(scale, place))
        results = report.load(results_path) | {name: report.Result(described(), rows)}
        report.save(results_path, results)
        page_path.write_text(report.page(list(MODULES), results), encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *MODULES], help=", ".join(MODULES))
    parser.add_argument("--scale", default="small", choices=list(SCALES))
    parser.add_argument("--docs", type=Path, default=REPOSITORY / "docs", help="where the page goes")
    parser.add_argument("--inputs", type=Path, help="folder that keeps exports and lakes for the next run")
    return parser


if __name__ == "__main__":
    main()
