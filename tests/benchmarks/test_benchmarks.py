"""Every benchmark runs, and tells its figures on the page."""

from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.__main__ import MODULES, main
from benchmarks.figures import OURS, Row

SLOW = ("command", "day", "live", "tops")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in MODULES]
)
def test_a_benchmark_measures_every_contender_and_writes_its_table(name: str, tmp_path: Path) -> None:
    main([name, "--scale", "tiny", "--docs", str(tmp_path)])

    rows = report.load(tmp_path / "benchmarks.json")[name].rows
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")

    assert all(row.seconds > 0 and row.peak_mb > 10 for row in rows)
    assert OURS in {row.contender for row in rows}
    assert all(row.size in page and row.contender in page for row in rows)


def test_a_benchmark_that_is_run_again_leaves_the_others_figures_as_they_were(tmp_path: Path) -> None:
    row = Row("1 play", OURS, 1.0, 0.5, 2.0, 3, 100.0, None)
    path = tmp_path / "benchmarks.json"
    report.save(path, {"tops": report.Result("a machine", [row])})

    report.save(path, report.load(path) | {"day": report.Result("another machine", [row])})

    assert report.load(path)["tops"] == report.Result("a machine", [row])
