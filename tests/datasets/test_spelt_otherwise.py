"""Numbers, headers and lists mean the same however a country or a tool writes them."""

from pathlib import Path

import pytest
from dataset_worlds import read
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.datasets.columns import columns

PLAIN = "title,artist,energy,duration_ms,tempo,mood\nSong,Band,0.73,215500,120.5,calm\nS,Ms,0.05,61000,90,\n"
NAMES = ("title", "artist", "energy", "duration_s", "tempo_bpm", "mood")
SPELT = {
    "percent in the header": "title,artist,Energy (%),duration_ms,tempo,mood\nSong,Band,73,215500,120.5,calm\nS,Ms,5,61000,90,\n",
    "percent as a word": "title,artist,energy_percent,Duration [s],Tempo (BPM),mood\nSong,Band,73,215.5,120.5,calm\nS,Ms,5,61,90,\n",
    "a scale in the header": "title,artist,energy (0-100),duration (in ms),bpm,mood\nSong,Band,73,215500,120.5,calm\nS,Ms,5,61000,90,\n",
    "units in the cells": 'title,artist,energy,duration,tempo,mood\nSong,Band,73%,215500 ms,120.5 BPM,calm\nS,Ms,5 %,61 s,90 bpm,\n',
    "decimal commas": "title;artist;energy;duration_s;tempo;mood\nSong;Band;0,73;215,5;120,5;calm\nS;Ms;0,05;61;90;\n",
    "decimal commas, quoted": 'title,artist,energy,duration_s,tempo,mood\nSong,Band,"0,73","215,5","120,5",calm\nS,Ms,"0,05",61,90,\n',
    "thousands": 'title,artist,energy,duration_ms,tempo,mood\nSong,Band,0.73,"215,500",120.5,calm\nS,Ms,0.05,"61,000",90,\n',
    "clocks": "title,artist,energy,Duration (mm:ss),tempo,mood\nSong,Band,0.73,3:35.5,120.5,calm\nS,Ms,0.05,1:01,90,\n",
    "units below": "title,artist,energy,duration,tempo,mood\n,,%,ms,bpm,\nSong,Band,73,215500,120.5,calm\nS,Ms,5,61000,90,\n",
    "units of all below": "title,artist,energy,duration,tempo,mood\ntext,text,0-100,ms,bpm,text\nSong,Band,73,215500,120.5,calm\nS,Ms,5,61000,90,\n",
    "groups above": "Track,,Audio features,,,\n" + PLAIN,
    "titles and comments above": "# My moods\n# made by hand\n\nMoods 2024,,,,,\n" + PLAIN,
    "sep=": "sep=;\n" + PLAIN.replace(",", ";"),
    "a list of moods": PLAIN.replace("calm", "\"['calm']\"").replace("mood\n", "moods\n"),
}  # fmt: skip
ROWS = [("Song", "Band", 0.73, 215.5, 120.5, "calm"), ("S", "Ms", 0.05, 61.0, 90.0, None)]


@pytest.mark.parametrize("spelling", SPELT)
def test_the_same_rows_are_read_however_they_are_spelt(tmp_path: Path, spelling: str) -> None:
    found = read(tmp_path, "a.csv", SPELT[spelling]).of(*NAMES)
    assert [row[:2] + row[5:] for row in found] == [row[:2] + row[5:] for row in ROWS]
    assert [row[2:5] for row in found] == [pytest.approx(row[2:5]) for row in ROWS]
    assert read(tmp_path, "b.csv", PLAIN).of(*NAMES) == ROWS


def test_a_song_called_like_a_unit_is_a_row(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "title,duration\nms,215\ns,61\n")
    assert found.of("title", "duration_s") == [("ms", 215.0), ("s", 61.0)]


def test_numbers_outside_of_their_range_stay_invalid_whatever_their_unit(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", 'title,energy,tempo\nA,173%,fast\nB,7,"1,2,3"\n')
    assert found.of("energy", "invalid_energy", "tempo_bpm", "invalid_tempo") == [
        (None, "173%", None, "fast"),
        (None, "7", None, "1,2,3"),
    ]


@pytest.mark.parametrize(
    "moods",
    ["['Calm', 'sad']", '["Calm", "sad"]', "[Calm, sad]", "{Calm,sad}", "Calm; sad", "Calm|sad", "Calm ;sad"],
)
def test_lists_of_moods_are_lists(tmp_path: Path, moods: str) -> None:
    quoted = moods.replace('"', '""')
    assert read(tmp_path, "a.csv", f'title,moods\nSong,"{quoted}"\n').of("mood") == [("Calm; sad",)]


@settings(max_examples=20)
@given(st.floats(0, 1), st.sampled_from([".", ","]))
def test_an_energy_is_the_same_as_a_share_and_in_percent(share: float, point: str) -> None:
    import tempfile

    share = round(share, 4)
    percent = f"{share * 100:.2f}".replace(".", point)
    text = f"title;energy;energy_percent\nA;{str(share).replace('.', point)};\n"
    other = f"title;energy_percent\nA;{percent}\n"
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = (
            read(Path(folder), name, said).of("energy")[0][0]
            for name, said in (("a.csv", text), ("b.csv", other))
        )
    assert ours == pytest.approx(share)
    assert theirs == pytest.approx(share)


def test_an_energy_that_is_named_twice_is_the_plain_one() -> None:
    assert columns(["title", "energy_percent", "energy"]).energy_a_unit == 0.01
