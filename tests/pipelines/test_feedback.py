"""What listeners say reaches the tables through the job that copies it, and the tables that follow."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from command_line import Longplay
from history import MONTHS, History
from ticks import Ticks, without_marts

from assets.listening import first_month
from assets.listening.months import FIRST
from assets.recommendations import feedback_log
from assets.tables import FEEDBACK_EVENTS, LISTENER_PROFILES, PROFILE_MONTHS, TRACKS
from pipelines.definitions import build
from pipelines.exit_codes import Exit
from pipelines.feedback import event_log_daily, feedback_given, feedback_job
from resources.settings import Settings
from resources.world import World

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TRACK = "4uLU6hMCjMI75M1A2tKUQC"
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """Ana is known, and it is November 2026."""
    opened = World(settings, clock=lambda: NOW)
    opened.operational.ensure_user("ana", NOW)
    yield opened
    opened.operational.close()


def like(world: World, at: datetime = NOW, track: str = TRACK) -> int:
    told = {"track_id": track}
    return world.events.append(type="like", content=told, user_id="ana", happened_at=at).event_id


def copied(world: World, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return feedback_job.execute_in_process(run_config=_QUIET, instance=instance, resources={"world": world})


def asked_for(name: str, told: list[dict[str, set[str | None]]]) -> list[str | None]:
    """The partitions of an asset that some ticks asked for, each as often as it was."""
    return [month for each in told for month in each.get(name, set())]


def asked(world: World, instance: dg.DagsterInstance) -> object:
    context = dg.build_sensor_context(instance, resources={"world": world})
    return feedback_given(context)


# The job


def test_a_run_copies_what_was_said_and_reports_its_months_and_checks(
    world: World, instance: dg.DagsterInstance
) -> None:
    like(world, NOW - timedelta(days=40))
    last = like(world)
    result = copied(world, instance)
    about = {"rows": 2, "until": last, "months": ["2026-10", "2026-11"], "dropped": []}
    assert result.output_for_node("copy_feedback") == about
    key = dg.AssetKey(FEEDBACK_EVENTS.name)
    assert instance.get_materialized_partitions(key) == {"2026-10", "2026-11"}
    checks = {found.check_name: found.passed for found in result.get_asset_check_evaluations()}
    assert checks == {"has_schema": True, "has_unique_key": True, "holds_every_event": True}


def test_a_run_with_nothing_to_copy_reports_nothing(world: World, instance: dg.DagsterInstance) -> None:
    like(world)
    copied(world, instance)
    again = copied(world, instance)
    assert again.output_for_node("copy_feedback")["months"] == []
    assert not again.get_asset_check_evaluations()


def test_months_that_a_killed_run_copied_and_did_not_report_are_reported_by_the_next(
    world: World, instance: dg.DagsterInstance
) -> None:
    like(world)
    feedback_log.copy(world)
    assert isinstance(asked(world, instance), dg.RunRequest)
    copied(world, instance)
    assert instance.get_materialized_partitions(dg.AssetKey(FEEDBACK_EVENTS.name)) == {"2026-11"}


def test_months_of_the_log_that_are_copied_and_old_leave_with_the_run(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    clock = [datetime(2026, 7, 1, tzinfo=UTC)]
    world = World(settings.model_copy(update={"events_kept_months": 1}), clock=lambda: clock[0])
    world.operational.ensure_user("ana", clock[0])
    like(world, clock[0])
    clock[0] = NOW
    assert copied(world, instance).output_for_node("copy_feedback")["dropped"] == ["2026-07"]
    assert "2026-12" in world.events.months()
    assert world.lake.open(FEEDBACK_EVENTS).count() == 1
    world.operational.close()


# When it runs


def test_the_sensor_asks_for_a_run_when_somebody_said_something(
    world: World, instance: dg.DagsterInstance
) -> None:
    world.events.append(type="page.visited", user_id="ana")
    assert isinstance(asked(world, instance), dg.SkipReason)
    like(world)
    assert isinstance(asked(world, instance), dg.RunRequest)
    copied(world, instance)
    assert isinstance(asked(world, instance), dg.SkipReason)


def test_the_sensor_asks_for_one_run_at_a_time(world: World, instance: dg.DagsterInstance) -> None:
    like(world)
    instance.create_run_for_job(feedback_job, status=dg.DagsterRunStatus.STARTED)
    skipped = asked(world, instance)
    assert isinstance(skipped, dg.SkipReason)
    assert "at it" in str(skipped.skip_message)


def test_the_log_is_tended_every_day(instance: dg.DagsterInstance) -> None:
    context = dg.build_schedule_context(instance, scheduled_execution_time=NOW)
    assert event_log_daily(context) == dg.RunRequest(run_key="2026-11-21")


def test_a_month_of_feedback_asks_for_that_month_of_tastes_and_then_for_the_weights(
    world: World, instance: dg.DagsterInstance
) -> None:
    first_month.reach(world, [FIRST])
    ticks = Ticks(without_marts(build(world)), instance)
    ticks.settle()
    ticks.imported(["2024-03"])
    assert asked_for("profile_months", ticks.settle()) == ["2024-03"]
    ticks.made("feedback_events", "2019-05")
    told = ticks.settle()
    assert asked_for("profile_months", told) == ["2019-05"]
    assert any("listener_profiles" in each for each in told)
    assert not any("plays" in each or "tracks" in each for each in told)


# What is made of it


@pytest.mark.usefixtures("world")
def test_an_import_does_not_wait_for_tastes_and_the_refresh_makes_them(made: History) -> None:
    lake = made.world.lake
    assert lake.scan(LISTENER_PROFILES).collect().is_empty()
    chosen = dg.AssetSelection.assets("profile_months", "track_traits", "listener_profiles")
    job = dg.define_asset_job("tastes", selection=chosen.required_multi_asset_neighbors())
    definitions = dg.Definitions(
        assets=list(made.definitions.assets or []),
        asset_checks=made.definitions.asset_checks,
        jobs=[job],
        resources=made.definitions.resources,
        executor=dg.in_process_executor,
    )
    tags = {"dagster/asset_partition_range_start": MONTHS[0], "dagster/asset_partition_range_end": MONTHS[-1]}
    result = definitions.resolve_job_def("tastes").execute_in_process(
        run_config=_QUIET, instance=made.instance, tags=tags, raise_on_error=False
    )
    assert result.success, made.failures(result)
    assert all(made.outcomes(result).values())
    profiles = lake.scan(LISTENER_PROFILES).collect()
    assert set(profiles["kind"]) >= {"artist"}
    assert profiles["weight"].is_between(0, 1).all()
    assert "data:image/svg+xml;base64," in str(made.metadata("listener_profiles")["genres liked most"].value)
    counted = lake.scan(PROFILE_MONTHS).filter(kind="artist").select(pl.col("steps").sum()).collect().item()
    played = made.table("play_months").filter(kind="music")
    completes, skips = (int(played[name].sum()) for name in ("completes", "skips"))
    assert completes <= counted <= completes + skips
    months = made.instance.get_materialized_partitions(dg.AssetKey("profile_months"))
    assert months == set(MONTHS)


# What a person types


def test_feedback_is_taken_once_by_its_key_and_says_what_was_meant(longplay: Longplay, world: World) -> None:
    spotify = f"spotify:track:{TRACK}"
    given = ("feedback", "like", spotify, "--user", "ana", "--key", "k", "--at", "2026-03-05 20:00:00")
    code, out, _ = longplay(*given)
    assert code == 0
    assert f"like of {TRACK}" in out
    assert "does not know this track" in out
    code, out, _ = longplay(*given)
    assert (code, "Known already" in out) == (0, True)
    [event] = world.events.since(0)
    assert (event["type"], event["content"]) == ("like", {"track_id": TRACK})
    assert event["happened_at"] == datetime(2026, 3, 5, 20, tzinfo=UTC)


def test_a_track_of_the_catalogue_is_known_by_its_names(longplay: Longplay, made: History) -> None:
    lake = made.world.lake
    heard = lake.scan(TRACKS).filter(pl.col("kind") == "music").sort("plays", descending=True).collect()
    names = f"{heard['artist_name'][0]} - {heard['track_name'][0]}"
    database = made.world.settings.database_url
    assert database is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LONGPLAY_HOME", str(made.world.settings.home))
        patch.setenv("LONGPLAY_DATABASE_URL", database.get_secret_value())
        code, out, err = longplay("feedback", "rate", names.upper(), "--rating", "0.8")
    assert (code, err) == (0, "")
    assert "rate of " in out
    assert "does not know" not in out
    assert made.world.events.since(0)[-1]["content"]["rating"] == 0.8


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("rate", TRACK, "--rating", "7"), "less than or equal to 1, not 7"),
        (("rate", TRACK, "--rating", "nan"), "finite"),
        (("rate", TRACK), "needs a rating"),
        (("like", TRACK, "--rating", "0.5"), "takes no rating"),
        (("adore", TRACK), "use one of play, skip, like"),
        (("page.visited", TRACK), "use one of play, skip, like"),
        (("like", "Nobody - Nothing"), "check the names"),
        (("like", "Nothing"), "Spotify link"),
        (("like", TRACK, "--user", "nobody"), "Nobody knows the listener nobody"),
        (("like", TRACK, "--at", "2099-01-01"), "cannot be when it happened"),
    ],
)
def test_feedback_that_cannot_be_is_refused_in_one_line(
    longplay: Longplay, world: World, arguments: tuple[str, ...], says: str
) -> None:
    user = () if "--user" in arguments else ("--user", "ana")
    code, _, err = longplay("feedback", *arguments, *user)
    assert code == (Exit.UNKNOWN if "names" in says or "link" in says else Exit.UNREADABLE)
    assert says in err
    assert err.count("\n") == 1
    assert world.events.count() == 0


def test_a_preference_of_an_artist_is_kept_by_the_artists_id(longplay: Longplay, world: World) -> None:
    assert longplay("prefer", "artist", "Slowdive", "0.9", "--user", "ana")[0] == 0
    assert longplay("prefer", "genre", "shoegaze", "0.8", "--user", "ana")[0] == 0
    kept = [(row["kind"], row["name"], row["weight_millionths"]) for row in world.preferences.list()]
    assert [(kind, weight) for kind, _, weight in kept] == [("artist", 900_000), ("genre", 800_000)]
    assert kept[0][1].startswith("name:")
    code, _, err = longplay("prefer", "genre", "shoegaze", "1.5", "--user", "ana")
    assert (code, "from 0 to 1" in err) == (Exit.UNREADABLE, True)


def test_loved_tracks_become_likes_of_their_times_when_asked(
    longplay: Longplay, settings: Settings, tmp_path: Path
) -> None:
    page = {
        "lovedtracks": {
            "track": [
                {"artist": {"name": "Band"}, "name": name, "mbid": "", "date": {"uts": f"{uts}"}, "url": "u"}
                for name, uts in (("Song", 1714564800), ("Other", 1714564800), ("Never", 0))
            ],
            "@attr": {"user": "somebody", "total": "3"},
        }
    }
    for name, text in {
        "lovedtracks-somebody.json": json.dumps([page]),
        "lovedtracks.csv": "artist,track,uts\nBand,Song,1714564800\nBand,Third,1714564900\n",
        "plays.csv": "artist,track,uts\nBand,Song,1714564800\n",
    }.items():
        (tmp_path / name).write_text(text)
    code, out, _ = longplay("import", tmp_path / "lovedtracks-somebody.json", "--user", "ada")
    assert code == Exit.UNREADABLE
    assert "--as-feedback" in out
    code, out, _ = longplay(
        "import",
        tmp_path / "lovedtracks-somebody.json",
        tmp_path / "lovedtracks.csv",
        "--as-feedback",
        "--user",
        "ada",
    )
    assert code == Exit.DONE
    assert "lovedtracks-*.json: 2 likes noted, 0 known already, 1 rows rejected (no_time)" in out
    assert "lovedtracks.csv: 1 likes noted, 1 known already, 0 rows rejected" in out
    likes = World(settings).events.since(0, ["like"])
    assert [row["happened_at"] for row in likes] == [
        datetime(2024, 5, 1, 12, tzinfo=UTC),
        datetime(2024, 5, 1, 12, tzinfo=UTC),
        datetime(2024, 5, 1, 12, 1, 40, tzinfo=UTC),
    ]
    assert {row["user_id"] for row in likes} == {"ada"}
    code, out, _ = longplay("import", tmp_path / "plays.csv", "--as-feedback", "--user", "ada")
    assert code == Exit.UNREADABLE
    assert "no list of loved tracks" in out
    code, out, _ = longplay("import", tmp_path, "--as-feedback", "--user", "ada")
    assert code == Exit.DONE
    assert "0 likes noted, 4 known already" in out
    assert "plays.csv: is no list of loved tracks" in out.replace("*.csv", "plays.csv"), out
