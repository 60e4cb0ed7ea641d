import hashlib
import io
import json
import shutil
import stat
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import URL, text
from sqlalchemy.exc import DatabaseError

from resources import pg_tools
from resources.backup import backup
from resources.backup_file import DATABASE, MANIFEST, MANIFEST_HASH, DamagedBackupError, unpack
from resources.events import Events
from resources.locks import PipelineBusyError
from resources.migrate import NewerDatabaseError
from resources.operational import Operational, Outcome
from resources.pg_tools import DatabaseToolError, dump
from resources.restore import NotEmptyError, WrongLakeError, restore
from resources.settings import Settings

NOW = datetime(2024, 5, 1, tzinfo=UTC)
PLAYS = pl.DataFrame({"play_id": ["a", "b", "c"], "month": ["2024-01", "2024-01", "2024-02"]})


def clock() -> datetime:
    return NOW


@pytest.fixture
def home(settings: Settings, operational: Operational) -> Settings:
    """A home with two versions of a table, a snapshot of the first, a mart, an import and a listener."""
    plays = f"{settings.lake}/plays"
    PLAYS.head(1).write_delta(plays, delta_write_options={"partition_by": ["month"]})
    PLAYS.write_delta(plays, mode="overwrite")
    for path, content in (
        (settings.snapshots / "s1.json", '{"plays": 0}'),
        (settings.snapshots / "current", "s1"),
        (settings.marts / "b1" / "streaks.parquet", "not really"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    operational.start_import(import_id="i", user_id="me", file_name="f.zip", sha256="00", created_at=NOW)
    operational.update_import("i", status="running", rows_read=3)
    operational.settle(["2024-01"], [Outcome("i", "2024-01", 3, 0)], NOW)
    operational.set_time_zone("me", "Europe/Lisbon", NOW)
    return settings


@pytest.fixture
def elsewhere(tmp_path: Path, empty_database_url: str) -> Settings:
    return Settings.model_validate({"home": tmp_path / "elsewhere", "database_url": empty_database_url})


def contents(settings: Settings) -> dict[str, object]:
    files = [path for path in settings.home.rglob("*") if path.is_file()]
    operational = Operational.open(settings)
    rows = [operational.list_imports(), operational.list_users(), operational.list_import_months("i")]
    operational.close()
    return {
        "files": {str(path.relative_to(settings.home)): path.read_bytes() for path in files},
        "rows": rows,
        "newest": pl.read_delta(f"{settings.lake}/plays").sort("play_id").to_dicts(),
        "first": pl.read_delta(f"{settings.lake}/plays", version=0).to_dicts(),
    }


def untouched(settings: Settings) -> bool:
    return not settings.home.exists() or not any(settings.home.iterdir())


def test_a_restored_home_is_the_one_that_was_backed_up(
    home: Settings, tmp_path: Path, elsewhere: Settings
) -> None:
    before = contents(home)
    manifest = backup(home, tmp_path / "b.tar", clock)
    assert (manifest.created_at, manifest.lake_versions) == (NOW, {"plays": 1})
    shutil.rmtree(home.home)
    restore(elsewhere, tmp_path / "b.tar")
    assert contents(elsewhere) == before
    assert before["newest"] == PLAYS.to_dicts()


def test_a_backup_is_for_its_owner_only_and_leaves_nothing_beside_it(home: Settings, tmp_path: Path) -> None:
    target = tmp_path / "backups" / "b.tar"
    backup(home, target, clock)
    assert [*target.parent.iterdir()] == [target]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_backup_waits_for_writers_and_leaves_the_older_one_when_it_cannot(
    home: Settings, tmp_path: Path, operational: Operational, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.locks.QUIET_ATTEMPT_S", 0.01)
    target = tmp_path / "b.tar"
    target.write_text("older")
    with operational.writing(), pytest.raises(PipelineBusyError):
        backup(home, target, clock)
    assert target.read_text() == "older"
    assert [*tmp_path.glob("*b.tar*"), *tmp_path.glob(".b.tar*")] == [target]


def test_a_home_in_use_is_not_overwritten_unless_forced(
    home: Settings, tmp_path: Path, operational: Operational
) -> None:
    backup(home, tmp_path / "b.tar", clock)
    before = contents(home)
    operational.ensure_user("newcomer", NOW)
    (home.marts / "b2").mkdir()
    (home.marts / "b2" / "new.parquet").touch()
    with pytest.raises(NotEmptyError, match="--force"):
        restore(home, tmp_path / "b.tar")
    restore(home, tmp_path / "b.tar", force=True)
    assert contents(home) == before


def test_a_database_in_use_is_not_overwritten(home: Settings, tmp_path: Path) -> None:
    backup(home, tmp_path / "b.tar", clock)
    shutil.rmtree(home.home)
    with pytest.raises(NotEmptyError, match=r"longplay\.users"):
        restore(home, tmp_path / "b.tar")
    assert untouched(home)


def test_a_lake_in_an_object_store_stays_there_and_is_named(
    home: Settings, tmp_path: Path, elsewhere: Settings
) -> None:
    remote = home.model_copy(update={"lake_url": "s3://bucket/lake"})
    assert backup(remote, tmp_path / "b.tar", clock).lake_url == "s3://bucket/lake"
    with pytest.raises(WrongLakeError, match="s3://bucket/lake"):
        restore(elsewhere, tmp_path / "b.tar")
    restore(elsewhere.model_copy(update={"lake_url": "s3://bucket/lake"}), tmp_path / "b.tar")
    assert (elsewhere.snapshots / "current").read_text() == "s1"


def test_a_backup_of_a_newer_version_is_refused(
    home: Settings, tmp_path: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.backup.REVISION", "9999")
    backup(home, tmp_path / "b.tar", clock)
    with pytest.raises(NewerDatabaseError):
        restore(elsewhere, tmp_path / "b.tar")
    assert untouched(elsewhere)


def test_a_database_that_cannot_be_loaded_leaves_both_as_they_were(
    home: Settings, tmp_path: Path, elsewhere: Settings
) -> None:
    backup(home, tmp_path / "b.tar", clock)
    members = read_tar(tmp_path / "b.tar")
    members[DATABASE] = b"PGDMP nonsense"
    write_tar(tmp_path / "bad.tar", resealed(members))
    with pytest.raises(DatabaseToolError, match="pg_restore"):
        restore(elsewhere, tmp_path / "bad.tar")
    assert untouched(elsewhere)


def test_a_tool_that_fails_does_not_tell_the_password(tmp_path: Path) -> None:
    with pytest.raises(DatabaseToolError, match="pg_dump") as failed:
        dump("postgresql+psycopg2://u:sekret@127.0.0.1:1/d", tmp_path / "d")
    assert "sekret" not in str(failed.value)


def test_any_flipped_byte_of_content_is_refused_and_changes_nothing(
    home: Settings, tmp_path: Path, elsewhere: Settings
) -> None:
    backup(home, tmp_path / "b.tar", clock)
    whole = (tmp_path / "b.tar").read_bytes()
    with tarfile.open(tmp_path / "b.tar") as tar:
        places = {info.name: info.offset_data + info.size // 2 for info in tar if info.size}
    assert {DATABASE, MANIFEST, MANIFEST_HASH, "snapshots/current"} < {*places}
    for offset in places.values():
        damaged = bytearray(whole)
        damaged[offset] ^= 1
        (tmp_path / "damaged.tar").write_bytes(damaged)
        with pytest.raises(DamagedBackupError):
            restore(elsewhere, tmp_path / "damaged.tar")
        assert untouched(elsewhere)


@pytest.fixture
def small(tmp_path: Path) -> dict[str, bytes]:
    manifest: dict[str, object] = {
        "created_at": NOW.isoformat(),
        "revision": "0001",
        "lake_url": None,
        "lake_versions": {},
        "format": 1,
    }
    return resealed(
        {DATABASE: b"dump", "lake/plays/x": b"rows", MANIFEST: json.dumps({**manifest, "files": []}).encode()}
    )


def read_tar(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {info.name: file.read() for info in tar if (file := tar.extractfile(info))}


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def resealed(members: dict[str, bytes]) -> dict[str, bytes]:
    """The manifest and its hash made to fit the members."""
    data = {name: content for name, content in members.items() if name not in {MANIFEST, MANIFEST_HASH}}
    manifest = json.loads(members[MANIFEST])
    manifest["files"] = [
        {"path": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in data.items()
    ]
    sealed = json.dumps(manifest).encode()
    return {**data, MANIFEST: sealed, MANIFEST_HASH: hashlib.sha256(sealed).hexdigest().encode()}


def places(folder: Path) -> dict[str, Path]:
    return {"lake": folder / "lake", DATABASE: folder / "database"}


def test_a_small_backup_unpacks(small: dict[str, bytes], tmp_path: Path) -> None:
    write_tar(tmp_path / "s.tar", small)
    unpack(tmp_path / "s.tar", places(tmp_path))
    assert (tmp_path / "lake" / "plays" / "x").read_bytes() == b"rows"


@pytest.mark.parametrize(
    "name",
    [
        "lake/../../evil",
        "/etc/evil",
        "lake",
        "lake//evil",
        "other/evil",
        "lake/./evil",
        "lake\\..\\evil",
        "database.dump/x",
    ],
)
def test_a_member_outside_its_folder_is_refused(small: dict[str, bytes], tmp_path: Path, name: str) -> None:
    write_tar(tmp_path / "s.tar", resealed({**small, name: b"evil"}))
    with pytest.raises(DamagedBackupError):
        unpack(tmp_path / "s.tar", places(tmp_path))
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_a_member_that_is_not_a_plain_file_is_refused(tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "s.tar", "w") as tar:
        info = tarfile.TarInfo("lake/x")
        info.type = kind
        info.linkname = "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(DamagedBackupError, match="plain files only"):
        unpack(tmp_path / "s.tar", places(tmp_path))


def test_a_missing_or_an_added_file_is_refused(small: dict[str, bytes], tmp_path: Path) -> None:
    for members in ({**small, "lake/plays/y": b""}, {n: c for n, c in small.items() if n != "lake/plays/x"}):
        shutil.rmtree(tmp_path / "to", ignore_errors=True)
        write_tar(tmp_path / "s.tar", members)
        with pytest.raises(DamagedBackupError, match="lake/plays"):
            unpack(tmp_path / "s.tar", places(tmp_path / "to"))


@given(cut=st.floats(0, 0.999))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_backup_that_was_cut_short_is_refused(small: dict[str, bytes], tmp_path: Path, cut: float) -> None:
    write_tar(tmp_path / "s.tar", small)
    with tarfile.open(tmp_path / "s.tar") as tar:
        end = tar.getmember(MANIFEST_HASH).offset_data + 64
    (tmp_path / "cut.tar").write_bytes((tmp_path / "s.tar").read_bytes()[: int(end * cut)])
    shutil.rmtree(tmp_path / "to", ignore_errors=True)
    with pytest.raises(DamagedBackupError):
        unpack(tmp_path / "cut.tar", places(tmp_path / "to"))


def test_the_event_log_comes_back_with_its_months_and_stays_append_only(
    home: Settings, operational: Operational, tmp_path: Path, elsewhere: Settings
) -> None:
    Events(operational.engine, clock).append(type="like", content={"track_id": "a"}, user_id="me", key="k")
    backup(home, tmp_path / "b.tar", clock)
    restore(elsewhere, tmp_path / "b.tar")
    restored = Operational.open(elsewhere)
    log = Events(restored.engine, clock)
    [event] = log.since(0)
    assert (event["type"], event["recorded_at"]) == ("like", NOW)
    assert "2024-05" in log.months()
    assert not log.append(type="like", content={"track_id": "a"}, user_id="me", key="k").is_new
    assert log.append(type="page.visited").event_id > event["event_id"]
    with pytest.raises(DatabaseError, match="append-only"), restored.engine.begin() as connection:
        connection.execute(text("DELETE FROM longplay.events"))
    restored.close()


def test_a_backup_is_loaded_without_the_setting_that_older_servers_refuse(
    home: Settings, tmp_path: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    run = pg_tools._run

    def spy(program: str, url: URL | None, *arguments: str) -> None:
        files = [part.removeprefix("--file=") for part in arguments if part.startswith("--file=")]
        loaded.extend(Path(file).read_text() for file in files if program == "psql")
        run(program, url, *arguments)

    monkeypatch.setattr(pg_tools, "_run", spy)
    backup(home, tmp_path / "b.tar", clock)
    restore(elsewhere, tmp_path / "b.tar")
    [script] = loaded
    assert "\nSET lock_timeout = 0;" in script
    assert "\nSET transaction_timeout" not in script
