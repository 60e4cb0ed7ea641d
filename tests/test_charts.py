"""Pictures say the right amounts, in words that fit: looked for in the SVG that is drawn."""

import base64
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from xml.etree.ElementTree import Element

import polars as pl
import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from assets import charts

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)
AMOUNTS = st.floats(0, 1e7) | st.none()
SVG = "{http://www.w3.org/2000/svg}"
NARROWEST_LETTER = 5.0
NO_WIDTH = {"Mn", "Me", "Cf"}
"""Marks that stand on the letter before them, and what is not seen."""


def drawn(markdown: str) -> Element:
    """The picture, parsed: a text that was not escaped would not be."""
    found = re.fullmatch(r"!\[[^\]]*\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)", markdown)
    assert found is not None
    picture: Element = ElementTree.fromstring(base64.b64decode(found[1]))
    return picture


def texts(markdown: str) -> list[str]:
    return [element.text or "" for element in drawn(markdown).iter(f"{SVG}text")]


def widths(markdown: str) -> list[float]:
    """Of horizontal bars, in their order."""
    paths = (element.get("d") or "" for element in drawn(markdown).iter(f"{SVG}path"))
    return [float(found[1]) for path in paths if (found := re.fullmatch(r"M\S+ \S+h([\d.]+)", path))]


def boxes(markdown: str) -> Iterator[tuple[float, float, float]]:
    """Where texts stand at the least: left, right, and the line's foot."""
    for element in drawn(markdown).iter(f"{SVG}text"):
        letters = sum(unicodedata.category(letter) not in NO_WIDTH for letter in element.text or "")
        x, wide = float(element.get("x") or 0), NARROWEST_LETTER * letters
        left = x - {None: 0.0, "middle": wide / 2, "end": wide}[element.get("text-anchor")]
        yield left, left + wide, float(element.get("y") or 0)


def is_readable(markdown: str) -> bool:
    """Every text is inside the picture, and none upon another."""
    found = sorted(boxes(markdown), key=lambda box: (box[2], box[0]))
    picture = drawn(markdown)
    *_, wide, high = map(float, (picture.get("viewBox") or "").split())
    is_inside = all(left >= -1 and right <= wide + 1 and 0 < y < high for left, right, y in found)
    apart = all(right <= nxt for (_, right, y), (nxt, _, below) in pairwise(found) if y == below)
    return is_inside and apart


def test_bars_are_as_high_as_their_amounts_and_the_axis_says_the_unit() -> None:
    years = pl.DataFrame({"year": [2021, 2022, 2023], "hours": [100.0, 0.0, 400.0]})
    picture = charts.bars_of(years, "year", "hours", "hours a year")
    [path] = [
        path.get("d") or "" for path in drawn(picture).iter(f"{SVG}path") if "v-" in (path.get("d") or "")
    ]
    heights = [float(found) for found in re.findall(r"v-([\d.]+)", path)]
    assert heights == [heights[1] / 4, heights[1]]
    assert texts(picture) == ["hours a year", "0", "200", "400", "2021", "2022", "2023"]


def test_a_line_says_who_and_how_much_and_is_as_long_as_that() -> None:
    artists = pl.DataFrame({"artist": ["<b>Nines</b>", "Low & Co", None], "hours": [1234.0, 617.0, 0.25]})
    picture = charts.ranked(artists, "artist", "hours", "hours, all time")
    assert texts(picture) == [
        "hours, all time",
        "<b>Nines</b>",
        "1,234",
        "Low & Co",
        "617",
        "unknown",
        "0.25",
    ]
    first, second, third = widths(picture)
    assert first == pytest.approx(2 * second, abs=0.2)
    assert third < 1


def test_a_calendar_has_a_square_a_day_of_its_last_year_the_darker_the_more() -> None:
    last = date(2024, 12, 31)
    days = pl.DataFrame(
        {"day": [last - timedelta(days=n) for n in range(800)], "hours": [float(n % 5) for n in range(800)]}
    )
    picture = charts.calendar(days, "day", "hours", "hours")
    shades = {
        path.get("stroke"): (path.get("d") or "").count("M") for path in drawn(picture).iter(f"{SVG}path")
    }
    assert sum((path.get("d") or "").count("h.85") for path in drawn(picture).iter(f"{SVG}path")) == 366
    assert len(shades) == 5
    assert "hours a day, until 31 Dec 2024" in texts(picture)


def test_a_week_is_drawn_by_its_hours() -> None:
    hours = pl.DataFrame({"weekday": [1, 7], "hour": [0, 23], "hours": [2.0, 8.0]})
    picture = charts.week_heat_map(hours, "hours")
    cells = {
        path.get("stroke"): path.get("d")
        for path in drawn(picture).iter(f"{SVG}path")
        if "h.85" in (path.get("d") or "")
    }
    assert set(cells.values()) == {"M0 0h.85", "M23 6h.85"}
    assert {"Mon", "Sun", "0", "21", "8"} <= set(texts(picture))


@given(st.dictionaries(st.tuples(st.integers(1, 7), st.integers(0, 23)), AMOUNTS))
def test_a_week_has_a_square_for_each_hour_of_which_something_is_known(
    amounts: dict[tuple[int, int], float | None],
) -> None:
    rows = [(*when, amount) for when, amount in amounts.items()]
    types = {"weekday": pl.Int64(), "hour": pl.Int64(), "hours": pl.Float64()}
    picture = charts.week_heat_map(pl.DataFrame(rows, schema=types, orient="row"), "hours")
    paths = [path.get("d") or "" for path in drawn(picture).iter(f"{SVG}path")]
    known = sum(amount is not None for amount in amounts.values())
    assert sum(path.count("h.85") for path in paths) == known
    assert is_readable(picture)


@given(
    st.lists(st.tuples(st.dates(date(2000, 1, 1), date(2030, 1, 1)), AMOUNTS), unique_by=lambda row: row[0])
)
def test_a_calendar_may_have_days_of_which_nothing_is_known(rows: list[tuple[date, float | None]]) -> None:
    frame = pl.DataFrame(rows, schema={"day": pl.Date(), "hours": pl.Float64()}, orient="row")
    assert is_readable(charts.calendar(frame, "day", "hours", "hours"))


@given(st.lists(st.tuples(NAMES, AMOUNTS), max_size=14))
def test_whatever_names_and_amounts_are_every_text_can_be_read(rows: list[tuple[str, float | None]]) -> None:
    frame = pl.DataFrame(rows, schema={"name": pl.String(), "hours": pl.Float64()}, orient="row")
    assert is_readable(charts.ranked(frame, "name", "hours", "hours"))


@given(st.integers(0, 400), st.floats(1e-3, 1e8))
def test_however_many_bars_there_are_their_labels_do_not_meet(count: int, most: float) -> None:
    months = [f"{2000 + number // 12}-{number % 12 + 1:02}" for number in range(count)]
    frame = pl.DataFrame(
        {"month": months, "plays": [most] * count}, schema={"month": pl.String(), "plays": pl.Float64()}
    )
    assert is_readable(charts.bars_of(frame, "month", "plays", "plays a month"))


def test_a_year_of_days_and_a_list_of_ten_are_small() -> None:
    days = pl.DataFrame(
        {
            "day": [date(2024, 12, 31) - timedelta(days=n) for n in range(400)],
            "hours": [float(n % 5) for n in range(400)],
        }
    )
    assert len(charts.calendar(days, "day", "hours", "hours")) < 7_000
    artists = pl.DataFrame({"artist": ["Some artist of usual length"] * 10, "hours": [9.0] * 10})
    assert len(charts.ranked(artists, "artist", "hours", "hours")) < 3_000
