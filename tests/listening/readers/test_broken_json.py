from pathlib import Path

import pytest
from reading_world import compact, played, read_bytes, titled

from assets.listening.readers import UnreadableExport


def test_a_truncated_file_keeps_all_rows_before_the_cut(tmp_path: Path) -> None:
    data = compact(titled("one", "two", "three"))
    third = data.rindex(b'{"ts"')
    read = read_bytes(tmp_path, data[: third + 40])
    assert read.titles == ["one", "two"]
    assert read.reasons == ["not_readable"]
    assert read.rejected_spans == [(third, third + 40)]
    assert read.rejected["row"].to_list() == [2]


def test_a_missing_closing_bracket_loses_nothing(tmp_path: Path) -> None:
    read = read_bytes(tmp_path, compact(titled("one", "two"))[:-1])
    assert read.titles == ["one", "two"]
    assert read.reasons == []


def test_a_record_cut_short_and_followed_by_a_good_one_is_one_rejected_row(tmp_path: Path) -> None:
    one, two, three = (compact(row) for row in titled("one", "two", "three"))
    data = b"[" + one + b"," + two[:60] + three + b"]"
    read = read_bytes(tmp_path, data)
    start = 1 + len(one) + 1
    assert read.titles == ["one", "three"]
    assert read.rejected_spans == [(start, start + 60)]
    assert read.plays["row"].to_list() == [0, 2]
    assert read.rejected["row"].to_list() == [1]


def test_a_missing_comma_loses_nothing(tmp_path: Path) -> None:
    one, two = (compact(row) for row in titled("one", "two"))
    assert read_bytes(tmp_path, b"[" + one + two + b"]").titles == ["one", "two"]


def test_garbage_between_records_is_one_row_with_its_exact_bytes(tmp_path: Path) -> None:
    one, two = (compact(row) for row in titled("one", "two"))
    read = read_bytes(tmp_path, b"[" + one + b', #!? {"x" : ,' + two + b"]")
    assert read.titles == ["one", "two"]
    start = 1 + len(one) + 2
    assert read.rejected_spans == [(start, start + len(b'#!? {"x" :'))]


@pytest.mark.parametrize("element", [b"null", b'"x"', b"5", b"-1.5e3", b"true", b'"a \\"quoted\\" word"'])
def test_elements_that_are_no_records_are_a_rejected_row_each(tmp_path: Path, element: bytes) -> None:
    one, two = (compact(row) for row in titled("one", "two"))
    read = read_bytes(tmp_path, b"[" + b", ".join([one, element, element, two, element]) + b"]")
    assert read.titles == ["one", "two"]
    assert read.reasons == ["not_readable"] * 3
    assert read.plays["row"].to_list() == [0, 3]
    first = 1 + len(one) + 2
    assert read.rejected_spans[0] == (first, first + len(element))


def test_a_nested_object_is_not_mistaken_for_a_record(tmp_path: Path) -> None:
    one = compact(played(spotify_track_uri={"ts": "2024-05-01T12:00:00Z", "ms_played": 5}))
    read = read_bytes(tmp_path, b"[" + one + b"," + compact(played()) + b"]")
    assert read.titles == ["Song"]
    assert read.reasons == ["wrong_type"]
    assert read.rejected_spans == [(1, 1 + len(one))]


def test_a_record_longer_than_the_limit_is_rejected(tmp_path: Path) -> None:
    from assets.listening.readers import Limits

    long = compact(played(master_metadata_track_name="x" * 5000))
    data = b"[" + compact(played()) + b"," + long + b"," + compact(played()) + b"]"
    read = read_bytes(tmp_path, data, Limits(record_bytes=4096, chunk_bytes=1000))
    start = 2 + len(compact(played()))
    assert read.plays.height == 2
    assert read.rejected_spans == [(start, start + len(long))]


@pytest.mark.parametrize(
    "data",
    [
        compact(played()),
        compact({"a": 1}),
        b"{}",
    ],
)
def test_an_object_where_a_list_belongs_is_a_clear_error(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnreadableExport, match=r"JSON object|no listening history") as error:
        read_bytes(tmp_path, data)
    assert "SECRET" not in str(error.value)


@pytest.mark.parametrize("data", [b"[]", b"null", b"5", b"not json at all", b"\x00\xff\x80" * 100])
def test_a_file_without_plays_is_a_clear_error(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnreadableExport, match="no listening history"):
        read_bytes(tmp_path, data)


def test_an_empty_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExport, match=r"is empty: export it again"):
        read_bytes(tmp_path, b"")


def test_a_file_of_one_cut_record_is_one_rejected_row(tmp_path: Path) -> None:
    data = compact(titled("one"))[:300]
    read = read_bytes(tmp_path, data)
    assert read.rejected_spans == [(1, 300)]
    assert read.plays.is_empty()


def test_scanning_hostile_nesting_ends(tmp_path: Path) -> None:
    good = compact(played())
    read = read_bytes(tmp_path, b"[" + good + b"," + b'{"ts":' * 200_000 + good + b"]")
    assert read.plays.height >= 1
    assert read.reasons == ["not_readable"]


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"\x00\x00[", b"]"), (b"// mine\n[", b"]"), (b'": 5}, ', b"]"), (b"", b""), (b"", b"]")],
)
def test_a_file_whose_beginning_is_lost_keeps_every_whole_row(
    tmp_path: Path, before: bytes, after: bytes
) -> None:
    whole = compact(titled("one", "two"))[1:-1]
    read = read_bytes(tmp_path, before + whole + after)
    assert read.titles == ["one", "two"]
    assert set(read.reasons) <= {"not_readable"}


def test_a_text_that_quotes_a_row_is_no_history(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExport, match="no listening history"):
        read_bytes(tmp_path, b"# My export\n" + compact(titled("example")), name="README.md")
