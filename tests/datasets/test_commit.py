"""Datasets are added once, changed, removed and scored; whatever is cut off, nothing is left behind."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from dataset_worlds import write

from assets.datasets import checks, ledger, licence, scoring
from assets.datasets.commit import Request, UnknownDatasetError, add, remove
from assets.datasets.raw import UnreadableDatasetError
from assets.datasets.scoring import score
from assets.tables import DATASET_QUALITY, DATASET_TRACKS, DATASETS, REJECTED_DATASET_ROWS, Table
from resources.operational import Operational
from resources.row_filter import RowFilter
from resources.settings import Settings
from resources.world import World

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
CONTENT = "title,artist,genre,bpm\nA,Ana,dub,fast\nB,Ben,soul,99\nB,Ben,soul,99\n,,,\n"
TABLES = (DATASETS, DATASET_TRACKS, REJECTED_DATASET_ROWS, DATASET_QUALITY)


@pytest.fixture
def world(settings: Settings, operational: Operational) -> Iterator[World]:
    world = World(settings, clock=lambda: NOW)
    world.operational = operational
    yield world
    assert checks.unaccounted(world.lake) == []
    assert not list((world.settings.home / "scratch").glob("*"))


def height(world: World, table: Table) -> int:
    return world.lake.scan(table).collect().height


def only(world: World) -> dict[str, object]:
    [row] = world.lake.scan(DATASETS).collect().rows(named=True)
    return row


def test_a_dataset_is_stored_with_every_row_accounted_for(world: World, tmp_path: Path) -> None:
    done = add(world, Request(write(tmp_path / "moods", "a.csv", CONTENT, "cc-by-4.0")))
    assert done.is_new
    assert {
        name: done.row[name] for name in ("name", "licence", "licence_given", "format", "status", "reason")
    } == {
        "name": "moods",
        "licence": "CC-BY-4.0",
        "licence_given": "cc-by-4.0",
        "format": "csv",
        "status": "accepted",
        "reason": None,
    }
    assert [done.row[f"rows_{what}"] for what in ("read", "stored", "rejected")] == [4, 2, 2]
    assert (done.row["bytes"], done.row["added_at"]) == (len(CONTENT), NOW)
    assert dict(zip(done.row["fields"], done.row["fields_present"], strict=True)) == {
        "title": 2,
        "artist": 2,
        "genre": 2,
        "bpm": 2,
    }
    assert only(world) == done.row
    assert world.lake.scan(DATASET_TRACKS).collect()["title"].to_list() == ["A", "B"]
    assert world.lake.scan(REJECTED_DATASET_ROWS).collect()["row"].to_list() == [2, 3]


def test_the_same_content_again_is_not_read_again(world: World, tmp_path: Path) -> None:
    first = add(world, Request(write(tmp_path / "set", "a.csv", CONTENT)))
    versions = [world.lake.version(table) for table in TABLES]
    again = add(world, Request(write(tmp_path / "more" / "set", "b.csv", CONTENT)))
    assert (again.is_new, again.row) == (False, first.row)
    assert [world.lake.version(table) for table in TABLES] == versions


@pytest.mark.parametrize("given", [None, "free", "proprietary", "CC BY 4.0"])
def test_without_a_licence_nothing_is_read_and_the_reason_says_what_to_write(
    world: World, tmp_path: Path, given: str | None
) -> None:
    done = add(world, Request(write(tmp_path / "set", "a.csv", CONTENT, given)))
    assert (done.row["status"], done.row["licence"], done.row["licence_given"]) == ("rejected", None, given)
    assert "Write an SPDX licence expression" in done.row["reason"]
    assert [done.row[f"rows_{what}"] for what in ("read", "stored", "rejected")] == [0, 0, 0]
    assert height(world, DATASET_TRACKS) == height(world, REJECTED_DATASET_ROWS) == 0
    assert not add(world, Request(tmp_path / "set")).is_new


def test_a_dataset_yaml_that_cannot_be_read_is_the_reason(world: World, tmp_path: Path) -> None:
    folder = write(tmp_path / "set", "a.csv", CONTENT, None)
    (folder / "dataset.yaml").write_text("name: &a x\nlicence: *a")
    assert "it uses aliases" in add(world, Request(folder)).row["reason"]
    assert add(world, Request(folder, licence="MIT")).row["status"] == "accepted"


def test_what_is_named_at_the_terminal_goes_before_the_file(world: World, tmp_path: Path) -> None:
    folder = write(tmp_path / "set", "a.csv", CONTENT, "free")
    done = add(world, Request(folder, licence="mit", name="  my \x1b set "))
    assert (done.row["licence"], done.row["name"]) == ("MIT", "my set")


def test_a_rejected_dataset_is_read_once_its_licence_is_mended(world: World, tmp_path: Path) -> None:
    folder = write(tmp_path / "set", "a.csv", CONTENT, "free")
    add(world, Request(folder))
    (folder / "dataset.yaml").write_text("licence: CC0-1.0")
    done = add(world, Request(folder))
    assert (done.is_new, only(world)["status"], height(world, DATASET_TRACKS)) == (True, "accepted", 2)


def test_another_licence_of_the_same_content_is_scored_anew(world: World, tmp_path: Path) -> None:
    folder = write(tmp_path / "set", "a.csv", CONTENT, "CC0-1.0")
    add(world, Request(folder))
    score(world)
    done = add(world, Request(folder, licence="CC-BY-NC-4.0"))
    assert (done.is_new, only(world)["rows_stored"]) == (True, 2)
    score(world)
    assert world.lake.scan(DATASET_QUALITY).collect()["licence"].to_list() == [0.4]


def test_a_licence_taken_back_takes_the_rows_with_it(world: World, tmp_path: Path) -> None:
    folder = write(tmp_path / "set", "a.csv", CONTENT)
    add(world, Request(folder))
    score(world)
    add(world, Request(folder, licence="proprietary"))
    score(world)
    assert (only(world)["status"], only(world)["rows_stored"]) == ("rejected", 0)
    assert [height(world, table) for table in TABLES] == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", "", "a.csv is empty"),
        ("a.csv", "title,artist\n", "It is empty: it has no rows"),
        ("a.json", "[]", "It is empty: it has no rows"),
        ("a.csv", "title,artist\n,\n,x\n", "None of its 2 rows is a track; most often: names no track"),
        ("a.parquet", "PAR1", "a.parquet is no Parquet file"),
        ("a.csv", "artist,plays\nA,1\n", "a.csv has no column that names a track"),
    ],
)
def test_a_dataset_without_a_track_is_rejected_with_the_reason(
    world: World, tmp_path: Path, name: str, content: str, reason: str
) -> None:
    done = add(world, Request(write(tmp_path / "set", name, content)))
    assert done.row["status"] == "rejected"
    assert str(done.row["reason"]).startswith(reason)
    assert score(world) == 0
    assert height(world, REJECTED_DATASET_ROWS) == done.row["rows_rejected"]


def test_a_rejected_dataset_given_again_is_rejected_again_and_its_rows_stand_once(
    world: World, tmp_path: Path
) -> None:
    for _ in range(2):
        add(world, Request(write(tmp_path / "set", "a.csv", "title,artist\n,\n,x\n")))
    assert height(world, REJECTED_DATASET_ROWS) == 2


def test_a_removed_dataset_leaves_nothing(world: World, tmp_path: Path) -> None:
    kept = add(world, Request(write(tmp_path / "kept", "a.csv", "title,artist\nZ,Zoe\n")))
    gone = add(world, Request(write(tmp_path / "gone", "a.csv", CONTENT)))
    score(world)
    assert remove(world, "gone")["dataset_id"] == gone.row["dataset_id"]
    score(world)
    assert [height(world, table) for table in TABLES] == [1, 1, 0, 1]
    assert only(world) == kept.row
    assert add(world, Request(tmp_path / "gone")).is_new


def test_what_is_to_be_removed_must_be_told_apart(world: World, tmp_path: Path) -> None:
    for number in (1, 2):
        add(world, Request(write(tmp_path / str(number) / "set", "a.csv", f"title\n{number}\n")))
    with pytest.raises(UnknownDatasetError, match=r"Several datasets are called set; ids: \w{16}, \w{16}\."):
        remove(world, "set")
    with pytest.raises(UnknownDatasetError, match="There is no dataset called nothing"):
        remove(world, "nothing")


def test_what_is_no_dataset_is_not_kept(world: World, tmp_path: Path) -> None:
    with pytest.raises(UnreadableDatasetError):
        add(world, Request(tmp_path / "nowhere"))
    assert height(world, DATASETS) == 0


@pytest.mark.parametrize("at", ["_replace", "tracks"])
def test_an_addition_that_was_cut_off_leaves_nothing_once_the_next_is_done(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    folder = write(tmp_path / "set", "a.csv", CONTENT)
    with monkeypatch.context() as patched:
        if at == "_replace":
            patched.setattr(ledger, "_replace", cut_off)
        else:
            patched.setattr(ledger, "put", cut_off)
        with pytest.raises(KeyboardInterrupt):
            add(world, Request(folder))
    assert height(world, DATASETS) == 0
    add(world, Request(write(tmp_path / "other", "a.csv", "title\nZ\n")))
    assert [height(world, table) for table in TABLES[:3]] == [1, 1, 0]
    assert add(world, Request(folder)).row["rows_stored"] == 2


def test_more_rows_than_a_batch_are_stored_in_their_order(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assets.datasets.reading.ROWS_A_BATCH", 7)
    rows = [f"T{number},Ana" for number in range(50)]
    done = add(
        world, Request(write(tmp_path / "set", "a.csv", "\n".join(["title,artist", *rows, rows[3], ""])))
    )
    found = world.lake.scan(DATASET_TRACKS).sort("row").collect()
    assert found["title"].to_list() == [f"T{number}" for number in range(50)]
    assert (done.row["rows_stored"], done.row["rows_rejected"]) == (50, 1)


# Scores


def test_only_what_is_new_is_scored(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(world, Request(write(tmp_path / "one", "a.csv", CONTENT)))
    assert score(world) == 1
    scored: list[object] = []
    plain = scoring.scored

    def watched(tracks: pl.LazyFrame, fields: dict[str, int], permissiveness: float) -> dict[str, object]:
        scored.append(fields)
        return plain(tracks, fields, permissiveness)

    monkeypatch.setattr(scoring, "scored", watched)
    version = world.lake.version(DATASET_QUALITY)
    assert (score(world), world.lake.version(DATASET_QUALITY), scored) == (1, version, [])
    add(world, Request(write(tmp_path / "two", "a.csv", "title\nZ\n")))
    assert (score(world), len(scored)) == (2, 1)


def test_other_rules_score_everything_anew(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(world, Request(write(tmp_path / "one", "a.csv", CONTENT)))
    score(world)
    opened = world.lake.open(DATASET_QUALITY)
    wrong = world.lake.scan(DATASET_QUALITY).with_columns(total=pl.lit(0.123)).collect()
    world.lake.overwrite(DATASET_QUALITY, opened, wrong)
    score(world)
    assert world.lake.scan(DATASET_QUALITY).collect()["total"].to_list() == [0.123]
    monkeypatch.setattr(scoring, "RULES", scoring.RULES + 1)
    score(world)
    assert world.lake.scan(DATASET_QUALITY).collect()["total"].to_list() != [0.123]


def test_a_score_is_made_of_the_rows_in_the_lake(world: World, tmp_path: Path) -> None:
    add(world, Request(write(tmp_path / "set", "a.csv", CONTENT, "CC-BY-4.0")))
    score(world)
    [row] = world.lake.scan(DATASET_QUALITY).collect().rows(named=True)
    assert row["tracks"] == 2
    assert row["metadata"] == pytest.approx(0.7 * 3 / 4 + 0.3 * 1 / 5)
    assert row["consistency"] == pytest.approx(0.5 + 0.5 * 0.5)
    assert (row["diversity"], row["licence"]) == (1.0, licence.parsed("CC-BY-4.0").permissiveness)


# Checks


def test_lost_rows_and_doubled_ones_are_noticed(world: World, tmp_path: Path) -> None:
    add(world, Request(write(tmp_path / "set", "a.csv", CONTENT)))
    lost = world.lake.scan(DATASET_TRACKS).head(1).collect()
    world.lake.append(DATASET_TRACKS, lost)
    assert [row["stored"] for row in checks.unaccounted(world.lake)] == [3]
    world.lake.delete(DATASET_TRACKS, RowFilter("title = 'A'"))
    assert [row["stored"] for row in checks.unaccounted(world.lake)] == [1]
    assert not checks.accounted(world).passed
    world.lake.append(DATASET_TRACKS, lost)


@pytest.mark.parametrize("score_given", [-0.1, 1.1, float("nan"), None])
@pytest.mark.parametrize("name", ["metadata", "total"])
def test_a_score_that_is_none_is_noticed(score_given: float | None, name: str) -> None:
    row = {
        "dataset_id": "a",
        **dict.fromkeys(("metadata", "consistency", "size", "diversity", "licence", "total"), 0.5),
    }
    good = pl.LazyFrame([dict.fromkeys(DATASET_QUALITY.columns) | row], schema=DATASET_QUALITY.schema)
    assert checks.out_of_range(good) == []
    assert checks.out_of_range(good.with_columns(pl.lit(score_given, dtype=pl.Float64()).alias(name))) == [
        "a"
    ]
