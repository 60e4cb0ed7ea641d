"""``longplay import`` as a person runs it: from the prompt to queryable top tables."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.figures import OURS, Row, Scale, rows
from benchmarks.inputs import Place
from benchmarks.measure import Sample, command, in_turns

_OTHER_LISTENER = "somebody-else"


def measured(scale: Scale, place: Place) -> Iterator[Row]:
    """A row for a fresh home, and one for a home in use."""
    export, _ = place.export(scale.command_plays)
    for label, is_fresh in (("a fresh home", True), ("an existing home", False)):
        run = partial(_import, place, export, is_fresh=is_fresh)
        size = f"{scale.command_plays:,} plays into {label}"
        yield from rows(size, in_turns({OURS: run}, scale.rounds), {})


def _import(place: Place, export: Path, *, is_fresh: bool) -> Sample:
    with place.scratch() as home:
        if not is_fresh:
            imported(home, export, _OTHER_LISTENER)
        return imported(home, export, "listener")


def imported(home: Path, export: Path, user: str) -> Sample:
    """The command's whole process."""
    program = Path(sys.executable).with_name("longplay")
    environment = {"LONGPLAY_HOME": str(home)}
    return command(program, "import", export, "--user", user, environment=environment)
