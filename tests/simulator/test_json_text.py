import json

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from simulator.json_text import COMPACT, LINES, PRETTY, document, object_text, plain, quote_columns

ROWS = st.lists(st.tuples(st.none() | st.text(), st.none() | st.integers(-(2**53), 2**53)), max_size=8)


def written(rows: list[tuple[str | None, int | None]]) -> pl.Series:
    frame = pl.DataFrame(rows, schema={"name": pl.String, "ms": pl.Int64}, orient="row")
    fields = {"name": pl.col("name"), "ms": plain(pl.col("ms"))}
    return quote_columns(frame, "name").select(object_text(fields, COMPACT)).to_series()


@given(ROWS)
def test_whatever_the_text_holds_it_reads_back_the_same(rows: list[tuple[str | None, int | None]]) -> None:
    read = json.loads(document(written(rows), COMPACT))
    assert [(row["name"], row["ms"]) for row in read] == rows


def test_pretty_text_is_what_the_json_module_prints() -> None:
    frame = quote_columns(pl.DataFrame({"name": ["a", None]}), "name")
    text = document(frame.select(object_text({"name": pl.col("name")}, PRETTY)).to_series(), PRETTY)
    assert text.decode() == json.dumps([{"name": "a"}, {"name": None}], indent=2)


def test_lines_are_what_the_json_module_prints_line_by_line() -> None:
    frame = quote_columns(pl.DataFrame({"name": ["a", "b"]}), "name")
    text = document(frame.select(object_text({"name": pl.col("name")}, LINES)).to_series(), LINES)
    assert text == b'{"name": "a"}\n{"name": "b"}\n'
