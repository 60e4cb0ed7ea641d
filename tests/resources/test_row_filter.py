"""Values of filters are values, whatever they hold."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.tables import Column, Table
from resources import row_filter
from resources.lake import Lake
from resources.row_filter import RowFilter

NOTES = Table(
    name="notes",
    group="listening",
    description="Texts.",
    key=("n",),
    columns={"who": Column(pl.String(), "whose"), "n": Column(pl.Int64(), "which")},
)
HOSTILE = (
    "o'brien",
    "x') OR ('1'='1",
    "''",
    "\\",
    "\\'",
    'a"b',
    "a--b",
    "%",
    "_",
    "a;b",
    "${x}",
    "é",
    "e\u0301",
)
TEXTS = st.lists(
    st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"), max_size=12),
    min_size=2,
    max_size=4,
    unique=True,
)


def left_after(texts: list[str], rows: RowFilter, folder: str) -> list[str]:
    lake = Lake(folder)
    lake.append(NOTES, pl.DataFrame({"who": texts, "n": range(len(texts))}))
    lake.delete(NOTES, rows)
    return lake.scan(NOTES).collect().sort("n")["who"].to_list()


@settings(max_examples=40)
@given(TEXTS)
@example(["o'brien", "x') OR ('1'='1"])
def test_a_filter_is_true_of_the_rows_that_hold_its_text_and_of_no_other(texts: list[str]) -> None:
    first, *others = texts
    for rows in (row_filter.equal("who", first), row_filter.among("who", [first])):
        with TemporaryDirectory() as folder:
            assert left_after(texts, rows, folder) == others


@settings(max_examples=40)
@given(TEXTS)
def test_a_range_holds_what_is_not_below_its_first_and_below_its_end(texts: list[str]) -> None:
    first, end = sorted(texts, key=str.encode)[:2]
    with TemporaryDirectory() as folder:
        inside = [text for text in texts if first.encode() <= text.encode() < end.encode()]
        assert left_after(texts, row_filter.within("who", first, end), folder) == [
            text for text in texts if text not in inside
        ]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_replaced_are_the_rows_of_one_text(text: str, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    lake.append(NOTES, pl.DataFrame({"who": [text, "other"], "n": [1, 2]}))
    new = pl.DataFrame({"who": [text], "n": [3]})
    lake.overwrite(NOTES, lake.open(NOTES), new, row_filter.equal("who", text))
    assert sorted(lake.scan(NOTES).collect().rows()) == sorted([(text, 3), ("other", 2)])


def test_nobody_is_nobody_and_numbers_are_numbers(tmp_path: Path) -> None:
    assert left_after(["a", "b"], row_filter.among("who", []), str(tmp_path / "1")) == ["a", "b"]
    assert left_after(["a", "b"], row_filter.at_least("n", 1), str(tmp_path / "2")) == ["a"]


def test_a_column_is_a_name() -> None:
    with pytest.raises(ValueError, match="no column"):
        row_filter.equal("who = '' OR who", "a")
