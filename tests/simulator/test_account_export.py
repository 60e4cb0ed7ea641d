import json
from datetime import date
from pathlib import Path

import pytest
from written_exports import labelled_rows, members, real_text

from simulator import simulate, write_account

TRUTH = simulate(41, 1, 60_000)


@pytest.mark.parametrize(
    ("series", "real"),
    [
        ("StreamingHistory_music_0", "spotify_account/listener_a/StreamingHistory_music_0.json"),
        ("StreamingHistory_podcast_0", "spotify_account/listener_b/StreamingHistory_podcast_0.json"),
    ],
)
def test_keys_and_spacing_are_those_of_real_files(series: str, real: str, tmp_path: Path) -> None:
    write_account(TRUTH, tmp_path / "account.zip")
    ours = next(text for name, text in members(tmp_path / "account.zip").items() if series in name)
    theirs = real_text(real)
    for text in (ours, theirs):
        assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2, separators=(",", " : "))
    assert {tuple(row) for row in json.loads(ours)} == {tuple(row) for row in json.loads(theirs)}


def test_files_hold_10_000_rows_and_the_last_year_only(tmp_path: Path) -> None:
    labels = write_account(TRUTH, tmp_path / "account.zip", naming="single")
    rows = labelled_rows(tmp_path / "account.zip", labels)
    sizes = labels.group_by("file").len().sort("file")["len"].to_list()
    assert len(rows) > 5_000
    assert all(size == 10_000 for size in sizes[:-1])
    assert min(str(row["endTime"]) for row in rows) >= "2023-12-30"
    assert [row["endTime"] for row in rows] == sorted(str(row["endTime"]) for row in rows)


def test_a_busy_year_takes_several_files_of_each_kind(tmp_path: Path) -> None:
    busy = simulate(42, 1, 25_000, date(2023, 1, 1), date(2023, 12, 31))
    labels = write_account(busy, tmp_path / "account.zip")
    sizes = dict(labels.group_by("file").len().iter_rows())
    assert sizes["Spotify Account Data/StreamingHistory_music_0.json"] == 10_000
    assert sizes["Spotify Account Data/StreamingHistory_music_1.json"] == 10_000
    assert {name.split("/")[1].rsplit("_", 1)[0] for name in sizes} == {
        "StreamingHistory_music",
        "StreamingHistory_podcast",
        "StreamingHistory_audiobook",
    }
    assert sum(sizes.values()) == busy.height


def test_each_row_has_a_label_that_names_its_play(tmp_path: Path) -> None:
    labels = write_account(TRUTH, tmp_path / "account.zip")
    plays = {row["play_no"]: row for row in TRUTH.iter_rows(named=True)}
    rows = labelled_rows(tmp_path / "account.zip", labels)
    assert labels["play_no"].is_unique().all()
    for row in rows:
        title = row.get("trackName") or row.get("episodeName") or row.get("chapterName")
        assert title == plays[row["play_no"]]["track_name"]


def test_the_older_form_mixes_podcasts_in_as_tracks(tmp_path: Path) -> None:
    labels = write_account(TRUTH, tmp_path / "account.zip", naming="single")
    kinds = labels.join(TRUTH, on=("user_id", "play_no"))["kind"]
    assert set(kinds) == {"music", "podcast", "video"}
    assert all(name.startswith("Spotify Account Data/StreamingHistory0") for name in labels["file"].head(1))


def test_the_download_holds_files_that_are_no_history(tmp_path: Path) -> None:
    write_account(TRUTH, tmp_path / "account.zip")
    names = {name.split("/")[1] for name in members(tmp_path / "account.zip")}
    assert {"Playlist1.json", "Userdata.json", "SearchQueries.json", "Inferences.json"} <= names
