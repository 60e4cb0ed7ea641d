from pathlib import Path

import pytest

from assets.listening.readers import fingerprint, masked_name


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("listenbrainz_some_body_1749780844.zip", "listenbrainz_*_1749780844.zip"),
        ("listenbrainz_some_body_1749780844", "listenbrainz_*_1749780844"),
        ("listenbrainz_some_body_1749780844 (1).zip", "listenbrainz_*_1749780844 (1).zip"),
        ("recenttracks-somebody-1749776100.json", "recenttracks-*-1749776100.json"),
        ("lastfm-somebody.csv", "lastfm-*.csv"),
        ("lastfmstats-somebody.csv", "lastfmstats-*.csv"),
        ("somebody.tsv", "*.tsv"),
        ("somebody.csv", "*.csv"),
        ("MyData/somebody@example.org.json", "MyData/*"),
        ("Streaming_History_Audio_2024_5.json", "Streaming_History_Audio_2024_5.json"),
        ("listens/2024/5.jsonl", "listens/2024/5.jsonl"),
        ("my_spotify_data.zip", "my_spotify_data.zip"),
        ("scrobbles.csv", "scrobbles.csv"),
        ("lovedtracks-somebody-1749776100.json", "lovedtracks-*-1749776100.json"),
        ("some.body_loved_tracks.csv", "*_loved_tracks.csv"),
        ("Some O'Body's history.csv", "* history.csv"),
        ("somebody93.xlsx", "*.xlsx"),
        ("Playlists of somebody/topartists somebody.xml", "Playlists of */topartists *.xml"),
        ("10_listeningHistory.csv", "10_listeningHistory.csv"),
        ("Apple Music Play Activity.csv", "Apple Music Play Activity.csv"),
        ("StreamingHistory_music_0.csv", "StreamingHistory_music_0.csv"),
        (".scrobbler.log", ".scrobbler.log"),
    ],
)
def test_user_names_in_file_names_are_masked(name: str, masked: str) -> None:
    assert masked_name(name) == masked
    assert masked_name(Path("/home/somebody") / name) == masked.rpartition("/")[2]


def test_a_folder_of_one_file_is_that_file_and_names_do_not_matter(tmp_path: Path) -> None:
    for folder, names in {"one": "a", "same": "xy", "other": "yx"}.items():
        (tmp_path / folder).mkdir()
        for number, name in enumerate(names):
            (tmp_path / folder / name).write_text(f"content {number}")
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "one" / "a")
    assert fingerprint(tmp_path / "same") == fingerprint(tmp_path / "other")
    assert fingerprint(tmp_path / "same") != fingerprint(tmp_path / "one")
    assert fingerprint(tmp_path / "same").bytes == 18


def test_one_changed_byte_is_another_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").write_bytes(b"abd")
    assert fingerprint(tmp_path / "a").sha256 != fingerprint(tmp_path / "b").sha256
