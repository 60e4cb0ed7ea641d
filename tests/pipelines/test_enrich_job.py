"""The catalogue is looked up at Spotify most played first, within the budget, and whatever goes wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import dagster as dg
import polars as pl
import pytest
from ticks import Ticks, without_marts

from assets.catalog import lookup
from assets.catalog.commit import is_told, merge_catalogue
from assets.listening import first_month
from assets.listening.months import FIRST
from assets.tables import SPOTIFY_ITEMS, TRACK_MONTHS, TRACKS
from pipelines.definitions import build
from pipelines.enrich import WORTH_A_RUN, catalogue_wanted, enrich_job, reason_to_wait
from resources.settings import Settings
from resources.spotify.accounts import Tokens
from resources.spotify.catalogue_items import STAYS
from resources.world import World
from simulator.fake_spotify.items import artist_id
from simulator.fake_spotify.service import FakeAccount, FakeSpotify, ShownPlay, Track

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
MANY, SOME, FEW = (letter * 22 for letter in "MSF")
PLAYS = {MANY: 9, SOME: 5, FEW: 1}
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Clock:
    """Stands still but for sleeps."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def track(ident: str) -> Track:
    return Track(ident, f"Song {ident[0]}", ("Artist", f"Guest {ident[0]}"), f"Album {ident[0]}", 200_000)


def shown(ident: str) -> ShownPlay:
    return ShownPlay(track(ident), NOW, NOW)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def spotify(clock: Clock) -> Iterator[FakeSpotify]:
    """Knows the tracks that were played."""
    with FakeSpotify(clock) as service:
        yield service


@pytest.fixture
def world(settings: Settings, spotify: FakeSpotify, clock: Clock) -> Iterator[World]:
    """Three tracks were played, of which no source told more than the names; nobody is linked."""
    at_fake = settings.model_copy(
        update={
            "spotify_api_url": spotify.api_url,
            "spotify_accounts_url": spotify.accounts_url,
            "spotify_client_id": spotify.client_id,
            "spotify_calls_a_day": 100,
        }
    )
    world = World(at_fake, clock=clock, sleep=clock.sleep)
    played(world, PLAYS)
    yield world
    world.spotify.close()
    world.operational.close()


@pytest.fixture
def account(world: World, spotify: FakeSpotify) -> FakeAccount:
    """The first linked account."""
    return linked(world, spotify, "me", [shown(ident) for ident in PLAYS])


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def linked(world: World, spotify: FakeSpotify, user: str, plays: list[ShownPlay]) -> FakeAccount:
    account = spotify.add_account(f"spotify-{user}", plays)
    given = account.authorize()
    tokens = Tokens(given.access_token, given.refresh_token, " ".join(given.scopes))
    world.accounts.link(user, account.spotify_id, tokens, world.clock())
    return account


def played(world: World, plays: dict[str, int]) -> None:
    """The catalogue of tracks played so often."""
    rows = [
        {
            "month": "2026-10",
            "track_id": ident,
            "kind": "music",
            "track_name": f"Song {ident[0]}",
            "artist_name": "Artist",
            "album_name": f"Album {ident[0]}",
            "plays": count,
            "first_played_at": NOW,
            "last_played_at": NOW,
        }
        for ident, count in plays.items()
    ]
    frame = TRACK_MONTHS.conform(pl.LazyFrame(rows, schema=TRACK_MONTHS.schema)).collect()
    world.lake.replace_months(TRACK_MONTHS, world.lake.open(TRACK_MONTHS), frame, ["2026-10"])
    merge_catalogue(world)


def paths(spotify: FakeSpotify) -> list[str]:
    return [call.path.removeprefix("/v1/") for call in spotify.calls]


def run(world: World, instance: dg.DagsterInstance, most: int = 200) -> dict[str, object]:
    """The job; what its one op tells."""
    config = {"ops": {"look_items_up": {"config": {"most": most}}}, **_QUIET}
    done = enrich_job.execute_in_process(run_config=config, resources={"world": world}, instance=instance)
    told: dict[str, object] = done.output_for_node("look_items_up")
    return told


def reported(instance: dg.DagsterInstance) -> int:
    """How often ``spotify_items`` was materialised."""
    records = instance.fetch_materializations(dg.AssetKey(SPOTIFY_ITEMS.name), limit=99).records
    return len(records)


def looked(
    world: World, instance: dg.DagsterInstance, cursor: str | None = None
) -> dg.SensorResult | dg.SkipReason:
    """One look of the sensor."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor, resources={"world": world})
    found = catalogue_wanted(context)
    assert isinstance(found, dg.SensorResult | dg.SkipReason)
    return found


def asks(world: World, instance: dg.DagsterInstance) -> bool:
    found = looked(world, instance)
    return isinstance(found, dg.SensorResult) and bool(found.run_requests)


@pytest.mark.usefixtures("account")
def test_tracks_are_asked_for_most_played_first_then_their_artists(
    world: World, spotify: FakeSpotify
) -> None:
    done = lookup.look_up(world, 200)
    artists = [artist_id(name) for name in ("Artist", "Guest M", "Guest S", "Guest F")]
    assert paths(spotify) == [
        *(f"tracks/{ident}" for ident in (MANY, SOME, FEW)),
        *(f"artists/{ident}" for ident in artists),
    ]
    assert (done.answered, done.failed, done.gone, done.stopped) == (7, 0, 0, None)
    assert lookup.look_up(world, 200).asked == 0


@pytest.mark.usefixtures("account")
def test_a_run_tells_the_lake_and_the_catalogue_in_one_commit(
    world: World, instance: dg.DagsterInstance
) -> None:
    before = world.lake.version(SPOTIFY_ITEMS)
    told = run(world, instance)
    items = world.lake.scan(SPOTIFY_ITEMS).collect()
    assert items["kind"].value_counts().sort("kind").rows() == [("album", 3), ("artist", 4), ("track", 3)]
    assert (told["rows"], world.lake.version(SPOTIFY_ITEMS), reported(instance)) == (10, before + 1, 1)
    merge_catalogue(world)
    tracks = world.lake.scan(TRACKS).collect()
    assert tracks["duration_ms"].to_list() == [200_000] * 3
    assert tracks.select(pl.col("isrc", "release_date", "image_url").null_count()).row(0) == (0, 0, 0)
    assert run(world, instance)["answered"] == 0
    assert (world.lake.version(SPOTIFY_ITEMS), reported(instance)) == (before + 1, 1)


@pytest.mark.usefixtures("account")
def test_runs_go_on_where_the_last_one_ended(world: World, spotify: FakeSpotify) -> None:
    while lookup.look_up(world, 2).asked:
        pass
    assert len(paths(spotify)) == len(set(paths(spotify))) == 7


@pytest.mark.usefixtures("account")
def test_a_run_that_was_killed_after_an_answer_lost_nothing(
    world: World, instance: dg.DagsterInstance
) -> None:
    lookup.look_up(world, 2)  # … and nothing was put into the lake
    assert not lookup.is_finished(world)
    assert run(world, instance, most=0)["rows"] == 4
    assert reported(instance) == 1
    merge_catalogue(world)
    assert is_told(world.lake)
    assert lookup.is_finished(world)


@pytest.mark.usefixtures("account")
def test_a_run_that_was_killed_before_it_could_report_is_reported_later(
    world: World, instance: dg.DagsterInstance
) -> None:
    lookup.look_up(world, 200)
    lookup.into_lake(world)
    assert asks(world, instance)
    run(world, instance)
    assert reported(instance) == 1


@pytest.mark.usefixtures("account")
def test_what_is_spent_stops_a_run_quietly_and_nothing_is_blamed(world: World, spotify: FakeSpotify) -> None:
    world.settings = world.settings.model_copy(update={"spotify_calls_a_day": 5})  # 3 for the catalogue
    done = lookup.look_up(world, 200)
    assert (done.answered, done.failed) == (3, 0)
    assert done.stopped is not None
    assert "budget" in done.stopped
    assert len(spotify.calls) == 3
    world.clock.now += timedelta(days=1)  # type: ignore[attr-defined]
    assert lookup.look_up(world, 200).answered == 3


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("kind", ["429", "quota"])
def test_spotifys_own_limit_stops_a_run_quietly(world: World, spotify: FakeSpotify, kind: str) -> None:
    spotify.fault(kind, retry_after=3000)
    assert lookup.look_up(world, 200).asked == 0
    assert lookup.look_up(world, 200).asked == 0
    assert len(spotify.calls) == 1
    world.clock.now += timedelta(seconds=3001)  # type: ignore[attr-defined]
    assert lookup.look_up(world, 200).answered == 7


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("kind", ["not_json", "half", "strange_items", "500", "drop"])
def test_a_fault_of_one_answer_delays_that_item_only(world: World, spotify: FakeSpotify, kind: str) -> None:
    spotify.fault(kind, path=f"tracks/{SOME}")
    done = lookup.look_up(world, 200)
    assert (done.answered, done.failed, done.stopped) == (5, 1, None)
    assert lookup.look_up(world, 200).asked == 0
    world.clock.now += timedelta(hours=1)  # type: ignore[attr-defined]
    assert lookup.look_up(world, 200).answered == 2


@pytest.mark.usefixtures("account")
def test_a_thin_answer_keeps_what_is_good(world: World, spotify: FakeSpotify) -> None:
    spotify.fault("thin_items", path=f"tracks/{SOME}")
    lookup.look_up(world, 200)
    lookup.into_lake(world)
    [row] = world.lake.scan(SPOTIFY_ITEMS).filter(spotify_id=SOME).collect().rows(named=True)
    assert row["name"] == "Song S"


@pytest.mark.usefixtures("account")
def test_a_service_that_is_down_is_not_asked_about_every_item(world: World, spotify: FakeSpotify) -> None:
    spotify.fault("503", times=50)
    done = lookup.look_up(world, 200)
    assert (done.failed, done.answered) == (lookup.MOST_DOWN_IN_A_ROW, 0)
    assert done.stopped is not None


@pytest.mark.usefixtures("account")
def test_what_spotify_does_not_know_is_asked_for_once_more_and_then_half_a_year_later(
    world: World, spotify: FakeSpotify
) -> None:
    played(world, PLAYS | {"G" * 22: 99})
    assert lookup.look_up(world, 200).gone == 1
    world.clock.now += timedelta(days=1)  # type: ignore[attr-defined]
    linked(world, spotify, "later", [])
    lookup.look_up(world, 200)
    world.clock.now += STAYS - timedelta(hours=1)  # type: ignore[attr-defined]
    linked(world, spotify, "last", [])
    lookup.look_up(world, 200)
    assert paths(spotify).count(f"tracks/{'G' * 22}") == 2
    assert paths(spotify).count(f"tracks/{MANY}") == 2


def test_an_account_that_is_refused_makes_way_for_the_next(
    world: World, spotify: FakeSpotify, account: FakeAccount
) -> None:
    linked(world, spotify, "other", [])
    account.is_registered = False
    first = lookup.by_preference(world.accounts.list())[0]
    assert first.user_id == "me"
    assert lookup.look_up(world, 200).answered == 7
    assert {call.spotify_id for call in spotify.calls[1:]} == {"spotify-other"}


def test_a_revoked_account_stops_the_run_and_no_item_waits_for_it(
    world: World, spotify: FakeSpotify, account: FakeAccount
) -> None:
    account.revoke()
    done = lookup.look_up(world, 200)
    assert (done.answered, done.failed) == (0, 0)
    assert done.stopped is not None
    assert lookup.items_of(world).count_due(NOW) > 0


@pytest.mark.usefixtures("account")
def test_an_app_that_is_refused_stops_look_ups_and_blames_no_item(world: World, spotify: FakeSpotify) -> None:
    spotify.fault("premium", times=9, path="/v1/tracks")
    done = lookup.look_up(world, 200)
    assert (done.answered, done.failed) == (0, 0)
    assert "premium" in str(done.stopped)
    assert "premium" in str(reason_to_wait(world))
    assert len(spotify.calls) == 1
    spotify.faults.clear()
    world.clock.now += timedelta(hours=1)  # type: ignore[attr-defined]
    assert reason_to_wait(world) is None
    assert lookup.look_up(world, 200).answered > 0


def test_without_an_account_nothing_is_asked_and_no_item_waits(
    world: World, spotify: FakeSpotify, instance: dg.DagsterInstance
) -> None:
    assert "longplay link" in str(run(world, instance)["stopped"])
    linked(world, spotify, "me", [shown(ident) for ident in PLAYS])
    assert lookup.look_up(world, 200).answered == 7


def test_the_account_synced_last_is_preferred_and_a_quarantined_one_left_out(
    world: World, spotify: FakeSpotify
) -> None:
    for user in ("a", "b", "c", "d"):
        linked(world, spotify, user, [])
    one = world.accounts.get("a")
    known = [
        replace(one, user_id=user, synced_at=NOW + timedelta(hours=hour)) for hour, user in enumerate("abc")
    ]
    gone = replace(one, user_id="d", is_valid=False, synced_at=NOW + timedelta(days=1))
    never = replace(one, user_id="e", authorized_at=NOW - timedelta(days=9), synced_at=None)
    assert [account.user_id for account in lookup.by_preference([never, gone, *known])] == [
        "c",
        "b",
        "a",
        "e",
    ]


@pytest.mark.usefixtures("account")
def test_half_of_every_minute_is_left_to_following_accounts(world: World, spotify: FakeSpotify) -> None:
    world.settings = world.settings.model_copy(update={"spotify_calls_a_minute": 4})
    done = lookup.look_up(world, 200)
    assert (done.answered, done.stopped) == (7, None)
    times = [call.at for call in spotify.calls]
    assert all(later - at == timedelta(seconds=30) for at, later in pairwise(times))


@pytest.mark.usefixtures("account")
def test_what_spotify_told_reaches_every_table_it_concerns(
    world: World, instance: dg.DagsterInstance
) -> None:
    first_month.reach(world, [FIRST])
    ticks = Ticks(without_marts(build(world)), instance)
    ticks.settle()
    ticks.imported(["2015-03"])
    ticks.settle()
    run(world, instance)
    asked = set().union(*ticks.settle())
    assert {"tracks", "albums", "artists", "top_tracks", "top_genres", "snapshot"} <= asked
    assert not {"plays", "track_months", "play_months"} & asked


# The sensor


def test_the_sensor_waits_until_somebody_is_linked(world: World, instance: dg.DagsterInstance) -> None:
    found = looked(world, instance)
    assert isinstance(found, dg.SkipReason)


@pytest.mark.usefixtures("account")
def test_the_sensor_asks_while_something_is_due(world: World, instance: dg.DagsterInstance) -> None:
    assert asks(world, instance)
    run(world, instance)
    merge_catalogue(world)
    assert not asks(world, instance)
    played(world, PLAYS | {"N" * 22: 1})
    assert "1 are due; until there are 50" in str(reason_to_wait(world) if not asks(world, instance) else "")
    world.clock.now += timedelta(hours=6)  # type: ignore[attr-defined]
    assert asks(world, instance)


@pytest.mark.usefixtures("account")
def test_many_new_tracks_are_asked_for_at_once_though_others_were_just_answered(
    world: World, instance: dg.DagsterInstance
) -> None:
    run(world, instance)
    merge_catalogue(world)
    played(world, PLAYS | {f"{number:022}": 1 for number in range(WORTH_A_RUN)})
    assert asks(world, instance)


@pytest.mark.usefixtures("account")
def test_the_sensor_reads_the_catalogue_only_when_it_changed(
    world: World, instance: dg.DagsterInstance
) -> None:
    found = looked(world, instance)
    assert isinstance(found, dg.SensorResult)
    assert found.cursor == str(world.lake.version(TRACKS))
    again = looked(world, instance, found.cursor)
    assert isinstance(again, dg.SensorResult)
    assert again.run_requests


@pytest.mark.usefixtures("account")
def test_the_sensor_waits_for_calls_that_are_worth_a_run(world: World, instance: dg.DagsterInstance) -> None:
    world.settings = world.settings.model_copy(update={"spotify_calls_a_day": 3})  # 2 for the catalogue
    assert not asks(world, instance)
    world.budget.pause("quota", NOW + timedelta(hours=1))
    found = looked(world, instance)
    assert isinstance(found, dg.SensorResult)
    assert "13:00" in str(found.skip_reason)


@pytest.mark.usefixtures("account")
def test_the_sensor_waits_while_a_run_is_at_it(world: World, instance: dg.DagsterInstance) -> None:
    instance.create_run_for_job(enrich_job, status=dg.DagsterRunStatus.STARTED)
    assert isinstance(looked(world, instance), dg.SkipReason)
