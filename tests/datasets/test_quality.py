"""Scores are those of the design, applied row by row, whatever the order of the rows."""

import math
from collections import Counter
from typing import Any

import pytest
from dataset_worlds import Row, dataset_tracks
from hypothesis import given
from hypothesis import strategies as st

from assets.datasets import quality
from assets.datasets.columns import NUMBERS, OPTIONAL, REQUIRED
from assets.datasets.explain import costs, explanation
from assets.datasets.quality import Counts, Scores
from assets.datasets.scoring import scored

FULL = {
    "title": "A",
    "artist": "Ana",
    "genre": "dub",
    "duration_s": 200.0,
    "album": "I",
    "year": 1999,
    "mood": "calm",
    "energy": 0.0,
    "tempo_bpm": 120.0,
}
OURS = {"duration": "duration_s", "tempo": "tempo_bpm"}


def fields(rows: list[Row]) -> dict[str, int]:
    """How many rows say something in each field, as if each were a column of the file."""
    names = (*REQUIRED, *OPTIONAL)
    return {name: sum(says(row, name) for row in rows) for name in names}


def says(row: Row, field: str) -> bool:
    return row.get(OURS.get(field, field)) is not None or row.get(f"invalid_{field}") is not None


def scores(rows: list[Row], permits: float = 1.0) -> Scores:
    return quality.scores(quality.count(dataset_tracks(rows), fields(rows)), permits)


def test_a_full_track_has_all_metadata_though_a_value_is_0() -> None:
    found = scores([FULL])
    assert (found.metadata, found.consistency) == (1.0, 1.0)


@pytest.mark.parametrize("field", REQUIRED)
def test_a_required_field_is_a_quarter_of_seven_tenths(field: str) -> None:
    assert scores([FULL | {OURS.get(field, field): None}]).metadata == pytest.approx(1 - 0.7 / 4)


@pytest.mark.parametrize("field", OPTIONAL)
def test_an_optional_field_is_a_fifth_of_three_tenths(field: str) -> None:
    assert scores([FULL | {OURS.get(field, field): None}]).metadata == pytest.approx(1 - 0.3 / 5)


def test_an_invalid_value_is_there_but_costs_consistency() -> None:
    bad = FULL | {"energy": None, "invalid_energy": "7"}
    found = scores([FULL, FULL, FULL, bad])
    assert found.metadata == 1.0
    assert found.consistency == pytest.approx(0.5 + 0.5 * 3 / 4)


def test_two_invalid_values_of_a_track_cost_it_once() -> None:
    bad = FULL | {"energy": None, "invalid_energy": "7", "year": None, "invalid_year": "x"}
    assert scores([FULL, bad]).consistency == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("tracks", "size"), [(1, math.log10(2) / 5), (99, 0.4), (9_999, 0.8), (99_999, 1.0), (10_000_000, 1.0)]
)
def test_size_is_logarithmic_and_full_at_99_999_tracks(tracks: int, size: float) -> None:
    nothing = dict.fromkeys((*REQUIRED, *OPTIONAL), 0)
    counts = Counts(tracks, nothing, dict.fromkeys(NUMBERS, 0), 0, [], [], {})
    assert quality.scores(counts, 1.0).size == pytest.approx(size)


@pytest.mark.parametrize(
    ("sizes", "expected"), [([], 0), ([9], 0), ([1, 1], 1), ([5, 5, 5], 1), ([1, 3], 0.811278124)]
)
def test_evenness_is_normalised_shannon_entropy(sizes: list[int], expected: float) -> None:
    assert quality.evenness(sizes) == pytest.approx(expected)


def test_capitals_make_no_genre_of_its_own() -> None:
    rows = [FULL | {"genre": genre} for genre in ("dub", "Dub", "DUB")]
    assert scores(rows).diversity == 0


def test_the_total_is_the_weighted_sum() -> None:
    assert Scores(1, 1, 1, 1, 1).total == 1
    assert Scores(0.5, 0, 0, 0, 0).total == 0.15
    assert Scores(0, 1, 0.5, 0, 0.9).total == pytest.approx(0.25 + 0.1 + 0.09)


TEXT = st.none() | st.sampled_from(("a", "b", "B", "c"))
TRACKS = st.lists(
    st.fixed_dictionaries(
        {
            "title": TEXT,
            "artist": TEXT,
            "genre": TEXT,
            "album": TEXT,
            "mood": TEXT,
            "duration_s": st.none() | st.just(9.0),
            "year": st.none() | st.just(1999),
            "energy": st.none() | st.just(0.0),
            "tempo_bpm": st.none() | st.just(99.0),
        }
    ).flatmap(
        lambda row: st.fixed_dictionaries(
            {
                f"invalid_{name}": st.none() | st.just("bad")
                for name in NUMBERS
                if row[OURS.get(name, name)] is None
            }
        ).map(lambda bad: row | bad)
    ),
    min_size=1,
    max_size=12,
)


def one_by_one(rows: list[Row], permits: float) -> dict[str, float]:
    """The design's formulas, a row at a time."""
    own = (*REQUIRED, *OPTIONAL)
    metadata = filled = bad = 0.0
    for row in rows:
        metadata += 0.7 * sum(says(row, name) for name in REQUIRED) / len(REQUIRED)
        metadata += 0.3 * sum(says(row, name) for name in OPTIONAL) / len(OPTIONAL)
        filled += sum(says(row, name) for name in own) / len(own)
        bad += any(row.get(f"invalid_{name}") for name in NUMBERS)
    return {
        "metadata": metadata / len(rows),
        "consistency": 0.5 * filled / len(rows) + 0.5 * (1 - bad / len(rows)),
        "size": min(1, math.log10(1 + len(rows)) / 5),
        "diversity": (entropy(rows, "genre") + entropy(rows, "artist")) / 2,
        "licence": permits,
    }


def entropy(rows: list[Row], name: str) -> float:
    counts = Counter(row[name].lower() for row in rows if row[name] is not None)
    if len(counts) < 2:
        return 0
    total = sum(counts.values())
    return -sum(size / total * math.log(size / total) for size in counts.values()) / math.log(len(counts))


@given(TRACKS, st.sampled_from((0.3, 0.9, 1.0)))
def test_counted_at_once_is_as_good_as_row_by_row(rows: list[Row], permits: float) -> None:
    found, wanted = scores(rows, permits), one_by_one(rows, permits)
    for name, value in wanted.items():
        assert getattr(found, name) == pytest.approx(value, abs=1e-8)
        assert 0 <= getattr(found, name) <= 1
    assert 0 <= found.total <= 1


@given(TRACKS, st.randoms())
def test_the_order_of_the_rows_changes_no_bit(rows: list[Row], random: Any) -> None:  # noqa: ANN401
    shuffled = random.sample(rows, len(rows))
    assert scores(shuffled) == scores(rows)


# What cost points


@given(TRACKS, st.sampled_from((0.3, 1.0)))
def test_what_is_told_to_cost_points_adds_up_to_what_is_missing(rows: list[Row], permits: float) -> None:
    counts = quality.count(dataset_tracks(rows), fields(rows))
    found = quality.scores(counts, permits)
    assert sum(cost for cost, _ in costs(counts, found, {})) == pytest.approx(1 - found.total, abs=1e-6)


def test_causes_are_told_dearest_first_with_the_rows_they_are_seen_in() -> None:
    rows = [FULL, FULL | {"genre": None}, FULL | {"tempo_bpm": None, "invalid_tempo": "fast"}]
    lines = scored(dataset_tracks(rows), fields(rows), 0.9)["explanation"]
    prices = [float(line[1:6]) for line in lines]
    assert prices == sorted(prices, reverse=True)
    assert any("33.3 % of the tracks have no genre (row 2 of a.csv)" in line for line in lines)
    assert any(
        "1 values of tempo are not a number above 0 (row 3 of a.csv says “fast”)" in line for line in lines
    )
    assert any("3 tracks, where 99,999 score in full" in line for line in lines)
    assert any("there is one genre" in line for line in lines)
    assert any("it permits 0.9" in line for line in lines)


def test_a_dataset_that_lacks_nothing_has_nothing_to_tell_but_its_size() -> None:
    rows = [FULL | {"genre": f"g{number % 2}", "artist": f"a{number % 2}"} for number in range(4)]
    [line] = scored(dataset_tracks(rows), fields(rows), 1.0)["explanation"]
    assert "size" in line


def test_lengths_that_are_probably_milliseconds_are_told_and_cost_nothing() -> None:
    rows = [FULL | {"duration_s": 215_000.0}]
    counts = quality.count(dataset_tracks(rows), fields(rows))
    lines = explanation(dataset_tracks(rows), counts, quality.scores(counts, 1.0))
    assert "call the column duration_ms" in lines[-1]


def test_examples_are_few_and_short() -> None:
    rows = [FULL | {"title": None, "invalid_year": "x" * 60, "year": None}] * 50
    lines = scored(dataset_tracks(rows), fields(rows), 1.0)["explanation"]
    assert all(len(line) < 300 for line in lines)
    assert any("row 1 of a.csv, row 2 of a.csv, row 3 of a.csv)" in line for line in lines)
