"""Parquet: its columns as they are, lists and structures as text."""

import json
from itertools import islice
from pathlib import Path

import polars as pl

from assets.datasets.nested import MOST, paths
from assets.datasets.raw import REASON, ROW, RawTable, UnreadableDatasetError, column, few_enough


def opened(path: Path) -> RawTable:
    """The records of a file.

    Raises:
        UnreadableDatasetError: it is no Parquet, or damaged.
    """
    try:
        scan = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        schema = scan.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnreadableDatasetError("is no Parquet file, or a damaged one: write it again") from error
    names = few_enough(schema.names())
    columns = [
        _plain(pl.col(name), dtype).alias(column(number))
        for number, (name, dtype) in enumerate(schema.items())
    ]
    numbered = scan.select(columns).with_row_index(ROW)
    return RawTable(
        "parquet",
        names,
        numbered.with_columns(pl.col(ROW).cast(pl.Int64()), pl.lit(None, dtype=pl.String()).alias(REASON)),
        nested=list(islice(paths(dict(zip(names, schema.values(), strict=True))), MOST)),
    )


def _plain(values: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Numbers, truth values, dates and text stay what they are; a stretch of time becomes seconds."""
    if dtype.is_numeric() or dtype in (pl.String, pl.Boolean, pl.Date) or isinstance(dtype, pl.Datetime):
        return values.cast(pl.Float64()) if dtype.is_decimal() else values
    if isinstance(dtype, pl.Duration):
        return values.dt.total_milliseconds() / 1000
    return _text(values, dtype)


def _text(values: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Array):
        return _text(values.arr.to_list(), pl.List(dtype.inner))
    if isinstance(dtype, pl.List) and not isinstance(dtype.inner, pl.List | pl.Struct | pl.Array):
        return values.cast(pl.List(pl.String())).list.join("; ", ignore_nulls=True)
    if isinstance(dtype, pl.List | pl.Struct):
        if not _is_json(dtype):
            return values.map_batches(_jsoned, return_dtype=pl.String(), is_elementwise=True)
        wrapped = pl.struct(values.alias("")).struct.json_encode()  # only a structure can be encoded
        return pl.when(values.is_not_null()).then(wrapped.str.slice(4).str.head(-1))
    if isinstance(dtype, pl.Binary):
        return values.map_batches(_decoded, return_dtype=pl.String(), is_elementwise=True)
    return values.cast(pl.String(), strict=False)


def _is_json(dtype: pl.DataType) -> bool:
    """Whether Polars can write it as JSON: of other types inside it makes a panic, or a number."""
    if isinstance(dtype, pl.Struct):
        return all(map(_is_json, pl.Schema(dtype.to_schema()).values()))
    if isinstance(dtype, pl.List):
        return _is_json(pl.Schema({"": dtype.inner})[""])
    return dtype.is_integer() or dtype.is_float() or dtype in (pl.String, pl.Boolean)


def _jsoned(values: pl.Series) -> pl.Series:
    texts = [None if each is None else json.dumps(each, default=_said) for each in values.to_list()]
    return pl.Series(values.name, texts, dtype=pl.String())


def _said(value: object) -> str | None:
    """What JSON has no word for; bytes that are no text (a recording, a picture) say nothing."""
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _decoded(values: pl.Series) -> pl.Series:
    """Bytes, which older writers made of text."""
    texts = [None if each is None else bytes(each).decode("utf-8", "replace") for each in values]
    return pl.Series(values.name, texts, dtype=pl.String())
