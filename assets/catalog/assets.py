"""The catalogue as Dagster assets."""

from collections.abc import Iterator

import dagster as dg

from assets.automation import whole_follows
from assets.catalog import commit
from assets.specs import results, spec
from assets.tables import DATASET_QUALITY, SPOTIFY_ITEMS, TRACK_MONTHS
from resources.world import World

_MADE_FROM = (TRACK_MONTHS.name, SPOTIFY_ITEMS.name, DATASET_QUALITY.name)


@dg.multi_asset(
    name="merge_catalogue",
    specs=[spec(table, _MADE_FROM, whole_follows()) for table in commit.CATALOGUE],
    pool="lake",
)
def merge_catalogue(world: dg.ResourceParam[World]) -> Iterator[dg.MaterializeResult[None]]:
    """Tracks, albums, artists and aliases, merged from every month's names; what Spotify and datasets say."""
    yield from results(commit.merge_catalogue(world))
