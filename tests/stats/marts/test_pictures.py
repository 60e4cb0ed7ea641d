"""Each mart shows a picture of its own rows, and one without rows shows none."""

import base64
import re
from pathlib import Path

import polars as pl
import pytest

from assets.marts.pictures import picture_of, row_count
from assets.marts.registry import mart_path
from assets.marts.registry import marts as registered
from marts.world import PROJECT

NAMES = sorted(registered(PROJECT))


def shown(folder: Path, name: str) -> tuple[str, list[str]]:
    """What the picture is called, and the texts in it."""
    found = picture_of(name, mart_path(folder, name))
    assert found is not None
    title, markdown = found
    svg = base64.b64decode(markdown.rpartition(",")[2].removesuffix(")")).decode()
    return title, re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.parametrize("name", NAMES)
def test_every_mart_has_a_picture_and_a_row_count(marts: Path, empty_marts: Path, name: str) -> None:
    assert shown(marts, name)[1]
    assert row_count(mart_path(marts, name)) == pl.read_parquet(mart_path(marts, name)).height > 0
    assert picture_of(name, mart_path(empty_marts, name)) is None
    assert row_count(mart_path(empty_marts, name)) == 0


def test_streaks_are_the_longest_of_all_listeners(marts: Path) -> None:
    streaks = pl.read_parquet(mart_path(marts, "streaks")).sort("days", descending=True)
    title, texts = shown(marts, "streaks")
    assert title == "longest streaks"
    assert [text for text in texts[1:] if text.isdecimal()] == list(map(str, streaks["days"].head(10)))


def test_a_list_of_podcasts_is_by_hours_and_of_all_listeners(marts: Path) -> None:
    shows = (
        pl.read_parquet(mart_path(marts, "podcasts")).group_by("show_name").agg(pl.col("ms_estimated").sum())
    )
    best = shows.sort("ms_estimated", "show_name", descending=[True, False])["show_name"].fill_null(
        "unknown"
    )[0]
    title, texts = shown(marts, "podcasts")
    assert (title, texts[0]) == ("most hours", "hours")
    assert texts[1][:20] == best[:20]


def test_where_no_length_is_known_it_goes_by_plays(tmp_path: Path) -> None:
    rows = pl.DataFrame({"year": [2023, 2024], "ms_estimated": [None, None], "plays": [7, 40]})
    rows.cast({"ms_estimated": pl.Int64()}).write_parquet(tmp_path / "year_in_music.parquet")
    found = picture_of("year_in_music", tmp_path / "year_in_music.parquet")
    assert found is not None
    assert found[0] == "plays a year"
