"""Compaction: fewer files of the same rows, that can still be undone, and never in anybody's way."""

from pathlib import Path

import polars as pl
import pytest
from test_lake import PLAYS, RAW, Plays, plays

from resources import compaction
from resources.compaction import MOST_SMALL_FILES, compact, needs_compaction
from resources.lake import Lake
from resources.row_filter import RowFilter

POLLS = 3 * MOST_SMALL_FILES
WHOLE = Plays(name="rejected", layer="raw", partition_by=None)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def poll(lake: Lake, play: int, label: str = "sync", month: str = "m2024_01") -> None:
    staged = lake.stage(RAW, f"{label}-{play}")
    staged.add(plays(**{month: [play]}))
    staged.commit()


def stored(lake: Lake, table: Plays = RAW, version: int | None = None) -> list[int]:
    return sorted(lake.scan(table, version=version).collect()["play"])


def files(lake: Lake, table: Plays = RAW) -> list[str]:
    return [Path(file).name for file in lake.files(table.name, lake.version(table))]


def test_however_many_polls_a_month_has_few_files_and_every_row(lake: Lake) -> None:
    poll(lake, -1, month="m2023_12")
    most = 0
    for number in range(POLLS):
        poll(lake, number)
        if needs_compaction(lake, RAW):
            before = lake.version(RAW)
            assert compact(lake, RAW) == MOST_SMALL_FILES + 1
            assert stored(lake, version=before) == stored(lake) == list(range(-1, number + 1))
        most = max(most, len(files(lake)))
    assert most <= MOST_SMALL_FILES + 2
    assert lake.month_rows(RAW) == {"2023-12": 1, "2024-01": POLLS}
    assert stored(Lake(lake.root)) == list(range(-1, POLLS))
    lake.delete(RAW, RowFilter("play >= 10"))
    assert stored(lake) == list(range(-1, 10))


def test_files_that_are_known_by_name_stay_until_their_import_is_settled(lake: Lake) -> None:
    poll(lake, 1_000, "abc")
    for number in range(MOST_SMALL_FILES + 1):
        poll(lake, number)
    compact(lake, RAW, ["abc"])
    assert (lake.has_files(RAW, "abc"), len(files(lake))) == (True, 2)
    assert stored(lake) == [*range(MOST_SMALL_FILES + 1), 1_000]


def test_a_commit_that_comes_between_is_never_lost_and_nothing_is_doubled(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(MOST_SMALL_FILES + 1):
        poll(lake, number)
    commit = compaction._commit

    def late(*given: object) -> None:
        Lake(lake.root).delete(RAW, RowFilter("play = 3"))
        commit(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(compaction, "_commit", late)
    assert compact(lake, RAW) == 0
    assert stored(lake) == [number for number in range(MOST_SMALL_FILES + 1) if number != 3]
    assert not list(Path(lake.root).rglob("compacted-*"))


def test_a_table_without_months_and_files_that_lack_a_newer_column_are_compacted_too(lake: Lake) -> None:
    for number in range(MOST_SMALL_FILES + 1):
        lake.append(WHOLE, plays(m2024_01=[number]))
    wider = Plays(
        "rejected", "raw", schema=pl.Schema({**WHOLE.schema, "why": pl.String()}), partition_by=None
    )
    rows = lake.scan(wider).sort("play").collect()
    assert compact(lake, wider) >= MOST_SMALL_FILES + 1
    assert lake.scan(wider).sort("play").collect().equals(rows)
    assert len(files(lake, wider)) == 1


def test_large_files_are_left_alone(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "SMALL_ROWS", 2)
    for number in range(MOST_SMALL_FILES + 1):
        lake.append(PLAYS, plays(m2024_01=[2 * number, 2 * number + 1]))
    assert not needs_compaction(lake, PLAYS)
