"""What became of every row written: the answers that tests compare with."""

import polars as pl

LABELS = pl.Schema(
    {
        "file": pl.String(),
        "row": pl.Int64(),
        "user_id": pl.String(),
        "play_no": pl.Int64(),
        "why": pl.String(),
    }
)
"""file with its folders inside the package, row in it from 0, the play it tells of (null for none), why."""


def no_labels() -> pl.DataFrame:
    """Labels of no row."""
    return LABELS.to_frame()


def label_rows(rows: pl.DataFrame, file: str) -> pl.DataFrame:
    """Labels of the rows of one file, in their order; ``why`` is "original" where ``rows`` has none."""
    if "why" not in rows.columns:
        rows = rows.with_columns(pl.lit("original").alias("why"))
    placed = rows.with_columns(pl.lit(file).alias("file"), pl.int_range(pl.len()).alias("row"))
    return placed.select(pl.col(name).cast(dtype) for name, dtype in LABELS.items())
