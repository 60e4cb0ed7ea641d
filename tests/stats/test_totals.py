"""The total of a listener is the sum that their top lists are cut from, and says what it does not know."""

import polars as pl
import pytest

from assets.stats.totals import MusicTotal, music_total
from assets.tables import PLAY_MONTHS, TRACKS
from resources.lake import Lake


@pytest.fixture
def lake(tmp_path: object) -> Lake:
    """Ada played a song of known length twice, once untimed, and one that nobody knows the length of."""
    made = Lake(f"{tmp_path}/lake")
    month: dict[str, object] = {
        "month": "2024-05",
        "user_id": "ada",
        "kind": "music",
        "told_album_id": None,
        "ms_long": [],
    }
    rows = [
        month | {"track_id": "known", "plays": 2, "plays_unmeasured": 1, "ms_played": 100_000},
        month | {"track_id": "mute", "plays": 3, "plays_unmeasured": 3, "ms_played": None},
        month | {"track_id": "long", "plays": 1, "plays_unmeasured": 0, "ms_played": 9_000_000, "ms_long": [9_000_000]},
        month | {"track_id": "talk", "kind": "podcast", "plays": 9, "plays_unmeasured": 0, "ms_played": 9},
        month | {"user_id": "ben", "track_id": "mute", "plays": 2, "plays_unmeasured": 2, "ms_played": None},
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema_overrides=PLAY_MONTHS.schema)
    missing = [
        pl.lit(None, dtype).alias(n) for n, dtype in PLAY_MONTHS.schema.items() if n not in frame.columns
    ]
    made.overwrite(PLAY_MONTHS, made.open(PLAY_MONTHS), frame.with_columns(missing))
    tracks = pl.DataFrame(
        {"track_id": ["known", "long"], "duration_ms": [200_000, 200_000]},
        schema_overrides={"track_id": pl.String()},
    )
    rest = [pl.lit(None, dtype).alias(n) for n, dtype in TRACKS.schema.items() if n not in tracks.columns]
    made.overwrite(TRACKS, made.open(TRACKS), tracks.with_columns(rest))
    return made


def test_a_total_is_of_music_bounded_and_tells_of_how_many_plays_it_is(lake: Lake) -> None:
    assert music_total(lake, "ada") == MusicTotal(6, 3, 100_000 + 200_000 + 600_000)
    assert music_total(lake, "ada").is_mostly_timed
    assert music_total(lake, "ben") == MusicTotal(2, 0, None)
    assert not music_total(lake, "ben").is_mostly_timed
    assert music_total(lake, "nobody") == MusicTotal(0, 0, None)
