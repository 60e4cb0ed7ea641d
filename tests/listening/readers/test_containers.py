import contextlib
import gzip
import json
import os
import stat
import struct
import threading
import warnings
import zipfile
from pathlib import Path

import pytest
from reading_world import Read, compact, played, read_bytes, titled, zipped

from assets.listening.readers import Limits, UnreadableExport

PLAYS = compact([played()])


def problems(read: Read) -> dict[str, str]:
    return dict(read.reading.problems)


def test_a_zip_is_read_member_by_member_and_what_is_no_history_is_named(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "my_spotify_data.zip",
        {
            "MyData/endsong_0.json": compact(titled("one", "two")),
            "MyData/endsong_1.json": compact(titled("three")),
            "MyData/Playlist1.json": compact(
                {"playlists": [{"name": "x", "items": [{"track": {"trackName": "y"}}]}]}
            ),
            "MyData/Userdata.json": compact({"username": "SECRET"}),
            "MyData/ReadMeFirst.pdf": b"%PDF-1.4 ...",
            "__MACOSX/MyData/._endsong_0.json": PLAYS,
            "MyData/._endsong_1.json": PLAYS,
            "MyData/": b"",
        },
    )
    read = Read(path)
    assert read.titles == ["one", "two", "three"]
    assert read.plays["file"].unique(maintain_order=True).to_list() == [
        "MyData/endsong_0.json",
        "MyData/endsong_1.json",
    ]
    assert {name for name, _ in read.reading.skipped} == {
        "MyData/Playlist1.json",
        "MyData/Userdata.json",
        "MyData/ReadMeFirst.pdf",
    }
    assert read.reading.problems == []
    assert read.reading.independent_count == 3
    assert read.reading.total_bytes == read.reading.bytes_read


def test_a_folder_reads_as_the_zip_of_it_does(tmp_path: Path) -> None:
    folder = tmp_path / "export" / "deep"
    folder.mkdir(parents=True)
    (folder / "b.json").write_bytes(compact(titled("two")))
    (folder / "a.json").write_bytes(compact(titled("one")))
    zipped(folder / "c.zip", {"inner.json": compact(titled("three"))})
    read = Read(tmp_path / "export")
    assert read.titles == ["one", "two", "three"]
    assert read.plays["file"].to_list() == ["deep/a.json", "deep/b.json", "deep/c.zip/inner.json"]


def test_a_file_name_that_is_no_utf_8_costs_nothing(tmp_path: Path) -> None:
    """What unpacking a zip with the wrong code page leaves; nothing can store such a name as it is."""
    name = os.fsdecode(b"hist\xf3rico")
    if not _can_be_named(tmp_path / name):
        pytest.skip("this file system takes no such name")
    for file in (f"{name}.json", f"{name}.txt"):
        (tmp_path / name / file).write_bytes(PLAYS if file.endswith(".json") else b"no history")
    read = Read(tmp_path)
    assert read.plays["file"].to_list() == ["hist?rico/hist?rico.json"]
    assert read.reading.skipped == [("hist?rico/*.txt", "is no listening history")]


def _can_be_named(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        folder.mkdir()
    return folder.is_dir()


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_bytes(compact(titled("outside")))
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "in.json").write_bytes(compact(titled("inside")))
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    (folder / "loop").symlink_to(folder)
    read = Read(folder)
    assert read.titles == ["inside"]
    assert [name for name, _ in read.reading.skipped] == ["link.json", "loop"]


def test_links_in_a_zip_are_a_problem_and_not_followed(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"in.json": PLAYS})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    read = Read(path)
    assert read.plays.height == 1
    assert "is a link" in problems(read)["link.json"]


@pytest.mark.parametrize(
    "name", ["../up.json", "/etc/up.json", "a/../../up.json", "C:\\up.json", "..\\up.json"]
)
def test_names_that_point_outside_are_a_problem_and_not_read(tmp_path: Path, name: str) -> None:
    read = Read(zipped(tmp_path / "x.zip", {"in.json": PLAYS, name: PLAYS}))
    assert read.plays["file"].to_list() == ["in.json"]
    assert "points outside" in problems(read)[name]


def test_names_that_differ_only_in_case_are_two_files(tmp_path: Path) -> None:
    read = Read(
        zipped(tmp_path / "x.zip", {"a.json": compact(titled("one")), "A.json": compact(titled("two"))})
    )
    assert read.plays.select("file", "track_name").rows() == [("a.json", "one"), ("A.json", "two")]


def test_two_members_of_the_same_name_are_two_files(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("a.json", compact(titled("one")))
        archive.writestr("a.json", compact(titled("two")))
    read = Read(path)
    assert read.plays.select("file", "track_name").rows() == [("a.json", "one"), ("a.json#2", "two")]


def test_an_empty_zip_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExport, match="is an empty zip"):
        Read(zipped(tmp_path / "x.zip", {}))


def test_a_zip_of_zips_says_to_unpack_the_outer_one(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"in.json": PLAYS}).read_bytes()
    with pytest.raises(UnreadableExport, match="unpack the outer one"):
        Read(zipped(tmp_path / "x.zip", {"inner.zip": inner}))


def encrypted(path: Path) -> Path:
    """Sets the encryption flag of every member."""
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(signature, at + 4)
    path.write_bytes(data)
    return path


def test_an_encrypted_zip_says_to_unpack_it_with_its_password(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExport, match="encrypted: unpack the zip with its password"):
        Read(encrypted(zipped(tmp_path / "x.zip", {"in.json": PLAYS})))


@pytest.mark.parametrize("method", [9, 93])
def test_a_member_packed_in_an_unknown_way_says_to_unpack_the_zip(tmp_path: Path, method: int) -> None:
    """9 is Deflate64, which Windows takes for large files, 93 Zstandard: neither is damage."""
    path = zipped(tmp_path / "export.zip", {"odd.json": PLAYS, "good.json": PLAYS})
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, data.find(b"PK\x03\x04") + 8, method)
    struct.pack_into("<H", data, data.find(b"PK\x01\x02") + 10, method)
    path.write_bytes(data)
    read = Read(path)
    assert read.plays["file"].to_list() == ["good.json"]
    [(name, problem)] = read.reading.problems
    assert name == "odd.json"
    assert "unpack the zip and import the folder" in problem
    assert "damaged" not in problem


def test_what_a_listenbrainz_export_says_was_loved_is_no_play(tmp_path: Path) -> None:
    names = {"track_name": "Song", "artist_name": "Band"}
    loved = {"created": 1714564800, "track_metadata": names, "score": 1}
    listen = {"listened_at": 1714564800, "track_metadata": names}
    members = {
        "listens/2024/5.jsonl": json.dumps(listen).encode(),
        "feedback.jsonl": json.dumps(loved).encode(),
    }
    found = Read(zipped(tmp_path / "export.zip", members))
    assert found.plays["file"].to_list() == ["listens/2024/5.jsonl"]
    assert [name for name, _ in found.reading.skipped] == ["feedback.jsonl"]


def test_the_empty_files_of_a_listenbrainz_export_are_no_problem(tmp_path: Path) -> None:
    members = {"feedback.jsonl": b"", "listens/2024/5.jsonl": PLAYS}
    read = Read(zipped(tmp_path / "export.zip", members))
    assert read.reading.problems == []
    assert read.reading.skipped == [("feedback.jsonl", "is empty")]


def test_a_zip_bomb_is_not_read(tmp_path: Path) -> None:
    bomb = b"[" + b" " * (4 << 20) + PLAYS[1:]
    path = zipped(tmp_path / "x.zip", {"bomb.json": bomb, "in.json": PLAYS})
    read = Read(path, Limits(expansion_floor_bytes=1 << 20))
    assert read.plays["file"].to_list() == ["in.json"]
    assert "zip bomb" in problems(read)["bomb.json"]
    with pytest.raises(UnreadableExport, match="more than the limit"):
        Read(path, Limits(total_bytes=1 << 20))


def test_a_gzip_bomb_is_read_up_to_its_limit(tmp_path: Path) -> None:
    data = gzip.compress(compact([played()] * 20_000))
    read = read_bytes(
        tmp_path,
        data,
        Limits(expansion_floor_bytes=1 << 20, expansion_ratio=10, chunk_bytes=1 << 18),
        "x.json.gz",
    )
    assert 1000 < read.plays.height < 20_000
    assert "far more" in problems(read)["x.json.gz"]


def test_gzipped_json_is_read(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, gzip.compress(PLAYS), name="x.json.gz").titles == ["Song"]


def test_what_comes_before_the_damage_in_a_zip_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    rows = compact(titled(*(f"song {number}" for number in range(2000))))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.json", rows)
        archive.writestr("b.json", compact(titled("after")))
    data = bytearray(path.read_bytes())
    at = data.find(b'"song 1000"')
    data[at : at + 11] = b'"gnos 1000"'
    path.write_bytes(data)
    read = Read(path)
    assert read.plays.height >= 1000
    assert "song 999" in read.titles
    assert read.titles[-1] == "after"
    assert "is damaged" in problems(read)["a.json"]


def test_what_comes_before_the_damage_in_a_compressed_member_is_kept(tmp_path: Path) -> None:
    rows = [played(master_metadata_track_name=f"song {number**9}") for number in range(20_000)]
    path = zipped(tmp_path / "x.zip", {"a.json": compact(rows)})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = b"\xff" * 2000
    path.write_bytes(data)
    read = Read(path, Limits(chunk_bytes=64 << 10))
    assert 1000 < read.plays.height < 20_000
    assert "is damaged" in problems(read)["a.json"]


def test_an_incomplete_zip_is_a_clear_error(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"in.json": PLAYS})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UnreadableExport, match="download it again"):
        Read(path)


def test_an_empty_member_is_a_problem_beside_what_was_read(tmp_path: Path) -> None:
    read = Read(zipped(tmp_path / "x.zip", {"in.json": PLAYS, "empty.json": b""}))
    assert read.plays.height == 1
    assert problems(read) == {"empty.json": "is empty: export it again"}


def test_thousands_of_members_are_read(tmp_path: Path) -> None:
    read = Read(zipped(tmp_path / "x.zip", {f"{number}.json": PLAYS for number in range(500)}))
    assert read.plays.height == read.reading.independent_count == 500


def test_a_path_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExport, match="no such file"):
        Read(tmp_path / "nowhere.zip")


def test_reading_can_be_stopped_early(tmp_path: Path) -> None:
    from reading_world import NOW

    from assets.listening.readers import open_export

    path = zipped(tmp_path / "x.zip", {f"{number}.json": compact([played()] * 500) for number in range(4)})
    threads = threading.active_count()
    limits = Limits(chunk_bytes=10_000, batch_rows=50)
    batches = iter(open_export(path, import_id="i", user_id="u", now=NOW, limits=limits))
    assert next(batches).rows_read >= 50
    batches.close()  # type: ignore[attr-defined]
    assert threading.active_count() == threads


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_is_read_and_says_so(tmp_path: Path, encoding: str) -> None:
    read = read_bytes(tmp_path, PLAYS.decode().encode(encoding))
    assert read.titles == ["Song"]
    assert "UTF-16" in read.reading.problems[0][1]


def test_json_lines_of_plays_are_read(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, PLAYS[1:-1] + b"\n" + PLAYS[1:-1] + b"\n").titles == ["Song", "Song"]


def test_batches_hold_about_as_many_rows_as_asked_for(tmp_path: Path) -> None:
    from reading_world import NOW

    from assets.listening.readers import open_export

    path = tmp_path / "a.json"
    path.write_bytes(compact([played()] * 1000))
    limits = Limits(chunk_bytes=20_000, batch_rows=200)
    batches = list(open_export(path, import_id="i", user_id="u", now=NOW, limits=limits))
    assert len(batches) > 2
    assert all(batch.rows_read < 300 for batch in batches)
    assert [batch.bytes_read for batch in batches] == sorted(batch.bytes_read for batch in batches)
    assert sum(batch.plays.height for batch in batches) == 1000
