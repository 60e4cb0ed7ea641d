# ruff: noqa: ANN401 - stand-ins take what they are given
"""The command line as a person meets it: exit codes, one readable line for what they can mend."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from command_line import Longplay

from pipelines import status
from pipelines.exit_codes import Exit
from pipelines.run import RunFailedError
from resources.locks import ImportBusyError
from resources.postgres import DatabaseUnavailableError
from resources.restore import NotEmptyError
from resources.settings import Settings
from resources.spotify.errors import AppRefusedError
from simulator import simulate, write_extended, write_listenbrainz


@pytest.fixture
def export(tmp_path: Path) -> Path:
    truth = simulate(4, plays=400, first_day=date(2024, 1, 20), last_day=date(2024, 3, 10))
    write_extended(truth, tmp_path / "my [old] data.zip", seed=1)
    return tmp_path / "my [old] data.zip"


def test_good_files_beside_unreadable_and_missing_ones_are_imported(
    longplay: Longplay, export: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 no zip")
    code, out, _ = longplay("import", broken, tmp_path / "missing.zip", export)
    assert code == 2
    assert "missing.zip: there is no such file or folder" in out
    assert "my [old]" in out
    assert "completed" in out
    assert longplay("import", export)[0] == 0
    code, out, _ = longplay("status")
    assert code == 0
    assert "Every row is accounted for" in out
    code, out, _ = longplay("sql", "SELECT count(*) AS plays FROM plays", "--format", "json")
    assert code == 0
    assert json.loads(out)[0]["plays"] > 300
    assert longplay("sql", "SELECT 'Ünïcode, 音楽' AS a, NULL AS b", "--format", "csv")[1].splitlines() == [
        "a,b",
        '"Ünïcode, 音楽",',
    ]
    code, _, err = longplay("sql", "SELECT nonsense FROM plays")
    assert (code, "nonsense" in err, "Traceback" in err) == (2, True, False)
    code, _, err = longplay("sql", "SELECT * FROM 'https://127.0.0.1:1/x.parquet'")  # it fetches nothing
    assert (code, "INSTALL httpfs" in err, "download" in err) == (2, True, False)


def test_an_import_of_which_nothing_was_stored_says_so_and_fails(longplay: Longplay, tmp_path: Path) -> None:
    lost = tmp_path / "scrobbles.csv"
    lost.write_text("uts,artist,album,track\n0,Band,LP,Song\n0,Band,LP,Other\n")
    code, out, _ = longplay("import", lost, "--time-zone", "UTC")
    assert code == Exit.FAILED
    assert "nothing was stored; all of its 2 rows were rejected" in " ".join(out.split())
    assert longplay("import", lost)[0] == Exit.FAILED, "and so it does the second time"


def test_sql_before_anything_was_published_says_what_to_do(longplay: Longplay) -> None:
    code, _, err = longplay("sql", "SELECT 1")
    assert (code, err.strip()) == (2, "Nothing is published yet: import something first.")


def test_an_unknown_import_cannot_be_undone(longplay: Longplay) -> None:
    code, out, _ = longplay("undo", "feedfeedfeedfeed")
    assert code == Exit.UNKNOWN
    assert "There is no import feedfeedfeedfeed" in out


def test_a_time_zone_that_does_not_exist_is_refused_with_an_example(longplay: Longplay, export: Path) -> None:
    code, _, err = longplay("import", export, "--time-zone", "Mars/Olympus")
    assert (code, "Europe/Berlin" in err) == (2, True)


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (RunFailedError("a table broke"), Exit.FAILED),
        (RunFailedError("no such dataset", "assets.datasets.UnknownDatasetError"), Exit.UNKNOWN),
        (DatabaseUnavailableError("PostgreSQL does not answer"), Exit.UNAVAILABLE),
        (ImportBusyError("Import x is being imported by another process."), Exit.UNAVAILABLE),
        (NotEmptyError("the home is not empty"), Exit.HELD),
        (PermissionError(13, "Permission denied"), Exit.UNREADABLE),
        (OSError(28, "No space left on device"), Exit.UNAVAILABLE),
        (AppRefusedError("Premium"), Exit.SPOTIFY),
    ],
    ids=lambda told: type(told).__name__ if isinstance(told, Exception) else None,
)
def test_what_a_person_can_mend_is_one_line_and_has_the_exit_code_of_its_kind(
    longplay: Longplay, monkeypatch: pytest.MonkeyPatch, error: Exception, ended: Exit
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(status, "show", fail)
    code, _, err = longplay("status")
    assert (code, len(err.strip().splitlines())) == (ended, 1)
    assert str(error) in err


def test_a_mistake_of_ours_keeps_its_traceback(longplay: Longplay, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(status, "show", fail)
    with pytest.raises(ZeroDivisionError):
        longplay("status")


def test_nothing_personal_is_kept_or_printed(longplay: Longplay, settings: Settings, tmp_path: Path) -> None:
    truth = simulate(4, plays=300, first_day=date(2024, 1, 20), last_day=date(2024, 2, 20))
    listens = tmp_path / "listenbrainz_planted-user_1700000000.zip"
    write_listenbrainz(truth, listens)
    history = tmp_path / "history.zip"
    write_extended(truth, history, seed=1)
    cut = tmp_path / "listenbrainz_planted-user_1700000001.zip"
    cut.write_bytes(listens.read_bytes()[: listens.stat().st_size // 2])
    printed = "".join("".join(map(str, longplay("import", path)[1:])) for path in (listens, history, cut))
    kept = [path for path in settings.home.rglob("*") if path.is_file()]
    database = _dump(settings)
    for planted in (b"planted-user", b"203.0.113.7", b"planted-agent"):
        assert planted.decode() not in printed.replace(str(tmp_path), "")
        assert planted not in database, planted
        assert [path for path in kept if planted in path.read_bytes()] == []


def _dump(settings: Settings) -> bytes:
    """Every row of every table of the database, Dagster's too, as text."""
    from sqlalchemy import text

    from resources.operational import Operational

    operational = Operational.open(settings)
    with operational.engine.connect() as connection:
        names: Any = connection.execute(
            text(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'longplay')"
            )
        ).scalars()
        found = [
            repr(connection.execute(text(f"SELECT t::text FROM {name} t")).scalars().all())
            for name in names.all()
        ]
    operational.close()
    return "".join(found).encode()


def test_what_no_snapshot_holds_is_made_again_and_an_undone_import_leaves_all_of_it(
    settings: Settings, longplay: Longplay, export: Path
) -> None:
    counted = ("sql", "SELECT count(*) AS n FROM listens", "--format", "json")
    assert "longplay materialize" in longplay("import", export)[1]
    shutil.rmtree(settings.snapshots)  # as a full disk leaves it
    code, out, _ = longplay("retry")
    assert (code, "are in no published table" in out, "Nothing has failed" in out) == (0, True, False)
    assert "Nothing has failed" in longplay("retry")[1]
    assert json.loads(longplay(*counted)[1])[0]["n"] > 300
    ledger = longplay("sql", "SELECT import_id FROM imports", "--format", "json")[1]
    assert longplay("undo", json.loads(ledger)[0]["import_id"])[0] == 0
    assert json.loads(longplay(*counted)[1]) == [{"n": 0}]
    log = (settings.home / "dbt" / "build" / "dbt.log").read_text()
    assert "Nothing changed, skipping partial parsing" in log, "the second build parses no model again"
