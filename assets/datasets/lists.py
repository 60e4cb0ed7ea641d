"""Several names in one cell: expressions over one column of a file, of whatever type."""

from typing import Final

import polars as pl

_LIST: Final = r"""^\[["'].*["']\]$"""
_BETWEEN: Final = r"""["'](?:\s*,\s*|\s+)["']"""
_QUOTED: Final = r"""["']?; ["']?"""
_NAME: Final = r'"name"\s*:\s*"((?:[^"\\]|\\.)*)"'
_CONTROLS: Final = r"[\x00-\x1f\x7f]+"
_LINES: Final = r"[\r\n\x00\x1e\x1f]+"
_AND: Final = r"(?:(?:and|und|et|&)\s+)?"
SEPARATORS: Final = rf"\s*[;|,、，；•·]+\s*{_AND}|\s+/\s+|\s*\\\\\s*"
"""Between the genres or moods of a text; a slash without blanks is part of a name, as in hip-hop/rap."""


def text(values: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Text without control characters and blanks at its ends; null where nothing is left."""
    plain = values.cast(pl.String(), strict=False)
    if dtype.is_float():
        plain = pl.when(values.is_not_nan()).then(plain)
    tidy = plain.str.replace_all(_CONTROLS, " ").str.strip_chars()
    return pl.when(tidy != "").then(tidy)


def texts(values: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """The same; of a list the items, joined with ``; ``.

    It is written as ``["a", "b"]``, ``['a', 'b']`` or, as Spotify does, ``[{"name": "a", …}, …]``.
    """
    plain = text(values, dtype)
    return pl.coalesce(_names(plain), _items(plain), pl.when(plain != "[]").then(plain))


def listed(values: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """The same of genres or moods, which may be ``[a, b]``, ``{a,b}``, ``a; b``, ``a, b`` or ``a / b``."""
    plain = text(_unbroken(values) if dtype == pl.String else values, dtype)
    inner = plain.str.extract(r"^[\[{(]\s*(.*?)\s*[\]})]$").str.replace_all(r"\s*,\s*", "; ")
    unquoted = inner.str.replace_all(_QUOTED, "; ").str.strip_chars("\"'")
    loose = pl.coalesce(unquoted, plain).str.replace_all(SEPARATORS, "; ")
    found = pl.coalesce(_names(plain), _items(plain), loose).str.strip_chars("; ")
    return pl.when(found != "").then(found)


def _unbroken(values: pl.Expr) -> pl.Expr:
    """A line each is a list too; but not the lines of what has brackets."""
    is_bracketed = values.str.contains(r"^\s*[\[{(]")
    return pl.when(is_bracketed).then(values).otherwise(values.str.replace_all(_LINES, "; "))


def _items(plain: pl.Expr) -> pl.Expr:
    """The items of a list in which each has quotes; null where it is none."""
    is_list = plain.str.contains_any(["['", '["']) & plain.str.contains(_LIST)
    inner = pl.when(is_list).then(plain).str.strip_chars("[] ")  # nothing is looked for in the others
    joined = inner.str.replace_all(_BETWEEN, "; ").str.strip_chars("\"'").str.replace_all(r"\\(.)", "$1")
    return pl.when(joined != "").then(joined)


def _names(plain: pl.Expr) -> pl.Expr:
    """The names in a list of objects; null where it is none, or says none."""
    objects = pl.when(plain.str.starts_with("[{")).then(plain)
    told = objects.str.extract_all(_NAME).list.eval(pl.element().str.extract(_NAME))
    names = told.list.join("; ").str.replace_all(r"\\(.)", "$1")
    return pl.when(names != "").then(names)
