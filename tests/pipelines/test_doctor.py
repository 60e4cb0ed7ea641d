"""``longplay doctor``: a verdict and a remedy each, exit 1 when something is wrong, whatever does not start."""

import locale
import shutil
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from command_line import Longplay
from hypothesis import given
from hypothesis import strategies as st

from assets.tables import PLAYS
from pipelines import machine
from pipelines.findings import Finding, Verdict, findings, well
from pipelines.machine import CLOCK_SLACK, FEWEST_BYTES, LITTLE_BYTES, Room
from resources.settings import Settings
from resources.world import World

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
WELL, LOOK, WRONG = Verdict.WELL, Verdict.DOUBTFUL, Verdict.WRONG


def test_a_package_that_is_not_the_locks_is_wrong_and_the_lock_of_the_checkout_is_read() -> None:
    locked = machine.locked_versions()
    assert [locked[name] for name in ("polars", "numpy")] == [version("polars"), version("numpy")]
    assert machine.versions().verdict is WELL
    found = machine.versions(locked={"polars": "0.1"})
    assert (found.verdict, "make up" in found.remedy) == (WRONG, True)
    assert f"polars is {version('polars')}, the lock says 0.1" in found.said


def test_every_package_that_longplay_depends_on_is_compared() -> None:
    numbers = {"longplay": "0.1.0", "ftfy": "6.2", "isal": "1.9.1", "tool": "1"}

    def installed(name: str) -> str:
        if name not in numbers:
            raise PackageNotFoundError(name)
        return numbers[name]

    needed = [
        "ftfy>=6.3",
        "isal>=1.9",
        "ijson>=3.6",
        'tool>=2; extra == "dev"',
        'tool>=2; python_version<"3"',
    ]
    found = machine.versions(installed, {"isal": "1.9.0"}, needed)
    assert found.said == (
        "ftfy is 6.2, Longplay needs >=6.3; isal is 1.9.1, the lock says 1.9.0; ijson is missing"
    )
    assert machine.versions(installed, {}, ["isal>=1.9"]).verdict is WELL


def test_a_variable_that_is_no_setting_is_told_with_the_nearest_one() -> None:
    known = frozenset({"LONGPLAY_HOME", "LONGPLAY_WEBSERVER_PORT"})
    found = machine.variables({"LONGPLAY_WEBSERVR_PORT": "1", "LONGPLAY_HOME": "x", "HOME": "y"}, known)
    assert (found.verdict, found.said) == (
        LOOK,
        "LONGPLAY_WEBSERVR_PORT (did you mean LONGPLAY_WEBSERVER_PORT?): no such setting, so it does nothing",
    )
    assert machine.variables({"LONGPLAY_HOME": "x"}, known).verdict is WELL


def test_a_locale_that_is_not_there_is_named_and_is_not_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> str:
        raise locale.Error

    monkeypatch.setattr(locale, "setlocale", missing)
    found = machine.words({"LANG": "en_GB.UTF-8"})
    assert (found.verdict, found.said.split()[0], found.remedy) == (LOOK, "en_GB.UTF-8", "set LANG=C.UTF-8")


@given(st.timedeltas(-timedelta(days=9), timedelta(days=9)))
def test_a_clock_behind_what_was_written_is_wrong(ahead: timedelta) -> None:
    found = machine.clock(NOW, {"the snapshot": NOW + ahead, "warehouse.duckdb": NOW - CLOCK_SLACK})
    assert (found.verdict is WRONG) == (ahead > CLOCK_SLACK)


@given(st.integers(0, 10**13), st.none() | st.integers(0, 10**6))
def test_a_full_disk_is_wrong_whether_bytes_or_files_have_no_room(free: int, files: int | None) -> None:
    found = machine.disk(Room(free, files))
    is_full = free < FEWEST_BYTES or (files is not None and files < machine.FEWEST_FILES)
    assert (found.verdict is WRONG) == is_full
    assert is_full or (found.verdict is LOOK) == (free < LITTLE_BYTES)


def test_the_room_of_a_folder_that_is_not_there_yet_is_that_of_its_parent(tmp_path: Path) -> None:
    assert machine.room(tmp_path / "a" / "b").free_bytes > 0


def test_a_home_or_a_key_that_others_may_read_is_wrong_and_has_its_command(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert machine.home_permissions(home).verdict is LOOK
    home.mkdir(mode=0o700)
    assert machine.home_permissions(home).verdict is WELL
    (home / "secret.key").touch(mode=0o644)
    found = machine.home_permissions(home)
    assert (found.verdict, found.remedy) == (WRONG, f"chmod go= '{home / 'secret.key'}'")
    (home / "secret.key").chmod(0o600)
    home.chmod(0o755)
    assert machine.home_permissions(home).remedy == f"chmod go= '{home}'"


def test_a_look_that_fails_is_a_finding_and_the_others_go_on() -> None:
    def broken() -> Finding:
        raise OSError("disk on fire")

    first, second = findings([("disk", broken), ("clock", lambda: well("clock", "fine"))])
    assert (first.verdict, first.name, "disk on fire" in first.said) == (WRONG, "disk", True)
    assert str(second) == "ok    clock: fine."


def test_every_line_of_a_home_is_well_until_a_table_loses_its_files(
    longplay: Longplay, settings: Settings
) -> None:
    world = World(settings)
    world.lake.open(PLAYS)
    world.lake.append(PLAYS, PLAYS.empty())
    world.operational.close()
    code, out, _ = longplay("doctor")
    names = [line.split()[1].rstrip(":") for line in out.splitlines()]
    assert (code, names) == (
        0,
        [
            *("versions", "locale", "settings", "home", "disk", "clock"),
            *("server", "up", "lake", "snapshot", "warehouse"),
        ],
    )
    shutil.rmtree(Path(settings.lake) / "plays" / "_delta_log")
    (Path(settings.lake) / "plays" / "_delta_log").mkdir()
    (Path(settings.lake) / "plays" / "_delta_log" / "00000000000000000000.json").write_text("{")
    code, out, _ = longplay("doctor")
    (line,) = [line for line in out.splitlines() if line.startswith("WRONG")]
    assert (code, "lake: 1 of 1 tables" in line) == (1, True)
    assert line.endswith("→ `longplay materialize plays`")


def test_without_a_database_the_other_lines_are_still_told(
    longplay: Longplay, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.home.mkdir(mode=0o700, parents=True)
    monkeypatch.setenv("LONGPLAY_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")
    code, out, _ = longplay("doctor")
    assert code == 1
    (wrong,) = [line for line in out.splitlines() if line.startswith("WRONG")]
    assert wrong.startswith("WRONG server: PostgreSQL does not answer")
    assert "secret" not in out
    assert [line for line in out.splitlines() if line.startswith("ok    lake")]


def test_a_setting_that_cannot_be_read_is_a_finding(
    longplay: Longplay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_WEBSERVER_PORT", "many")
    code, out, _ = longplay("doctor")
    assert (code, "WRONG settings: LONGPLAY_WEBSERVER_PORT=many cannot be used" in out) == (1, True)
