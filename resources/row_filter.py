"""Which rows of a Delta table a commit concerns: a column and typed values, never the text of a query.

The one place where a value becomes SQL.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class RowFilter:
    """A condition that delta-rs reads as SQL; made by the functions below."""

    sql: str


def equal(column: str, value: str) -> RowFilter:
    """Rows with this text in a column."""
    return RowFilter(f"{_name(column)} = {_literal(value)}")


def among(column: str, values: Iterable[str]) -> RowFilter:
    """Rows with one of these texts in a column; with none of them, no row."""
    texts = ", ".join(map(_literal, values))
    return RowFilter(f"{_name(column)} IN ({texts})" if texts else "false")


def within(column: str, first: str, end: str | None) -> RowFilter:
    """Rows whose text is not below ``first`` and, where there is one, below ``end``."""
    below = "" if end is None else f" AND {_name(column)} < {_literal(end)}"
    return RowFilter(f"{_name(column)} >= {_literal(first)}{below}")


def at_least(column: str, number: int) -> RowFilter:
    """Rows with no smaller number in a column."""
    return RowFilter(f"{_name(column)} >= {int(number)}")


def _name(column: str) -> str:
    if not column.isidentifier():
        raise ValueError(f"{column!r} is no column of a table")
    return column


def _literal(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))
