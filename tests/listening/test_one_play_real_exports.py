"""Real exports: every row has its outcome, and importing them again changes nothing."""

from pathlib import Path

import polars as pl
import pytest
from simulated_imports import NOW

from assets.listening.readers import open_export
from assets.listening.resolve import Resolved, resolve
from assets.tables import PLAYS

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real exports are not beside this checkout")

EXPORTS = {
    "spotify_extended": (4_467, 4_425),
    "spotify_account/listener_a": (18_083, 18_083),
    "spotify_account/listener_b": (12_622, 12_622),
    "spotify_account/listener_c": (54_429, 54_429),
    "listenbrainz": (24, 24),
    "other_services": (48, 48),
}
"""Rows, and the plays they are."""


def read(name: str, import_id: str = "import") -> pl.DataFrame:
    reading = open_export(DATA / name, import_id=import_id, user_id="user", now=NOW)
    return pl.concat([batch.plays for batch in reading])


def resolved(*frames: pl.DataFrame) -> Resolved:
    raw = pl.concat(frames)
    imports = raw.lazy().group_by("import_id").agg(last_played_at=pl.coalesce("ended_at", "started_at").max())
    return resolve(raw.lazy(), imports, raw["month"].unique().to_list())


@pytest.mark.parametrize("name", EXPORTS)
def test_every_row_is_a_play_or_a_duplicate_of_one(name: str) -> None:
    frame = read(name)
    found = resolved(frame)
    rows, plays = EXPORTS[name]
    assert (frame.height, found.plays.height) == (rows, plays)
    assert found.plays.height + found.duplicate_rows.height == rows
    assert found.plays["play_id"].is_unique().all()
    assert found.plays.select(PLAYS.key).null_count().sum_horizontal().item() == 0
    assert set(found.duplicate_rows["play_id"]) <= set(found.plays["play_id"])


@pytest.mark.parametrize("name", EXPORTS)
def test_importing_a_real_export_again_adds_no_play(name: str) -> None:
    once, twice = resolved(read(name)), resolved(read(name), read(name, "later"))
    assert twice.plays.drop("import_id", "file", "row").equals(once.plays.drop("import_id", "file", "row"))


def test_equal_account_rows_never_straddle_two_files_of_an_export() -> None:
    """What makes the file, not the import, the place where equal rows are counted."""
    for name in EXPORTS:
        frame = read(name).filter(source="spotify_account")
        key = ("ended_at", "artist_name", "track_name", "ms_played")
        assert frame.group_by(key).agg(pl.col("file").n_unique()).filter(pl.col("file") > 1).is_empty(), name
