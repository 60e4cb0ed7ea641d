"""What the inbox shows, and when it has stopped growing."""

import os
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from pipelines import up
from pipelines.inbox import Dropped, dropped, lying, settled
from pipelines.loose import loose
from resources.settings import Settings


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    folder = tmp_path / "dropped" / "me"
    folder.mkdir(parents=True)
    return folder


def look(mine: Path) -> dict[str, Dropped]:
    return {item.name: item for item in dropped(mine.parent)}


def states(items: dict[str, Dropped]) -> dict[str, str]:
    return {name: item.state for name, item in items.items()}


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.zip",
        ".DS_Store",
        "a.zip.part",
        "a.crdownload",
        "a.zip.PART",
        "a.download",
        "x.tmp",
        "y.filepart",
    ],
)
def test_hidden_and_unfinished_names_are_left_out(mine: Path, name: str) -> None:
    (mine / name).write_text("{}")
    assert look(mine) == {}


def test_a_folder_that_is_empty_or_holds_an_unfinished_file_waits(mine: Path) -> None:
    (mine / "export").mkdir()
    assert look(mine) == {}
    (mine / "export" / "a.json").write_text("[]")
    (mine / "export" / "b.json.crdownload").write_text("[")
    assert look(mine) == {}
    (mine / "export" / "b.json.crdownload").rename(mine / "export" / "b.json")
    assert [item.files for item in look(mine).values()] == [2]


def test_a_name_that_is_no_utf_8_holds_up_nobody(mine: Path) -> None:
    try:
        (mine / os.fsdecode(b"hist\xf3rico.json")).write_text("[]")
    except OSError:
        pytest.skip("this file system takes no such name")
    (mine / "good.json").write_text("[]")
    names = sorted(look(mine))
    assert [name.partition("#")[0] for name in names] == ["me/good.json", "me/hist?rico.json"]
    assert lying(mine.parent, names[1]) is not None


def test_files_outside_a_listeners_folder_belong_to_nobody(mine: Path) -> None:
    (mine.parent / "export.zip").write_text("x")
    assert look(mine) == {}


def test_a_file_in_nobodys_folder_is_told_with_what_to_do_once_it_is_whole(mine: Path) -> None:
    for name in ("export.zip", "b.csv.part", ".DS_Store", "A.json"):
        (mine.parent / name).write_text("x")
    (mine / "c.json").write_text("[]")
    assert [path.name for path in loose(mine.parent)] == ["A.json", "export.zip"]
    said = StringIO()
    settings = Settings(home=mine.parent.parent, user="ada")
    mine.parent.rename(settings.inbox)
    watch = up.Inbox(settings, Console(file=said, width=200))
    watch.keep()
    watch.keep()
    (settings.inbox / "b.csv.part").rename(settings.inbox / "b.csv")
    watch.keep()
    first, second = said.getvalue().splitlines()
    assert "A.json, export.zip in inbox/" in first
    assert "inbox/ada/" in first
    assert "b.csv in inbox/" in second


def test_a_file_that_grows_waits_until_two_looks_agree(mine: Path) -> None:
    file = mine / "a.zip"
    file.write_text("1")
    first = states(look(mine))
    file.write_text("12")
    second = look(mine)
    assert settled(second, first, {}) == []
    assert settled(look(mine), states(second), {}) == list(second.values())


def test_a_folder_that_grows_waits_too(mine: Path) -> None:
    deep = mine / "export" / "deep"
    deep.mkdir(parents=True)
    (deep / "a.json").write_text("[]")
    first = states(look(mine))
    (deep / "b.json").write_text("[]")
    assert settled(look(mine), first, {}) == []


def test_what_was_asked_for_is_asked_for_again_only_when_it_changed(mine: Path) -> None:
    file = mine / "a.zip"
    file.write_text("1")
    seen = states(look(mine))
    assert settled(look(mine), seen, seen) == []
    file.write_text("12")
    changed = look(mine)
    assert settled(changed, states(changed), seen) == list(changed.values())


def test_the_same_file_moved_here_a_second_time_has_a_new_run_key(mine: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "a.zip"
    elsewhere.write_text("1")
    os.utime(elsewhere, ns=(10**18, 10**18))
    keys = set()
    for _ in range(2):
        elsewhere.rename(mine / "a.zip")
        keys |= {item.run_key for item in look(mine).values()}
        (mine / "a.zip").rename(elsewhere)
    assert len(keys) == 2
