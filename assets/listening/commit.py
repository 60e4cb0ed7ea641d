"""Months of raw rows made into plays in the lake, and the ledger settled from what was written."""

from collections.abc import Iterator, Sequence
from functools import partial

import polars as pl

from assets import store
from assets.listening import months as calendar
from assets.listening.played_names import track_months
from assets.listening.resolve import resolve
from assets.tables import DUPLICATE_ROWS, PLAYS, RAW_PLAYS, TRACK_MONTHS
from resources.lake import Lake
from resources.operational import Operational
from resources.settlement import Outcome
from resources.world import World


def resolve_months(world: World, months: Sequence[str], most: int = store.ROWS_A_BATCH) -> None:
    """Resolves months, about ``most`` rows at once, and counts every row's outcome into the ledger."""
    for batch in store.batches(months, world.lake.month_rows(RAW_PLAYS), most):
        _resolve_batch(world, batch, most)
        settle(world, batch)
    if not months:
        settle(world, months)  # an import of nothing but rejected rows touches no month


def _resolve_batch(world: World, months: list[str], most: int) -> None:
    """Again when raw rows came or went in between: whoever brought them may have found nothing to change."""
    tables, compute = (DUPLICATE_ROWS, TRACK_MONTHS, PLAYS), partial(_parts, world, months, most)
    read = None
    while read != (read := world.lake.month_files(RAW_PLAYS, calendar.with_neighbours(months))):
        store.replace_months(world, tables, compute, months)


def _parts(world: World, months: list[str], most: int) -> Iterator[store.Part]:
    """Some listeners at a time: no play depends on what others played, only the names are merged."""
    raw, names = raw_around(world.lake, months), []
    for users in store.slices(world.lake, RAW_PLAYS, months, most):
        resolved = resolve(store.of_users(raw, users), _export_ends(world.operational), months)
        yield store.Part(DUPLICATE_ROWS, resolved.duplicate_rows, users)
        yield store.Part(PLAYS, resolved.plays, users)
        names.append(resolved.names)
    yield store.Part(TRACK_MONTHS, track_months(names))


def raw_around(lake: Lake, months: Sequence[str]) -> pl.LazyFrame:
    """Raw rows of the months and of the days either side."""
    raw = lake.scan(RAW_PLAYS, months=calendar.with_neighbours(months))
    clock = pl.coalesce("ended_at", "started_at")
    near = [clock.is_between(first, last) for first, last in calendar.spans(months)]
    return raw.filter(pl.any_horizontal(near))


def _export_ends(operational: Operational) -> pl.LazyFrame:
    rows = [(row["import_id"], row["last_played_at"]) for row in operational.list_imports()]
    schema = {"import_id": pl.String(), "last_played_at": pl.Datetime("us", "UTC")}
    return pl.LazyFrame(rows, schema=schema, orient="row")


def settle(world: World, months: Sequence[str]) -> None:
    """Counts the outcomes that stand in the lake for some months, and completes the imports they settle.

    Counted again when a commit came in between, so that the last to count has counted the last commit.
    """
    lake, counted_at = world.lake, None
    while counted_at != (counted_at := (lake.version(PLAYS), lake.version(DUPLICATE_ROWS))):
        world.operational.settle(list(months), _outcomes(lake, months), world.clock())


def _outcomes(lake: Lake, months: Sequence[str]) -> list[Outcome]:
    stored = _counted(lake.scan(PLAYS, months=months), "rows_stored")
    duplicate = _counted(lake.scan(DUPLICATE_ROWS, months=months), "rows_duplicate")
    counts = stored.join(duplicate, on=["import_id", "month"], how="full", coalesce=True)
    outcomes = counts.with_columns(pl.col("rows_stored", "rows_duplicate").fill_null(0)).collect()
    return [Outcome(*row) for row in outcomes.iter_rows()]


def _counted(rows: pl.LazyFrame, name: str) -> pl.LazyFrame:
    return rows.group_by("import_id", "month").agg(pl.len().cast(pl.Int64).alias(name))
