"""Which plays of a poorer source are plays a richer one already tells of.

Sources are taken in the order of their richness; each is matched one to one against the plays
known so far, by repeatedly accepting the mutually nearest pairs. What is left over is a play.
"""

from datetime import timedelta

import polars as pl

from assets.listening.rerouted import as_many_as_can
from assets.listening.starts import SOURCES

ACCOUNT_MS_SLACK = 1_000
CLOCK_SLACK = timedelta(minutes=2)
API = "spotify_api"
SHORTEST_SHOWN_MS = 30_000
"""Spotify hardly ever shows shorter plays as recently played."""

FILLED_FIELDS = (
    "ms_played",
    "is_skipped",
    "reason_start",
    "reason_end",
    "is_shuffle",
    "is_offline",
    "is_incognito",
    "country",
    "platform",
    "album_name",
    "isrc",
    "duration_ms",
)
"""What a matched row may add to the richer one where that has nothing."""

_WIDTH_US = CLOCK_SLACK // timedelta(microseconds=1)
_MATCH = {"i": pl.UInt32(), "play": pl.UInt32()}


def across_sources(rows: pl.DataFrame, copies: pl.DataFrame) -> pl.DataFrame:
    """Rows matched to a row of a richer source.

    Args:
        rows: comparable rows, each source already collapsed.
        copies: the rows of extended history that were collapsed, with the ``play`` they copy: account
            data tells of each of them too.

    Returns:
        ``i`` and the ``play`` it belongs to, for the rows that belong to another.
    """
    matches = pl.DataFrame(schema=_MATCH)
    known = rows.clear()
    for source in SOURCES:
        plays = rows.filter(pl.col("source") == source)
        if plays.height and known.height:
            pairs = _candidates(source, plays, known)
            matched = _mutually_nearest(pairs)
            if source == API:
                matched = as_many_as_can(pairs, matched)
            plays = plays.join(matched, on="i", how="anti")
            if source == "spotify_account":
                copied = _copies_told(plays, _distinct(copies, known))
                matched = matched.vstack(copied)
                plays = plays.join(copied, on="i", how="anti")
            matches = matches.vstack(matched)
        known = known.vstack(plays)
    return matches


def _copies_told(plays: pl.DataFrame, copies: pl.DataFrame) -> pl.DataFrame:
    """Account rows that tell of a copy rather than of the row that was kept: its play is theirs."""
    matched = _mutually_nearest(_candidates("spotify_account", plays, copies))
    of_copy = copies.select(copy="i", play="play")
    return matched.rename({"play": "copy"}).join(of_copy, on="copy").select("i", "play")


def _distinct(copies: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Copies that differ from the row that was kept and from each other: repeats add nothing."""
    told = ["play", "ended_at", "ms_played"]
    others = copies.join(
        known.select("ended_at", "ms_played", play="i"), on=told, how="anti", nulls_equal=True
    )
    return others.sort("i").unique(told, keep="first", maintain_order=True)


def told_elsewhere(facts: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """What the rows matched to each play say, richest first: ``play`` and a ``*_told`` of each field.

    Args:
        facts: ``i``, ``source`` and the ``FILLED_FIELDS`` of the matched rows.
    """
    told = facts.join(matches, on="i").sort("source", "i")
    return told.group_by("play", maintain_order=True).agg(
        pl.col(name).drop_nulls().first().name.suffix("_told") for name in FILLED_FIELDS
    )


def filled(plays: pl.LazyFrame, told: pl.DataFrame) -> pl.LazyFrame:
    """Plays with their null fields taken from the rows matched to them; the order stays.

    A play that only had a start gets its stop with the time played; one whose album is told has no
    ``song`` of its own.
    """
    joined = plays.join(told.lazy(), left_on="i", right_on="play", how="left", maintain_order="left")
    told_ms = pl.when(~pl.col("is_stop_clock") & pl.col("ms_played").is_null()).then("ms_played_told")
    return joined.with_columns(
        *(pl.coalesce(name, f"{name}_told") for name in FILLED_FIELDS),
        ended_at=pl.col("ended_at") + pl.duration(milliseconds=told_ms.fill_null(0)),
        song=pl.when(pl.col("album_name").is_not_null() | pl.col("album_name_told").is_null()).then("song"),
    ).drop(f"{name}_told" for name in FILLED_FIELDS)


def _candidates(source: str, plays: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Pairs ``i``, ``play``, ``distance`` that the clocks of ``source`` allow."""
    is_account = source == "spotify_account"
    ours, theirs = plays.lazy(), known.lazy()
    pairs = _account_pairs(ours, theirs) if is_account else _clock_pairs(source, ours, theirs)
    return pairs.group_by("i", "play").agg(pl.col("distance").min()).collect()


def _account_pairs(plays: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """The same stop minute and at most a second's difference in time played."""
    minute = pl.col("ended_at").dt.truncate("1m").alias("minute")
    pairs = _by_song(plays, minute, "ms_played").join(
        _by_song(known, minute, "ms_played").rename({"i": "play"}), on=["user_id", "song", "minute"]
    )
    distance = (pl.col("ms_played") - pl.col("ms_played_right")).abs()
    return pairs.with_columns(distance=distance).filter(pl.col("distance") <= ACCOUNT_MS_SLACK)


def _clock_pairs(source: str, plays: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """Clocks at most two minutes apart: starts with starts, stops with stops."""
    told_at = pl.when("is_stop_clock").then("ended_at").otherwise("started_at")
    ours = _by_song(plays, told_at.alias("clock"), "is_stop_clock")
    pairs = _near(ours, _clocks(known))
    alike = pairs.filter(pl.col("is_start") != pl.col("is_stop_clock"))
    return alike if source != API else pl.concat([_api_pairs(pairs), _whole_pairs(plays, known)])


def _api_pairs(pairs: pl.LazyFrame) -> pl.LazyFrame:
    """The API's clock is usually a stop and sometimes a start: starts come after all stops.

    That is because a song on repeat starts when it stops. Plays that Spotify hardly shows come last.
    """
    ranks = pl.col("is_start").cast(pl.Int64) + 2 * pl.col("is_short").cast(pl.Int64)
    return pairs.with_columns(distance=pl.col("distance") + ranks * _WIDTH_US)


def _whole_pairs(plays: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """A scrobble tells neither stop nor time played: it stopped when the whole track would have."""
    start = pl.col("started_at") - pl.duration(milliseconds="length_ms")
    ours = _by_song(plays.filter(pl.col("length_ms").is_not_null()), start.alias("clock"), "is_stop_clock")
    return _near(ours, _clocks(known.filter(~_is_stop_told())))


def _near(ours: pl.LazyFrame, clocks: pl.LazyFrame) -> pl.LazyFrame:
    """Pairs of the same song whose clocks are near, with the ``distance`` in microseconds."""
    bucket = pl.col("clock").cast(pl.Int64) // _WIDTH_US
    near = pl.concat_list(bucket - 1, bucket, bucket + 1).alias("bucket")
    theirs = clocks.with_columns(bucket=bucket).rename({"i": "play"})
    pairs = ours.with_columns(near).explode("bucket").join(theirs, on=["user_id", "song", "bucket"])
    distance = (pl.col("clock") - pl.col("clock_right")).abs().dt.total_microseconds()
    return pairs.with_columns(distance=distance).filter(pl.col("distance") <= _WIDTH_US)


def _clocks(known: pl.LazyFrame) -> pl.LazyFrame:
    """The start of each play, and where its stop is told, two: as told, and start plus time played."""
    is_short = (pl.col("ms_played") < SHORTEST_SHOWN_MS).fill_null(value=False).alias("is_short")
    played = pl.col("started_at") + pl.duration(milliseconds=pl.col("ms_played").fill_null(0))
    stopped = known.filter(_is_stop_told())
    clocks = ((known, pl.col("started_at")), (stopped, pl.col("ended_at")), (stopped, played))
    return pl.concat(
        _by_song(rows, clock.alias("clock"), is_short, pl.lit(n == 0).alias("is_start"))
        for n, (rows, clock) in enumerate(clocks)
    )


def _is_stop_told() -> pl.Expr:
    return pl.col("is_stop_clock") | pl.col("ms_played").is_not_null()


def _by_song(rows: pl.LazyFrame, *columns: pl.Expr | str) -> pl.LazyFrame:
    """A row for each key a play's song has: its id, its names, and what else tells of it."""
    keyed = (
        rows.select("i", "user_id", *columns, song=pl.col(key).cast(pl.String()))
        for key in ("track_id", "name_key", "other_key")
    )
    return pl.concat(keyed).filter(pl.col("song").is_not_null())


def _mutually_nearest(pairs: pl.DataFrame) -> pl.DataFrame:
    """One-to-one pairs, the mutually nearest accepted first; ties by content order."""
    pairs = pairs.sort("distance", "play", "i")
    accepted = pl.DataFrame(schema=_MATCH)
    while pairs.height:
        nearest = pairs.filter(pl.col("i").is_first_distinct() & pl.col("play").is_first_distinct())
        accepted = accepted.vstack(nearest.select(pl.col("i", "play").cast(pl.UInt32)))
        pairs = (
            pairs.join(nearest, on="i", how="anti")
            .join(nearest, on="play", how="anti")
            .sort("distance", "play", "i")
        )
    return accepted
