"""Pairs of a row and a play of a richer source that may be one by their clocks.

A scrobble's clock may stand anywhere in the play: most services stamp the start, some the half, four minutes
or the end. Of each pair: ``distance`` (microseconds; the nearest are accepted first), ``apart`` (microseconds
that say how well the clocks agree) and ``is_inside`` (the row can only be that play, told again).
"""

from datetime import timedelta

import polars as pl

SLACK = timedelta(minutes=2)
"""How far apart the clocks of one song may stand and still be one play."""
AT_POINT = timedelta(seconds=30)
"""How near the end of a play a scrobble stands that was stamped there."""
REACH = timedelta(minutes=30)
"""How far into a play a stamp is looked for; the end of a longer one is looked for where it is."""
UNUSUAL = timedelta(seconds=10)
"""What clocks count as apart at least that agree at another point than both starts or both stops."""
PARTLY = 0.75
"""The share of a track's length in which another stamp of a play is looked for whose end nobody tells."""
ACCOUNT_MS_SLACK = 1_000
SHORTEST_TOLD_MS = 30_000
"""Services hardly ever tell of shorter plays."""
API, ACCOUNT = "spotify_api", "spotify_account"
KEYS = ("track_id", "name_key", "other_key")
"""What a song is known by: its id, its names, and what else tells of it."""

_US = timedelta(microseconds=1)
_SLACK, _AT_POINT, _REACH, _UNUSUAL = (span // _US for span in (SLACK, AT_POINT, REACH, UNUSUAL))
_MINUTE, _FOUR_MINUTES = 60_000_000, 240_000_000
_RUN = 3
_NOTHING = pl.lit(0, pl.Int64)


def near(source: str, plays: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Pairs of the same song, starts with starts and stops with stops; of Spotify's own, what it can mean."""
    ours, theirs = plays.lazy(), known.lazy()
    if source == ACCOUNT:
        return _nearest(_account_pairs(_by_song(ours), _by_song(theirs), "song"))
    pairs = _joined(_by_song(_clock(ours)), _by_song(_clocks(theirs)), _SLACK, "song")
    if source == API:
        return _nearest(pl.concat([_api_pairs(pairs), _whole_pairs(ours, theirs)]))
    return _nearest(_measured(pairs).filter(pl.col("distance") <= _SLACK))


def anywhere(plays: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Pairs of the same song with the row's clock anywhere in the play; those that are near among them."""
    ours, theirs = _clock(plays.lazy()), _clocks(known.lazy())
    return _nearest(_measured(_joined(_by_song(ours), _by_song(theirs), _REACH, "song")))


def whatever_the_song(source: str, plays: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Pairs of any songs by their clocks alone, but for plays that are too short to be told of."""
    ours, theirs = plays.lazy(), known.lazy()
    if source == ACCOUNT:
        return _nearest(_account_pairs(ours.filter(pl.col("ms_played") >= ACCOUNT_MS_SLACK), theirs))
    clocks = _clocks(theirs).filter(~pl.col("is_short"))
    if source == API:
        return _nearest(_api_pairs(_joined(_clock(ours), clocks, _SLACK)))
    return _nearest(_measured(_joined(_clock(ours.filter(~pl.col("is_run"))), clocks, _REACH)))


def with_runs(plays: pl.DataFrame) -> pl.DataFrame:
    """Rows of one source with ``is_run``: one of three or more exactly a second apart.

    So come the play counts of a device: each is a play, but its clock does not say when.
    """
    ordered = plays.select("i", "user_id", clock=told_at()).sort("user_id", "clock", "i")
    is_next = (pl.col("clock").diff() == timedelta(seconds=1)) & (
        pl.col("user_id") == pl.col("user_id").shift()
    )
    run = (~is_next.fill_null(value=False)).cum_sum()
    return plays.join(
        ordered.select("i", is_run=pl.len().over(run) >= _RUN), on="i", how="left", maintain_order="left"
    )


def of_songs(plays: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """The rows whose song one of ``others`` has too."""
    sung = (
        plays.join(others.filter(pl.col(key).is_not_null()), on=["user_id", key], how="semi").select("i")
        for key in KEYS
    )
    return plays.join(pl.concat(sung), on="i", how="semi")


def _nearest(pairs: pl.LazyFrame) -> pl.DataFrame:
    smallest = pl.col("distance", "apart").min()
    return pairs.group_by("i", "play").agg(smallest, pl.col("is_inside").any()).collect()


def _by_song(rows: pl.LazyFrame) -> pl.LazyFrame:
    """A row for each key of a play's song."""
    keyed = (rows.with_columns(song=pl.col(key).cast(pl.String())) for key in KEYS)
    return pl.concat(keyed).filter(pl.col("song").is_not_null()).drop(KEYS)


def _account_pairs(plays: pl.LazyFrame, known: pl.LazyFrame, *keys: str) -> pl.LazyFrame:
    """The same stop minute and at most a second's difference in time played."""
    minute = pl.col("ended_at").dt.truncate("1m").alias("minute")
    ours, theirs = (rows.select("i", "user_id", *keys, minute, "ms_played") for rows in (plays, known))
    pairs = ours.join(theirs.rename({"i": "play"}), on=["user_id", *keys, "minute"])
    differ = (pl.col("ms_played") - pl.col("ms_played_right")).abs()
    near = pairs.with_columns(distance=differ).filter(pl.col("distance") <= ACCOUNT_MS_SLACK)
    return near.with_columns(apart=_NOTHING, is_inside=pl.lit(value=False))


def told_at() -> pl.Expr:
    """The clock as the source told it: a stop, or else a start."""
    return pl.when("is_stop_clock").then("ended_at").otherwise("started_at")


def _clock(plays: pl.LazyFrame) -> pl.LazyFrame:
    """The clock of each row as its source told it, with what is known of how long it was."""
    told = {"clock": told_at().dt.epoch("us"), "played": _us("ms_played"), "length": _us("length_ms")}
    return plays.select("i", "user_id", *KEYS, "is_stop_clock", "is_run", **told)


def _clocks(known: pl.LazyFrame) -> pl.LazyFrame:
    """The start of each play, and where its stop is told, two: as told, and start plus time played."""
    played, length = _us("ms_played"), _us("length_ms")
    started, stopped = (pl.col(name).dt.epoch("us") for name in ("started_at", "ended_at"))
    whole = pl.when(pl.col("is_stop_clock") & played.is_null()).then(stopped - length)
    told = known.with_columns(
        is_short=(pl.col("ms_played") < SHORTEST_TOLD_MS).fill_null(value=False),
        their_played=played,
        their_length=length,
    )
    ends = told.filter(pl.col("is_stop_clock") | pl.col("ms_played").is_not_null())
    clocks = (
        (told, pl.coalesce(whole, started)),
        (ends, stopped),
        (ends, started + played.fill_null(0)),
    )
    facts = ("is_short", "their_played", "their_length")
    return pl.concat(
        rows.select("user_id", *KEYS, *facts, play="i", their_clock=clock, is_start=pl.lit(n == 0))
        for n, (rows, clock) in enumerate(clocks)
    )


def _us(column_ms: str) -> pl.Expr:
    return pl.col(column_ms).cast(pl.Int64) * 1_000


def _joined(ours: pl.LazyFrame, theirs: pl.LazyFrame, reach: int, *keys: str) -> pl.LazyFrame:
    """Pairs whose clocks are at most about ``reach`` apart, with the ``lag`` of ours behind theirs."""
    width = min(reach, _FOUR_MINUTES * 2)
    bucket = pl.col("clock") // width
    most = -(-reach // width)
    buckets = pl.concat_list(*(bucket + step for step in range(-most, most + 1))).alias("bucket")
    there = theirs.with_columns(bucket=pl.col("their_clock") // width)
    pairs = ours.with_columns(buckets).explode("bucket").join(there, on=["user_id", *keys, "bucket"])
    return pairs.with_columns(lag=pl.col("clock") - pl.col("their_clock"))


def _api_pairs(pairs: pl.LazyFrame) -> pl.LazyFrame:
    """Spotify's clock is usually a stop and sometimes a start: starts come after all stops.

    That is because a song on repeat starts when it stops. Plays that Spotify hardly shows come last.
    """
    rank = pl.col("is_start").cast(pl.Int64) + 2 * pl.col("is_short").cast(pl.Int64)
    lag = pl.col("lag").abs()
    apart = pl.when("is_start").then(pl.max_horizontal(lag, _UNUSUAL)).otherwise(lag)
    return pairs.filter(lag <= _SLACK).select(
        "i", "play", distance=lag + rank * _SLACK, apart=apart, is_inside=pl.lit(value=False)
    )


def _whole_pairs(plays: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """A scrobble tells neither stop nor time played: it stopped when the whole track would have."""
    whole = plays.filter(pl.col("length_ms").is_not_null())
    started = _clock(whole.with_columns(is_stop_clock=pl.lit(value=False))).with_columns(
        clock=pl.col("clock") - pl.col("length")
    )
    open_ended = known.filter(~pl.col("is_stop_clock") & pl.col("ms_played").is_null())
    pairs = _joined(_by_song(started), _by_song(_clocks(open_ended)), _SLACK, "song")
    return _api_pairs(pairs.with_columns(is_start=pl.lit(value=False)))


def _measured(pairs: pl.LazyFrame) -> pl.LazyFrame:
    """Pairs of scrobbles that their clocks allow, stops with stops and starts with any point of the play."""
    lag = pl.col("lag").abs()
    is_stop = pl.col("is_stop_clock")
    stops = pairs.filter(is_stop & ~pl.col("is_start") & (lag <= _SLACK)).select(
        "i", "play", distance=lag, apart=lag, is_inside=lag <= _UNUSUAL
    )
    stamped_at_stop = pairs.filter(~is_stop & ~pl.col("is_start") & ~pl.col("is_run") & (lag <= _AT_POINT))
    late = stamped_at_stop.select(
        "i",
        "play",
        distance=_SLACK + 1 + lag,
        apart=pl.max_horizontal(lag, _UNUSUAL),
        is_inside=pl.lit(value=False),
    )
    return pl.concat([stops, late, _stamped(pairs.filter(~is_stop & pl.col("is_start")))])


def _stamped(pairs: pl.LazyFrame) -> pl.LazyFrame:
    """A scrobble's clock against a play's start: equal, or that of another stamp of the same play."""
    lag, played, theirs = pl.col("lag"), pl.col("their_played"), pl.col("their_length")
    is_ours_long = pl.col("played").is_not_null() & played.is_null()
    guessed = (PARTLY * pl.coalesce(theirs, "played", "length", 0)).cast(pl.Int64)
    is_after = lag >= 0
    told = pl.when(is_after).then(played).when(is_ours_long).then("played")
    span = pl.coalesce(told, pl.when(is_after | played.is_null()).then(guessed), 0)
    away = lag.abs()
    points = (span // 2, span, pl.when(span >= _FOUR_MINUTES).then(_FOUR_MINUTES).otherwise(span))
    to_point = pl.min_horizontal((away - point).abs() for point in points)
    furthest = pl.min_horizontal(span, _REACH) + pl.when(told.is_not_null()).then(_AT_POINT).otherwise(0)
    is_near = away <= _SLACK
    is_elsewhere = ~pl.col("is_run") & (away <= furthest)
    is_of_minute = (pl.col("clock") % _MINUTE == 0) & lag.is_between(-_MINUTE, 0, closed="right")
    stamped = pl.when(is_elsewhere).then(pl.max_horizontal(to_point, _UNUSUAL))
    apart = pl.min_horizontal(away, stamped, pl.when(is_of_minute).then(_UNUSUAL))
    return pairs.filter(is_near | is_elsewhere).select(
        "i",
        "play",
        distance=pl.when(is_near).then(away).otherwise(_SLACK + 1 + to_point),
        apart=apart,
        is_inside=~pl.col("is_run") & ~pl.col("is_short") & lag.is_between(-_AT_POINT, _told_again_until()),
    )


def _told_again_until() -> pl.Expr:
    """How long after its start a scrobble can only be of that play; later it may be the start of the next."""
    played = pl.col("their_played")
    unknown = pl.coalesce("their_length", "played", "length") // 2
    return pl.coalesce(played - pl.min_horizontal(_AT_POINT, played // 4), unknown, -_AT_POINT)
