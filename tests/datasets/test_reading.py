"""Every format is read, and every bad input has an outcome: no row is lost without a reason."""

import json
from datetime import date, timedelta
from decimal import Decimal
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


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
@pytest.mark.parametrize(
    ("encoding", "title", "artist"),
    [
        ("cp1250", "Říkej mi to potichoučku, už se rozednívá", "Žlutý kůň"),
        ("cp1251", "Где ты теперь, моя любовь", "Группа крови"),
        ("shift_jis", "夜に駆ける、そして歌う", "宇多田ヒカル"),
        ("utf-8 twice", "Jóga für Motörhead", "Björk"),
    ],
)
def test_other_code_pages_are_told_by_the_words(
    tmp_path: Path, form: str, encoding: str, title: str, artist: str
) -> None:
    plain = [{"title": f"Song {number}", "artist": "Ana"} for number in range(3)]
    rows = [*plain, *({"title": f"{title} {number}", "artist": artist} for number in range(9))]
    match form:
        case "csv":
            text = "title;artist\n" + "".join(f"{row['title']};{row['artist']}\n" for row in rows)
        case "json":
            text = json.dumps(rows, ensure_ascii=False)
        case _:
            text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    is_twice = encoding == "utf-8 twice"
    content = text.encode().decode("cp1252").encode() if is_twice else text.encode(encoding)
    assert read(tmp_path, f"a.{form}", content).of("title", "artist")[3] == (f"{title} 0", artist)


def test_signs_far_behind_the_beginning_of_a_document_are_read_too(tmp_path: Path) -> None:
    rows = [{"title": f"Song {number}", "artist": "x" * 200} for number in range(2_000)]
    rows += [
        {"title": f"Где ты теперь, моя любовь {number}", "artist": "Группа крови"} for number in range(9)
    ]
    content = json.dumps(rows, ensure_ascii=False).encode("cp1251")
    assert read(tmp_path, "a.json", content).of("artist")[-1] == ("Группа крови",)


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


def test_structures_of_anything_are_read(tmp_path: Path) -> None:
    audio = {"bytes": [b"\xff\xfb\x90", b"RIFF"], "path": "a.mp3", "at": date(2001, 2, 3)}
    odd = {"length": timedelta(seconds=3), "price": Decimal("1.50"), "vectors": [[0.5, 1.0]]}
    types = {"vectors": pl.List(pl.Array(pl.Float32, 2))}
    frame = pl.DataFrame({"title": ["Song"], "audio": [audio], "odd": [odd]})
    cast = pl.col("odd").struct.with_fields(pl.field(name).cast(dtype) for name, dtype in types.items())
    frame.with_columns(cast).write_parquet(tmp_path / "made")
    found = read(tmp_path, "a.parquet", (tmp_path / "made").read_bytes())
    extra = {name: json.loads(told) for name, told in json.loads(str(found.of("extra")[0][0])).items()}
    assert extra == {
        "audio": audio | {"bytes": [None, "RIFF"], "at": "2001-02-03"},
        "odd": odd | {"length": "0:00:03", "price": "1.50"},
    }


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_the_artists_of_one_track_are_no_list_of_tracks(tmp_path: Path, name: str) -> None:
    track = {"title": "Song", "artists": [{"name": "Ana"}, {"name": "Ben"}]}
    assert read(tmp_path, name, json.dumps(track)).of("title") == [("Song",)]
    both = {"artists": [{"name": "Ana"}, {"name": "Ben"}], "tracks": [track]}
    assert read(tmp_path, name, json.dumps(both)).of("title") == [("Song",)]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_million_characters_are_rejected_as_a_title_and_kept_as_another_field(
    tmp_path: Path, form: str
) -> None:
    long = "x" * 999_000
    frame = pl.DataFrame({"title": [long + "y" * 1_000, "B", "C"], "lyrics": ["a", long, long * 2]})
    path = tmp_path / "made"
    if form == "csv":
        frame.write_csv(path)
    else:
        frame.write_ndjson(path) if form == "jsonl" else frame.write_parquet(path)
    found = read(tmp_path, f"a.{form}", path.read_bytes())
    assert found.of("title") == [("B",)]
    assert json.loads(found.rows[0]["extra"])["lyrics"] == long
    assert found.rejected[0] == (0, "title: 1000000 characters, where 1000 are kept at most")
    assert found.rejected[1][1].startswith("all its other fields: 1998")


def test_rows_that_say_nothing_of_a_track_are_rejected(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "title,artist,uri\nA,B,\n\n,,\n,B,\n,,4uLU6hMCjMI75M1A2tKUQC\n")
    assert found.of("row") == [(0,), (4,)]
    assert found.rejected == [(1, NAMELESS), (2, NAMELESS), (3, NAMELESS)]


def test_a_track_said_twice_counts_once_whatever_else_the_rows_hold(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", ",title,artist,genre\n0,A,B,dub\n1,A,B,dub\n2,A,B,soul\n3,A,B,dub\n")
    assert found.of("row", "genre") == [(0, "dub"), (2, "soul")]
    assert found.rejected == [(1, REPEATED), (3, REPEATED)]


def test_repeats_are_found_across_files(tmp_path: Path) -> None:
    write(tmp_path / "set", "a.csv", "title,artist\nA,B\nC,D\n")
    write(tmp_path / "set", "b.jsonl", '{"artist":"B","title":"A","x":1}\n{"title":"E"}\n')
    reading = Reading(files(tmp_path / "set"), tmp_path / "scratch")
    batches = list(reading.batches("set"))
    assert [row for batch in batches for row in batch.tracks.select("file", "title").rows()] == [
        ("a.csv", "A"),
        ("a.csv", "C"),
        ("b.jsonl", "E"),
    ]
    assert reading.formats == {"csv", "jsonl"}
    assert reading.fields == {"title": 3, "artist": 2, "x": 0}


def test_parquet_of_any_types_is_read(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "title": ["A", "B"],
            "artists": [["Ana", None, "Ben"], None],
            "genre": pl.Series(["dub", "dub"], dtype=pl.Categorical()),
            "release_date": [date(1999, 5, 31), None],
            "duration": pl.Series([200_000, None], dtype=pl.Duration("ms")),
            "bpm": pl.Series(["120.5", None]).cast(pl.Decimal(10, 2)),
            "energy": pl.Series([0.5, None], dtype=pl.Float32()),
            "more": [{"a": 1}, None],
            "deep": [[{"a": 1}], None],
            "raw": [b"xy", b"\xff"],
            "nothing": pl.Series([None, None], dtype=pl.Null()),
            "flag": [True, False],
        }
    )
    frame.write_parquet(tmp_path / "made")
    found = read(tmp_path, "a.parquet", (tmp_path / "made").read_bytes())
    names = ("artist", "genre", "year", "duration_s", "tempo_bpm", "energy")
    assert found.of(*names)[0] == ("Ana; Ben", "dub", 1999, 200.0, 120.5, 0.5)
    assert found.of(*names)[1] == (None, "dub", None, None, None, None)
    assert json.loads(found.rows[0]["extra"])["flag"] is True
    assert found.reading.fields["nothing"] == 0


def test_a_damaged_parquet_file_says_so(tmp_path: Path) -> None:
    pl.DataFrame({"title": ["A"] * 1000}).write_parquet(tmp_path / "made")
    content = (tmp_path / "made").read_bytes()
    for damaged in (content[:-9], b"PAR1" + bytes(len(content)) + content[-200:]):
        with pytest.raises(UnreadableDatasetError, match=r"a\.parquet is (no Parquet file|damaged)"):
            read(tmp_path, "a.parquet", damaged)


def test_columns_that_name_no_track_are_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDatasetError, match=r"call one of them title, .* \(it has: artist, plays\)"):
        read(tmp_path, "a.csv", "artist,plays\nA,1\n")


def test_too_many_columns_are_told(tmp_path: Path) -> None:
    wide = ",".join(["title", *(f"x{number}" for number in range(600))])
    with pytest.raises(UnreadableDatasetError, match="601 columns, where 500"):
        read(tmp_path, "a.csv", wide + "\nA\n")
    with pytest.raises(UnreadableDatasetError, match="columns, where 500"):
        read(
            tmp_path,
            "a.jsonl",
            "\n".join(json.dumps({f"k{number}": 1, "title": "A"}) for number in range(600)),
        )


@pytest.mark.parametrize("content", ['"text"', "5", '{"a": [1, 2]}', '{"title": {"0": "A"}}', "[[1], [2]]"])
def test_json_that_holds_no_tracks_gives_none(tmp_path: Path, content: str) -> None:
    try:
        titles = [str(title) for (title,) in read(tmp_path, "a.json", content).of("title")]
    except UnreadableDatasetError as error:
        titles = [str(error)]
    assert titles in ([], ['{"0": "A"}']) or titles[0].startswith("a.json has no column that names a track")


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "title,title,,\nA,B,C,D\n")
    assert found.reading.fields == {"title": 1, "title (2)": 1, "unnamed": 1, "unnamed (2)": 1}
    assert found.of("title") == [("A",)]


# Which files belong to it


def test_only_data_is_read_and_the_rest_is_told(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", "a.csv", "title\nA\n")
    for name in ("README.md", ".hidden.csv", "b.xlsx", "part/b.CSV"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("title\nB\n")
    found = files(folder)
    assert [found.name(path) for path in found.paths] == ["a.csv", "part/b.CSV"]
    assert set(found.passed_over) == {"README.md", "b.xlsx", ".hidden.csv"}


def test_a_link_out_of_the_dataset_is_not_followed(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", "a.csv", "title\nA\n")
    secret = write(tmp_path / "other", "secret.csv", "title\nSecret\n") / "secret.csv"
    (folder / "b.csv").symlink_to(secret)
    assert [path.name for path in files(folder).paths] == ["a.csv"]


@pytest.mark.parametrize("name", ["nowhere", "a.xlsx", "empty"])
def test_what_cannot_be_a_dataset_is_told_what_is(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.xlsx").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        UnreadableDatasetError, match=r"there is no such file|a dataset is a file, or a folder"
    ):
        files(tmp_path / name)


def test_an_id_is_of_the_content_alone(tmp_path: Path) -> None:
    one, two, other = (
        write(tmp_path / name, f"{name}.csv", content, licence)
        for name, content, licence in (
            ("a", "title\nA\n", "MIT"),
            ("b", "title\nA\n", None),
            ("c", "title\nB\n", "MIT"),
        )
    )
    idents = [files(path).dataset_id() for path in (one, two, other)]
    assert idents[0] == idents[1] != idents[2]
    assert files(one / "a.csv").dataset_id() == idents[0]


# Whatever comes


CELLS = st.sampled_from(("A", "b c", 'qu"ote', "12,5", "x;y", "Ä", "", "0", "1999", "\\n", "'"))


@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=8), st.sampled_from((",", ";")), st.booleans()
)
def test_any_csv_is_read_the_same_way_by_both_readers(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], separator: str, is_quoted: bool
) -> None:
    tmp_path = tmp_path_factory.mktemp("csv")
    quoted = '"{}"' if is_quoted else "{}"
    lines = [
        separator.join(
            quoted.format(cell.replace('"', '""' if is_quoted else "").replace(separator, " "))
            for cell in row
        )
        for row in rows
    ]
    text = "\n".join([separator.join(("title", "artist", "year")), *lines, ""])
    found = read(tmp_path, "a.csv", text)
    slow = read(tmp_path, "a.csv", text + separator.join("1234") + "\n")
    assert found.of("row", "title", "artist", "year") == slow.of("row", "title", "artist", "year")
    assert found.rejected == slow.rejected[:-1]
    assert found.reading.rows_read == len(rows)


@given(st.binary(max_size=300), st.sampled_from(("a.csv", "a.json", "a.jsonl", "a.parquet")))
def test_any_bytes_are_read_or_refused_with_a_reason(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    tmp_path = tmp_path_factory.mktemp("any")
    reason = name
    try:
        read(tmp_path, name, content)
    except UnreadableDatasetError as error:
        reason = str(error)
    assert reason.startswith(name)


@given(st.binary(max_size=200))
def test_any_bytes_after_a_header_are_rows(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    read(tmp_path_factory.mktemp("any"), "a.csv", b"title,artist\n" + content)


def test_the_tracks_are_the_list_of_objects_however_long_the_other_lists_are(tmp_path: Path) -> None:
    document = {"columns": ["title", "artist", "more"], "tracks": [{"title": "Song", "artist": "Ana"}]}
    found = read(tmp_path, "a.json", json.dumps(document))
    assert found.of("title", "artist") == [("Song", "Ana")]


def test_a_structure_of_parquet_is_told_as_it_is_and_nothing_is_nothing(tmp_path: Path) -> None:
    rows = {"title": ["Song", "Other"], "release": [{"label": "Home"}, None], "by": [[{"of": "Ana"}], []]}
    pl.DataFrame(rows).write_parquet(tmp_path / "made")
    found = read(tmp_path, "a.parquet", (tmp_path / "made").read_bytes())
    assert found.of("album", "extra") == [
        ('{"label":"Home"}', json.dumps({"by": '[{"of":"Ana"}]'}, separators=(",", ":"))),
        (None, '{"by":"[]"}'),
    ]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_number_that_is_none_says_nothing_in_any_format(tmp_path: Path, form: str) -> None:
    frame, made = (
        pl.DataFrame({"title": ["A", "B", "C"], "energy": [float("nan"), 0.0, 2.0]}),
        tmp_path / "made",
    )
    match form:
        case "csv":
            frame.write_csv(made)
        case "jsonl":
            made.write_text("\n".join(map(json.dumps, frame.to_dicts())))
        case "parquet":
            frame.write_parquet(made)
    assert read(tmp_path, f"a.{form}", made.read_bytes()).reading.fields == {"title": 3, "energy": 2}


@pytest.mark.parametrize("wrapped", [True, False])
def test_of_a_broken_document_of_any_size_what_comes_before_the_damage_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrapped: bool
) -> None:
    listed = "[" + ", ".join(json.dumps(row) for row in ROWS) + ', {"track_name": "cut'
    text = '{"version": 1, "tracks": ' + listed if wrapped else listed
    found = [read(tmp_path, "a.json", text)]
    monkeypatch.setattr("assets.datasets.json_files._MOST_SLOW_BYTES", 1)
    found.append(read(tmp_path, "a.json", text))
    found.append(read(tmp_path, "a.json", "\ufeff" + text))
    for each in found:
        assert each.of(*NAMES) == SAID
        assert each.rejected == [(2, "is no JSON, nor can be read what follows it in the file")]
