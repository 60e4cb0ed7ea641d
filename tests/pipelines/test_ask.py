"""Rows for programs: the same in every form, with their types."""

import io
import json
import sys

import duckdb
import polars as pl
import pytest

from pipelines.ask import Format, QueryError, _answer

QUERY = (
    "SELECT i, 'Jóga ' || i AS title, CASE WHEN i % 2 = 0 THEN i * 1.5::DOUBLE END AS share, "
    "TIMESTAMPTZ '2024-05-01 12:00:00+00' AS at, [i, 1] AS listed FROM range(250000) AS t(i)"
)


def written(monkeypatch: pytest.MonkeyPatch, output: Format, query: str = QUERY) -> bytes:
    pipe = io.BytesIO()
    with monkeypatch.context() as patched, duckdb.connect() as connection:
        patched.setattr(sys, "stdout", io.TextIOWrapper(pipe, write_through=True))
        _answer(connection, query, output)
        sys.stdout.flush()
        return pipe.getvalue()


def test_parquet_and_arrow_hold_the_rows_with_their_types(monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pl.read_parquet(io.BytesIO(written(monkeypatch, Format.PARQUET)))
    arrow = pl.read_ipc_stream(io.BytesIO(written(monkeypatch, Format.ARROW)))
    assert parquet.height == 250_000
    assert parquet.equals(arrow)
    assert parquet.row(2) == (2, "Jóga 2", 3.0, parquet["at"][0], [2, 1])
    assert parquet.schema["at"] == pl.Datetime("us", parquet["at"].dtype.time_zone)  # type: ignore[attr-defined]
    none = pl.read_parquet(io.BytesIO(written(monkeypatch, Format.PARQUET, f"{QUERY} WHERE i < 0")))
    assert (none.height, none.schema) == (0, parquet.schema)


def test_a_terminal_is_no_place_for_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdout", Terminal(io.BytesIO()))
    with duckdb.connect() as connection, pytest.raises(QueryError, match="redirect it"):
        _answer(connection, "SELECT 1", Format.PARQUET)


def test_json_is_json_whatever_the_numbers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    query = (
        "SELECT 'NaN'::DOUBLE AS n, ['Infinity'::DOUBLE, 1.5] AS l, {'a': ['-Infinity'::FLOAT], 'b': 2} AS s, "
        "MAP {DATE '2024-05-01': 'NaN'::DOUBLE} AS m, TRUE AS t, 1.25::DECIMAL(4, 2) AS d, 'Jóga' AS x"
    )

    def refused(constant: str) -> None:
        raise AssertionError(constant)

    [row] = json.loads(written(monkeypatch, Format.JSON, query), parse_constant=refused)
    assert row == {
        "n": None,
        "l": [None, 1.5],
        "s": {"a": [None], "b": 2},
        "m": {"2024-05-01": None},
        "t": True,
        "d": "1.25",
        "x": "Jóga",
    }


@pytest.mark.parametrize("nothing", ["-- SELECT 1", ";", " /* nothing */ "])
def test_a_query_in_which_nothing_is_asked_is_refused(nothing: str) -> None:
    with duckdb.connect() as connection, pytest.raises(QueryError, match="no query"):
        _answer(connection, nothing, Format.TABLE)
