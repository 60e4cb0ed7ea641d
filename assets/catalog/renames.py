"""Artists who go by another name now, told by the tracks they are credited with under both."""

import polars as pl

from assets.listening import names

_NOBODY = (*names.PLACEHOLDERS, "various artists", "various", "va")
"""Credits that many artists share: who is credited instead is not their new name."""
_TOGETHER = r"(,|&|\+|;|/| and | feat\.? | ft\.? | with | x )"
_CHAIN = 20


def renamed(tracks: pl.LazyFrame) -> pl.LazyFrame:
    """``told_id, artist_id, artist_name``: artists' ids by a name they had, by the name they have, and that.

    A track of the same id, title and album that is credited to another name tells of a new name when
    nothing that has the old one was played since, and nothing of the new one's own before: else it is the
    track whose credit was put right. Names
    that differ by who else is credited are no new names, nor are credits that many share.

    Args:
        tracks: ``track_id, artist_name, former_artist_names, credited_since, first_played_at,
            last_played_at``.
    """
    is_lasting = ~pl.col("track_id").str.starts_with(names.ID_PREFIX)
    credited = tracks.filter(is_lasting).with_columns(artist_id=names.name_id(pl.col("artist_name")))
    heard = credited.group_by(told_id="artist_id").agg(pl.col("last_played_at").max())
    formerly = credited.explode("former_artist_names").rename({"former_artist_names": "former"})
    changed = formerly.filter(pl.col("former").is_not_null(), _is_new_name()).with_columns(
        told_id=names.name_id(pl.col("former"))
    )
    pairs = changed.group_by("told_id", "artist_id").agg(
        tracks=pl.len(),
        since=pl.col("credited_since").min(),
        artist_name=pl.col("artist_name").sort_by("last_played_at", "track_id").last(),
    )
    is_own = pl.col("former_artist_names").list.len().fill_null(0) == 0
    known = credited.filter(is_own).group_by("artist_id").agg(known_since=pl.col("first_played_at").min())
    last, since = pl.col("last_played_at"), pl.col("since")
    lasting = (
        pairs.join(heard, on="told_id", how="left")
        .join(known, on="artist_id", how="left")
        .filter(
            last.is_null() | (last < since),
            pl.col("known_since").is_null() | (pl.col("known_since") >= since),
        )
    )
    best = lasting.sort("told_id", "tracks", "since", "artist_id", descending=[False, True, True, False])
    return _followed(best.unique("told_id", keep="first", maintain_order=True).collect()).lazy()


def _is_new_name() -> pl.Expr:
    old, new = names.normalised(pl.col("former")), names.normalised(pl.col("artist_name"))
    is_nobody = old.is_in(_NOBODY) | new.is_in(_NOBODY)
    is_part = new.str.contains(old, literal=True) | old.str.contains(new, literal=True)
    is_of_more = new.str.count_matches(_TOGETHER) != old.str.count_matches(_TOGETHER)
    return ~is_nobody & ~(is_part & is_of_more)


def _followed(pairs: pl.DataFrame) -> pl.DataFrame:
    """Names of names: each old name leads to the newest. Times go one way, so that none leads in a ring."""
    steps = pairs.select("told_id", "artist_id", "artist_name")
    found = steps
    for _ in range(_CHAIN):
        onward = steps.rename({"told_id": "artist_id", "artist_id": "newer", "artist_name": "newer_name"})
        joined = found.join(onward, on="artist_id", how="left")
        if joined["newer"].null_count() == joined.height:
            break
        found = joined.select(
            "told_id",
            artist_id=pl.coalesce("newer", "artist_id"),
            artist_name=pl.coalesce("newer_name", "artist_name"),
        )
    return found.filter(pl.col("told_id") != pl.col("artist_id")).sort("told_id")
