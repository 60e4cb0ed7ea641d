"""Which of a dataset's columns holds which field, whatever it is called."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from assets.datasets.headers import Header, header
from assets.datasets.nested import told as told_by

TEXTS: Final = ("title", "artist", "genre", "album", "mood")
NUMBERS: Final = ("duration", "year", "energy", "tempo")
IDS: Final = ("spotify_id", "isrc")
REQUIRED: Final = ("title", "artist", "genre", "duration")
OPTIONAL: Final = ("album", "year", "mood", "energy", "tempo")
_OBJECT: Final = 10_000
"""Added to the rank of a column of objects: what is in them is likelier."""


@dataclass(frozen=True)
class Columns:
    """A file's columns, in their order, and which of them holds each field.

    Args:
        of: the column of each field that is there, or the path to it inside of one, with dots.
        seconds_a_unit: what the length is to be multiplied with.
        energy_a_unit: the same for the energy; None where its numbers are of no one scale.
        paths: of each such path its keys, the first of which is the column.
        in_units: the fields whose columns say in which unit they are.
    """

    names: tuple[str, ...]
    of: Mapping[str, str] = field(default_factory=dict)
    seconds_a_unit: float = 1.0
    energy_a_unit: float | None = 1.0
    in_units: frozenset[str] = frozenset()
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def others(self) -> tuple[str, ...]:
        """The columns that hold no field Longplay knows."""
        taken = set(self.of.values())
        return tuple(name for name in self.names if name not in taken)

    @property
    def names_tracks(self) -> bool:
        """Whether there is anything a track can be told by."""
        return any(name in self.of for name in ("title", *IDS))


def columns(names: Sequence[str], nested: Iterable[tuple[str, ...]] = ()) -> Columns:
    """The fields of a file with columns of these names.

    Args:
        nested: members of the objects in them, see ``RawTable``.
    """
    paths = {".".join(path): path for path in nested}
    objects = {".".join(path[:depth]) for path in paths.values() for depth in range(1, len(path))}
    best: dict[str, tuple[int, Header, str]] = {}
    plain = [(name, header(name) or told_by(tuple(name.split(".")))) for name in names]
    for name, told in [*plain, *((name, told_by(path)) for name, path in paths.items())]:
        if told is None:
            continue
        rank = told.rank + (_OBJECT if name in objects else 0)
        if told.field not in best or rank < best[told.field][0]:
            best[told.field] = rank, told, name
    of = {known: best[known][2] for known in _in_order(best)}
    scale = {known: told.scale for known, (_, told, _) in best.items() if told.scale is not None}
    used = {name: paths[name] for name in of.values() if name in paths and name not in names}
    return Columns(
        tuple(names), of, scale.get("duration", 1.0), scale.get("energy", 1.0), frozenset(scale), used
    )


def _in_order(fields: Iterable[str]) -> list[str]:
    found = set(fields)
    return [known for known in (*TEXTS, *NUMBERS, *IDS) if known in found]


def count_known(names: Sequence[str]) -> int:
    """How many fields these names are those of: which separator a CSV has is told by it."""
    return len(columns(names).of)
