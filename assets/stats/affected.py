"""Whose top lists an import of somebody else's changes: it may tell a length, a name, or what is one song."""

from collections.abc import Mapping, Sequence

import polars as pl
from deltalake.exceptions import DeltaError

from assets.tables import ALBUMS, ARTISTS, PLAY_MONTHS, TRACK_ALBUMS, TRACK_ALIASES, TRACKS, Table
from resources.lake import Lake

_SHOWN: Mapping[Table, tuple[str, ...]] = {
    TRACKS: ("track_id", "track_name", "artist_id", "artist_name", "album_id", "duration_ms", "genres"),
    TRACK_ALIASES: ("alias_id", "track_id"),
    TRACK_ALBUMS: ("track_id", "told_album_id", "album_id"),
    ARTISTS: ("artist_id", "artist_name"),
    ALBUMS: ("album_id", "album_name", "artist_name"),
}
"""What lists are made with: the tables of ``songs.Catalogue``, and their columns that matter."""
_GONE = (DeltaError, OSError, pl.exceptions.ComputeError)
"""What is raised when an older version was cleared away."""


def versions(lake: Lake) -> dict[str, int]:
    """Which catalogue there is now, as notes to keep beside lists that are made with it."""
    return {_name(table): lake.version(table) + 1 for table in _SHOWN}


def others(lake: Lake, noted: Mapping[str, int], users: Sequence[str]) -> list[str] | None:
    """Listeners beside ``users`` who played what another catalogue says otherwise; None when any may have.

    Args:
        noted: the notes of lists that were right for everybody; 0 for none.
    """
    everybody = lake.scan(PLAY_MONTHS).select(pl.col("user_id").unique()).collect().to_series()
    if everybody.is_in(list(users)).all():
        return []
    if not all(noted.values()):
        return None
    try:
        changed = _changed_tracks(lake, noted)
    except _GONE:
        return None
    heard = lake.scan(PLAY_MONTHS).join(changed.lazy(), on="track_id", how="semi")
    theirs = heard.select(pl.col("user_id").unique().sort()).collect().to_series()
    return [user for user in theirs if user not in set(users)]


def _changed_tracks(lake: Lake, noted: Mapping[str, int]) -> pl.DataFrame:
    """``track_id``, as found in plays, of which the catalogue says something else than it did."""
    changed = {table: _changed(lake, table, noted[_name(table)] - 1) for table in _SHOWN}
    tracks = lake.scan(TRACKS).select("track_id", "artist_id").collect()
    held = lake.scan(TRACK_ALBUMS).select("track_id", "album_id").collect()
    aliases = lake.scan(TRACK_ALIASES).collect()
    ids = pl.concat(
        [
            changed[TRACKS].select("track_id"),
            changed[TRACK_ALBUMS].select("track_id"),
            changed[TRACK_ALIASES].select(track_id="alias_id"),
            tracks.join(changed[ARTISTS], on="artist_id", how="semi").select("track_id"),
            held.join(changed[ALBUMS], on="album_id", how="semi").select("track_id"),
        ]
    )
    of_songs = aliases.join(ids, on="track_id", how="semi").select(track_id="alias_id")
    return pl.concat([ids, of_songs]).unique()


def _changed(lake: Lake, table: Table, before: int) -> pl.DataFrame:
    """Rows that came or went since a version."""
    if before == lake.version(table):
        return table.empty().select(_SHOWN[table])
    then, now = (
        lake.scan(table, version=version).select(_SHOWN[table]).collect() for version in (before, None)
    )
    columns = list(_SHOWN[table])
    gone, come = (
        one.join(other, on=columns, how="anti", nulls_equal=True) for one, other in ((then, now), (now, then))
    )
    return pl.concat([gone, come])


def _name(table: Table) -> str:
    return f"{table.name}/ranked"
