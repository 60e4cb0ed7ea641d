"""Spotify's own top lists are replaced whole, in one commit a table, whatever else happens."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from top_world import DAY, HOUR, NIGHT, TOP, Linked, linked_world, played

from assets.stats.refresh_top import Refresh, due
from assets.stats.spotify_top import TABLES, TERMS
from assets.tables import SPOTIFY_TOP_ARTISTS, SPOTIFY_TOP_TRACKS
from resources.lake import Lake, TableLike
from resources.settings import Settings


@pytest.fixture
def linked(settings: Settings, instance: dg.DagsterInstance) -> Iterator[Linked]:
    with linked_world(settings, instance) as made:
        yield made


def test_a_linked_listener_has_three_lists_of_tracks_and_of_artists(linked: Linked) -> None:
    linked.link("ada")
    told = linked.run()
    assert told == {"done": ["ada"], "failed": {}, "left": [], "stopped": None}
    tracks = linked.world.lake.scan(SPOTIFY_TOP_TRACKS).collect()
    assert tracks.select("term", "rank", "track_name", "artist_name").rows() == [
        (term, rank, f"ada song {rank}", "ada band")
        for term in ("long_term", "medium_term", "short_term")
        for rank in (1, 2)
    ]
    artists = linked.world.lake.scan(SPOTIFY_TOP_ARTISTS).collect()
    assert artists.select("term", "rank", "artist_name").rows() == [
        (term, 1, "ada band") for term in ("long_term", "medium_term", "short_term")
    ]
    assert set(tracks["fetched_at"]) | set(artists["fetched_at"]) == {NIGHT}
    assert linked.calls() == 6
    assert linked.world.accounts.get("ada").top_refreshed_at == NIGHT


def test_the_run_reports_both_tables_and_their_checks(linked: Linked) -> None:
    linked.link("ada")
    linked.run()
    for table, rows in ((SPOTIFY_TOP_TRACKS, 6), (SPOTIFY_TOP_ARTISTS, 3)):
        event = linked.instance.get_latest_materialization_event(dg.AssetKey(table.name))
        assert event is not None
        assert event.asset_materialization is not None
        assert event.asset_materialization.metadata["dagster/row_count"].value == rows
        for check in ("has_schema", "has_unique_key"):
            key = dg.AssetCheckKey(dg.AssetKey(table.name), check)
            [found] = linked.instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
            assert found.status is AssetCheckExecutionRecordStatus.SUCCEEDED


def test_a_run_over_nobody_writes_and_reports_nothing(linked: Linked) -> None:
    assert linked.run()["done"] == []
    assert linked.instance.get_latest_materialization_event(dg.AssetKey("spotify_top_tracks")) is None
    assert linked.spotify.calls == []


def test_lists_of_all_listeners_of_a_run_are_replaced_in_one_commit_a_table(linked: Linked) -> None:
    for user in ("ada", "bob", "cleo"):
        linked.link(user)
    linked.run("cleo")
    before = [linked.world.lake.version(table) for table in TABLES.values()]
    linked.clock.now += 12 * HOUR
    assert linked.run()["done"] == ["ada", "bob"]
    assert [linked.world.lake.version(table) for table in TABLES.values()] == [
        version + 1 for version in before
    ]
    assert linked.users() == {"ada", "bob", "cleo"}


def test_nothing_of_the_old_lists_is_left(linked: Linked) -> None:
    linked.link("ada", played("ada", at=NIGHT - 20 * DAY))
    linked.run()
    linked.clock.now += 30 * DAY
    linked.world.accounts.seen("ada", linked.clock())
    linked.run()
    assert linked.names("ada", "short_term") == []
    assert linked.names("ada", "medium_term") == ["ada song 1", "ada song 2"]


def test_while_lists_are_fetched_readers_see_the_old_ones_whole(linked: Linked) -> None:
    ada = linked.link("ada")
    linked.run()
    linked.clock.now += DAY
    linked.world.accounts.seen("ada", linked.clock())
    ada.show(played("ada", times=5, at=linked.clock() - HOUR, name="hit"))
    seen: list[list[list[str]]] = []
    linked.clock.meanwhile = lambda: seen.append([linked.names("ada", term) for term in TERMS])
    linked.spotify.fault("500", path=f"{TOP}artists")
    linked.run()
    assert seen == [[["ada song 1", "ada song 2"]] * 3]
    assert [linked.names("ada", term)[0] for term in TERMS] == ["ada hit 1"] * 3


def test_a_run_that_was_cut_off_between_the_tables_is_made_again(linked: Linked) -> None:
    class Killed(Lake):
        def overwrite(self, table: TableLike, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
            if table is SPOTIFY_TOP_ARTISTS:
                raise KeyboardInterrupt
            super().overwrite(table, *args, **kwargs)

    linked.link("ada")
    linked.world.lake = Killed(linked.world.lake.root)
    with pytest.raises(KeyboardInterrupt):
        Refresh(linked.world)(["ada"])
    assert due(linked.world) == ["ada"]
    linked.world.lake = Lake(linked.world.lake.root)
    assert linked.run()["done"] == ["ada"]
    assert linked.world.lake.scan(SPOTIFY_TOP_TRACKS).collect().height == 6
    assert linked.world.lake.scan(SPOTIFY_TOP_ARTISTS).collect().height == 3


def test_runs_at_the_same_time_leave_every_list_once(linked: Linked) -> None:
    users = ["ada", "bob", "cleo"]
    for user in users:
        linked.link(user)
    for table in TABLES.values():
        linked.world.lake.open(table)
    with ThreadPoolExecutor(3) as pool:
        begun = [pool.submit(Refresh(linked.world), some) for some in (users, users[:2], users[1:])]
        runs = [run.result() for run in begun]
    assert [len(run.done) for run in runs] == [3, 2, 2]
    assert linked.world.lake.scan(SPOTIFY_TOP_TRACKS).collect().height == 3 * 6
    assert linked.world.lake.scan(SPOTIFY_TOP_ARTISTS).collect().height == 3 * 3
    assert linked.names("bob") == ["bob song 1", "bob song 2"]


@pytest.mark.parametrize("kind", ["strange_items", "thin_items"])
def test_half_filled_answers_keep_what_is_good(linked: Linked, kind: str) -> None:
    linked.link("ada")
    linked.spotify.fault(kind, times=6, path=TOP)
    assert linked.run()["done"] == ["ada"]
    assert linked.names("ada") == ["ada song 1", "ada song 2"]


def test_who_unlinks_while_lists_are_fetched_gets_none(linked: Linked) -> None:
    linked.link("ada")
    linked.link("bob")
    linked.spotify.fault("500", path=TOP, spotify_id="spotify-bob")  # ada's lists are there already
    linked.clock.meanwhile = lambda: linked.world.accounts.unlink("ada", linked.clock())
    assert linked.run() == {"done": ["bob"], "failed": {}, "left": [], "stopped": None}
    assert linked.users() == {"bob"}


def test_who_unlinks_before_the_last_list_came_is_forgotten(linked: Linked) -> None:
    linked.link("ada")
    linked.spotify.fault("500", path=f"{TOP}artists")
    linked.clock.meanwhile = lambda: linked.world.accounts.unlink("ada", linked.clock())
    assert linked.run() == {"done": [], "failed": {}, "left": [], "stopped": None}
    assert linked.users() == set()
