"""Which plays of a poorer source are plays a richer one already tells of.

Sources are taken in the order of their richness; each is matched one to one against the plays known so far:
first the same song by its clocks, then by evidence, names that are alike where clocks agree. What is left
over is a play, but for scrobbles that can only be a known play told twice.
"""

import polars as pl

from assets.listening import clock_pairs
from assets.listening.clock_pairs import ACCOUNT, API
from assets.listening.likeness import certainty
from assets.listening.names import name_key
from assets.listening.rerouted import as_many_as_can
from assets.listening.starts import SOURCES, UNNAMED

SOMETHING_IN_COMMON, ALL_BUT_THE_SAME = 0.4, 0.95
"""How sure names must be at the same moment, and where clocks say no more than that it may be."""
SAME_MOMENT_S, NO_MOMENT_S = 3, 30
"""Clocks this near are the same moment, and this far none; in between, names must be surer in proportion."""

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

NAMES = ("track_name", "artist_name")
"""What it adds, both or none, where the richer one has neither: tracks that Spotify took down."""

_MATCH = {"i": pl.UInt32(), "play": pl.UInt32()}
_SHARE = 1_000_000


def across_sources(rows: pl.DataFrame, copies: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Rows matched to a row of a richer source.

    Args:
        rows: comparable rows, each source already collapsed.
        copies: the rows of extended history that were collapsed, with the ``play`` they copy: account
            data tells of each of them too.
        names: ``artist_name`` and ``track_name`` at each ``place`` of the rows.

    Returns:
        ``i`` and the ``play`` it belongs to, for the rows that belong to another.
    """
    matches = pl.DataFrame(schema=_MATCH)
    known = rows.clear()
    for source in SOURCES:
        plays = rows.filter(pl.col("source") == source)
        if plays.height and known.height:
            matched = _matched(source, clock_pairs.with_runs(plays), known, copies, names)
            plays = plays.join(matched, on="i", how="anti")
            matches = matches.vstack(matched)
        known = known.vstack(plays)
    return matches


def _matched(
    source: str, plays: pl.DataFrame, known: pl.DataFrame, copies: pl.DataFrame, names: pl.DataFrame
) -> pl.DataFrame:
    """The rows of one source that are known plays; a play may be told twice, by the last step alone."""
    pairs = clock_pairs.near(source, plays, known)
    matched = _mutually_nearest(pairs)
    copied = matched.clear()
    if source == ACCOUNT:
        copied = _copies_told(_left(plays, matched), _distinct(copies, known))
    else:
        pairs, matched = _stamped_elsewhere(source, plays, known, pairs, matched)
    left = _left(_left(plays, matched), copied)
    if left.is_empty():
        return matched.vstack(copied)
    alike = _alike(source, left, known, names)
    matched = matched.vstack(_mutually_nearest(_free(alike, matched)))
    again = _told_again(pl.concat([pairs, alike]), plays, matched)
    return pl.concat([matched, copied, again])


def _stamped_elsewhere(
    source: str, plays: pl.DataFrame, known: pl.DataFrame, pairs: pl.DataFrame, matched: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pairs and matches of the songs of which something is left over, with clocks anywhere in the play."""
    left = _left(plays, matched)
    if source != API and left.height:
        pairs = clock_pairs.anywhere(clock_pairs.of_songs(plays, left), known)
        matched = matched.vstack(_mutually_nearest(_free(pairs, matched)))
    return pairs, as_many_as_can(pairs, matched)


def _alike(source: str, plays: pl.DataFrame, known: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Pairs whose names are as sure as their clocks ask for; the surest are the nearest."""
    pairs = clock_pairs.whatever_the_song(source, plays, known)
    if pairs.is_empty():
        return pairs
    ours, theirs = (rows.select("song", "place", "other_key", key=pl.col("i")) for rows in (plays, known))
    sung = pairs.join(ours, left_on="i", right_on="key").join(theirs, left_on="play", right_on="key")
    sung = sung.filter(_is_book_the_same())
    songs = sung.unique(["song", "song_right"], keep="any")
    places = pl.concat([songs["place"], songs["place_right"]])
    both = pl.int_range(songs.height, eager=True)
    sure = songs.select("song", "song_right", certainty(names[places], both, both + songs.height))
    needed = sung.join(sure, on=["song", "song_right"]).with_columns(needed=needed_certainty())
    found = needed.filter(pl.col("certainty") >= pl.col("needed"))
    surplus = ((pl.col("needed") - pl.col("certainty")) * _SHARE).round().cast(pl.Int64)
    return found.with_columns(distance=surplus).select(pairs.columns)


def _is_book_the_same() -> pl.Expr:
    """Chapters of two books are often called the same."""
    is_unnamed = pl.any_horizontal(pl.col("other_key", "other_key_right") == UNNAMED)
    return (pl.col("other_key") == pl.col("other_key_right")).fill_null(value=True) | is_unnamed


def needed_certainty() -> pl.Expr:
    """How sure names must be, by how far ``apart`` (microseconds) clocks are."""
    apart_s = pl.col("apart") / 1e6
    share = ((apart_s - SAME_MOMENT_S) / (NO_MOMENT_S - SAME_MOMENT_S)).clip(0, 1)
    return SOMETHING_IN_COMMON + share * (ALL_BUT_THE_SAME - SOMETHING_IN_COMMON)


def _told_again(pairs: pl.DataFrame, plays: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """Rows left over that can only be a play that is known: two clients scrobbled it.

    They stand inside it, or less than 30 seconds from a scrobble of it: no shorter play is told.
    """
    clocks = plays.select(
        "i", clock=clock_pairs.told_at(), is_alone=~(pl.col("is_run") | pl.col("is_stop_clock"))
    )
    told = matched.join(clocks.filter("is_alone"), on="i").select("play", first="clock")
    beside = pairs.join(clocks, on="i").join(told, on="play", how="left")
    apart = (pl.col("clock") - pl.col("first")).abs()
    again = beside.filter(pl.col("is_inside") | (pl.col("is_alone") & (apart < clock_pairs.AT_POINT)))
    left = again.join(matched, on="i", how="anti")
    return left.sort("distance", "play", "i").unique("i", keep="first").select(_as_match())


def _left(plays: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    return plays.join(matched, on="i", how="anti")


def _free(pairs: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """Pairs of rows and plays of which neither is matched."""
    return pairs.join(matched, on="i", how="anti").join(matched, on="play", how="anti")


def _copies_told(plays: pl.DataFrame, copies: pl.DataFrame) -> pl.DataFrame:
    """Account rows that tell of a copy rather than of the row that was kept: its play is theirs."""
    matched = _mutually_nearest(clock_pairs.near(ACCOUNT, plays, copies))
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
        facts: ``i``, ``source``, the ``NAMES`` and the ``FILLED_FIELDS`` of the matched rows.
    """
    told = facts.join(matches, on="i").sort("source", "i")
    is_named = pl.col("track_name").is_not_null()
    return told.group_by("play", maintain_order=True).agg(
        *(pl.col(name).drop_nulls().first().name.suffix("_told") for name in FILLED_FIELDS),
        *(pl.col(name).filter(is_named).first().name.suffix("_told") for name in NAMES),
    )


def filled(plays: pl.LazyFrame, told: pl.DataFrame) -> pl.LazyFrame:
    """Plays with their null fields taken from the rows matched to them; the order stays.

    A play that only had a start gets its stop with the time played; one whose album or names are told has
    no ``song`` of its own.
    """
    joined = plays.join(told.lazy(), left_on="i", right_on="play", how="left", maintain_order="left")
    told_ms = pl.when(~pl.col("is_stop_clock") & pl.col("ms_played").is_null()).then("ms_played_told")
    is_named = pl.all_horizontal(pl.col(NAMES).is_null()) & pl.col("track_name_told").is_not_null()
    is_own = ~is_named & (pl.col("album_name").is_not_null() | pl.col("album_name_told").is_null())
    named = [pl.when(is_named).then(f"{name}_told").otherwise(name).alias(name) for name in NAMES]
    key = name_key(pl.col("artist_name_told"), pl.col("track_name_told"))
    return joined.with_columns(
        *named,
        *(pl.coalesce(name, f"{name}_told") for name in FILLED_FIELDS),
        name_key=pl.when(is_named).then(key).otherwise("name_key"),
        ended_at=pl.col("ended_at") + pl.duration(milliseconds=told_ms.fill_null(0)),
        song=pl.when(is_own).then("song"),
    ).drop(f"{name}_told" for name in (*FILLED_FIELDS, *NAMES))


def _mutually_nearest(pairs: pl.DataFrame) -> pl.DataFrame:
    """One-to-one pairs, the mutually nearest accepted first; ties by content order."""
    pairs = pairs.sort("distance", "play", "i")
    accepted = pl.DataFrame(schema=_MATCH)
    while pairs.height:
        nearest = pairs.filter(pl.col("i").is_first_distinct() & pl.col("play").is_first_distinct())
        accepted = accepted.vstack(nearest.select(_as_match()))
        pairs = (
            pairs.join(nearest, on="i", how="anti")
            .join(nearest, on="play", how="anti")
            .sort("distance", "play", "i")
        )
    return accepted


def _as_match() -> pl.Expr:
    return pl.col("i", "play").cast(pl.UInt32)
