"""Listening as Dagster assets: raw rows (written by the import job), plays, the ledger, the people."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets import charts, store
from assets.automation import made_once, month_follows, whole_follows
from assets.listening import gaps, time_zones
from assets.listening.commit import resolve_months
from assets.partitions import MONTHS
from assets.specs import monthly_results, results, spec
from assets.tables import (
    CLOCK_MONTHS,
    COUNTRY_TIME_ZONES,
    DUPLICATE_ROWS,
    IMPORTS,
    LISTENERS,
    LISTENING_GAPS,
    PLAYS,
    RAW_PLAYS,
    REJECTED_ROWS,
    TRACK_MONTHS,
)
from resources.operational import Row
from resources.world import World

Results = Iterator[dg.MaterializeResult[None]]

raw_plays = spec(RAW_PLAYS)
rejected_rows = spec(REJECTED_ROWS)
_MOST_IMPORTS_SHOWN = 10
_RESOLVED = (PLAYS, DUPLICATE_ROWS, TRACK_MONTHS)


@dg.multi_asset(
    name="resolve_plays",
    specs=[spec(table, ["raw_plays"], month_follows()) for table in _RESOLVED],
    partitions_def=MONTHS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="lake",
)
def resolve_plays(context: dg.AssetExecutionContext, world: dg.ResourceParam[World]) -> Results:
    """Which rows are one play: months of ``raw_plays`` resolved into ``plays``."""
    months = list(context.partition_keys)
    resolve_months(world, months)
    counts = store.month_counts(world.lake, _RESOLVED, months)
    plot = charts.bars_of(_plays_a_month(world), "month", "plays", "plays a month")
    shown = {PLAYS.name: {"plays a month": dg.MetadataValue.md(plot)}}
    yield from monthly_results(context, counts, shown)


def _plays_a_month(world: World) -> pl.DataFrame:
    so_far = store.months_so_far(world.lake, PLAYS)
    return pl.DataFrame({"month": list(so_far), "plays": list(so_far.values())})


@dg.multi_asset(name="copy_ledger", specs=[spec(IMPORTS, ["rejected_rows", "plays"], whole_follows())])
def copy_ledger(world: dg.ResourceParam[World]) -> Results:
    """The ledger, copied from PostgreSQL to the lake."""
    rows = [{name: row[name] for name in IMPORTS.columns} for row in world.operational.list_imports()]
    frame = IMPORTS.conform(pl.LazyFrame(rows, schema=IMPORTS.schema)).collect()
    shown = {"last imports": _last_imports(frame)} if frame.height else {}
    yield from results(store.replace(world, [IMPORTS], lambda: [frame]), {IMPORTS.name: shown})


def _last_imports(ledger: pl.DataFrame) -> dg.TableMetadataValue:
    """The newest first, as a table: when, whose, what, and what became of every row."""
    newest = ledger.sort("created_at", "import_id", descending=True).head(_MOST_IMPORTS_SHOWN)
    counts = [pl.col(f"rows_{name}").alias(name) for name in ("read", "stored", "duplicate", "rejected")]
    when = pl.col("created_at").dt.strftime("%Y-%m-%d %H:%M").alias("at (UTC)")
    shown = newest.select(
        when, pl.col("user_id").alias("user"), pl.col("file_name").alias("file"), "status", *counts
    )
    return dg.MetadataValue.table([dg.TableRecord(row) for row in shown.iter_rows(named=True)])


@dg.multi_asset(name="copy_gaps", specs=[spec(LISTENING_GAPS, ["imports"], whole_follows())])
def copy_gaps(world: dg.ResourceParam[World]) -> Results:
    """What following an account missed, copied from PostgreSQL to the lake."""
    found = pl.LazyFrame(world.accounts.gaps(), schema=gaps.SCHEMA)

    def compute() -> list[pl.DataFrame]:
        return [LISTENING_GAPS.conform(gaps.filled(found, world.lake.scan(IMPORTS))).collect()]

    yield from results(store.replace(world, [LISTENING_GAPS], compute))


class ListenersConfig(dg.Config):
    """Which listeners; all when empty."""

    users: list[str] = []  # noqa: RUF012 - a pydantic default


@dg.multi_asset(
    name="know_listeners",
    specs=[spec(LISTENERS, ["clock_months", "country_time_zones"], whole_follows())],
)
def know_listeners(config: ListenersConfig, world: dg.ResourceParam[World]) -> Results:
    """The people and the time zones their days are counted in."""

    def is_wanted(row: Row) -> bool:
        return not config.users or row["user_id"] in config.users

    told = pl.LazyFrame(
        [(row["user_id"], row["time_zone"]) for row in world.operational.list_users() if is_wanted(row)],
        schema={"user_id": pl.String(), "time_zone": pl.String()},
        orient="row",
    )

    def compute() -> list[pl.DataFrame]:
        clocks = store.of_users(world.lake.scan(CLOCK_MONTHS), config.users)
        zones = world.lake.scan(COUNTRY_TIME_ZONES)
        return [time_zones.listeners(told, clocks, zones).collect()]

    yield from results(store.replace(world, [LISTENERS], compute, config.users))


@dg.multi_asset(
    name="know_time_zones",
    specs=[spec(COUNTRY_TIME_ZONES, automation=made_once())],
)
def know_time_zones(world: dg.ResourceParam[World]) -> Results:
    """Countries of one time zone, from the installed tz database."""
    yield from results(store.replace(world, [COUNTRY_TIME_ZONES], lambda: [time_zones.country_time_zones()]))
