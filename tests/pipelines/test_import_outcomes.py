"""What ``longplay import`` says of an export that is somebody else's, partly broken, or given twice at once."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import command_line
import polars as pl
import pytest
from command_line import Longplay

from pipelines.exit_codes import Exit
from resources.operational import Operational
from resources.settings import Settings
from simulator import simulate, write_extended

FIRST_DAY, LAST_DAY = date(2024, 1, 20), date(2024, 3, 10)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    truth = simulate(4, plays=600, first_day=FIRST_DAY, last_day=LAST_DAY)
    write_extended(truth, tmp_path / "mine.zip", seed=1)
    return tmp_path / "mine.zip"


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """The history of somebody who lives elsewhere and knows none of the same songs."""
    truth = simulate(9, plays=600, first_day=FIRST_DAY, last_day=LAST_DAY).with_columns(
        pl.lit("JP").alias("country"),
        pl.col("track_name") + " (live in Osaka)",
        pl.col("track_uri").str.replace("track:..", "track:zz"),
    )
    write_extended(truth, tmp_path / "theirs.zip", seed=1)
    return tmp_path / "theirs.zip"


def asked(longplay: Longplay, query: str) -> list[dict[str, Any]]:
    code, out, err = longplay("sql", query, "--format", "json")
    assert code == 0, err
    rows: list[dict[str, Any]] = json.loads(out)
    return rows


def plays_by_status(longplay: Longplay) -> dict[str, int]:
    """Plays whose row is of an import of each status."""
    query = "SELECT status, count(*) AS plays FROM plays JOIN imports USING (import_id) GROUP BY status"
    return {row["status"]: row["plays"] for row in asked(longplay, query)}


def test_another_persons_export_is_held_with_a_reason_until_it_is_confirmed(
    longplay: Longplay, export: Path, strangers: Path
) -> None:
    assert longplay("import", export)[0] == 0
    before = asked(longplay, "SELECT * FROM plays ORDER BY play_id")

    code, out, _ = longplay("import", strangers)
    assert (code, "held" in out, "looks like another person's history" in out) == (5, True, True)
    assert asked(longplay, "SELECT * FROM plays ORDER BY play_id") == before
    code, out, _ = longplay("status")
    assert (code, "theirs.zip" in out, "held" in out) == (0, True, True)
    assert "import it again with --yes" in out.replace("\n", " ")

    code, out, _ = longplay("import", strangers, "--yes")
    assert (code, "completed" in out, "held" in out) == (0, True, False)
    assert (
        asked(longplay, "SELECT count(*) AS songs FROM tracks WHERE track_name LIKE '%Osaka)'")[0]["songs"]
        > 100
    )
    assert plays_by_status(longplay)["completed"] > len(before)
    assert "held" not in longplay("status")[1]


def test_another_persons_export_is_stored_at_once_for_whose_it_is(
    longplay: Longplay, export: Path, strangers: Path
) -> None:
    assert longplay("import", export)[0] == 0
    assert longplay("import", strangers, "--user", "aki")[0] == 0
    rows = asked(longplay, "SELECT user_id, count(*) AS plays FROM plays GROUP BY user_id ORDER BY user_id")
    assert [row["user_id"] for row in rows] == ["aki", "me"]
    assert min(row["plays"] for row in rows) > 300


def test_rejected_rows_are_counted_by_reason_and_found_in_a_table(longplay: Longplay, tmp_path: Path) -> None:
    good = {"ts": "2024-03-05T10:01:00Z", "ms_played": 45_000, **_named("Song")}
    rows = [
        good,
        good | {"ts": "yesterday"},
        good | {"ts": "last night", **_named("Other")},
        {"ts": "2024-03-05T10:20:00Z", "ms_played": 30_000},
        good | {"ts": "2024-03-05T10:40:00Z", **_named("Third")},
    ]
    path = tmp_path / "Streaming_History_Audio_2024_1.json"
    path.write_text(json.dumps(rows))
    code, out, _ = longplay("import", path)
    assert (code, "completed" in out, "Rejected, and why" in out) == (0, True, True)

    found = asked(longplay, "SELECT * FROM rejected_rows ORDER BY row")
    assert [row["row"] for row in found] == [1, 2, 3]
    content = path.read_bytes()
    assert [json.loads(content[row["byte_start"] : row["byte_end"]]) for row in found] == rows[1:4]
    reasons = [row["reason"] for row in found]
    assert (reasons[0] == reasons[1], reasons[1] != reasons[2]) == (True, True)
    for reason, count in ((reasons[0], 2), (reasons[2], 1)):
        assert f"{count}  {reason.replace('_', ' ')}" in out
    [ledger] = asked(longplay, "SELECT rows_read, rows_stored, rows_rejected FROM imports")
    assert ledger == {"rows_read": 5, "rows_stored": 2, "rows_rejected": 3}
    assert "Every row is accounted for" in longplay("status")[1]


def _named(title: str) -> dict[str, str]:
    return {"master_metadata_track_name": title, "master_metadata_album_artist_name": "Nines"}


def test_two_processes_that_import_the_same_file_store_it_once_and_tell_of_the_same_import(
    settings: Settings, longplay: Longplay, export: Path
) -> None:
    Operational.open(settings).close()
    both = [command_line.start(settings, "import", export) for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    [ledger] = asked(longplay, "SELECT * FROM imports")
    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 0], [0, Exit.UNAVAILABLE]), said
    for process, (out, err) in zip(both, said, strict=True):
        assert ledger["import_id"] in out + err
        assert "Traceback" not in err
        if process.returncode:
            assert "is being imported by another process" in out + err
    stored = ledger["rows_stored"] + ledger["rows_duplicate"]
    assert (ledger["status"], ledger["rows_read"]) == ("completed", stored + ledger["rows_rejected"])
    assert asked(longplay, "SELECT count(*) AS n, count(DISTINCT (file, row)) AS once FROM raw_plays") == [
        {"n": stored, "once": stored}
    ]
    assert asked(longplay, "SELECT count(*) AS n FROM rejected_rows")[0]["n"] == ledger["rows_rejected"]
    assert asked(longplay, "SELECT count(*) AS n FROM plays") == [{"n": ledger["rows_stored"]}]
    assert asked(longplay, "SELECT sum(plays) AS n FROM play_months") == [
        asked(longplay, "SELECT count(*) AS n FROM plays WHERE NOT coalesce(is_incognito, false)")[0]
    ]
