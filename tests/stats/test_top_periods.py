from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.listening import months
from assets.stats.periods import Period, months_before, periods

AS_OF = datetime(2024, 8, 31, 15, 30, tzinfo=UTC)
KNOWN = [months.shifted("2022-11", number) for number in range(24)]
MOMENTS = st.datetimes(datetime(2022, 10, 1), datetime(2024, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("moment", "count", "before"),
    [
        (datetime(2024, 8, 31, 15, tzinfo=UTC), 6, datetime(2024, 2, 29, 15, tzinfo=UTC)),
        (datetime(2023, 8, 31, tzinfo=UTC), 6, datetime(2023, 2, 28, tzinfo=UTC)),
        (datetime(2024, 2, 29, tzinfo=UTC), 12, datetime(2023, 2, 28, tzinfo=UTC)),
        (datetime(2024, 1, 5, tzinfo=UTC), 6, datetime(2023, 7, 5, tzinfo=UTC)),
    ],
)
def test_months_before_keep_the_day_where_there_is_one(
    moment: datetime, count: int, before: datetime
) -> None:
    assert months_before(moment, count) == before


def test_the_periods_are_four_and_each_year_that_began() -> None:
    found = periods(AS_OF, [*KNOWN, "2025-01"])
    assert [period.name for period in found] == [
        "4_weeks",
        "6_months",
        "year",
        "all_time",
        "2022",
        "2023",
        "2024",
    ]
    assert [period.until for period in found[-2:]] == [
        datetime(2024, 1, 1, tzinfo=UTC) - timedelta(microseconds=1),
        AS_OF,
    ]


def test_a_year_that_is_over_is_all_whole_months() -> None:
    past = next(period for period in periods(AS_OF, KNOWN) if period.name == "2023")
    assert past.whole_months(KNOWN) == [f"2023-{number:02}" for number in range(1, 13)]
    assert past.edge_months(KNOWN) == []


def test_a_month_is_whole_up_to_its_last_moment() -> None:
    begin, end = datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
    moment = timedelta(microseconds=1)
    assert Period("", begin - moment, end - moment).whole_months(["2024-02"]) == ["2024-02"]
    assert Period("", begin, end - moment).edge_months(["2024-02"]) == ["2024-02"]
    assert Period("", begin - moment, end - 2 * moment).edge_months(["2024-02"]) == ["2024-02"]
    assert Period("", end - moment, end + moment).edge_months(["2024-02", "2024-03"]) == ["2024-03"]


@given(MOMENTS, st.none() | st.timedeltas(timedelta(microseconds=1), timedelta(days=800)), MOMENTS)
def test_a_moment_is_in_the_months_of_the_periods_that_hold_it(
    until: datetime, length: timedelta | None, moment: datetime
) -> None:
    period = Period("", None if length is None else until - length, until)
    month = f"{moment:%Y-%m}"
    is_inside = moment <= until and (period.after is None or moment > period.after)
    whole, edges = period.whole_months([month]), period.edge_months([month])
    assert is_inside or not whole
    assert not is_inside or whole or edges
    assert not (whole and edges)
