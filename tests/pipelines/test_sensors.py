"""Files that arrive are imported once they are complete; imports that were cut off are finished."""

import json
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from history import MONTHS, History

from pipelines.inbox import lying
from pipelines.sensors import MOST_REQUESTS_A_TICK, inbox_sensor, unfinished_sensor
from pipelines.unfinished import ABANDONED_AFTER
from resources.settings import Settings
from resources.world import World, utc_now


def look(world: World, cursor: str | None) -> tuple[list[dg.RunRequest], str]:
    """One tick of the inbox sensor: what it asks for, and its cursor."""
    with dg.build_sensor_context(cursor=cursor, resources={"world": world}) as context:
        result = inbox_sensor(context)
    assert isinstance(result, dg.SensorResult)
    assert result.cursor is not None
    return list(result.run_requests or []), result.cursor


def drop(world: World, name: str, content: str = "[]", user: str = "me") -> Path:
    path = world.settings.inbox / user / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def unfinished(history: History) -> list[dg.RunRequest]:
    resources = {"world": history.world}
    with dg.build_sensor_context(instance=history.instance, resources=resources) as context:
        requests = unfinished_sensor(context)
        return list(requests)  # type: ignore[arg-type]


@pytest.fixture
def empty(tmp_path: Path) -> World:
    """A home nobody has a database for: looking into the inbox needs none."""
    return World(Settings(home=tmp_path / "home"))


def test_a_file_is_asked_for_once_it_was_the_same_at_two_ticks_and_then_never_again(empty: World) -> None:
    path = drop(empty, "a.json")
    first, cursor = look(empty, None)
    second, cursor = look(empty, cursor)
    third, _ = look(empty, cursor)
    assert [len(first), len(second), len(third)] == [0, 1, 0]
    config = second[0].run_config["ops"]["read_export"]["config"]
    assert lying(empty.settings.inbox, config.pop("path")) == path
    assert config == {"user_id": "me", "is_confirmed": False}


def test_a_file_in_nobodys_folder_is_why_nothing_was_asked_for(empty: World) -> None:
    drop(empty, "listenbrainz_somebody_1.zip", user=".")
    with dg.build_sensor_context(resources={"world": empty}) as context:
        result = inbox_sensor(context)
    assert isinstance(result, dg.SensorResult)
    reason = result.skip_reason
    assert isinstance(reason, dg.SkipReason)
    assert "inbox/me/" in (reason.skip_message or "")
    assert "somebody" not in (reason.skip_message or "")


def test_what_dagster_keeps_of_a_file_does_not_name_a_person(empty: World) -> None:
    drop(empty, "listenbrainz_somebody_1.zip")
    _, cursor = look(empty, None)
    [request], cursor = look(empty, cursor)
    assert "somebody" not in f"{request.run_key} {request.run_config} {cursor}"


def test_a_file_that_grows_between_ticks_waits(empty: World) -> None:
    drop(empty, "a.json", "[")
    _, cursor = look(empty, None)
    drop(empty, "a.json", "[ ")
    asked, cursor = look(empty, cursor)
    assert asked == []
    asked, _ = look(empty, cursor)
    assert len(asked) == 1


def test_at_most_fifty_are_asked_for_at_a_tick_and_none_is_lost_though_all_stay(empty: World) -> None:
    for number in range(2 * MOST_REQUESTS_A_TICK + 5):
        drop(empty, f"{number:03}.json")
    _, cursor = look(empty, None)
    asked: list[list[str | None]] = []
    for _ in range(4):
        requests, cursor = look(empty, cursor)
        asked.append([request.run_key for request in requests])
    assert [len(keys) for keys in asked] == [50, 50, 5, 0]
    assert len({key for keys in asked for key in keys}) == 105


def test_a_run_key_is_stable_after_a_lost_cursor_and_new_when_the_file_changed(empty: World) -> None:
    def key() -> str | None:
        _, cursor = look(empty, None)  # as when somebody reset it
        [request], _ = look(empty, cursor)
        return request.run_key

    drop(empty, "a.json")
    before = key()
    assert key() == before
    drop(empty, "a.json", "[ ]")
    assert key() != before


def test_the_cursor_forgets_what_left_the_inbox(empty: World) -> None:
    path = drop(empty, "a.json")
    _, cursor = look(empty, None)
    _, cursor = look(empty, cursor)
    assert len(json.loads(cursor)["asked"]) == 1
    path.unlink()
    _, cursor = look(empty, cursor)
    assert json.loads(cursor) == {"seen": {}, "asked": {}}


def test_the_same_name_of_two_listeners_is_two_files(empty: World) -> None:
    drop(empty, "a.json", user="ada")
    drop(empty, "a.json", user="bob")
    _, cursor = look(empty, None)
    asked, _ = look(empty, cursor)
    users = {request.run_config["ops"]["read_export"]["config"]["user_id"] for request in asked}
    assert users == {"ada", "bob"}
    assert len({request.run_key for request in asked}) == 2


def test_what_the_inbox_asks_for_runs_and_the_file_leaves(history: History) -> None:
    path = history.dropped()
    other = history.dropped("other.zip", user="bob", seed=6)
    _, cursor = look(history.world, None)
    asked, _ = look(history.world, cursor)
    request = next(one for one in asked if "bob" not in str(one.run_key))
    result = history.run("import_history", request.run_config)
    assert result.success
    assert not path.exists()
    assert other.exists()
    assert result.output_for_node("read_export")["months"] == list(MONTHS)
    assert not history.world.settings.originals.exists()


def test_a_held_file_stays_in_the_inbox(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    from assets.listening.stranger import Habits

    path = history.dropped()
    monkeypatch.setattr(Habits, "is_stranger", lambda *_: True)
    _, cursor = look(history.world, None)
    [request], _ = look(history.world, cursor)
    assert history.run("import_history", request.run_config).success
    [row] = history.world.operational.list_imports()
    assert (row["status"], path.exists()) == ("held", True)
    assert history.instance.get_latest_materialization_event(dg.AssetKey("raw_plays")) is None


def test_originals_are_kept_only_when_wanted(history: History) -> None:
    settings = history.world.settings.model_copy(update={"keep_originals": True})
    kept = History(World(settings), history.instance)
    path = kept.dropped()
    content = path.read_bytes()
    ident = kept.imported(path).output_for_node("read_export")["import_id"]
    assert (settings.originals / ident / path.name).read_bytes() == content
    assert not path.exists()
    kept.world.operational.close()


def test_importing_a_listeners_whole_inbox_by_hand_deletes_nothing(history: History) -> None:
    path = history.dropped()
    assert history.imported(path.parent).success
    assert path.exists()


def test_a_file_from_elsewhere_stays_where_it_is(history: History, tmp_path: Path) -> None:
    path = history.export(tmp_path / "downloads" / "export.zip")
    assert history.imported(path).success
    assert path.exists()


def test_an_import_of_nothing_but_rejected_rows_is_completed_at_once(history: History) -> None:
    path = drop(
        history.world,
        "Streaming_History_Audio_2024_1.json",
        '[{"ts": "2024-01-01T00:00:00Z", "ms_played": 5000}]',
    )
    result = history.imported(path)
    assert result.success, result.all_events[-2].message
    [row] = history.world.operational.list_imports()
    assert (row["status"], row["rows_read"], row["rows_rejected"]) == ("completed", 1, 1)
    assert history.metadata("rejected_rows")["dagster/row_count"].value == 1


def test_only_abandoned_imports_are_finished(history: History, tmp_path: Path) -> None:
    history.imported(history.export(tmp_path / "export.zip"))
    assert unfinished(history) == []
    history.world.clock = lambda: utc_now() + ABANDONED_AFTER + timedelta(seconds=1)
    [request] = unfinished(history)
    with history.world.operational.lock_import(history.world.operational.list_imports()[0]["import_id"]):
        assert unfinished(history) == []
    finished = history.run("listening", tags=request.tags)
    assert finished.success, history.failures(finished)
    assert history.world.operational.list_imports()[0]["status"] == "completed"
    assert unfinished(history) == []
