"""The simulated dataset holds what it says it holds, and reading it gives the truth back."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.datasets.reading import Reading, files
from simulator import simulate
from simulator.datasets import Faults, Format, dataset_rows, write_dataset, write_rows

NONE = Faults(0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def truth() -> pl.DataFrame:
    return simulate(3, plays=1_000, first_day=date(2023, 1, 1), last_day=date(2024, 1, 1))


def stored(path: Path, scratch: Path) -> tuple[pl.DataFrame, int]:
    """The tracks that reading gives, and how many rows it rejects."""
    reading = Reading(files(path), scratch)
    tracks = pl.concat(batch.tracks for batch in reading.batches("set"))
    return tracks, reading.rows_rejected


@pytest.mark.parametrize("form", ["csv", "jsonl", "json", "parquet"])
def test_reading_it_gives_back_what_was_written(truth: pl.DataFrame, tmp_path: Path, form: Format) -> None:
    rows = dataset_rows(truth, 2_000, faults=NONE)
    write_dataset(rows, tmp_path / "set", form=form)
    tracks, rejected = stored(tmp_path / "set", tmp_path / "scratch")
    assert (tracks.height, rejected) == (2_000, 0)
    assert tracks["spotify_id"].to_list() == rows["track_uri"].str.split(":").list.last().to_list()
    for name in ("genre", "mood", "energy", "year"):
        assert tracks[name].to_list() == rows[name].to_list()
    assert tracks["tempo_bpm"].to_list() == rows["tempo"].to_list()
    assert (tracks["duration_s"] * 1000).round().cast(pl.Int64).to_list() == rows["duration_ms"].to_list()


def test_its_faults_are_found_each_where_it_was_planted(truth: pl.DataFrame, tmp_path: Path) -> None:
    rows = dataset_rows(truth, 2_000)
    write_dataset(rows, tmp_path / "set")
    tracks, rejected = stored(tmp_path / "set", tmp_path / "scratch")
    assert rejected == rows["is_repeated"].sum() > 0
    assert tracks["genre"].is_null().to_list() == rows["is_missing"].to_list()
    for name in ("energy", "tempo", "year"):
        assert tracks[f"invalid_{name}"].is_not_null().to_list() == rows["is_invalid"].to_list()
    is_stranger = rows["track_uri"].is_null()
    assert tracks["spotify_id"].is_null().to_list() == (is_stranger | rows["is_without_id"]).to_list()


def test_fields_all_in_quotes_are_the_same(truth: pl.DataFrame, tmp_path: Path) -> None:
    rows = dataset_rows(truth, 1_000)
    write_dataset(rows, tmp_path / "set")
    (tmp_path / "quoted").mkdir()
    write_rows(rows, tmp_path / "quoted" / "tracks.csv")
    plain, quoted = (stored(tmp_path / name, tmp_path / f"scratch-{name}")[0] for name in ("set", "quoted"))
    assert plain.equals(quoted)


def test_the_same_seed_gives_the_same_dataset(truth: pl.DataFrame) -> None:
    assert dataset_rows(truth, 500).equals(dataset_rows(truth, 500))
    assert not dataset_rows(truth, 500).equals(dataset_rows(truth, 500, seed=2))


def test_every_track_that_was_played_is_in_it_once(truth: pl.DataFrame) -> None:
    rows = dataset_rows(truth, 5_000)
    played = truth.filter((pl.col("kind") == "music") & pl.col("track_name").is_not_null())[
        "track_uri"
    ].unique()
    known = rows["track_uri"].drop_nulls()
    assert set(known) == set(played)
    assert known.n_unique() == known.len()
