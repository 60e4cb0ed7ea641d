"""Did you mean …? For names of tables and settings that are not there."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

_MISSING: Final = re.compile(r"Table with name (.+?) does not exist")
_ALIKE: Final = 70.0
"""Of 100: half of a longer name is enough, a word in common is not."""
_MOST: Final = 3


class UnknownTableError(LookupError):
    """A table that is not there; the message names those that are nearest."""


def near(name: str, known: Iterable[str]) -> Sequence[str]:
    """At most three known names that look like it, the most alike first."""
    from rapidfuzz import fuzz, process, utils  # noqa: PLC0415 - for a mistake only

    found = process.extract(
        name,
        sorted(known),
        scorer=fuzz.WRatio,
        processor=utils.default_process,
        limit=_MOST,
        score_cutoff=_ALIKE,
    )
    return [each for each, _, _ in found]


def unknown_table(name: str, known: Iterable[str]) -> UnknownTableError:
    """What to say of a table that is not there."""
    alike = near(name, known)
    hint = f"did you mean {' or '.join(alike)}?" if alike else '`longplay sql "SHOW TABLES"` lists them.'
    return UnknownTableError(f"There is no table {name}: {hint}")


def missing_table(message: str) -> str | None:
    """The table that DuckDB says is missing; None where its error says something else."""
    found = _MISSING.search(message)
    return found[1] if found else None
