"""A history that was imported is looked up run by run until all of it is known, and the tables follow."""

from collections.abc import Iterator

import polars as pl
import pytest
from history import FIRST_DAY, LAST_DAY, History

from resources.spotify.accounts import Tokens
from resources.world import utc_now
from simulator import simulate
from simulator.fake_spotify.service import FakeSpotify
from simulator.fake_spotify.shown import shown


@pytest.fixture
def linked(made: History) -> Iterator[History]:
    """The history's world at a fake Spotify that knows what was played, with an account linked."""
    with FakeSpotify(utc_now) as spotify:
        at_fake = {
            "spotify_api_url": spotify.api_url,
            "spotify_accounts_url": spotify.accounts_url,
            "spotify_calls_a_day": 10_000,
            "spotify_calls_a_minute": 100_000,
        }
        world = made.world
        world.settings = world.settings.model_copy(update=at_fake)
        world.sleep = lambda _: None
        truth = simulate(5, plays=900, first_day=FIRST_DAY, last_day=LAST_DAY)
        given = spotify.add_account("me-there", shown(truth, 5, partial_absent=0)).authorize()
        tokens = Tokens(given.access_token, given.refresh_token, " ".join(given.scopes))
        world.accounts.link("me", "me-there", tokens, world.clock())
        yield made
        world.spotify.close()


def looked_up(history: History) -> dict[str, int]:
    config = {"ops": {"look_items_up": {"config": {"most": 100}}}}
    done = history.run("enrich", config)
    assert done.success, history.failures(done)
    told: dict[str, int] = done.output_for_node("look_items_up")
    return told


def test_an_imported_history_is_looked_up_until_all_of_it_is_known(linked: History) -> None:
    assert linked.table("top_genres").is_empty()
    measured = linked.table("tracks").select("track_id", "duration_ms", "isrc").drop_nulls("duration_ms")
    while any(looked_up(linked)[what] for what in ("answered", "gone", "failed")):
        pass
    followed = linked.followed()
    assert followed.success, linked.failures(followed)
    items, tracks = linked.table("spotify_items"), linked.table("tracks")
    known = tracks.filter(pl.col("track_id").is_in(items["spotify_id"].implode()))
    assert known.height > 100
    assert (
        known.select(pl.col("duration_ms", "isrc", "release_date", "image_url").null_count()).row(0)
        == (0,) * 4
    )
    assert (
        known.join(measured, on="track_id")
        .filter(pl.col("duration_ms") != pl.col("duration_ms_right"))
        .is_empty()
    )
    assert linked.table("top_genres")["genre"].n_unique() > 3
    for name in ("albums", "artists"):
        assert linked.table(name)["image_url"].drop_nulls().len() > 10
