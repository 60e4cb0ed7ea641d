"""The catalogue in the lake, merged again where names changed."""

from dataclasses import dataclass
from hashlib import blake2b

import polars as pl
from deltalake.exceptions import DeltaError

from assets import store
from assets.catalog import merge, renames, told
from assets.catalog.aliases import track_aliases
from assets.datasets import facts
from assets.tables import (
    ALBUMS,
    ARTISTS,
    DATASET_QUALITY,
    DATASET_TRACKS,
    DATASETS,
    SPOTIFY_ITEMS,
    TRACK_ALBUMS,
    TRACK_ALIASES,
    TRACK_FACTS,
    TRACK_MONTHS,
    TRACKS,
)
from resources.lake import Lake
from resources.world import World

CATALOGUE = (TRACKS, TRACK_ALBUMS, ALBUMS, ARTISTS, TRACK_ALIASES, TRACK_FACTS)
_VERSION, _TOLD, _HEIGHT, _EDITIONS, _LENGTHS = (
    f"{TRACKS.name}/{what}/{TRACKS.version}.{merge.RULES}"
    for what in ("version", "told", "rows", "editions", "lengths")
)
_GONE = (DeltaError, OSError, pl.exceptions.ComputeError)
"""What is raised when an older version was cleared away."""


def merge_catalogue(world: World, most: int = store.ROWS_A_BATCH) -> dict[str, int]:
    """Makes tracks, albums, artists, aliases and facts current; returns the rows of each.

    Only the tracks whose names, plays or lengths changed since the last time are merged again: ``tracks``
    notes the versions of the tables it was made from. What Spotify told, then what datasets say, is joined
    into all of them.
    """
    lake = world.lake

    def compute() -> store.Noted:
        made_from = _Versions(lake.version(TRACK_MONTHS), lake.version(SPOTIFY_ITEMS))
        items = lake.scan(SPOTIFY_ITEMS, version=made_from.told)
        merged, editions = _current(lake, made_from, most)
        renamed = renames.renamed(merged.lazy()).collect().lazy()
        plain = told.tracks(merge.identified(merged.lazy(), renamed), items).collect()
        said = _facts(world, plain)
        tracks = facts.filled(plain.lazy(), said.lazy()).collect()
        heights = {_HEIGHT: tracks.height, _EDITIONS: editions.height, _LENGTHS: _lengths(said)}
        frames = _frames(tracks, editions.lazy(), renamed, items)
        return store.Noted([*frames, said], made_from.notes | heights)

    return store.replace(world, CATALOGUE, compute)


def is_told(lake: Lake) -> bool:
    """Whether the catalogue was made from the newest that Spotify told."""
    return lake.noted(lake.open(TRACKS), _TOLD) - 1 == lake.version(SPOTIFY_ITEMS)


@dataclass(frozen=True)
class _Versions:
    """What tracks are made from: of ``track_months`` and of ``spotify_items``; -1 where not noted."""

    names: int
    told: int

    @property
    def notes(self) -> dict[str, int]:
        return {_VERSION: self.names + 1, _TOLD: self.told + 1}


def _frames(
    tracks: pl.DataFrame, editions: pl.LazyFrame, renamed: pl.LazyFrame, items: pl.LazyFrame
) -> list[pl.DataFrame]:
    lazy = tracks.lazy()
    aliases = track_aliases(lazy, renamed).collect()
    artists = told.artists(merge.artists(lazy), lazy, items).collect()
    held = merge.track_albums(editions, lazy, aliases.lazy(), renamed).collect()
    return [tracks, held, merge.albums(held.lazy(), lazy, artists.lazy()).collect(), artists, aliases]


def _facts(world: World, tracks: pl.DataFrame) -> pl.DataFrame:
    """What the datasets that are good enough say of these tracks."""
    lake = world.lake
    least = world.settings.min_quality
    ranked = facts.ranks(lake.scan(DATASETS), lake.scan(DATASET_QUALITY), least)
    if ranked.is_empty():
        return TRACK_FACTS.empty()
    return facts.facts(tracks.lazy(), lake.scan(DATASET_TRACKS), ranked).collect()


def _lengths(said: pl.DataFrame) -> int:
    """A number that tells the lengths shown in tracks from others: whether both tables were written."""
    shown = said.filter(pl.col("is_shown") & (pl.col("field") == "duration"))
    hashes = shown.select("track_id", "number").hash_rows(seed=0)
    return int.from_bytes(blake2b(hashes.to_numpy().tobytes(), digest_size=8).digest()) >> 1


_Merged = tuple[pl.DataFrame, pl.DataFrame]
"""Tracks, and the editions they were played in."""


def _current(lake: Lake, now: _Versions, most: int) -> _Merged:
    """Those of a version of ``track_months``; some tracks may have a length or code that Spotify tells."""
    made = lake.open(TRACKS)
    said = lake.scan(TRACK_FACTS).collect()
    known = facts.emptied(lake.scan_opened(TRACKS, made), said.lazy()).collect()
    held = lake.scan(TRACK_ALBUMS).collect()
    before = _Versions(lake.noted(made, _VERSION) - 1, lake.noted(made, _TOLD) - 1)
    stands = (known.height, held.height, _lengths(said))
    is_whole = stands == tuple(lake.noted(made, name) for name in (_HEIGHT, _EDITIONS, _LENGTHS))
    if min(before.names, before.told) < 0 or not is_whole:
        return _merged(lake, now.names, most)
    try:
        changed = _changed(lake, before.names, now.names, most)
        otherwise = _told_otherwise(lake, before.told, now.told)
    except _GONE:
        changed = None
    if changed is None:
        return _merged(lake, now.names, most)
    is_changed = pl.col("track_id").is_in(pl.concat([changed, otherwise]).implode())
    again = _merge(lake.scan(TRACK_MONTHS, version=now.names).filter(is_changed))
    return tuple(
        pl.concat([old.filter(~is_changed).select(new.columns), new])
        for old, new in zip((known, held), again, strict=True)
    )  # type: ignore[return-value]


def _merge(rows: pl.LazyFrame) -> _Merged:
    tracks, editions = pl.collect_all([merge.tracks(rows), merge.editions(rows)])
    return tracks, editions


def _told_otherwise(lake: Lake, before: int, now: int) -> pl.Series:
    """Ids of the tracks that stand with a length or code that Spotify told in another version."""
    then, since = (lake.scan(SPOTIFY_ITEMS, version=version) for version in (before, now))
    return told.filled_in_otherwise(then, since).collect().to_series()


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


def _merged(lake: Lake, version: int, most: int) -> _Merged:
    """All tracks, some ids at a time: a month's rows are sorted by them, so that each reads only its own."""
    rows, ident = lake.scan(TRACK_MONTHS, version=version), pl.col("track_id")
    if sum(lake.month_rows(TRACK_MONTHS).values()) <= most:
        return _merge(rows)
    by_track = rows.group_by("track_id").agg(pl.len().cast(pl.Int64).alias("rows"))
    ranges = store.id_ranges(by_track.sort("track_id").collect(), most)
    parts = [_merge(rows.filter(ids.holds(ident))) for ids in ranges]
    return pl.concat(part[0] for part in parts), pl.concat(part[1] for part in parts)
