"""Datasets arrive through the inbox or the command line, and tell the catalogue what it lacks."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from command_line import Longplay
from history import FIRST_DAY, LAST_DAY, History
from pydantic import ValidationError
from ticks import Ticks, without_marts

from assets.datasets.assets import RAW
from assets.listening import first_month
from assets.listening.months import FIRST
from assets.tables import DATASET_QUALITY, DATASET_TRACKS, DATASETS, TRACK_FACTS, TRACKS
from pipelines.datasets import MOST_REQUESTS_A_TICK, dataset_config, datasets_dropped
from pipelines.definitions import build
from pipelines.inbox import dropped, dropped_datasets, lying
from resources.listeners import ListenerIdError
from resources.settings import Settings
from resources.world import World
from simulator import simulate
from simulator.datasets import dataset_rows, write_dataset

CONTENT = "title,artist,genre,mood\nA,Ana,dub,calm\n"


@pytest.fixture
def empty(tmp_path: Path) -> World:
    """A home nobody has a database for: looking into the inbox needs none."""
    return World(Settings(home=tmp_path / "home"))


def drop(world: World, name: str, content: str = CONTENT, licence: str | None = "CC0-1.0") -> Path:
    """A folder in the inbox of datasets."""
    folder = world.settings.dataset_inbox / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.csv").write_text(content)
    if licence is not None:
        (folder / "dataset.yaml").write_text(f"licence: {licence}\n")
    return folder


def look(world: World, cursor: str | None) -> tuple[list[dg.RunRequest], str]:
    """One tick of the sensor: what it asks for, and its cursor."""
    with dg.build_sensor_context(cursor=cursor, resources={"world": world}) as context:
        result = datasets_dropped(context)
    assert isinstance(result, dg.SensorResult)
    assert result.cursor is not None
    return list(result.run_requests or []), result.cursor


def told(history: History, path: Path, **said: str) -> Mapping[str, object]:
    """What a run of ``add_dataset`` tells."""
    result = history.run("add_dataset", dataset_config(str(path), **said))
    assert result.success, history.failures(result)
    output: Mapping[str, object] = result.output_for_node("read_dataset")
    return output


# The inbox


def test_a_dataset_is_asked_for_once_it_has_stopped_growing(empty: World) -> None:
    folder = drop(empty, "moods")
    first, cursor = look(empty, None)
    second, cursor = look(empty, cursor)
    third, cursor = look(empty, cursor)
    assert [len(first), len(second), len(third)] == [0, 1, 0]
    name = second[0].run_config["ops"]["read_dataset"]["config"]["path"]
    assert lying(empty.settings.inbox, name) == folder
    (folder / "b.csv").write_text(CONTENT)
    fourth, cursor = look(empty, cursor)
    fifth, _ = look(empty, cursor)
    assert [len(fourth), len(fifth)] == [0, 1]
    assert fifth[0].run_key != second[0].run_key


def test_a_dataset_still_being_copied_waits(empty: World) -> None:
    folder = drop(empty, "moods")
    (folder / "b.csv.part").write_text("")
    assert list(dropped_datasets(empty.settings.inbox)) == []


def test_a_licence_mended_beside_a_file_asks_again(empty: World) -> None:
    inbox = empty.settings.dataset_inbox
    inbox.mkdir(parents=True)
    (inbox / "moods.csv").write_text(CONTENT)
    _, cursor = look(empty, None)
    asked, cursor = look(empty, cursor)
    assert len(asked) == 1
    (inbox / "moods.dataset.yaml").write_text("licence: MIT")
    _, cursor = look(empty, cursor)
    again, _ = look(empty, cursor)
    assert [item.path.name for item in dropped_datasets(empty.settings.inbox)] == ["moods.csv"]
    assert len(again) == 1


def test_many_datasets_are_asked_for_some_at_a_time(empty: World) -> None:
    for number in range(MOST_REQUESTS_A_TICK + 3):
        drop(empty, f"set-{number:03}")
    _, cursor = look(empty, None)
    first, cursor = look(empty, cursor)
    second, _ = look(empty, cursor)
    assert [len(first), len(second)] == [MOST_REQUESTS_A_TICK, 3]


@pytest.mark.parametrize("name", ["datasets", "Datasets"])
def test_the_inbox_of_datasets_is_no_listeners(empty: World, name: str) -> None:
    folder = empty.settings.inbox / name
    folder.mkdir(parents=True)
    (folder / "export.zip").write_text("x")
    assert list(dropped(empty.settings.inbox)) == []


@pytest.mark.parametrize("name", ["datasets", "DataSets"])
def test_no_listener_may_be_called_so(world: World, name: str) -> None:
    with pytest.raises(ListenerIdError, match="takes datasets"):
        world.operational.ensure_user(name, datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ValidationError, match="takes datasets"):
        Settings(user=name)


def test_the_command_line_refuses_such_a_listener(longplay: Longplay, tmp_path: Path) -> None:
    History.export(None, tmp_path / "a.zip", plays=30)  # type: ignore[arg-type] # needs no world
    code, out, err = longplay("import", tmp_path / "a.zip", "--user", "datasets")
    assert code != 0
    assert "takes datasets" in out + err


# The job


def test_what_was_added_leaves_the_inbox_and_what_was_rejected_stays(history: History) -> None:
    good, bad = drop(history.world, "good"), drop(history.world, "bad", "title\nB\n", licence="free")
    assert told(history, good)["status"] == "accepted"
    assert "SPDX" in str(told(history, bad)["reason"])
    assert (good.exists(), bad.exists()) == (False, True)


def test_a_dataset_elsewhere_is_never_moved(history: History, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a.csv").write_text(CONTENT)
    assert told(history, folder, licence="CC0-1.0", name="Mine")["name"] == "Mine"
    assert (folder / "a.csv").exists()


def test_originals_are_kept_where_one_wants_them(history: History) -> None:
    history.world.settings = history.world.settings.model_copy(update={"keep_originals": True})
    ident = told(history, drop(history.world, "good"))["dataset_id"]
    assert (history.world.settings.originals / str(ident) / "good" / "a.csv").read_text() == CONTENT


def test_a_run_reports_its_tables_and_their_checks(history: History) -> None:
    told(history, drop(history.world, "good"))
    for table in RAW:
        assert history.metadata(table.name)["status"].value == "accepted"
    assert history.metadata(DATASET_TRACKS.name)["dagster/row_count"].value == 1
    checks = history.instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(dg.AssetKey(DATASET_TRACKS.name), "every_dataset_row_is_accounted_for"), limit=1
    )
    assert [record.status.value for record in checks] == ["SUCCEEDED"]


def test_adding_and_removing_reach_every_table_they_concern(
    world: World, instance: dg.DagsterInstance
) -> None:
    first_month.reach(world, [FIRST])
    ticks = Ticks(without_marts(build(world)), instance)
    ticks.settle()
    ticks.imported(["2015-03"])
    ticks.settle()
    for table in RAW:
        ticks.made(table.name)
    asked = set().union(*ticks.settle())
    assert {"dataset_quality", "track_facts", "tracks", "top_genres", "snapshot"} <= asked
    assert not {"plays", "track_months", "play_months"} & asked


# From a dataset to the catalogue


def test_what_a_dataset_says_is_shown_where_nothing_said_it(made: History, tmp_path: Path) -> None:
    truth = simulate(5, plays=900, first_day=FIRST_DAY, last_day=LAST_DAY)
    rows = dataset_rows(truth, 3_000)
    write_dataset(rows, tmp_path / "moods")
    before = made.table("tracks")
    added = told(made, tmp_path / "moods")
    assert (added["status"], added["rows_stored"]) == ("accepted", 3_000)
    result = made.run("catalogue")
    assert result.success, made.failures(result)

    tracks = made.table("tracks")
    uri = "spotify:track:" + pl.col("track_id")
    is_whole = ~pl.col("is_missing") & ~pl.col("is_invalid")
    both = tracks.with_columns(track_uri=uri).join(rows.filter(is_whole), on="track_uri", suffix="_true")
    assert both.height > 100
    right = both.select(
        pl.col("mood") == pl.col("mood_true"),
        pl.col("genres").list.first() == pl.col("genre"),
        pl.col("energy") == pl.col("energy_true"),
        pl.col("tempo_bpm") == pl.col("tempo"),
        pl.col("year") == pl.col("year_true"),
        pl.col("duration_ms").is_not_null(),
    )
    # names are written alike by several tracks of an artist: those known by an id are right, each of them
    by_id = both["is_without_id"].not_()
    assert right.filter(by_id).select(pl.all().all()).row(0) == (True,) * 6
    assert right.filter(~by_id).select(pl.all().mean()).row(0) > (0.8,) * 6
    assert before["duration_ms"].null_count() > tracks["duration_ms"].null_count()
    assert made.table("top_genres").height
    assert "data:image/svg" in str(made.metadata(DATASET_QUALITY.name)["scores"].value)


def test_the_command_line_adds_lists_and_removes(
    made: History, longplay: Longplay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = made.world.settings.database_url
    assert url is not None
    monkeypatch.setenv("LONGPLAY_HOME", str(made.world.settings.home))
    monkeypatch.setenv("LONGPLAY_DATABASE_URL", url.get_secret_value())
    truth = simulate(5, plays=900, first_day=FIRST_DAY, last_day=LAST_DAY)
    write_dataset(dataset_rows(truth, 2_000), tmp_path / "moods", name="Moods")

    code, out, _ = longplay("dataset", "add", tmp_path / "moods")
    assert code == 0
    assert "2,000 stored" in out
    assert "Total 0." in out
    assert "It tells something of 0 tracks" not in out

    code, out, _ = longplay("dataset", "add", tmp_path / "moods", "--licence", "free")
    assert (code, "Write an SPDX" in out) == (2, True)
    assert made.world.lake.scan(TRACK_FACTS).collect().is_empty()

    code, out, _ = longplay("dataset", "add", tmp_path / "moods")
    ident = made.world.lake.scan(DATASETS).collect()["dataset_id"].item()
    code, out, _ = longplay("dataset", "list")
    assert (code, ident in out, "CC-BY-4.0" in out) == (0, True, True)
    code, out, _ = longplay("dataset", "list", "--min-quality", "0.99")
    assert ident not in out

    code, out, _ = longplay("dataset", "remove", "Moods")
    assert (code, "Removed: Moods" in out) == (0, True)
    tracks = made.world.lake.scan(TRACKS).collect()
    assert tracks["mood"].null_count() == tracks.height > 0
    code, out, _ = longplay("dataset", "remove", "Moods")
    assert (code, "There is no dataset called Moods" in out) == (3, True)
    code, out, _ = longplay("dataset", "add", tmp_path / "nowhere")
    assert (code, "there is no such file or folder" in out) == (2, True)
