"""The catalogue in the lake, merged again where names changed."""

import polars as pl
from deltalake.exceptions import DeltaError

from assets import store
from assets.catalog import merge
from assets.tables import ALBUMS, ARTISTS, TRACK_ALIASES, TRACK_MONTHS, TRACKS
from resources.lake import Lake
from resources.world import World

CATALOGUE = (TRACKS, ALBUMS, ARTISTS, TRACK_ALIASES)
_VERSION, _HEIGHT = (f"{TRACKS.name}/{what}/{TRACKS.version}.{merge.RULES}" for what in ("version", "rows"))
_GONE = (DeltaError, OSError, pl.exceptions.ComputeError)
"""What is raised when an older version was cleared away."""


def merge_catalogue(world: World, most: int = store.ROWS_A_BATCH) -> dict[str, int]:
    """Makes tracks, albums, artists and aliases current; returns the rows of each.

    Only the tracks whose names or plays changed since the last time are merged again: ``tracks`` notes
    the version of ``track_months`` it was made from.
    """

    def compute() -> store.Noted:
        version = world.lake.version(TRACK_MONTHS)
        tracks = _current(world.lake, version, most)
        made_of_tracks = (merge.albums, merge.artists, merge.track_aliases)
        frames = [tracks, *pl.collect_all([make(tracks.lazy()) for make in made_of_tracks])]
        return store.Noted(frames, {_VERSION: version + 1, _HEIGHT: tracks.height})

    return store.replace(world, CATALOGUE, compute)


def _current(lake: Lake, version: int, most: int) -> pl.DataFrame:
    """The tracks of a version of ``track_months``."""
    made = lake.open(TRACKS)
    known = lake.scan_opened(TRACKS, made).collect()
    before = lake.noted(made, _VERSION) - 1
    if before < 0 or known.height != lake.noted(made, _HEIGHT):
        return _merged(lake, version, most)
    try:
        changed = _changed(lake, before, version, most)
    except _GONE:
        changed = None
    if changed is None:
        return _merged(lake, version, most)
    is_changed = pl.col("track_id").is_in(changed.implode())
    again = merge.tracks(lake.scan(TRACK_MONTHS, version=version).filter(is_changed)).collect()
    return TRACKS.conform(pl.concat([known.filter(~is_changed), again]).lazy()).collect()


def _changed(lake: Lake, before: int, now: int, most: int) -> pl.Series | None:
    """Ids of the tracks whose rows differ between two versions; None when too many may."""
    old, new = (lake.fingerprints(lake.open(TRACK_MONTHS, version)) for version in (before, now))
    months = sorted(month for month in old.keys() | new.keys() if old.get(month) != new.get(month))
    rows = lake.month_rows(TRACK_MONTHS)
    touched = sum(rows.get(month, 0) for month in months)
    if touched > most or 2 * touched > sum(rows.values()):
        return None
    then, since = (
        lake.scan(TRACK_MONTHS, months=months, version=version).collect() for version in (before, now)
    )
    columns = then.columns
    gone = then.join(since, on=columns, how="anti", nulls_equal=True)
    come = since.join(then, on=columns, how="anti", nulls_equal=True)
    return pl.concat([gone["track_id"], come["track_id"]]).unique()


def _merged(lake: Lake, version: int, most: int) -> pl.DataFrame:
    """All tracks, some ids at a time: a month's rows are sorted by them, so that each reads only its own."""
    rows, ident = lake.scan(TRACK_MONTHS, version=version), pl.col("track_id")
    if sum(lake.month_rows(TRACK_MONTHS).values()) <= most:
        return merge.tracks(rows).collect()
    by_track = rows.group_by("track_id").agg(pl.len().cast(pl.Int64).alias("rows"))
    ranges = store.id_ranges(by_track.sort("track_id").collect(), most)
    return pl.concat(merge.tracks(rows.filter(ids.holds(ident))).collect() for ids in ranges)
