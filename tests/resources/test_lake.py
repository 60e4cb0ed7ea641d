"""The lake: one commit at a time, no commit over another's, no file lost that somebody may read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import write_deltalake

from resources.lake import Lake, SchemaMismatchError, StaleCommitError, UnusableLakeError
from resources.row_filter import RowFilter
from resources.stored import files_of

NO_GRACE = timedelta(0)


@dataclass(frozen=True)
class Plays:
    """A table as the lake knows one."""

    name: str = "plays"
    layer: str = "core"
    description: str = "plays"
    schema: pl.Schema = field(
        default_factory=lambda: pl.Schema({"month": pl.String(), "play": pl.Int64(), "user_id": pl.String()})
    )
    partition_by: list[str] | None = field(default_factory=lambda: ["month"])
    renamed: dict[str, str] = field(default_factory=dict)


PLAYS = Plays()
RAW = Plays(name="raw", layer="raw")
WIDER = pl.Schema({**PLAYS.schema, "mood": pl.String()})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def plays(**months: Sequence[int]) -> pl.DataFrame:
    rows = [(month.replace("_", "-")[1:], play, "u") for month, found in months.items() for play in found]
    return pl.DataFrame(rows, schema=PLAYS.schema, orient="row")


def put(lake: Lake, frame: pl.DataFrame, *months: str) -> list[str]:
    return lake.replace_months(PLAYS, lake.open(PLAYS), frame, months)


def stored(lake: Lake, table: Plays = PLAYS) -> list[tuple[str, int]]:
    return sorted(lake.scan(table).select("month", "play").collect().rows())


def test_a_table_is_empty_before_anything_was_put_into_it(lake: Lake) -> None:
    frame = lake.scan(PLAYS).collect()
    assert (frame.height, frame.schema) == (0, PLAYS.schema)


def test_months_are_replaced_and_the_others_left(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1], m2024_02=[2]), "2024-01", "2024-02")
    assert put(lake, plays(m2024_02=[3, 4]), "2024-02") == ["2024-02"]
    assert stored(lake) == [("2024-01", 1), ("2024-02", 3), ("2024-02", 4)]


def test_a_month_that_lost_its_rows_is_emptied(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1], m2024_02=[2]), "2024-01", "2024-02")
    assert put(lake, plays(), "2024-02") == ["2024-02"]
    assert stored(lake) == [("2024-01", 1)]


def test_unchanged_months_get_no_new_version(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1, 2]), "2024-01")
    version = lake.version(PLAYS)
    assert put(lake, plays(m2024_01=[1, 2]), "2024-01", "2024-02") == []
    assert lake.version(PLAYS) == version


@pytest.mark.parametrize("before", [[1], []], ids=["a month with rows", "an empty month"])
def test_a_commit_computed_from_an_older_month_is_refused(lake: Lake, before: list[int]) -> None:
    put(lake, plays(m2024_01=before, m2024_02=[9]), "2024-01", "2024-02")
    first, second = lake.open(PLAYS), lake.open(PLAYS)
    lake.replace_months(PLAYS, first, plays(m2024_01=[2]), ["2024-01"])
    with pytest.raises(StaleCommitError):
        lake.replace_months(PLAYS, second, plays(m2024_01=[3]), ["2024-01"])
    assert stored(lake) == [("2024-01", 2), ("2024-02", 9)]


def test_a_commit_that_empties_a_month_another_filled_is_refused(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1]), "2024-01")
    first, second = lake.open(PLAYS), lake.open(PLAYS)
    lake.replace_months(PLAYS, first, plays(m2024_01=[1, 2]), ["2024-01"])
    with pytest.raises(StaleCommitError):
        lake.replace_months(PLAYS, second, plays(), ["2024-01"])
    assert stored(lake) == [("2024-01", 1), ("2024-01", 2)]


def test_commits_of_other_months_do_not_disturb_each_other(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1], m2024_02=[2]), "2024-01", "2024-02")
    first, second = lake.open(PLAYS), lake.open(PLAYS)
    lake.replace_months(PLAYS, first, plays(m2024_01=[3]), ["2024-01"])
    lake.replace_months(PLAYS, second, plays(m2024_02=[4]), ["2024-02"])
    assert stored(lake) == [("2024-01", 3), ("2024-02", 4)]


def test_a_whole_table_computed_from_an_older_one_is_refused(lake: Lake) -> None:
    first, second = lake.open(PLAYS), lake.open(PLAYS)
    lake.overwrite(PLAYS, first, plays(m2024_01=[1]))
    with pytest.raises(StaleCommitError):
        lake.overwrite(PLAYS, second, plays(m2024_01=[2]))
    assert stored(lake) == [("2024-01", 1)]


def test_staged_rows_are_seen_at_their_commit_and_not_before(lake: Lake) -> None:
    staged = lake.stage(RAW, "abc")
    staged.add(plays(m2024_01=[1], m2024_02=[2]))
    staged.add(plays(m2024_01=[3]))
    assert (stored(lake, RAW), lake.has_files(RAW, "abc")) == ([], False)
    staged.commit()
    assert stored(lake, RAW) == [("2024-01", 1), ("2024-01", 3), ("2024-02", 2)]
    assert lake.has_files(RAW, "abc")
    assert not lake.has_files(RAW, "ab")
    assert lake.month_rows(RAW) == {"2024-01": 2, "2024-02": 1}


def test_what_was_staged_and_discarded_is_gone_from_disk(lake: Lake, tmp_path: Path) -> None:
    staged = lake.stage(RAW, "abc")
    staged.add(plays(m2024_01=[1], m2024_02=[2]))
    assert len(list(tmp_path.rglob("abc-*"))) == 2
    staged.discard()
    assert list(tmp_path.rglob("abc-*")) == []
    assert stored(lake, RAW) == []


def test_a_commit_whose_files_were_deleted_is_refused_and_the_table_stays_readable(lake: Lake) -> None:
    staged = lake.stage(RAW, "abc")
    staged.add(plays(m2024_01=[1]))
    lake.vacuum(RAW, [], NO_GRACE)
    with pytest.raises(FileNotFoundError):
        staged.commit()
    assert stored(lake, RAW) == []


def test_vacuum_keeps_the_newest_and_every_named_version(lake: Lake) -> None:
    versions = []
    for play in (1, 2, 3):
        put(lake, plays(m2024_01=[play]), "2024-01")
        versions.append(lake.version(PLAYS))
    deleted = lake.vacuum(PLAYS, versions[:1], NO_GRACE)
    assert len(deleted) == 1
    assert [lake.scan(PLAYS, version=v).collect()["play"].to_list() for v in (versions[0], versions[2])] == [
        [1],
        [3],
    ]
    assert not any(Path(file).exists() for file in lake.files("plays", versions[1]))


def test_vacuum_leaves_what_is_younger_than_the_grace(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1]), "2024-01")
    put(lake, plays(m2024_01=[2]), "2024-01")
    assert lake.vacuum(PLAYS, [], timedelta(hours=24)) == []


def test_a_new_column_is_added_to_a_raw_table_with_nulls(lake: Lake) -> None:
    staged = lake.stage(RAW, "abc")
    staged.add(plays(m2024_01=[1]))
    staged.commit()
    newer = Plays(name="raw", layer="raw", schema=WIDER)
    assert lake.scan(newer).collect().rows() == [("2024-01", 1, "u", None)]
    version = lake.version(newer)
    assert lake.version(newer) == version


def test_rows_stay_where_a_column_has_only_another_name(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1]), "2024-01")
    columns = {"month": pl.String(), "number": pl.Int64(), "user_id": pl.String()}
    renamed = Plays(schema=pl.Schema(columns), renamed={"play": "number"})
    older = Lake(lake.root)
    assert older.scan(renamed).collect().rows(named=True) == [
        {"month": "2024-01", "number": 1, "user_id": "u"}
    ]
    version = older.version(renamed)
    assert Lake(lake.root).scan(renamed).collect().height == 1
    assert older.version(renamed) == version


def test_a_derived_table_with_other_columns_is_emptied_to_be_made_again(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1]), "2024-01")
    newer = Plays(schema=WIDER)
    assert (lake.scan(newer).collect().height, lake.scan(newer).collect().schema) == (0, WIDER)
    row = plays(m2024_01=[1]).with_columns(mood=pl.lit("calm"))
    lake.replace_months(newer, lake.open(newer), row, ["2024-01"])
    assert lake.scan(newer).collect().rows() == [("2024-01", 1, "u", "calm")]


def test_a_raw_table_of_a_newer_version_is_refused_untouched(lake: Lake) -> None:
    version = lake.version(Plays(name="raw", layer="raw", schema=WIDER))
    with pytest.raises(SchemaMismatchError, match=r"raw has columns of a newer Longplay \(mood\): upgrade"):
        lake.open(RAW)
    assert lake.version(Plays(name="raw", layer="raw", schema=WIDER)) == version


@pytest.mark.parametrize("name", ["my music", "musique été", "it's", "音楽"])
def test_a_lake_may_lie_in_a_folder_with_blanks_and_letters_of_any_script(tmp_path: Path, name: str) -> None:
    lake = Lake(str(tmp_path / name))
    put(lake, plays(m2024_01=[1]), "2024-01")
    assert stored(lake) == [("2024-01", 1)]
    assert all(Path(file).exists() for file in lake.files("plays", lake.version(PLAYS)))


@pytest.mark.parametrize("name", ["[old]", "100%", "a*", "what?", "a^b", "a|b", "a\\b", "a\nb"])
def test_a_folder_that_cannot_hold_tables_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnusableLakeError, match="set LONGPLAY_HOME to another folder"):
        Lake(str(tmp_path / name))


def test_notes_are_kept_with_the_rows_they_tell_of_and_a_repeated_note_is_no_commit(lake: Lake) -> None:
    lake.replace_months(PLAYS, lake.open(PLAYS), plays(m2024_01=[1]), ["2024-01"], {"made/2024-01": 7})
    noted = lake.open(PLAYS)
    assert [lake.noted(noted, name) for name in ("made/2024-01", "made/2024-02")] == [7, 0]
    again = lake.replace_months(PLAYS, noted, plays(m2024_01=[1]), ["2024-01"], {"made/2024-01": 7})
    assert (again, lake.version(PLAYS)) == ([], noted.version())

    lake.replace_months(PLAYS, lake.open(PLAYS), plays(m2024_01=[1]), ["2024-01"], {"made/2024-01": 8})
    assert (lake.noted(lake.open(PLAYS), "made/2024-01"), lake.version(PLAYS)) == (8, noted.version() + 1)
    assert lake.noted(lake.open(PLAYS, noted.version()), "made/2024-01") == 7
    assert stored(lake) == [("2024-01", 1)]


def test_a_note_that_another_commit_changed_meanwhile_is_refused(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1]), "2024-01")
    opened = lake.open(PLAYS)
    lake.note(PLAYS, lake.open(PLAYS), {"made": 1})
    with pytest.raises(StaleCommitError):
        lake.note(PLAYS, opened, {"made": 2})
    assert lake.noted(lake.open(PLAYS), "made") == 1


def test_a_fingerprint_changes_with_the_month_and_with_no_other(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1], m2024_02=[2]), "2024-01", "2024-02")
    before, whole = lake.fingerprints(lake.open(PLAYS)), lake.fingerprint(lake.open(PLAYS))
    put(lake, plays(m2024_02=[3]), "2024-02")
    after = lake.fingerprints(lake.open(PLAYS))
    assert (after["2024-01"] == before["2024-01"], after["2024-02"] == before["2024-02"]) == (True, False)
    assert lake.fingerprint(lake.open(PLAYS)) != whole
    lake.delete(PLAYS, RowFilter("month = '2024-02'"))
    assert lake.fingerprints(lake.open(PLAYS)) == {"2024-01": before["2024-01"]}
    assert lake.fingerprint(lake.open(RAW)) == 0


def test_a_table_that_is_open_stays_what_it_is_while_others_commit(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1]), "2024-01")
    opened, rows = lake.open(PLAYS), lake.scan(PLAYS)
    put(Lake(lake.root), plays(m2024_01=[2]), "2024-01")
    assert (rows.collect()["play"].to_list(), opened.count()) == ([1], 1)
    assert stored(lake) == [("2024-01", 2)]
    lake.delete(PLAYS, RowFilter("play = 2"))
    assert (opened.count(), stored(lake), stored(Lake(lake.root))) == (1, [], [])


def test_a_table_is_loaded_once_until_somebody_commits(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1]), "2024-01")
    opened = lake.open(PLAYS)
    assert (lake.open(PLAYS) is opened, lake.open(PLAYS, opened.version()) is opened) == (True, True)
    other = Lake(lake.root)
    put(other, plays(m2024_01=[2]), "2024-01")
    assert other.open(PLAYS).version() == lake.open(PLAYS).version() == opened.version() + 1


def test_a_table_in_whose_place_another_was_put_is_read_anew(lake: Lake, tmp_path: Path) -> None:
    for root, play in ((lake, 1), (Lake(str(tmp_path / "other")), 2)):
        put(root, plays(m2024_01=[play]), "2024-01")
    opened = lake.open(PLAYS)
    Path(lake.root).rename(tmp_path / "away")
    (tmp_path / "other").rename(lake.root)
    assert (stored(lake), opened.version()) == ([("2024-01", 2)], lake.version(PLAYS))


@pytest.mark.parametrize("is_old", [False, True], ids=["a table", "a table of an older version"])
def test_the_log_that_must_be_read_stays_short_and_keeps_notes_and_rows(lake: Lake, *, is_old: bool) -> None:
    if is_old:
        write_deltalake(lake.uri("plays"), plays(), partition_by=["month"])
    for number in range(25):
        put_noted = {f"made/{number % 3}": number}
        lake.replace_months(PLAYS, lake.open(PLAYS), plays(m2024_01=[number]), ["2024-01"], put_noted)
    log = Path(lake.uri("plays")) / "_delta_log"
    last = max(int(path.name[:20]) for path in log.glob("*.checkpoint.parquet"))
    fresh = Lake(lake.root)
    assert fresh.version(PLAYS) - last < 10
    assert [fresh.noted(fresh.open(PLAYS), f"made/{name}") for name in range(3)] == [24, 22, 23]
    assert stored(fresh) == [("2024-01", 24)]
    assert fresh.scan(PLAYS, version=last - 5).collect()["play"].to_list() == [last - 5 - (1 + is_old)]


def test_a_month_put_together_of_several_parts_is_one_commit(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1, 2], m2024_02=[3]), "2024-01", "2024-02")
    version = lake.version(PLAYS)
    replacement = lake.replace(PLAYS, lake.open(PLAYS), ["2024-01"])
    for play, part in enumerate((plays(m2024_01=[1]), plays(m2024_01=[5, 6])), 1):
        is_low = pl.col("play") <= 1
        replacement.add(part, is_low if play == 1 else ~is_low)
        assert lake.version(PLAYS) == version
    assert replacement.commit({}) == ["2024-01"]
    assert lake.version(PLAYS) == version + 1
    assert lake.scan(PLAYS, months=["2024-01"]).collect()["play"].to_list() == [1, 5, 6]
    assert stored(lake)[-1] == ("2024-02", 3)


def test_parts_that_all_stayed_the_same_are_no_new_version(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1, 2]), "2024-01")
    version = lake.version(PLAYS)
    replacement = lake.replace(PLAYS, lake.open(PLAYS), ["2024-01"])
    for play in (1, 2):
        replacement.add(plays(m2024_01=[play]), pl.col("play") == play)
    assert replacement.commit({}) == []
    assert lake.version(PLAYS) == version


def test_a_replacement_waits_for_nobody_but_a_commit_of_its_own_months(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1], m2024_02=[2]), "2024-01", "2024-02")
    replacement = lake.replace(PLAYS, lake.open(PLAYS), ["2024-01"])
    replacement.add(plays(m2024_01=[7]))
    for play in (3, 4, 5):
        put(lake, plays(m2024_02=[play]), "2024-02")
    assert replacement.commit({}) == ["2024-01"]
    assert stored(lake) == [("2024-01", 7), ("2024-02", 5)]


def test_a_month_whose_new_file_is_gone_is_not_committed(lake: Lake) -> None:
    put(lake, plays(m2024_01=[1]), "2024-01")
    before = set(Path(lake.root).rglob("*.parquet"))
    replacement = lake.replace(PLAYS, lake.open(PLAYS), ["2024-01"])
    replacement.add(plays(m2024_01=[2]))
    for file in set(Path(lake.root).rglob("*.parquet")) - before:
        file.unlink()
    with pytest.raises(FileNotFoundError):
        replacement.commit({})
    assert stored(lake) == [("2024-01", 1)]


def test_a_lake_at_an_address_is_read_as_one_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    lake = Lake(f"file://{tmp_path}/lake")
    put(lake, plays(m2024_01=range(1000), m2024_02=[2]), "2024-01", "2024-02")
    put(lake, plays(m2024_02=[3]), "2024-02")
    staged = lake.stage(PLAYS, "one")
    staged.add(plays(m2024_02=[4]))
    staged.commit()
    first = [("2024-01", play) for play in range(1000)]
    assert stored(lake) == [*first, ("2024-02", 3), ("2024-02", 4)]


def test_a_written_file_has_the_size_that_the_log_says(tmp_path: Path) -> None:
    for lake in (Lake(str(tmp_path / "folder")), Lake(f"file://{tmp_path}/address")):
        Path(lake.root.removeprefix("file://")).mkdir()
        put(lake, plays(m2024_01=range(1000)), "2024-01")
        [action] = files_of(lake.open(PLAYS)).select("path", "size_bytes").rows(named=True)
        file = Path(lake.uri(PLAYS.name).removeprefix("file://"), action["path"])
        assert action["size_bytes"] == file.stat().st_size
