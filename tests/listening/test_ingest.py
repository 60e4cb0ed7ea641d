# ruff: noqa: ANN401 - stand-ins take what they are given
"""An export read into raw rows: counted, whole or not at all, and safe to run again."""

import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.listening.commit import resolve_months
from assets.listening.ingest import Ingest, Ingested, Request, import_id, is_disk_trouble
from assets.listening.readers import UnreadableExport, fingerprint
from assets.tables import DUPLICATE_ROWS, PLAYS, RAW_PLAYS, REJECTED_ROWS, TRACK_MONTHS
from resources.lake import Lake, Staged
from resources.settings import Settings
from resources.world import World
from simulator import scrobbles, simulate, write_extended, write_tool
from simulator.tools import TOOLS

TABLES = (RAW_PLAYS, REJECTED_ROWS, DUPLICATE_ROWS, PLAYS, TRACK_MONTHS)
FILE_NAME = "Streaming_History_Audio_2024.json"


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    opened = World(settings)
    yield opened
    opened.operational.close()


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a year in one zip, and its two overlapping halves."""
    folder = tmp_path_factory.mktemp("exports")
    truth = simulate(7, plays=900, first_day=date(2024, 1, 1), last_day=date(2024, 6, 30))
    write_extended(truth, folder / "first.zip", seed=1, last=date(2024, 4, 15))
    write_extended(truth, folder / "second.zip", seed=2, first=date(2024, 3, 20))
    return folder


def ingest(world: World, path: Path, **request: Any) -> Ingested:
    return Ingest(world.lake, world.operational, world.clock)(Request(path, "me", **request))


def make(world: World, *paths: Path) -> None:
    for path in paths:
        resolve_months(world, ingest(world, path, is_confirmed=True).months)


def told(world: World) -> list[tuple[Any, ...]]:
    """The plays, whichever import and file they came with."""
    return sorted(world.lake.scan(PLAYS).drop("import_id", "file", "row").collect().rows(), key=repr)


def assert_accounted_for(world: World) -> None:
    for row in world.operational.list_imports():
        mine = pl.col("import_id") == row["import_id"]
        counts = [
            world.lake.scan(table).filter(mine).select(pl.len()).collect().item()
            for table in (PLAYS, DUPLICATE_ROWS, REJECTED_ROWS)
        ]
        assert row["status"] == "completed"
        assert counts == [row["rows_stored"], row["rows_duplicate"], row["rows_rejected"]]
        assert sum(counts) == row["rows_read"]


def test_every_row_read_is_stored_duplicate_or_rejected(world: World, exports: Path) -> None:
    make(world, exports / "first.zip", exports / "second.zip")
    assert len(world.operational.list_imports()) == 2
    assert_accounted_for(world)


def test_the_same_content_is_imported_once_under_any_name(
    world: World, exports: Path, tmp_path: Path
) -> None:
    make(world, exports / "first.zip")
    before, versions = told(world), [world.lake.version(table) for table in TABLES]
    copy = tmp_path / "another name.zip"
    copy.write_bytes((exports / "first.zip").read_bytes())
    again = ingest(world, copy)
    assert (again.is_new, again.months) == (False, [])
    assert (told(world), [world.lake.version(table) for table in TABLES]) == (before, versions)


def test_files_one_by_one_a_folder_and_a_zip_give_the_same_plays(
    world: World, exports: Path, tmp_path: Path
) -> None:
    make(world, exports / "first.zip", exports / "second.zip")
    zipped = told(world)
    parts = []
    for number, name in enumerate(("first.zip", "second.zip")):
        with zipfile.ZipFile(exports / name) as archive:
            archive.extractall(tmp_path / "folder" / str(number))
    parts = sorted(path for path in (tmp_path / "folder").rglob("*.json"))
    other = World(world.settings)
    other.lake = Lake(f"{world.settings.home}/one by one")
    for given in (parts, [tmp_path / "folder"]):
        _forget(world, other)
        make(other, *given)
        assert told(other) == zipped
    other.operational.close()


def test_what_every_tool_tells_of_one_listener_is_every_play_once(world: World, tmp_path: Path) -> None:
    truth = simulate(11, plays=60, first_day=date(2024, 1, 1), last_day=date(2024, 1, 20))
    counted = scrobbles(truth)
    for form in TOOLS:
        write_tool(truth, tmp_path / form, form)
    make(world, tmp_path)
    assert_accounted_for(world)
    (row,) = world.operational.list_imports()
    assert row["rows_read"] == counted.height * len(TOOLS)
    assert row["rows_stored"] == counted.height
    assert row["format"].split("+") == [
        *("amazon_music", "apple_music", "deezer", "koito", "lastfm", "pano_scrobbler", "rockbox"),
        *("soundcloud", "spinitron", "tidal", "web_scrobbler", "youtube_music"),
    ]
    assert row["notes"] is None
    places = world.lake.scan(PLAYS).select("import_id", "file", "row")
    plays = world.lake.scan(RAW_PLAYS).join(places, ["import_id", "file", "row"], "semi").collect()
    assert plays["source"].unique().to_list() == ["apple_music"]
    assert sorted(plays["track_name"]) == sorted(counted["track_name"])


def test_the_ledger_tells_how_an_encoding_was_read(world: World, tmp_path: Path) -> None:
    table = "artist,track,album,uts\nBjörk,Jóga,Homogenic,1714564800\n"
    (tmp_path / "scrobbles.csv").write_bytes(table.encode("cp1252"))
    make(world, tmp_path / "scrobbles.csv")
    (row,) = world.operational.list_imports()
    assert row["notes"] == "scrobbles.csv is no UTF-8: it was read as cp1252"
    assert world.lake.scan(RAW_PLAYS).collect()["artist_name"].to_list() == ["Björk"]


def _forget(world: World, other: World) -> None:
    """An empty lake and ledger."""
    from shutil import rmtree

    from sqlalchemy import text

    rmtree(other.lake.root, ignore_errors=True)
    with world.operational.engine.begin() as connection:
        connection.execute(text("TRUNCATE longplay.imports, longplay.import_months"))


def test_a_row_of_no_sense_is_rejected_for_a_reason_and_the_others_kept(world: World, tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_text(json.dumps([_row(0), {"ts": "yesterday", "ms_played": "x"}, _row(1)]))
    make(world, path)
    assert_accounted_for(world)
    rejected = world.lake.scan(REJECTED_ROWS).collect()
    assert rejected["row"].to_list() == [1]
    assert rejected["reason"].null_count() == 0


def test_an_import_of_nothing_but_rejected_rows_is_complete(world: World, tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_text(
        json.dumps([_row(0) | {name: None for name in _row(0) if "_name" in name or "_uri" in name}])
    )
    make(world, path)
    assert_accounted_for(world)
    assert world.operational.list_imports()[0]["rows_rejected"] == 1


def test_a_file_that_is_no_history_fails_with_advice_and_leaves_no_row(world: World, tmp_path: Path) -> None:
    path = tmp_path / "holiday.json"
    path.write_text('{"photos": []}')
    with pytest.raises(UnreadableExport):
        ingest(world, path)
    (row,) = world.operational.list_imports()
    assert (row["status"], row["rows_read"]) == ("failed", None)
    assert row["error"]
    assert all(world.lake.scan(table).collect().is_empty() for table in TABLES)


@pytest.mark.parametrize(
    ("owner", "step"),
    [(Staged, "add"), (Lake, "append"), (Staged, "commit")],
    ids=["staging", "rejecting", "committing"],
)
def test_an_import_that_finds_the_disk_full_says_so_and_can_be_run_again(
    world: World, exports: Path, monkeypatch: pytest.MonkeyPatch, owner: type, step: str
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(owner, step, full)
        with pytest.raises(OSError, match="No space left"):
            ingest(world, exports / "first.zip")
    (row,) = world.operational.list_imports()
    assert (row["status"], row["rows_read"]) == ("failed", None)
    assert "make room" in row["error"]
    assert world.lake.scan(RAW_PLAYS).collect().is_empty()
    assert list(Path(world.lake.root).rglob(f"{row['import_id']}-*")) == []
    make(world, exports / "first.zip")
    assert_accounted_for(world)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that a test can make larger."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs root, to mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def resize(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


def test_a_disk_that_fills_up_anywhere_on_the_way_loses_nothing(
    settings: Settings, exports: Path, small_disk: Path
) -> None:
    world = World(settings.model_copy(update={"lake_url": str(small_disk)}))
    failures = 0
    for size_kib in range(16, 400, 16):  # fails a little further on each time
        resize(small_disk, f"{size_kib}k")
        try:
            make(world, exports / "first.zip")
        except Exception as error:  # noqa: BLE001
            assert is_disk_trouble(error), error  # noqa: PT017 - it may also succeed
            failures += 1
            row = world.operational.list_imports()[0]
            assert row["status"] == "running" or "make room" in row["error"], row
    assert failures >= 3
    resize(small_disk, "64m")
    make(world, exports / "first.zip")
    assert_accounted_for(world)
    world.operational.close()


def test_an_error_after_the_commit_does_not_read_the_rows_twice(
    world: World, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Staged.commit

    def commit_and_stumble(staged: Staged) -> None:
        commit(staged)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Staged, "commit", commit_and_stumble)
        with pytest.raises(OSError, match="No space left"):
            ingest(world, exports / "first.zip")
    (row,) = world.operational.list_imports()
    assert (row["status"], row["error"]) == ("running", None), "all that is left is to make its months"
    version = world.lake.version(RAW_PLAYS)
    again = ingest(world, exports / "first.zip")
    resolve_months(world, again.months)
    assert world.lake.version(RAW_PLAYS) == version
    assert_accounted_for(world)


def test_another_persons_history_is_held_until_it_is_confirmed(
    world: World, exports: Path, tmp_path: Path
) -> None:
    make(world, exports / "first.zip")
    stranger = simulate(99, plays=600, first_day=date(2024, 1, 1), last_day=date(2024, 6, 30))
    abroad = stranger.with_columns(pl.lit("JP").alias("country"), pl.col("track_name") + " (live in Osaka)")
    write_extended(abroad, tmp_path / "stranger.zip", seed=1)
    ident = import_id("me", fingerprint(tmp_path / "stranger.zip").sha256)
    held = ingest(world, tmp_path / "stranger.zip")
    assert held.row["status"] == "held"
    assert "--yes" in held.row["error"]
    assert not world.lake.has_files(RAW_PLAYS, ident)
    assert list(Path(world.lake.root).rglob(f"{ident}-*")) == []
    make(world, tmp_path / "stranger.zip")
    assert_accounted_for(world)


def _row(minute: int) -> dict[str, Any]:
    return {
        "ts": f"2024-03-05T10:{minute:02}:00Z",
        "ms_played": 45_000,
        "platform": "ios",
        "conn_country": "DE",
        "ip_addr": "203.0.113.7",
        "master_metadata_track_name": f"Song {minute}",
        "master_metadata_album_artist_name": "Nines",
        "master_metadata_album_album_name": "Album",
        "spotify_track_uri": f"spotify:track:{minute:022}",
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": False,
        "offline": False,
        "offline_timestamp": None,
        "incognito_mode": False,
    }
