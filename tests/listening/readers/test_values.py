import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest
from reading_world import compact, played, read_bytes

MOMENT = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ts": None}, "no_time"),
        ({"ts": ""}, "no_time"),
        ({"ts": "yesterday"}, "bad_time"),
        ({"ts": "2024-02-31T00:00:00Z"}, "bad_time"),
        ({"ts": 12345}, "bad_time"),
        ({"ts": {"a": 1}}, "wrong_type"),
        ({"ts": "1970-01-01T00:00:00Z"}, "no_time"),
        ({"ts": "2001-12-31T23:59:59Z"}, "before_2002"),
        ({"ts": "2099-01-01T00:00:00Z"}, "in_the_future"),
        ({"ts": "2026-01-02T00:00:01Z"}, "in_the_future"),
        ({"ms_played": -1}, "bad_duration"),
        ({"ms_played": 86_400_001}, "bad_duration"),
        ({"ms_played": 10**30}, "wrong_type"),
        ({"ms_played": "long"}, "wrong_type"),
        ({"ms_played": 5.5}, "wrong_type"),
        ({"ms_played": True}, "wrong_type"),
        ({"ms_played": [1]}, "wrong_type"),
        ({"shuffle": {"on": True}}, "wrong_type"),
        ({"shuffle": {"on": True}, "ms_played": 5.0}, "wrong_type"),
        ({"platform": ["ios"], "ms_played": "5"}, "wrong_type"),
        ({"master_metadata_track_name": ["a"]}, "wrong_type"),
        (dict.fromkeys(played()), "no_time"),
        (dict.fromkeys(set(played()) - {"ts", "ms_played"}), "no_identity"),
        (dict.fromkeys(set(played()) - {"ts", "ms_played"}, ""), "no_identity"),
    ],
)
def test_a_bad_row_is_rejected_for_its_reason_and_its_neighbours_stay(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    good, bad = compact(played()), compact(played(**changes))
    read = read_bytes(tmp_path, b"[" + good + b", " + bad + b" ," + good + b"]")
    assert read.reasons == [reason]
    assert read.plays["row"].to_list() == [0, 2]
    assert read.rejected["row"].to_list() == [1]
    assert read.rejected_spans == [(len(good) + 3, len(good) + 3 + len(bad))]


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01T12:00:00Z",
        "2024-05-01 12:00:00",
        "2024-05-01 12:00:00+00:00",
        "2024-05-01T12:00:00",
        "2024-05-01T14:00:00+02:00",
        "2024-05-01 07:00:00-0500",
        "2024-05-01T12:00:00.000Z",
        "2024-05-01 12:00:00 UTC",
        "2024-05-01 12:00",
        1714564800,
        1714564800000,
        "1714564800000.0",
    ],
)
def test_every_common_way_to_write_a_time_is_the_same_time(tmp_path: Path, text: object) -> None:
    read = read_bytes(tmp_path, compact([played(ts=text)]))
    assert read.plays["ended_at"].to_list() == [MOMENT]
    assert read.plays["month"].to_list() == ["2024-05"]


@pytest.mark.parametrize("value", [5000, 5000.0, "5000", "5000.0", " 5000 "])
def test_numbers_that_went_through_other_tools_are_still_numbers(tmp_path: Path, value: object) -> None:
    read = read_bytes(tmp_path, compact([played(), played(ms_played=value)]))
    assert read.plays["ms_played"].to_list() == [200000, 5000]


@pytest.mark.parametrize(
    ("value", "skipped"),
    [
        (True, True),
        (1, True),
        (1.0, True),
        ("true", True),
        ("1.0", True),
        (0, False),
        (0.0, False),
        ("False", False),
        (None, None),
        ("maybe", None),
    ],
)
def test_skipped_is_understood_in_every_form(tmp_path: Path, value: object, skipped: bool | None) -> None:
    read = read_bytes(tmp_path, compact([played(skipped=value)]))
    assert read.plays["is_skipped"].to_list() == [skipped]


def test_the_nan_that_pandas_writes_is_null(tmp_path: Path) -> None:
    """`to_dict` and `json.dump` make NaN of what was null: a podcast keeps being one."""
    music = [name for name in played() if "metadata" in name or name == "spotify_track_uri"]
    nothing = dict.fromkeys([*music, "offline_timestamp", "skipped"], math.nan)
    row = played(**nothing, spotify_episode_uri="spotify:episode:e", episode_name="Ep")
    plays = read_bytes(tmp_path, json.dumps([row]).encode()).plays
    told = plays.select("kind", "track_uri", "track_name", "artist_name", "is_skipped", "offline_timestamp")
    assert told.rows() == [("podcast", "spotify:episode:e", "Ep", None, None, None)]


def test_reasons_nobody_has_seen_before_are_kept_as_they_are(tmp_path: Path) -> None:
    read = read_bytes(tmp_path, compact([played(reason_start="telepathy", reason_end="")]))
    assert read.plays.select("reason_start", "reason_end").row(0) == ("telepathy", None)


def test_junk_in_a_field_that_decides_nothing_becomes_null(tmp_path: Path) -> None:
    read = read_bytes(tmp_path, compact([played(offline_timestamp="junk", conn_country="ZZ")]))
    assert read.plays.select("offline_timestamp", "country").row(0) == (None, None)
    assert read.reasons == []


@pytest.mark.parametrize(
    ("written", "title"),
    [
        (b'"caf\xc3\xa9"', "café"),
        (b'"caf\xe9"', "café"),
        (b'"a\\ud800b"', "a\ufffdb"),
        (b'"a\\udc00"', "a\ufffd"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        ('"\U0001f600"'.encode(), "\U0001f600"),
        ('"שלום עולם \u200f"'.encode(), "שלום עולם \u200f"),
        (b'"tab\there"', "tab\there"),
        (b'"a},{b"', "a},{b"),
        (b'"\\"ts\\":\\"x\\" [{"', '"ts":"x" [{'),
        (b'"[untitled]"', "[untitled]"),
        (b'"back\\\\"', "back\\"),
        (b"1989", "1989"),
        (b"1989.0", "1989"),
        (b'"  "', "  "),
    ],
)
def test_a_title_is_read_as_it_was_meant(tmp_path: Path, written: bytes, title: str) -> None:
    data = compact([played(), played(), played()]).split(b'"Song"')
    read = read_bytes(tmp_path, data[0] + b'"Song"' + data[1] + written + data[2] + b'"Song"' + data[3])
    assert read.titles == ["Song", title, "Song"]
    assert read.reasons == []


def test_a_byte_order_mark_is_no_part_of_the_first_row(tmp_path: Path) -> None:
    bad = compact(played(ts=""))
    read = read_bytes(tmp_path, b"\xef\xbb\xbf[" + bad + b"," + compact(played()) + b"]")
    assert read.titles == ["Song"]
    assert read.rejected_spans == [(4, 4 + len(bad))]


def test_of_a_key_given_twice_the_first_counts(tmp_path: Path) -> None:
    twice = compact(played())[:-1] + b',"ms_played":7}'
    read = read_bytes(tmp_path, b"[" + twice + b"]")
    assert read.plays["ms_played"].to_list() == [200000]
    read = read_bytes(tmp_path, b"[" + twice + b' , {"ts"]')
    assert read.plays["ms_played"].to_list() == [200000]


def test_personal_fields_go_nowhere(tmp_path: Path) -> None:
    rows = [played(), played(ts="never"), played(ms_played="5"), played(ts=None)]
    data = compact(rows)[:-1] + b"," + compact(played())[:-30] + b"}"
    read = read_bytes(tmp_path, data)
    assert read.reading.rows_read == 5
    assert "SECRET" not in read.everything()
