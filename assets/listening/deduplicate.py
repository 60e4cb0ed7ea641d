"""Which rows of one source are one play.

Each function takes comparable rows (see ``starts.comparable``) and returns ``i``, ``play`` (the
``i`` of the row that is kept) and ``rule`` (why a row is not that row). The thresholds were counted
over 240,729 rows of fifteen real exports.
"""

from datetime import timedelta

import polars as pl

from assets.order import is_as_before

SAME_START = timedelta(seconds=2)
RESYNC_WINDOW = timedelta(seconds=30)
OUTCOME = {"i": pl.UInt32(), "play": pl.UInt32(), "rule": pl.String()}


def within_sources(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The outcome of every row among the rows of its own source."""
    of = pl.col("source")
    return pl.concat(
        [
            _extended(rows.filter(of == "spotify_extended")),
            _account(rows.filter(of == "spotify_account")),
            _repeated(rows.filter(~of.is_in(["spotify_extended", "spotify_account"]))),
        ]
    ).select(pl.col(name).cast(dtype) for name, dtype in OUTCOME.items())


def _extended(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Extended history: starts at most 2 s apart, else re-synced copies of one length."""
    slim = rows.select("i", "user_id", "track_id", "started_at", "ended_at", "ms_played", "is_start_known")
    known, unknown = (
        _same_start(slim.filter("is_start_known")),
        _resynced(slim.filter(~pl.col("is_start_known"))),
    )
    grouped = _ready(_one_a_start(pl.concat([known, unknown]).collect()).lazy())
    return _longest(_ready(_onto_known(grouped)))


def _ready(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows that several steps read: where there are few, planning them for each takes longer than they do."""
    return rows.collect().lazy()


def _same_start(known: pl.LazyFrame) -> pl.LazyFrame:
    """Groups of known starts, each at most 2 s after the one before it."""
    track = ["user_id", "track_id"]
    is_new = (pl.col("started_at").diff() > SAME_START).fill_null(value=True) | pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(name).shift()) for name in track
    )
    in_order = known.sort("i")  # which is the order of listener, track and start
    return in_order.with_columns(group=pl.when(is_new).then("i").forward_fill(), rule=pl.lit("same_start"))


def _resynced(unknown: pl.LazyFrame) -> pl.LazyFrame:
    """Groups of rows of one length whose stops lie closer together than 30 s and than that length."""
    length = ["user_id", "track_id", "ms_played"]
    gap = pl.col("ended_at").diff()
    is_apart = (gap > RESYNC_WINDOW) | (gap >= pl.duration(milliseconds="ms_played")) & (gap > timedelta(0))
    is_new = is_apart.fill_null(value=True) | pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(name).shift()) for name in length
    )
    in_order = unknown.sort(*length, "ended_at", "i")
    return in_order.with_columns(group=pl.when(is_new).then("i").forward_fill(), rule=pl.lit("resynced_copy"))


def _one_a_start(rows: pl.DataFrame) -> pl.DataFrame:
    """Groups of which any rows start at the same moment made one: the same start is always one play."""
    in_order = rows.sort("i")  # which is the order of listener, track and start
    is_same = is_as_before(["user_id", "track_id", "started_at"])
    links = in_order.select("group", before=pl.when(is_same).then(pl.col("group").shift()))
    apart = links.filter(pl.col("group") != pl.col("before"))
    if apart.is_empty():
        return rows
    first = _first_linked(apart.unique())
    return rows.with_columns(pl.col("group").replace(first["group"], first["first"]))


def _first_linked(links: pl.DataFrame) -> pl.DataFrame:
    """``group`` and ``first``: the lowest group that each can be reached from through links."""
    both = pl.concat([links, links.select(group="before", before="group")])
    found = both.select("group").unique().with_columns(first="group")
    while True:
        beside = both.join(found.rename({"group": "before"}), on="before")
        lower = (
            pl.concat([found, beside.select("group", "first")]).group_by("group").agg(pl.col("first").min())
        )
        if lower["first"].sum() == found["first"].sum():
            return found
        found = lower


def _onto_known(grouped: pl.LazyFrame) -> pl.LazyFrame:
    """Groups of unknown starts alone joined to the known play they copy: the one with the nearest stop."""
    length = ["user_id", "track_id", "ms_played"]
    is_known = pl.col("is_start_known").any().over("group")
    known, alone = grouped.filter(is_known), grouped.filter(~is_known)
    by_stop = (
        known.filter("is_start_known")
        .join(alone, on=length, how="semi", nulls_equal=True)
        .sort("ended_at", "i")
        .select(*length, "ended_at", near="group", near_at="ended_at")
    )
    nearest = (
        alone.sort("ended_at", "i")
        .join_asof(
            by_stop,
            on="ended_at",
            by=length,
            strategy="nearest",
            tolerance=RESYNC_WINDOW,
            check_sortedness=False,
        )
        .with_columns(gap=(pl.col("ended_at") - pl.col("near_at")).abs())
        .with_columns(near=pl.when(pl.col("gap") < pl.duration(milliseconds="ms_played")).then("near"))
    )
    closest = pl.col("near").sort_by("gap", "i", nulls_last=True).drop_nulls().first().over("group")
    columns = ("i", "group", "ms_played", "is_start_known", "rule")
    copied = nearest.with_columns(group=pl.coalesce(closest, "group"))
    return pl.concat([known.select(columns), copied.select(columns)])


def _longest(grouped: pl.LazyFrame) -> pl.LazyFrame:
    order = [-pl.col("ms_played").fill_null(0), ~pl.col("is_start_known"), pl.col("i")]
    is_shared = pl.col("group").is_duplicated()
    alone = grouped.filter(~is_shared).select("i", pl.col("i").alias("play"), "rule")
    best = pl.col("i").sort_by(order).first().over("group").alias("play")
    return pl.concat([alone, grouped.filter(is_shared).select("i", best, "rule")])


def _account(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Account data: equal rows of one file are different plays, equal rows of two files are not."""
    row = ["user_id", "track_id", "minute", "ms_played"]
    numbered = rows.with_columns(minute=pl.col("ended_at").dt.truncate("1m")).with_columns(
        occurrence=pl.int_range(pl.len()).over("import_id", "file", *row)
    )
    first = pl.col("i").min().over(*row, "occurrence")
    return numbered.select("i", first.alias("play"), pl.lit("repeated_row").alias("rule"))


def _repeated(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Other sources: the same song at the same moment is one play."""
    song = pl.coalesce("name_key", "track_id")
    told_at = pl.when("is_stop_clock").then("ended_at").otherwise("started_at")
    first = pl.col("i").min().over("user_id", "source", song, told_at)
    return rows.select("i", first.alias("play"), pl.lit("repeated_row").alias("rule"))
