"""How good a dataset is: five scores from 0 to 1 and their weighted total.

The formulas are those of the design ("Datasets and their quality"). Everything is counted as whole
numbers first and summed in a fixed order, so that the same rows in any order give the same bits.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

from assets.datasets.columns import NUMBERS, OPTIONAL, REQUIRED

WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {"metadata": 0.30, "consistency": 0.25, "size": 0.20, "diversity": 0.15, "licence": 0.10}
)
REQUIRED_SHARE, OPTIONAL_SHARE = 0.7, 0.3
FULL_SIZE_DIGITS: Final = 5
_DECIMALS: Final = 9
_COLUMNS: Final[Mapping[str, str]] = MappingProxyType({"duration": "duration_s", "tempo": "tempo_bpm"})


@dataclass(frozen=True)
class Counts:
    """What is counted of a dataset's tracks.

    Args:
        tracks: how many there are, at least one.
        present: of each required and optional field, in how many tracks it says something.
        invalid: of each number, in how many tracks it is none.
        any_invalid: tracks with at least one of those.
        genres, artists: how many tracks each has, in ascending order.
        fields: of each of the dataset's own fields, in how many tracks it says something.
    """

    tracks: int
    present: Mapping[str, int]
    invalid: Mapping[str, int]
    any_invalid: int
    genres: Sequence[int]
    artists: Sequence[int]
    fields: Mapping[str, int]


@dataclass(frozen=True)
class Scores:
    """The five components, each from 0 to 1."""

    metadata: float
    consistency: float
    size: float
    diversity: float
    licence: float

    @property
    def total(self) -> float:
        """Their weighted sum."""
        return round(math.fsum(weight * getattr(self, name) for name, weight in WEIGHTS.items()), _DECIMALS)


def column(field: str) -> str:
    """The column of ``dataset_tracks`` that holds a field."""
    return _COLUMNS.get(field, field)


def is_present(field: str) -> pl.Expr:
    """Whether a track says something in a field: an invalid value is one, and so is 0."""
    known = pl.col(column(field)).is_not_null()
    return known | is_invalid(field) if field in NUMBERS else known


def is_invalid(field: str) -> pl.Expr:
    """Whether a number of a track is none."""
    return pl.col(f"invalid_{field}").is_not_null()


def count(tracks: pl.LazyFrame, fields: Mapping[str, int]) -> Counts:
    """Counts a dataset's tracks, as ``dataset_tracks`` holds them, in little memory."""
    whole = tracks.select(
        pl.len().alias("tracks"),
        pl.any_horizontal(map(is_invalid, NUMBERS)).sum().alias("any_invalid"),
        *(is_present(field).sum().alias(field) for field in (*REQUIRED, *OPTIONAL)),
        *(is_invalid(field).sum().alias(f"invalid_{field}") for field in NUMBERS),
    )
    # one after the other: together they would hold the rows they share in memory
    counted, genres, artists = (
        each.collect(engine="streaming")
        for each in (whole, _sizes(tracks, "genre"), _sizes(tracks, "artist"))
    )
    told = counted.row(0, named=True)
    return Counts(
        tracks=told["tracks"],
        present={field: told[field] for field in (*REQUIRED, *OPTIONAL)},
        invalid={field: told[f"invalid_{field}"] for field in NUMBERS},
        any_invalid=told["any_invalid"],
        genres=genres["len"].to_list(),
        artists=artists["len"].to_list(),
        fields=fields,
    )


def scores(counts: Counts, permissiveness: float) -> Scores:
    """The components; there must be a track."""
    return Scores(
        metadata=_rounded(_metadata(counts)),
        consistency=_rounded(0.5 * filled_share(counts) + 0.5 * (1 - counts.any_invalid / counts.tracks)),
        size=_rounded(min(1.0, math.log10(1 + counts.tracks) / FULL_SIZE_DIGITS)),
        diversity=_rounded((evenness(counts.genres) + evenness(counts.artists)) / 2),
        licence=permissiveness,
    )


def filled_share(counts: Counts) -> float:
    """The mean over tracks of the share of the dataset's fields that say something."""
    cells = counts.tracks * len(counts.fields)
    return sum(counts.fields.values()) / cells if cells else 0.0


def evenness(sizes: Sequence[int]) -> float:
    """Shannon entropy over the greatest it can be for so many values; 0 for one value or none."""
    if len(sizes) < 2:
        return 0.0
    total = sum(sizes)
    entropy = -math.fsum(size / total * math.log(size / total) for size in sizes)
    return min(1.0, entropy / math.log(len(sizes)))


def _metadata(counts: Counts) -> float:
    required, optional = (sum(counts.present[field] for field in fields) for fields in (REQUIRED, OPTIONAL))
    of_required = REQUIRED_SHARE * required / len(REQUIRED)
    return (of_required + OPTIONAL_SHARE * optional / len(OPTIONAL)) / counts.tracks


def _sizes(tracks: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """How many tracks each genre or artist has; spelt with other capitals it is the same one."""
    plain = tracks.select(pl.col(name).str.to_lowercase()).drop_nulls()
    return plain.group_by(name).len().select(pl.col("len").sort())


def _rounded(score: float) -> float:
    return round(score, _DECIMALS)
