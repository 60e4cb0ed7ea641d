from pathlib import Path

import pytest
from reading_world import Read

DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason="the real exports are not beside this checkout")
@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("spotify_extended", 4467),
        ("spotify_account/listener_a", 18083),
        ("spotify_account/listener_b", 12622),
        ("spotify_account/listener_c", 54429),
        ("listenbrainz", 24),
        ("other_services", 48),
    ],
)
def test_every_row_of_the_real_exports_is_read(path: str, rows: int) -> None:
    read = Read(DATA / path)
    assert read.plays.height == read.reading.rows_read == read.reading.independent_count == rows
    assert read.reading.problems == []
