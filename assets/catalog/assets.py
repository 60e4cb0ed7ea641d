"""The catalogue as Dagster assets."""

from collections.abc import Iterator

import dagster as dg

from assets.automation import whole_follows
from assets.catalog import commit
from assets.specs import results, spec
from assets.tables import SPOTIFY_ITEMS
from resources.world import World


@dg.multi_asset(
    name="merge_catalogue",
    specs=[spec(table, ["track_months", SPOTIFY_ITEMS.name], whole_follows()) for table in commit.CATALOGUE],
    pool="lake",
)
def merge_catalogue(world: dg.ResourceParam[World]) -> Iterator[dg.MaterializeResult[None]]:
    """Tracks, albums, artists and aliases, merged from every month's names and what Spotify told of them."""
    yield from results(commit.merge_catalogue(world))
