"""Times as tables of all countries and years write them."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.listening.readers.clock_columns import are_days, are_times_of_day, moments, order_of
from assets.listening.readers.moments import Order, moment

NOON = "2024-05-31 12:00:00"
TOLD = {
    "a month in another language": ("31 mai 2024 à 12:00", NOON),
    "a month after de": ("31 de mayo de 2024, 12:00", NOON),
    "a month in the genitive": ("31 мая 2024 г., 12:00", NOON),
    "a month before its day": ("2024. május 31. 12:00", NOON),
    "signs for year, month and day": ("2024年5月31日 下午12:00", NOON),
    "at": ("May 31, 2024 at 12:00PM", NOON),
    "Uhr": ("31. Mai 2024 um 12:00 Uhr", NOON),
    "a blank that does not break": ("31 May 2024, 12:00\u202fPM", NOON),
    "the year last": ("Fri May 31 12:00:00 UTC 2024", NOON),
    "a browser's": ("Fri May 31 2024 14:00:00 GMT+0200 (CEST)", NOON),
    "a zone's name": ("2024-05-31 14:00 CEST", NOON),
    "a zone's name in brackets": ("2024-05-31 14:00 (CEST)", NOON),
    "a zone beside its offset": ("2024-05-31T14:00:00+02:00[Europe/Berlin]", NOON),
    "twelve hours": ("2024-05-31 12:00 PM", NOON),
    "no separators": ("20240531T120000Z", NOON),
    "digits alone": ("20240531120000", NOON),
    "two digits of a year": ("31.05.24 12:00", NOON),
    "the clock first": ("12:00, 31 May 2024", NOON),
    "dots in the clock": ("31.5.2024 klo 12.00", NOON),
    "the end of a day": ("2024-05-31 24:00", "2024-06-01 00:00:00"),
    "a spreadsheet's number": ("45443.5", NOON),
    "a spreadsheet's number with a comma": ("45443,5", NOON),
    "a spreadsheet's day beside its time": ("45443 12:00:00", NOON),
    "a weekday with a hyphen": ("sexta-feira, 31 de maio de 2024 12:00", NOON),
    "dots around a month's name": ("31.Mai.2024 12:00", NOON),
    "a server's log": ("31/May/2024:12:00:00 +0000", NOON),
    "a weekday before numbers": ("Fr 31.05.2024 12:00", NOON),
    "an article before the weekday": ("le vendredi 31 mai 2024 à 12 h 00", NOON),
    "an article after the weekday": ("fredag den 31. maj 2024 kl. 12.00", NOON),
    "a weekday in brackets": ("2024/05/31(金) 12:00", NOON),
    "a weekday in brackets behind signs": ("2024年5月31日(金) 12:00", NOON),
    "the hour's word": ("31 maggio 2024 alle ore 12:00", NOON),
    "hyphens around a month": ("2024-May-31 12:00", NOON),
    "hyphens behind a month": ("May-31-2024 12:00", NOON),
    "Croatian": ("31. svibnja 2024. 12:00", NOON),
    "Hungarian": ("2024. szept. 1. 12:00", "2024-09-01 12:00:00"),
    "Romanian": ("1 iulie 2024 12:00", "2024-07-01 12:00:00"),
    "Slovene": ("1. avgust 2024 12:00", "2024-08-01 12:00:00"),
    "Turkish": ("1 Şub 2024 12:00", "2024-02-01 12:00:00"),
    "Estonian": ("1. detsember 2024 12:00", "2024-12-01 12:00:00"),
    "Bulgarian": ("1 юни 2024 12:00", "2024-06-01 12:00:00"),
    "Lithuanian": ("2024 rugsėjo 1 12:00", "2024-09-01 12:00:00"),
    "microseconds": ("1717156800000000", NOON),
    "nanoseconds": ("1717156800000000000", NOON),
}


CLOCKS = [
    *(text for text, _ in TOLD.values()),
    *(
        "",
        "x",
        "0",
        "1717156800",
        "1717156800000",
        "20240531",
        "99999999999",
        "1e9",
        "nan",
        "2024-02-30 10:00:00",
    ),
    *("2024-05-31 10:00:60", "2024-05-31T10:00:00Z", "2024-05-31 24:00:00", "3/5/24 10:00", "0999999999"),
]


@pytest.mark.parametrize("what", TOLD)
def test_a_time_is_read_however_it_is_written(what: str) -> None:
    text, expected = TOLD[what]
    assert moment(text) == (datetime.fromisoformat(expected).replace(tzinfo=UTC).timestamp(), None)


def test_what_is_no_moment_is_told_apart() -> None:
    reasons = {
        "31 May 2024": "no_time",
        "2024/05/31": "no_time",
        "20240531": "no_time",
        "45443": "no_time",
        "3/5/24 10:00": "ambiguous_date",
        "2024-05-31 25:00": "bad_time",
        "30 Feb 2024 10:00": "bad_time",
        "2024-05-31 12:00 XYZ": "bad_time",
    }
    assert {text: moment(text)[1] for text in reasons} == reasons


@given(st.lists(st.one_of(st.sampled_from(CLOCKS), st.integers(0, 10**16).map(str), st.datetimes().map(str))))
def test_a_column_of_times_is_read_as_its_cells_are(texts: list[str]) -> None:
    clocks, problems = moments(pl.Series(texts, dtype=pl.String()))
    told = [moment(text) for text in texts]
    assert problems.to_list() == [problem for _, problem in told]
    assert clocks.fill_null(0.0).to_list() == pytest.approx(
        [seconds or 0.0 for seconds, _ in told], rel=1e-15
    )


def test_months_that_two_languages_mean_differently_are_of_the_language_of_the_column() -> None:
    def months(*texts: str) -> list[int]:
        clocks, _ = moments(pl.Series(texts))
        return [datetime.fromtimestamp(clock, UTC).month for clock in clocks]

    croatian = [f"5 {month} 2020 14:03" for month in ("ožujka", "lipnja", "srpnja", "listopada", "lis")]
    assert months(*croatian) == [3, 6, 7, 10, 10]
    assert months("5 lipca 2020 14:03", "5 listopada 2020 14:03", "5 srpna 2020 14:03") == [7, 11, 8]


def test_lengths_of_songs_are_no_times_of_the_day() -> None:
    assert are_times_of_day(["7:00 AM", "1:05 PM"])
    assert are_times_of_day(["09:15:00", "23:05:10"])
    assert not are_times_of_day(["3:20", "4:05", "2:59"])
    assert are_days(["31/05/2024", ""])
    assert not are_days(["31/05/2024 10:00"])


def test_dates_of_two_digits_have_an_order_too() -> None:
    assert order_of(["5/31/24 10:00", "5/3/24 10:00"]) is Order.MONTH_FIRST
