"""Results kept as JSON, and the page made of them and of the words in ``pages/``."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from benchmarks.figures import OURS, Row

_WORDS = Path(__file__).parent / "pages"
_TABLE_HEAD = """| size | who | seconds | peak memory | Longplay is … times as fast | |
|---|---|---|---|---|---|"""


class Result(msgspec.Struct):
    """One benchmark's figures, and the machine they were taken on."""

    machine: str
    rows: list[Row]


def load(path: Path) -> dict[str, Result]:
    """The results so far."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Result]) if path.exists() else {}


def save(path: Path, results: Mapping[str, Result]) -> None:
    """Replaces the results."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


def page(names: Sequence[str], results: Mapping[str, Result]) -> str:
    """The page, in Markdown; a benchmark that was never run is not on it."""
    told = [_words(name).replace("{figures}", _figures(results[name])) for name in names if name in results]
    return "\n".join([_words("head"), *told])


def _words(name: str) -> str:
    return (_WORDS / f"{name}.md").read_text(encoding="utf-8")


def _figures(result: Result) -> str:
    return "\n".join([_TABLE_HEAD, *map(_line, result.rows), "", f"Machine: {result.machine}."])


def _line(row: Row) -> str:
    name = f"**{OURS}**" if row.contender == OURS else row.contender
    spread = f"{row.fastest_seconds:.2f} to {row.slowest_seconds:.2f}, {row.runs} runs"
    seconds = f"{row.seconds:.2f} ({spread if row.runs > 1 else '1 run'})"
    times = "" if row.times_as_fast is None else f"{row.times_as_fast:.2f}"
    cells = (row.size, name, seconds, f"{row.peak_mb:,.0f} MB", times, row.note)
    return f"| {' | '.join(cells)} |"
