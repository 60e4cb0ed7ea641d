"""Which of a dataset's columns holds which field, whatever it is called."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from assets.datasets.headers import Header, header

TEXTS: Final = ("title", "artist", "genre", "album", "mood")
NUMBERS: Final = ("duration", "year", "energy", "tempo")
IDS: Final = ("spotify_id", "isrc")
REQUIRED: Final = ("title", "artist", "genre", "duration")
OPTIONAL: Final = ("album", "year", "mood", "energy", "tempo")


@dataclass(frozen=True)
class Columns:
    """A file's columns, in their order, and which of them holds each field.

    Args:
        of: the column of each field that is there.
        seconds_a_unit: what the length is to be multiplied with.
        energy_a_unit: the same for the energy; None where its numbers are of no one scale.
        in_units: the fields whose columns say in which unit they are.
    """

    names: tuple[str, ...]
    of: Mapping[str, str] = field(default_factory=dict)
    seconds_a_unit: float = 1.0
    energy_a_unit: float | None = 1.0
    in_units: frozenset[str] = frozenset()

    @property
    def others(self) -> tuple[str, ...]:
        """The columns that hold no field Longplay knows."""
        taken = set(self.of.values())
        return tuple(name for name in self.names if name not in taken)

    @property
    def names_tracks(self) -> bool:
        """Whether there is anything a track can be told by."""
        return any(name in self.of for name in ("title", *IDS))


def columns(names: Sequence[str]) -> Columns:
    """The fields of a file with columns of these names."""
    best: dict[str, tuple[Header, str]] = {}
    for name in names:
        told = header(name)
        if told is not None and (told.field not in best or told.rank < best[told.field][0].rank):
            best[told.field] = told, name
    of = {known: best[known][1] for known in _in_order(best)}
    scale = {known: told.scale for known, (told, _) in best.items() if told.scale is not None}
    in_units = frozenset(scale)
    return Columns(tuple(names), of, scale.get("duration", 1.0), scale.get("energy", 1.0), in_units)


def _in_order(fields: Iterable[str]) -> list[str]:
    found = set(fields)
    return [known for known in (*TEXTS, *NUMBERS, *IDS) if known in found]


def count_known(names: Sequence[str]) -> int:
    """How many fields these names are those of: which separator a CSV has is told by it."""
    return len(columns(names).of)
