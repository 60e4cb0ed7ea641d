"""``longplay demo --live`` in a new home: everything it tells of has really happened."""

from io import StringIO

import pytest
from rich.console import Console

from assets.tables import ARTISTS, PLAYS, SPOTIFY_TOP_ARTISTS, SPOTIFY_TOP_TRACKS
from pipelines.live_demo import USER, demo_live
from resources.settings import Settings
from resources.world import World


@pytest.mark.slow
def test_the_live_demo_follows_an_account_and_leaves_none_that_nobody_answers_for(settings: Settings) -> None:
    world, said = World(settings), StringIO()

    assert demo_live(world, Console(file=said, width=200), seed=3) == 0

    synced = [row for row in world.operational.list_imports() if row["file_name"].startswith("Spotify sync")]
    read = sum(row["rows_read"] for row in synced)
    assert read > 50
    assert f"{read} of {read} synced rows are told by the export now" in said.getvalue()
    assert set(world.lake.scan(PLAYS).collect()["source"]) == {"spotify_extended"}
    assert world.lake.scan(SPOTIFY_TOP_TRACKS).collect().height > 50
    assert world.lake.scan(SPOTIFY_TOP_ARTISTS).collect().height > 50
    assert world.lake.scan(ARTISTS).collect()["genres"].list.len().sum() > 5
    assert world.accounts.list() == []
    assert [event["type"] for event in world.events.since(0, ["account.unlinked"])]
    assert {row["user_id"] for row in world.operational.list_users()} == {USER}
    world.operational.close()
