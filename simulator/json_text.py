"""Frames to JSON text by column, to the letter as each service prints it; no Python a row."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Style:
    """The white space and brackets around rows and fields."""

    opening: str = "["
    row_opening: str = "{"
    colon: str = ":"
    comma: str = ","
    row_closing: str = "}"
    between: str = ","
    closing: str = "]"


COMPACT = Style()
PRETTY = Style("[\n", "  {\n    ", ": ", ",\n    ", "\n  }", ",\n", "\n]")
SPACED_PRETTY = Style("[\n", "  {\n    ", " : ", ",\n    ", "\n  }", ",\n", "\n]")
"""As account data is printed: a blank either side of the colon."""
LINES = Style("", "{", ": ", ", ", "}", "\n", "\n")
"""JSON Lines with blanks after colons and commas."""


def quoted(strings: pl.Series) -> pl.Series:
    """JSON strings, raw UTF-8, or ``null``; each distinct string is escaped once."""
    distinct = strings.drop_nulls().unique()
    texts = pl.Series([json.dumps(text, ensure_ascii=False) for text in distinct], dtype=pl.String)
    return strings.replace_strict(distinct, texts, default=None, return_dtype=pl.String).fill_null("null")


def quote_columns(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    """``frame`` with those string columns as JSON."""
    return frame.with_columns(quoted(frame[name]).alias(name) for name in names)


def plain(expr: pl.Expr) -> pl.Expr:
    """Numbers and booleans as JSON, null as ``null``."""
    return expr.cast(pl.String).fill_null("null")


def boolean(expr: pl.Expr) -> pl.Expr:
    """``true``, ``false`` or ``null``."""
    return pl.when(expr).then(pl.lit("true")).when(~expr).then(pl.lit("false")).otherwise(pl.lit("null"))


def in_quotes(expr: pl.Expr) -> pl.Expr:
    """Text that needs no escaping, in quotes; null as ``null``."""
    return (pl.lit('"') + expr + pl.lit('"')).fill_null("null")


def object_text(fields: Mapping[str, pl.Expr], style: Style) -> pl.Expr:
    """One JSON object a row, from expressions that give JSON text."""
    parts: list[pl.Expr] = []
    lead = style.row_opening
    for name, value in fields.items():
        parts += [pl.lit(f'{lead}"{name}"{style.colon}'), value]
        lead = style.comma
    return pl.concat_str(*parts, pl.lit(style.row_closing))


def document(rows: pl.Series, style: Style) -> bytes:
    """A whole file of those objects."""
    joined = rows.str.join(style.between).item() if len(rows) else ""
    return f"{style.opening}{joined}{style.closing}".encode()


def slices(frame: pl.DataFrame, rows: int) -> Iterator[pl.DataFrame]:
    """Consecutive slices of that many rows."""
    return (frame[start : start + rows] for start in range(0, frame.height, rows))
