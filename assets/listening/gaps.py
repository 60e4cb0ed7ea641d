"""Gaps that following an account left, and which of them an export has filled."""

from typing import Final

import polars as pl

from assets.listening.synced import SOURCE
from assets.tables import LISTENING_GAPS

SCHEMA: Final = {name: dtype for name, dtype in LISTENING_GAPS.schema.items() if name != "is_filled"}


def filled(gaps: pl.LazyFrame, imports: pl.LazyFrame) -> pl.LazyFrame:
    """``gaps`` with ``is_filled``: one export, imported whole, reaches from before the gap to after it.

    Args:
        gaps: user_id, after_at, before_at, found_at.
        imports: the ledger.
    """
    is_export = (pl.col("status") == "completed") & (pl.col("format") != SOURCE)
    covered = (
        gaps.join(imports.filter(is_export), on="user_id")
        .filter(
            pl.col("first_played_at") <= pl.col("after_at"), pl.col("last_played_at") >= pl.col("before_at")
        )
        .select("user_id", "after_at", is_filled=True)
        .unique()
    )
    joined = gaps.join(covered, on=["user_id", "after_at"], how="left")
    return joined.with_columns(pl.col("is_filled").fill_null(value=False))
