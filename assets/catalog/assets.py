"""The catalogue as Dagster assets."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets import store
from assets.automation import whole_follows
from assets.catalog import merge
from assets.specs import results, spec
from assets.tables import ALBUMS, ARTISTS, TRACK_ALIASES, TRACK_MONTHS, TRACKS
from resources.world import World

_CATALOGUE = (TRACKS, ALBUMS, ARTISTS, TRACK_ALIASES)


@dg.multi_asset(
    name="merge_catalogue",
    specs=[
        spec(table, ["track_months"], whole_follows()) for table in (TRACKS, ALBUMS, ARTISTS, TRACK_ALIASES)
    ],
    pool="lake",
)
def merge_catalogue(world: dg.ResourceParam[World]) -> Iterator[dg.MaterializeResult[None]]:
    """Tracks, albums, artists and aliases, merged from every month's names."""
    lake = world.lake

    def compute() -> list[pl.DataFrame]:
        tracks = merge.tracks(lake.scan(TRACK_MONTHS)).collect()
        made_of_tracks = (merge.albums, merge.artists, merge.track_aliases)
        return [tracks, *pl.collect_all([make(tracks.lazy()) for make in made_of_tracks])]

    yield from results(store.replace(world, _CATALOGUE, compute))
