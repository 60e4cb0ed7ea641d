import json
import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from written_exports import labelled_rows, members, real_text

from simulator import Quirks, Vintage, simulate, truth_frames, write_extended, write_extended_frames

TRUTH = simulate(11, 1, 6_000)
KEYS = {
    Vintage.Y2023: "spotify_extended/Streaming_History_Audio_2023_1.json",
    Vintage.Y2025: "spotify_extended/Streaming_History_Audio_spotify_import_test.json",
}


@pytest.mark.parametrize("vintage", KEYS)
def test_keys_are_those_of_real_files_in_their_order(vintage: Vintage, tmp_path: Path) -> None:
    real = json.loads(real_text(KEYS[vintage]))
    labels = write_extended(TRUTH, tmp_path / "export.zip", seed=1, vintage=vintage)
    audio = next(text for name, text in members(tmp_path / "export.zip").items() if "Audio" in name)
    assert {tuple(row) for row in json.loads(audio)} == {tuple(real[0])}
    assert labels.height > 6_000 * 0.9


def test_text_is_spaced_as_in_a_real_file(tmp_path: Path) -> None:
    real = real_text(KEYS[Vintage.Y2023])
    write_extended(TRUTH, tmp_path / "export.zip", seed=1, vintage=Vintage.Y2023)
    for text in (real, *members(tmp_path / "export.zip").values()):
        assert text == json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def test_values_have_the_types_of_a_real_file(tmp_path: Path) -> None:
    real = json.loads(real_text(KEYS[Vintage.Y2023]))
    labels = write_extended(TRUTH, tmp_path / "export.zip", seed=1, vintage=Vintage.Y2023)
    ours = labelled_rows(tmp_path / "export.zip", labels)
    for key in real[0]:
        known = {type(row[key]) for row in real} | {type(None)}
        if key not in ("username", "ip_addr_decrypted", "user_agent_decrypted"):
            assert {type(row[key]) for row in ours} <= known, key


def test_the_newest_form_is_pretty_and_its_videos_have_19_keys(tmp_path: Path) -> None:
    write_extended(TRUTH, tmp_path / "export.zip", seed=1)
    files = members(tmp_path / "export.zip")
    for name, text in files.items():
        rows = json.loads(text)
        assert text == json.dumps(rows, ensure_ascii=False, indent=2)
        assert {len(row) for row in rows} == ({19} if "Video" in name else {23})
    assert any("Video" in name for name in files)


def test_files_are_named_by_their_years_and_hold_about_12_mb(tmp_path: Path) -> None:
    truth = simulate(2, 1, 40_000)
    write_extended(truth, tmp_path / "export.zip", seed=1)
    audio = {name: text for name, text in members(tmp_path / "export.zip").items() if "Audio" in name}
    assert len(audio) > 2
    for number, (name, text) in enumerate(audio.items()):
        assert 11e6 < len(text.encode()) < 13e6 or number == len(audio) - 1
        found = re.search(
            rf"Extended Streaming History/Streaming_History_Audio_(\d+)(-\d+)?_{number}\.json$", name
        )
        years = sorted({row["ts"][:4] for row in json.loads(text)})
        assert found is not None
        assert found[1] == years[0]
        assert (found[2] or f"-{found[1]}") == f"-{years[-1]}"


def test_newer_files_are_in_time_order_and_endsong_files_are_not(tmp_path: Path) -> None:
    for vintage in Vintage:
        labels = write_extended(TRUTH, tmp_path / "export.zip", seed=1, vintage=vintage)
        times = [
            row["ts"]
            for row in labelled_rows(tmp_path / "export.zip", labels)
            if "Video" not in str(row["file"])
        ]
        assert (times == sorted(times, key=str)) is (vintage is not Vintage.ENDSONG)
        assert all("endsong_" in name for name in labels["file"]) is (vintage is Vintage.ENDSONG)


def test_every_row_has_one_label_and_every_play_one_original(tmp_path: Path) -> None:
    labels = write_extended(TRUTH, tmp_path / "export.zip", seed=1)
    rows = sum(len(json.loads(text)) for text in members(tmp_path / "export.zip").values())
    originals = labels.filter(why="original")
    assert labels.height == rows
    assert labels.select("file", "row").is_unique().all()
    assert sorted(originals["play_no"]) == list(range(TRUTH.height))
    assert labels.filter(pl.col("play_no").is_null() != (pl.col("why") == "no_identity")).is_empty()


def test_labels_name_the_play_that_the_row_tells_of(tmp_path: Path) -> None:
    labels = write_extended(TRUTH, tmp_path / "export.zip", seed=1)
    truth = {row["play_no"]: row for row in TRUTH.iter_rows(named=True)}
    for row in labelled_rows(tmp_path / "export.zip", labels):
        uris = (
            row.get("spotify_track_uri"),
            row.get("spotify_episode_uri"),
            row.get("audiobook_chapter_uri"),
        )
        told = truth.get(row["play_no"], {"track_uri": None, "ms_played": row["ms_played"]})
        assert {uri for uri in uris if uri} == ({told["track_uri"]} - {None})
        assert row["ms_played"] == told["ms_played"] or row["why"] == "same_start_copy"


def test_the_same_arguments_write_the_same_bytes_and_another_seed_other_copies(tmp_path: Path) -> None:
    written = [write_extended(TRUTH, tmp_path / f"{n}.zip", seed=seed) for n, seed in enumerate((1, 1, 2))]
    assert (tmp_path / "0.zip").read_bytes() == (tmp_path / "1.zip").read_bytes()
    assert written[0].equals(written[1])
    assert not written[0].equals(written[2])


def test_two_exports_tell_the_same_of_the_plays_both_cover(tmp_path: Path) -> None:
    def originals(name: str, seed: int, first: date | None, last: date | None) -> dict[object, object]:
        labels = write_extended(TRUTH, tmp_path / name, seed=seed, first=first, last=last)
        rows = [row for row in labelled_rows(tmp_path / name, labels) if row["why"] == "original"]
        return {
            row.pop("play_no"): {key: row[key] for key in row if key not in ("file", "row")} for row in rows
        }

    early = originals("a.zip", 1, None, date(2020, 12, 31))
    late = originals("b.zip", 2, date(2020, 1, 1), None)
    both = early.keys() & late.keys()
    assert len(both) > 100
    assert len(early.keys() | late.keys()) == TRUTH.height
    assert all(early[play] == late[play] for play in both)


def test_a_folder_holds_the_same_files_as_a_zip(tmp_path: Path) -> None:
    zipped = write_extended(TRUTH, tmp_path / "export.zip", seed=1)
    laid = write_extended(TRUTH, tmp_path / "export", seed=1)
    assert zipped.equals(laid)
    for name, text in members(tmp_path / "export.zip").items():
        assert (tmp_path / "export" / name).read_text(encoding="utf-8") == text
    assert list((tmp_path / "export").rglob("ReadMeFirst*.pdf"))


def test_personal_fields_hold_planted_values(tmp_path: Path) -> None:
    write_extended(TRUTH, tmp_path / "export.zip", seed=1, vintage=Vintage.Y2023)
    text = "".join(members(tmp_path / "export.zip").values())
    for planted in ("planted-user-listener-000000", "203.0.113.7", "planted-agent"):
        assert text.count(planted) >= TRUTH.height * 0.9


def test_days_without_plays_give_an_export_without_rows(tmp_path: Path) -> None:
    assert write_extended(TRUTH, tmp_path / "export.zip", seed=1, first=date(2030, 1, 1)).is_empty()


def test_several_listeners_in_one_export_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one listener's"):
        write_extended(simulate(1, 2, 10), tmp_path / "export.zip", seed=1, quirks=Quirks.none())


def test_frames_written_one_after_the_other_make_one_export_of_numbered_files(tmp_path: Path) -> None:
    frames = truth_frames(1, 30, 12_000, batch=4_000)
    rows = write_extended_frames(frames, tmp_path / "export.zip", seed=1)
    files = members(tmp_path / "export.zip")
    assert len(files) == 6
    assert sum(len(json.loads(text)) for text in files.values()) == rows >= 12_000
