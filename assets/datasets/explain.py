"""What cost a dataset points, in words and with examples of the rows."""

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from assets.datasets.columns import NUMBERS, OPTIONAL, REQUIRED
from assets.datasets.quality import (
    FULL_SIZE_DIGITS,
    OPTIONAL_SHARE,
    REQUIRED_SHARE,
    WEIGHTS,
    Counts,
    Scores,
    evenness,
    is_invalid,
    is_present,
)

EXAMPLES: Final = 3
Cost = tuple[float, str]
"""Points of the total, and what they were lost for."""
_LEAST_SHOWN: Final = 0.0005
_SHOWN_CHARACTERS: Final = 40
_INVALID: Final = "invalid "
_MIXED: Final = "mixed energy"
_ONE_SCALE: Final = ": write all of them from 0 to 1, or call the column energy_percent"
_DAY_S: Final = 86_400
_RANGES: Final[Mapping[str, str]] = {
    "duration": "a length above 0",
    "year": "a year",
    "energy": "a number from 0 to 1",
    "tempo": "a number above 0",
}


def explanation(tracks: pl.LazyFrame, counts: Counts, scored: Scores) -> list[str]:
    """A line for each cause that cost points of the total, the dearest first.

    Args:
        tracks: the dataset's rows in ``dataset_tracks``: looked at again for examples.
    """
    examples = _examples(tracks, counts)
    shown = (each for each in costs(counts, scored, examples) if each[0] >= _LEAST_SHOWN)
    dear = sorted(shown, key=lambda each: (-each[0], each[1]))
    return [*(f"−{cost:.3f} {said}" for cost, said in dear), *_unlikely(examples)]


def costs(counts: Counts, scored: Scores, examples: Mapping[str, str]) -> list[Cost]:
    """Everything that cost points: together 1 less the total.

    Args:
        examples: rows in which a field is missing or a value invalid, in words.
    """
    return [
        *_metadata(counts, examples),
        *_consistency(counts, examples),
        *_size(counts, scored),
        *_diversity(counts),
        *_licence(scored),
    ]


def _metadata(counts: Counts, examples: Mapping[str, str]) -> Iterator[Cost]:
    for fields, share in ((REQUIRED, REQUIRED_SHARE), (OPTIONAL, OPTIONAL_SHARE)):
        for field in fields:
            missing = 1 - counts.present[field] / counts.tracks
            said = f"metadata: {_share(missing)} of the tracks have no {field}"
            shown = examples.get(field, "") if field in REQUIRED else ""
            yield WEIGHTS["metadata"] * share * missing / len(fields), said + shown


def _consistency(counts: Counts, examples: Mapping[str, str]) -> Iterator[Cost]:
    weight = 0.5 * WEIGHTS["consistency"]
    for field, present in counts.fields.items():
        missing = 1 - present / counts.tracks
        said = f"consistency: the field “{_short(field)}” is empty in {_share(missing)} of the tracks"
        yield weight * missing / len(counts.fields), said
    invalid = [_of_field(field, counts, examples) for field in NUMBERS if counts.invalid[field]]
    bad = counts.any_invalid / counts.tracks
    yield (
        weight * bad,
        f"consistency: {_share(bad)} of the tracks have an invalid value: {'; '.join(invalid)}",
    )


def _of_field(field: str, counts: Counts, examples: Mapping[str, str]) -> str:
    said = f"{counts.invalid[field]:,} values of {field} are"
    if field == "energy" and _MIXED in examples:
        return f"{said} of more than one scale{examples[_MIXED]}{_ONE_SCALE}"
    return f"{said} not {_RANGES[field]}" + examples.get(_INVALID + field, "")


def _size(counts: Counts, scored: Scores) -> Iterator[Cost]:
    full = 10**FULL_SIZE_DIGITS - 1
    yield WEIGHTS["size"] * (1 - scored.size), f"size: {counts.tracks:,} tracks, where {full:,} score in full"


def _diversity(counts: Counts) -> Iterator[Cost]:
    for what, sizes in (("genre", counts.genres), ("artist", counts.artists)):
        cost = WEIGHTS["diversity"] * (1 - evenness(sizes)) / 2
        if len(sizes) > 1:
            said = f"{len(sizes):,} {what}s are unevenly spread: the largest has {sizes[-1]:,} tracks"
        else:
            said = f"there is one {what}" if sizes else f"there is no {what}"
        yield cost, f"diversity: {said}"


def _licence(scored: Scores) -> Iterator[Cost]:
    yield WEIGHTS["licence"] * (1 - scored.licence), f"licence: it permits {scored.licence:.1f} of everything"


def _unlikely(examples: Mapping[str, str]) -> list[str]:
    if "unlikely duration" not in examples:
        return []
    said = f"no cost: lengths of more than a day are not used{examples['unlikely duration']}; "
    return [said + "if they are milliseconds, call the column duration_ms"]


def _examples(tracks: pl.LazyFrame, counts: Counts) -> dict[str, str]:
    """The first rows in which a required field is missing, or a number is none."""
    wanted: dict[str, pl.LazyFrame] = {}
    for field in REQUIRED:
        if counts.present[field] < counts.tracks:
            wanted[field] = _first(tracks, ~is_present(field), pl.lit(None, dtype=pl.String()))
    for field in NUMBERS:
        if counts.invalid[field]:
            wanted[_INVALID + field] = _first(tracks, is_invalid(field), pl.col(f"invalid_{field}"))
    if counts.invalid["energy"]:
        wanted[_MIXED] = _of_both_scales(tracks)
    shown = pl.col("duration_s").cast(pl.String())
    wanted["unlikely duration"] = _first(tracks, pl.col("duration_s") > _DAY_S, shown)
    found = {name: each.collect(engine="streaming") for name, each in wanted.items()}
    return {name: _told(rows) for name, rows in found.items() if rows.height}


def _first(tracks: pl.LazyFrame, condition: pl.Expr, value: pl.Expr) -> pl.LazyFrame:
    return tracks.filter(condition).select("file", "row", value.alias("value")).head(EXAMPLES)


def _of_both_scales(tracks: pl.LazyFrame) -> pl.LazyFrame:
    """The first energy of 0 to 1 that was refused, and the first above; nothing where either is missing."""
    number = pl.col("value").str.replace(",", ".", literal=True).cast(pl.Float64(), strict=False)
    given = tracks.select("file", "row", value=pl.col("invalid_energy")).filter(number.is_between(0, 100))
    first = pl.col("file", "row", "value").first()
    parts = given.with_columns(is_share=number <= 1).group_by("is_share").agg(first)
    return parts.filter(pl.len() == 2).sort("is_share", descending=True).drop("is_share")


def _told(rows: pl.DataFrame) -> str:
    """Rows as people count them, from 1, without the header."""
    said = [
        f"row {row + 1:,} of {file}" + (f" says “{_short(value)}”" if value is not None else "")
        for file, row, value in rows.iter_rows()
    ]
    return f" ({', '.join(said)})"


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"


def _short(text: str) -> str:
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain if len(plain) <= _SHOWN_CHARACTERS else f"{plain[:_SHOWN_CHARACTERS]}…"
