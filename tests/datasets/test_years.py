"""The year of a track is read of any date that says one."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from dataset_worlds import read

DATES = [
    *(
        "2013",
        "2013.0",
        "2013,0",
        "2013-04",
        "2013/04",
        "2013-04-29",
        "2013-04-29T10:00:00Z",
        "20130429",
        "201304",
    ),
    *(
        "29.04.2013",
        "29. 4. 2013",
        "4/29/2013",
        "29/04/2013",
        "29-04-2013",
        "29.04.2013 12:30",
        "04/2013",
        "4.2013",
    ),
    *("29th April 2013", "April 29, 2013", "Apr 29, 2013", "29 avril 2013", "29. April 2013", "1er mai 2013"),
    *(
        "29-Apr-2013",
        "2013-Apr-29",
        "2013 April 29",
        "April 2013",
        "avril 2013",
        "29 de abril de 2013",
        "2013, Apr",
    ),
    *("29 kwietnia 2013 r.", "29 апреля 2013 г.", "29 Nisan 2013", "29. huhtikuuta 2013", "29 août 2013"),
    *("Mon, 29 Apr 2013 00:00:00 GMT", "Mon Apr 29 10:00:00 +0000 2013", "29 Apr 2013 10:00:00 -1000"),
    *(
        "2013年4月29日",
        "2013年",
        "2013년 4월 29일",
        "2013. 4. 29.",
        "2013.04.29",
        "29.IV.2013",
        "2013-W17",
        "2013 Q2",
    ),
    *(
        "(2013)",
        "[2013]",
        "© 2013",
        "℗ 2013",
        "'2013'",
        "Q2 2013",
        "2013 г.",
        "2013 r.",
        "2013 року",
        "FÉVRIER 2013",
        "29 Abr. 2013",
    ),
]


@pytest.mark.parametrize("cell", DATES)
def test_the_year_of_a_date_is_read(tmp_path: Path, cell: str) -> None:
    found = read(tmp_path, "a.csv", f'title,release_date\nSong,"{cell}"\n').of("year", "invalid_year")
    assert found == [(2013, None)]


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "29.04.13",
            "Apr-13",
            "2013-2015",
            "29 April 2013 (2015)",
            "1990s",
            "ca. 1990",
            "99.99.2013",
            "13/2013",
        ),
        *("-2013", "2013.5", "20139999", "1367193600", "Song 2013", "0000", "April", "2o13", "3013"),
    ],
)
def test_what_says_no_one_year_is_kept_as_it_was_given(tmp_path: Path, cell: str) -> None:
    found = read(tmp_path, "a.csv", f'title,release_date\nSong,"{cell}"\n').of("year", "invalid_year")
    assert found == [(None, cell)]


@pytest.mark.parametrize(
    "value", [2013, 2013.0, "29 avril 2013", date(2013, 4, 29), datetime(2013, 4, 29, 10, tzinfo=UTC)]
)
def test_years_are_the_same_in_parquet(tmp_path: Path, value: object) -> None:
    pl.DataFrame({"title": ["Song"], "release_date": [value]}).write_parquet(tmp_path / "made")
    assert read(tmp_path, "a.parquet", (tmp_path / "made").read_bytes()).of("year") == [(2013,)]
