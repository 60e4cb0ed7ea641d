"""Several genres, moods or artists in one cell are several, whatever stands between them."""

import json
from pathlib import Path

import polars as pl
import pytest
from dataset_worlds import read
from test_facts import SONG, said

SPELT = [
    *("rock, pop", "rock,pop", "rock; pop", "rock;pop", "rock | pop", "rock|pop", "rock / pop", "rock、pop"),
    *("rock，pop", "rock\npop", "rock\r\npop", "rock\\\\pop", "rock \\\\ pop", "rock • pop", "rock, and pop"),
    *(
        "rock, & pop",
        "[rock, pop]",
        "['rock', 'pop']",
        '["rock", "pop"]',
        "['rock' 'pop']",
        "('rock', 'pop')",
    ),
    *("{rock,pop}", "{'rock', 'pop'}", "rock, pop,", "; rock; pop", "rock ,, pop", '[\n "rock",\n "pop"\n]'),
]


@pytest.mark.parametrize("cell", SPELT)
@pytest.mark.parametrize("field", ["genre", "mood"])
def test_a_text_of_several_is_several(tmp_path: Path, cell: str, field: str) -> None:
    quoted = cell.replace('"', '""')
    assert read(tmp_path, "a.csv", f'title,{field}\nSong,"{quoted}"\n').of(field) == [("rock; pop",)]


@pytest.mark.parametrize(
    "cell", ["hip-hop/rap", "R&B", "rock'n'roll", "drum & bass", "pop (soft)", "8-bit", "80's"]
)
def test_a_name_with_signs_in_it_is_one(tmp_path: Path, cell: str) -> None:
    assert read(tmp_path, "a.csv", f'title,genre\nSong,"{cell}"\n').of("genre") == [(cell,)]


@pytest.mark.parametrize("form", ["json", "jsonl", "parquet"])
@pytest.mark.parametrize(
    "value", ["rock, pop", "rock / pop", ["rock", "pop"], [{"name": "rock"}, {"name": "pop"}]]
)
def test_a_list_is_the_same_in_every_format(tmp_path: Path, form: str, value: object) -> None:
    row, made = {"title": "Song", "genres": value}, tmp_path / "made"
    if form == "parquet":
        pl.DataFrame([row]).write_parquet(made)
    else:
        made.write_text(json.dumps([row] if form == "json" else row))
    assert read(tmp_path, f"a.{form}", made.read_bytes()).of("genre") == [("rock; pop",)]


def test_a_comma_is_part_of_a_name_of_artists(tmp_path: Path) -> None:
    text = 'title,artist\nSeptember,"Earth, Wind & Fire"\n'
    assert read(tmp_path, "a.csv", text).of("artist") == [("Earth, Wind & Fire",)]


@pytest.mark.parametrize("genre", ["Rock, Pop", "rock / pop", "rock|pop", "rock;pop", "rock; pop"])
def test_a_track_has_each_of_its_genres(genre: str) -> None:
    assert said([{"spotify_id": SONG, "genre": genre}])["genre"]["text"] == "rock; pop"
