from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.listening import months

MONTH = st.dates(min_value=date(2002, 1, 1), max_value=date(2040, 1, 1)).map(lambda day: f"{day:%Y-%m}")


@pytest.mark.parametrize(
    ("month", "by", "other"),
    [
        ("2024-01", -1, "2023-12"),
        ("2024-12", 1, "2025-01"),
        ("2024-05", 0, "2024-05"),
        ("2024-05", -17, "2022-12"),
    ],
)
def test_months_are_counted_across_years(month: str, by: int, other: str) -> None:
    assert months.shifted(month, by) == other


@given(MONTH, st.integers(-200, 200))
def test_there_and_back_is_the_same_month(month: str, by: int) -> None:
    assert months.shifted(months.shifted(month, by), -by) == month


def test_neighbours_stand_beside_their_months_once() -> None:
    assert months.with_neighbours(["2024-01", "2024-02"]) == ["2023-12", "2024-01", "2024-02", "2024-03"]


def test_spans_hold_two_days_either_side() -> None:
    assert list(months.spans(["2024-02", "2023-12", "2024-03"])) == [
        (datetime(2023, 11, 29, tzinfo=UTC), datetime(2024, 1, 3, tzinfo=UTC)),
        (datetime(2024, 1, 30, tzinfo=UTC), datetime(2024, 4, 3, tzinfo=UTC)),
    ]


@given(st.sets(MONTH, min_size=1, max_size=8), st.none() | st.integers(1, 5))
def test_ranges_hold_every_month_in_few_runs(wanted: set[str], most: int | None) -> None:
    ranges = months.ranges(wanted, most)
    held = {month for month in wanted if any(first <= month <= last for first, last in ranges)}
    assert held == wanted
    assert most is None or len(ranges) <= max(most, 1)
    if most is None:
        assert all(months.shifted(one[1], 1) < other[0] for one, other in pairwise(ranges))


@given(MONTH)
def test_a_month_begins_when_the_one_before_ends(month: str) -> None:
    begin = months.starts_at(month)
    assert (begin - timedelta(microseconds=1)).strftime("%Y-%m") == months.shifted(month, -1)


def test_rows_near_an_edge_ask_for_the_neighbour_too() -> None:
    def near(day: int, hour: int) -> set[str]:
        return months.resolved_with(pl.Series([datetime(2024, 5, day, hour, tzinfo=UTC)]))

    assert near(15, 12) == {"2024-05"}
    assert near(2, 12) == {"2024-04", "2024-05"}
    assert near(30, 0) == {"2024-05", "2024-06"}
    assert months.resolved_with(pl.Series([datetime(2002, 1, 1, tzinfo=UTC)])) == {"2002-01"}
    assert months.resolved_with(pl.Series([], dtype=pl.Datetime("us", "UTC"))) == set()
