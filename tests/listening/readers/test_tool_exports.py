"""Every form that scrobblers and services write is read as what the simulator wrote."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from reading_world import Read

from simulator import scrobbles, simulate, write_tool
from simulator.tools import TOOLS

TRUTH = simulate(11, plays=400, first_day=date(2024, 1, 1), last_day=date(2024, 2, 20))
COUNTED = scrobbles(TRUTH)
_WITHOUT_ALBUM = {"youtube_music.json", "soundcloud.csv"}
_PLAYED = {"apple_music.csv": 1, "tidal.csv": 1, "deezer.xlsx": 1000}
_LENGTHS = {
    **dict.fromkeys(("pano.jsonl", "pano.csv", "apple_music.csv"), 1),
    **dict.fromkeys(("scrobbler.log", "scrubbler.csv", "amazon_music.csv", "koito.json"), 1000),
}
"""Milliseconds to which a form tells them."""


@pytest.mark.parametrize("form", TOOLS)
def test_a_tools_form_is_read_row_by_row_as_it_was_written(tmp_path: Path, form: str) -> None:
    labels = write_tool(TRUTH, tmp_path / form, form)
    read = Read(tmp_path / form)
    assert read.rejected.is_empty()
    assert read.reading.independent_count == labels.height == COUNTED.height
    rows = read.plays.join(labels.select("row", "play_no"), "row", validate="1:1").join(
        COUNTED, "play_no", suffix="_true"
    )
    assert rows["artist_name"].equals(rows["artist_name_true"], check_names=False)
    assert rows["track_name"].equals(rows["track_name_true"], check_names=False)
    assert rows["album_name"].is_null().all() or rows["album_name"].equals(rows["album_name_true"])
    assert rows["album_name"].is_null().all() == (form in _WITHOUT_ALBUM)
    assert (rows["started_at"].dt.epoch("s") == rows["listened_at"]).all()
    for column, finest in (("ms_played", _PLAYED), ("duration_ms", _LENGTHS)):
        truth = (pl.col(f"{column}_true") // finest[form] * finest[form]) if form in finest else pl.lit(None)
        assert rows.select(pl.col(column).eq_missing(truth).all()).item(), column
