"""JSON that notebooks, scripts and data portals write: the columns of a table, wrapped in any way."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from reading_world import Read, Row, compact, played, read_bytes, titled

from assets.listening.readers import UnreadableExport

FIRST, SECOND = "2024-05-01T12:00:00Z", "2024-05-01T12:04:00Z"
ROWS: list[Row] = [
    {
        "artist_name": "Ada",
        "track_name": "One",
        "album_name": "LP",
        "played_at": FIRST,
        "duration_ms": 180_000,
    },
    {
        "artist_name": "Ben",
        "track_name": "Two",
        "album_name": None,
        "played_at": SECOND,
        "duration_ms": 200_500,
    },
]
STORED = [
    (datetime(2024, 5, 1, 12, 0, tzinfo=UTC), "Ada", "One", "LP", 180_000),
    (datetime(2024, 5, 1, 12, 4, tzinfo=UTC), "Ben", "Two", None, 200_500),
]
COLUMNS = list(ROWS[0])
NAMED = {str(at): row for at, row in enumerate(ROWS)}
CELLS = [list(row.values()) for row in ROWS]
LAYOUTS: dict[str, Any] = {
    "records": ROWS,
    "a list in an object": {"exported": "2026-01-01", "count": 2, "plays": ROWS, "next": None},
    "a list deep inside": {"data": {"user": {"name": "me"}, "history": {"items": ROWS}}},
    "rows by name": NAMED,
    "columns of rows by name": {name: {key: row[name] for key, row in NAMED.items()} for name in COLUMNS},
    "columns": {name: [row[name] for row in ROWS] for name in COLUMNS},
    "apart from its header": {"columns": COLUMNS, "index": [0, 1], "data": CELLS},
    "with a schema": {"schema": {"fields": [{"name": name} for name in COLUMNS]}, "data": ROWS},
    "header first": [COLUMNS, *CELLS],
}


def _stored(read: Read) -> list[tuple[Any, ...]]:
    columns = ("started_at", "artist_name", "track_name", "album_name", "duration_ms")
    return list(read.plays.select(columns).iter_rows())


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("document", LAYOUTS.values(), ids=LAYOUTS)
def test_a_table_is_read_in_whatever_way_json_holds_it(
    tmp_path: Path, document: object, indent: int | None
) -> None:
    read = read_bytes(tmp_path, json.dumps(document, indent=indent).encode(), name="plays.json")
    assert _stored(read) == STORED
    assert read.reading.independent_count == read.reading.rows_read == 2
    assert read.reading.problems == []


@pytest.mark.parametrize("times", [1, 400])
def test_lines_of_json_are_read(tmp_path: Path, times: int) -> None:
    lines = "\n".join(json.dumps(row) for row in ROWS * times)
    read = read_bytes(tmp_path, lines.encode(), name="plays.jsonl")
    assert _stored(read) == STORED * times


def test_names_and_lengths_stand_inside_of_what_they_are_of(tmp_path: Path) -> None:
    """As Spotify's API answers, kept by a script."""
    item = {
        "context": {"uri": "spotify:playlist:x", "type": "playlist"},
        "played_at": "2024-05-01T12:03:00.000Z",
        "track": {
            "album": {"artists": [{"name": "Various"}], "name": "LP", "release_date": "2019-01-01"},
            "artists": [{"name": "Ada"}, {"name": "Ben"}],
            "duration_ms": 180_000,
            "external_ids": {"isrc": "GBAAA2400001"},
            "name": "One",
        },
    }
    other = item | {"played_at": "2024-05-01T12:09:00.000Z"}
    for document in ([item, other], {"items": [item, other], "limit": 50, "cursors": {"after": "1"}}):
        read = read_bytes(tmp_path, json.dumps(document).encode(), name="recently_played.json")
        row = ("Ada, Ben", "One", "LP", 180_000, "GBAAA2400001")
        assert [row[1:] for row in _stored(read)] == [row[:4]] * 2
        assert read.plays["isrc"].to_list() == [row[4]] * 2


@pytest.mark.parametrize("pages", [1, 2])
def test_spotifys_history_is_read_in_a_wrapper(tmp_path: Path, pages: int) -> None:
    page = {"page": 1, "plays": titled("One", "Two")}
    document = page if pages == 1 else [page] * pages
    read = read_bytes(tmp_path, json.dumps(document).encode(), name="all.json")
    assert (read.titles, read.reasons) == (["One", "Two"] * pages, [])
    assert read.reading.formats == {"spotify_extended"}


def test_records_of_a_known_format_are_read_in_another_wrapper(tmp_path: Path) -> None:
    listen = {"listened_at": 1_714_564_800, "track_metadata": {"artist_name": "Ada", "track_name": "One"}}
    scrobble = {"artist": "Ada", "name": "One", "album": "", "date": "01 May 2024, 12:00"}
    for record, source in ((listen, "listenbrainz"), (scrobble, "lastfm")):
        document = {"meta": {"version": 3}, "my_data": {"entries": [record, record]}}
        read = read_bytes(tmp_path, json.dumps(document).encode(), name="backup.json")
        assert (
            read.plays.select("source", "started_at", "artist_name", "track_name").rows()
            == [(source, STORED[0][0], "Ada", "One")] * 2
        )
        assert read.rejected.height == 0


def test_what_is_wrong_with_a_record_is_said_of_it_and_the_others_are_kept(tmp_path: Path) -> None:
    rows: list[object] = [ROWS[0], ROWS[0] | {"played_at": None}, ROWS[0] | {"played_at": "soon"}, 7, ROWS[1]]
    text = json.dumps(rows).encode()
    read = read_bytes(tmp_path, text, name="plays.json")
    assert _stored(read) == STORED
    assert sorted(read.reasons) == ["bad_time", "no_time", "not_readable"]
    assert {text[start:end] for start, end in read.rejected_spans} == {
        json.dumps(row).encode() for row in rows[1:4]
    }


def test_half_a_surrogate_in_another_layout_costs_no_row(tmp_path: Path) -> None:
    document = {"columns": COLUMNS, "data": [["A\ud800", *CELLS[0][1:]], CELLS[1]]}
    read = read_bytes(tmp_path, json.dumps(document).encode(), name="plays.json")
    assert (read.plays.height, read.rejected.height) == (2, 0)


def test_a_file_of_very_many_lists_or_levels_is_looked_into_no_more_than_so_far(tmp_path: Path) -> None:
    lists = {f"key{at}": {"list": [{"value": at}]} for at in range(8000)}
    levels = '{"artist":{"name":' * 400 + '"x"' + "}}" * 400
    scrobble = '{"artist":"Ada","name":"One","date":"01 May 2024, 12:00"}'
    for text in (json.dumps(lists), f'{{"a":{levels}}}', f'{{"a":{levels},"b":[{scrobble}]}}'):
        with suppress(UnreadableExport):
            assert read_bytes(tmp_path, text.encode(), name="data.json").reading.rows_read == 1


def test_what_comes_before_damage_is_kept(tmp_path: Path) -> None:
    text = json.dumps({"total": 600, "plays": ROWS * 300})
    read = read_bytes(tmp_path, text[: len(text) // 2].encode(), name="plays.json")
    assert 290 <= read.plays.height <= 300
    assert [what for _, what in read.reading.problems if "is damaged" in what]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            {"tracks": [{"artist_name": "Ada", "track_name": "One", "added_at": FIRST}]},
            "a playlist or a library",
        ),
        ([{"artist_name": "Ada", "track_name": "One", "played_at": "last week"}], "no moments"),
        ({"settings": [{"artist_name": "Ada", "volume": 3}], "theme": "dark"}, "no listening history"),
        ([[1, 2], [3, 4]], "no listening history"),
    ],
)
def test_other_tables_are_refused_by_name(tmp_path: Path, document: object, said: str) -> None:
    with pytest.raises(UnreadableExport, match=said):
        read_bytes(tmp_path, json.dumps(document).encode(), name="data.json")


@pytest.mark.parametrize("form", ["parquet", "ipc"])
def test_parquet_and_arrow_files_are_read(tmp_path: Path, form: str) -> None:
    """As notebooks keep them: moments, lengths of time, lists, structures, bytes that tell nothing."""
    rows = pl.DataFrame(
        {
            "played_at": [row[0] for row in STORED],
            "artists": [[{"name": "Ada"}], [{"name": "Ben"}]],
            "track": ["One", "Two"],
            "album": [{"name": "LP"}, None],
            "duration": [timedelta(milliseconds=row[4]) for row in STORED],
            "cover": [b"\xff", None],
        }
    )
    getattr(rows, f"write_{form}")(tmp_path / "plays.table")
    read = Read(tmp_path / "plays.table")
    assert _stored(read) == STORED
    assert read.reading.independent_count == read.reading.rows_read == 2


def test_spotifys_history_kept_as_parquet_is_that_of_the_json(tmp_path: Path) -> None:
    told = [*titled("One", "Two"), played(ts="2024-05-02T12:00:00Z", ms_played=1000, skipped=True)]
    as_json = read_bytes(tmp_path, compact(told))
    moments = pl.DataFrame(told, infer_schema_length=None).with_columns(
        pl.col("ts").str.to_datetime(time_zone="UTC")
    )
    for frame in (pl.DataFrame(told, infer_schema_length=None), moments):
        frame.write_parquet(tmp_path / "plays.parquet")
        read = Read(tmp_path / "plays.parquet")
        assert read.plays.drop("file").equals(as_json.plays.drop("file"))


def test_a_damaged_parquet_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    pl.DataFrame(ROWS).write_parquet(tmp_path / "plays.parquet")
    whole = (tmp_path / "plays.parquet").read_bytes()
    with pytest.raises(UnreadableExport, match="is damaged"):
        read_bytes(tmp_path, whole[: len(whole) // 2], name="plays.parquet")
