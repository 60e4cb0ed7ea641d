"""Every format is read, and every bad input has an outcome: no row is lost without a reason."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from dataset_worlds import read, write
from hypothesis import given
from hypothesis import strategies as st

from assets.datasets.raw import UnreadableDatasetError
from assets.datasets.reading import Reading, files

ROWS = [
    {"track_name": "Ä “Song”, Pt. 1", "artists": "Ana;Ben", "bpm": 120.5, "year": 1999, "mood": None},
    {"track_name": "B\nside", "artists": "Ana", "bpm": None, "year": None, "mood": "calm"},
]
SAID = [("Ä “Song”, Pt. 1", "Ana;Ben", 120.5, 1999, None), ("B side", "Ana", None, None, "calm")]
NAMES = ("title", "artist", "tempo_bpm", "year", "mood")
REPEATED = "repeats an earlier row: it says the same of the same track"
NAMELESS = "names no track: it has no title, Spotify id or recording code"


def as_bytes(form: str, tmp_path: Path) -> bytes:
    frame = pl.DataFrame(ROWS)
    path = tmp_path / "made"
    match form:
        case "csv":
            frame.write_csv(path)
        case "tsv":
            frame.write_csv(path, separator="\t")
        case "parquet":
            frame.write_parquet(path)
        case "jsonl" | "ndjson":
            frame.write_ndjson(path)
        case "json":
            return json.dumps(ROWS).encode()
    return path.read_bytes()


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "ndjson", "json", "parquet"])
def test_the_same_rows_in_any_format_are_the_same_tracks(tmp_path: Path, form: str) -> None:
    found = read(tmp_path, f"a.{form}", as_bytes(form, tmp_path))
    assert found.of(*NAMES) == SAID
    assert found.reading.fields == {"track_name": 2, "artists": 2, "bpm": 1, "year": 1, "mood": 1}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"version": 1, "tracks": ROWS}),
        json.dumps({"tracks": ROWS}, indent=2),
        "\n" + json.dumps(ROWS, indent=1),
        "\n\n".join(map(json.dumps, ROWS)) + "\n",
        "\ufeff" + json.dumps(ROWS),
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_json_is_told_by_its_shape_not_its_name(tmp_path: Path, name: str, text: str) -> None:
    assert read(tmp_path, name, text).of(*NAMES) == SAID


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_found(tmp_path: Path, separator: str, end: str) -> None:
    lines = [separator.join(row) for row in (("title", "artist"), ("A", "B"), ("C", "D"))]
    assert read(tmp_path, "a.csv", end.join([*lines, ""])).of("title", "artist") == [("A", "B"), ("C", "D")]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"]
)
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_whatever_it_was_saved_as_the_text_is_right(tmp_path: Path, encoding: str, form: str) -> None:
    text = "title,artist\nÄé ß,Ñandú\n" if form == "csv" else '{"title":"Äé ß","artist":"Ñandú"}\n'
    assert read(tmp_path, f"a.{form}", text.encode(encoding)).of("title", "artist") == [("Äé ß", "Ñandú")]


def test_a_file_of_two_encodings_is_right_in_both(tmp_path: Path) -> None:
    content = "title\nÄ\n".encode() + "Ö\n".encode("latin-1")
    assert read(tmp_path, "a.csv", content).of("title") == [("Ä",), ("Ö",)]


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl", "a.parquet"])
@pytest.mark.parametrize("content", [b"", b"\n", b"   "])
def test_an_empty_file_says_so(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(UnreadableDatasetError, match=r"a\.\w+ (is empty|begins with an empty|is no Parquet)"):
        read(tmp_path, name, content)


@pytest.mark.parametrize(("name", "content"), [("a.csv", "title,artist\n"), ("a.json", "[]")])
def test_a_header_alone_has_no_rows(tmp_path: Path, name: str, content: str) -> None:
    assert read(tmp_path, name, content).reading.rows_read == 0


def test_a_ragged_row_is_rejected_and_the_others_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "title,artist\nA,B\nC,D,E,F\nG\nH,I,\n")
    assert found.of("row", "title", "artist") == [(0, "A", "B"), (2, "G", None), (3, "H", "I")]
    assert found.rejected == [(1, "has 4 fields where the header names 2")]


def test_a_row_too_short_is_the_same_on_either_way(tmp_path: Path) -> None:
    fast, slow = (read(tmp_path, "a.csv", f"title,artist\nA,B\nC\n{end}") for end in ("", "x,y,z\n"))
    assert fast.of("title", "artist") == slow.of("title", "artist") == [("A", "B"), ("C", None)]


def test_a_quote_that_is_never_closed_costs_its_line_alone(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", 'title,artist\nA,B\n"open,1\nC,"D, E"\nF,G\n')
    assert found.of("row", "title", "artist") == [(0, "A", "B"), (2, "C", "D, E"), (3, "F", "G")]
    assert found.rejected == [(1, "a quote is opened and never closed")]


def test_the_last_line_may_be_the_one_whose_quote_is_open(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", 'title,artist\nA,"B, C"\n12" mix,D\nE,"F\n')
    assert found.of("title", "artist") == [("A", "B, C"), ('12" mix', "D")]
    assert found.rejected == [(2, "a quote is opened and never closed")]


def test_broken_lines_of_json_are_rejected_one_by_one(tmp_path: Path) -> None:
    lines = [
        '{"title": "A"}',
        "hello",
        "[1]",
        "null",
        '{"title": "B", "bpm": NaN}',
        '{"title": ',
        '{"title": "C"}',
    ]
    found = read(tmp_path, "a.jsonl", "\n".join(lines))
    assert found.of("row", "title", "tempo_bpm") == [(0, "A", None), (4, "B", None), (6, "C", None)]
    reasons = ["is no JSON", "is no JSON object", "is no JSON object", "is no JSON"]
    assert found.rejected == list(zip((1, 2, 3, 5), reasons, strict=True))


def test_a_document_cut_off_keeps_what_came_before(tmp_path: Path) -> None:
    found = read(tmp_path, "a.json", '{"tracks": [{"title": "A"}, {"title": "B"}, {"tit')
    assert found.of("title") == [("A",), ("B",)]
    assert [row for row, _ in found.rejected] == [2]


def test_nan_is_nothing_and_infinity_is_invalid(tmp_path: Path) -> None:
    text = '[{"title":"A","energy":NaN,"tempo":Infinity},{"title":"B","energy":-Infinity,"mood":NaN}]'
    assert read(tmp_path, "a.json", text).of("energy", "invalid_energy", "invalid_tempo", "mood") == [
        (None, None, "Infinity", None),
        (None, "-Infinity", None, None),
    ]
    frame = pl.DataFrame(
        {"title": ["A", "B"], "energy": [float("nan"), float("inf")], "x": [float("nan"), 1.0]}
    )
    frame.write_parquet(tmp_path / "made")
    found = read(tmp_path, "a.parquet", (tmp_path / "made").read_bytes())
    assert found.of("energy", "invalid_energy") == [(None, None), (None, "inf")]
    assert found.reading.fields == {"title": 2, "energy": 1, "x": 1}
