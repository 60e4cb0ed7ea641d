import csv
import io
import json
from pathlib import Path
from zipfile import ZipFile

import polars as pl
from written_exports import REAL, Row, members, real_text

from simulator import scrobbles, simulate, write_lastfm, write_listenbrainz, write_maloja

TRUTH = simulate(51, 1, 3_000)
COUNTED = scrobbles(TRUTH)
PLAYS = {row["play_no"]: row for row in TRUTH.iter_rows(named=True)}


def start_s(play_no: object) -> int:
    return int(PLAYS[play_no]["started_at"].timestamp())


def listens(path: Path) -> list[Row]:
    files = members(path)
    return [
        json.loads(line) for name in files if name.startswith("listens/") for line in files[name].splitlines()
    ]


def test_what_counts_is_music_heard_for_half_its_length_or_four_minutes() -> None:
    short = COUNTED.filter(
        (pl.col("ms_played") < 240_000) & (pl.col("ms_played") * 2 < pl.col("duration_ms"))
    )
    assert short.is_empty()
    assert set(COUNTED["kind"]) == {"music"}
    assert 0.5 < COUNTED.height / TRUTH.height < 0.8


def test_a_listenbrainz_zip_has_a_file_of_lines_for_each_month(tmp_path: Path) -> None:
    labels = write_listenbrainz(TRUTH, tmp_path / "lb.zip")
    files = members(tmp_path / "lb.zip")
    assert labels.height == COUNTED.height
    assert {"user.json", "feedback.jsonl"} <= files.keys()
    for file, row, play_no in labels.select("file", "row", "play_no").iter_rows():
        listen = json.loads(files[file].splitlines()[row])
        assert listen["listened_at"] == start_s(play_no)
        assert listen["track_metadata"]["track_name"] == PLAYS[play_no]["track_name"]
        assert file == PLAYS[play_no]["started_at"].strftime("listens/%Y/%-m.jsonl")


def test_listens_from_a_spotify_importer_carry_the_stop_and_the_id(tmp_path: Path) -> None:
    labels = write_listenbrainz(TRUTH, tmp_path / "lb.zip", clock="stop")
    for listen, play_no in zip(listens(tmp_path / "lb.zip"), labels["play_no"], strict=True):
        metadata = listen["track_metadata"]
        assert isinstance(metadata, dict)
        assert listen["listened_at"] == int(PLAYS[play_no]["ended_at"].timestamp())
        spotify_id = metadata["additional_info"]["spotify_id"]
        assert spotify_id.rsplit("/", 1)[1] == PLAYS[play_no]["track_uri"].rsplit(":", 1)[1]


def test_a_listen_has_the_keys_of_a_real_one_and_their_spacing(tmp_path: Path) -> None:
    real_text("README.md")
    with ZipFile(REAL / "listenbrainz" / "listenbrainz_shoko1_1749780844.zip") as archive:
        real = archive.read("listens/2025/6.jsonl").decode().splitlines()[0]
    write_listenbrainz(TRUTH, tmp_path / "lb.zip")
    ours = next(text for name, text in members(tmp_path / "lb.zip").items() if name.startswith("listens/"))
    line = ours.splitlines()[0]
    for text in (line, real):
        assert text == json.dumps(json.loads(text), ensure_ascii=False)
    assert list(json.loads(line)) == list(json.loads(real))
    missing = json.loads(real)["track_metadata"].keys() - json.loads(line)["track_metadata"].keys()
    assert missing == {"recording_msid"}


def test_lastfm_csv_has_a_header_and_start_times_newest_first(tmp_path: Path) -> None:
    labels = write_lastfm(TRUTH, tmp_path / "scrobbles.csv", undated=2)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "scrobbles.csv").read_text(encoding="utf-8"))))
    assert list(rows[0]) == [
        "uts",
        "utc_time",
        "artist",
        "artist_mbid",
        "album",
        "album_mbid",
        "track",
        "track_mbid",
    ]
    assert labels.height == len(rows) == COUNTED.height + 2
    for row, play_no in zip(rows[:-2], labels["play_no"], strict=False):
        assert int(row["uts"]) == start_s(play_no)
        assert (row["artist"], row["track"]) == (PLAYS[play_no]["artist_name"], PLAYS[play_no]["track_name"])
    assert [row["uts"] for row in rows[-2:]] == ["0", "0"]
    assert labels["why"].tail(2).to_list() == ["no_time", "no_time"]


def test_lastfm_headerless_csv_has_four_fields_to_the_minute(tmp_path: Path) -> None:
    labels = write_lastfm(TRUTH, tmp_path / "scrobbles.csv", form="headerless_csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "scrobbles.csv").read_text(encoding="utf-8"))))
    play = PLAYS[labels["play_no"][0]]
    assert {len(row) for row in rows} == {4}
    assert len(rows) == labels.height
    assert rows[0] == [
        play["artist_name"],
        play["album_name"],
        play["track_name"],
        play["started_at"].strftime("%d %b %Y %H:%M"),
    ]


def test_lastfm_pages_have_the_shape_of_a_real_export(tmp_path: Path) -> None:
    real = json.loads(real_text("other_services/recenttracks-shoko2-1749776100.json"))
    labels = write_lastfm(TRUTH, tmp_path / "pages.json", form="json")
    text = (tmp_path / "pages.json").read_text(encoding="utf-8")
    pages = json.loads(text)
    tracks = [track for page in pages for track in page["track"]]
    assert text == json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    assert [len(page["track"]) for page in pages[:-1]] == [200] * (len(pages) - 1)
    assert list(tracks[0]) == list(real[0]["track"][0])
    assert list(tracks[0]["date"]) == list(real[0]["track"][0]["date"])
    assert [int(track["date"]["uts"]) for track in tracks] == [
        start_s(play_no) for play_no in labels["play_no"]
    ]


def test_maloja_scrobbles_have_the_keys_of_real_ones(tmp_path: Path) -> None:
    real = json.loads(real_text("other_services/maloja_import_test.json"))
    labels = write_maloja(TRUTH, tmp_path / "maloja.json")
    ours = json.loads((tmp_path / "maloja.json").read_text(encoding="utf-8"))
    assert list(ours) == list(real)
    assert list(ours["scrobbles"][0]) == list(real["scrobbles"][0])
    assert list(ours["scrobbles"][0]["track"]) == list(real["scrobbles"][0]["track"])
    assert [row["time"] for row in ours["scrobbles"]] == [start_s(play_no) for play_no in labels["play_no"]]


def test_the_same_truth_is_written_to_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        write_listenbrainz(TRUTH, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
