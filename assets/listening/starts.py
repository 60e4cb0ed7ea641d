"""One row a listen, made comparable: its ids, its start, its stop and whether it was skipped."""

from datetime import UTC, datetime, timedelta

import polars as pl

from assets.listening import names
from assets.tables import RAW_PLAYS, UTC_MICROSECONDS

SOURCES = ("spotify_extended", "spotify_account", "listenbrainz", "lastfm", "maloja", "spotify_api")
"""Richest first: the order in which sources are reconciled."""

_PLAY = ("user_id", "track_id", "started_at", "ended_at", "ms_played", "richness")
_ARRIVAL = ("import_id", "file", "row")
_CONTENT = tuple(name for name in RAW_PLAYS.columns if name not in (*_ARRIVAL, "month", "source"))
_SPOTIFY_LAUNCH = datetime(2008, 10, 1, tzinfo=UTC)
_CLOCK_SLACK = timedelta(seconds=5)
_SKIP_FLAG_TRUSTED_SINCE = datetime(2022, 10, 16, tzinfo=UTC)
_LATEST_EPOCH_S = 100_000_000_000  # larger numbers are milliseconds
_SKIPPING_REASONS = ("fwdbtn", "backbtn", "nextbtn")
_SPOTIFY_ID = r"^(?:spotify:[a-z]+:)([0-9A-Za-z]{22})$"


def comparable(raw: pl.LazyFrame, imports: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of ``raw_plays`` with ids, clocks and a content order ``i``; lower comes first.

    Args:
        raw: rows of ``raw_plays``.
        imports: ``import_id`` and ``last_played_at``: equal rows belong to the older export.

    Returns:
        the rows with ``track_id``, ``name_key``, ``started_at``, ``is_start_known``, ``ended_at``,
        ``is_skipped`` and ``i``, in the order of their content, never of their arrival.
    """
    rows = raw.with_columns(_played_start().alias("known_start")).with_columns(
        name_key=names.name_key(pl.col("artist_name"), pl.col("track_name")),
        track_id=_track_id(),
        is_start_known=pl.col("known_start").is_not_null(),
        is_stop_clock=pl.col("started_at").is_null(),
        is_skipped=_is_skipped(),
        ended_at=pl.coalesce("ended_at", _start_only_end()),
        started_at=pl.coalesce("known_start", _derived_start()),
        richness=pl.col("source").replace_strict(SOURCES, range(len(SOURCES)), return_dtype=pl.Int8()),
    )
    return _in_content_order(rows.drop("known_start"), imports)


def _in_content_order(rows: pl.LazyFrame, imports: pl.LazyFrame) -> pl.LazyFrame:
    """What a play is comes first, then what tells copies of it apart; where from, last.

    Only copies are compared by all they tell: twenty columns are dear to sort by.
    """
    ranked = rows.join(
        imports.select("import_id", export_ends_at="last_played_at"), on="import_id", how="left"
    )
    is_copy = pl.struct(_PLAY).is_duplicated()
    copies = ranked.filter(is_copy).sort(*_CONTENT, "export_ends_at", *_ARRIVAL, nulls_last=True)
    told_apart = pl.concat([ranked.filter(~is_copy).with_columns(copy=pl.lit(0, pl.UInt32)), copies.with_row_index("copy")])
    return told_apart.sort(*_PLAY, "copy", nulls_last=True).drop("export_ends_at", "copy").with_row_index("i")


def _played_start() -> pl.Expr:
    """The start a source tells: outright, or Spotify's offline clock where it can be true."""
    clock = pl.col("offline_timestamp")
    clock_ms = pl.when(clock < _LATEST_EPOCH_S).then(clock * 1000).otherwise(clock)
    start = (clock_ms.clip(0, 253_402_300_799_000) * 1000).cast(UTC_MICROSECONDS)
    is_plausible = (start >= _SPOTIFY_LAUNCH) & (start <= pl.col("ended_at") + _CLOCK_SLACK)
    return pl.coalesce("started_at", pl.when(is_plausible).then(start))


def _derived_start() -> pl.Expr:
    return pl.col("ended_at") - pl.duration(milliseconds=pl.col("ms_played").fill_null(0))


def _start_only_end() -> pl.Expr:
    return pl.col("started_at") + pl.duration(milliseconds=pl.col("ms_played").fill_null(0))


def _track_id() -> pl.Expr:
    spotify_id = pl.col("track_uri").str.extract(_SPOTIFY_ID)
    return pl.coalesce(
        spotify_id, names.name_id(pl.col("artist_name"), pl.col("track_name")), pl.col("track_uri")
    )


def _is_skipped() -> pl.Expr:
    """The flag where it can be trusted, else what the reason for the end says, else null."""
    by_reason = (
        pl.when(pl.col("reason_end") == "trackdone")
        .then(statement=False)
        .when(pl.col("reason_end").is_in(_SKIPPING_REASONS))
        .then(statement=True)
    )
    is_trusted = (pl.col("source") != "spotify_extended") | (pl.col("ended_at") >= _SKIP_FLAG_TRUSTED_SINCE)
    return pl.coalesce(pl.when(is_trusted).then(pl.col("is_skipped")), by_reason)
