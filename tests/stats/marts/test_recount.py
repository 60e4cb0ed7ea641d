"""Every mart of simulated listeners is what plain Python counts of what they really played."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from assets.marts.registry import mart_path
from assets.marts.registry import marts as registered
from marts import recount
from marts.truth_world import ZONES
from marts.world import PROJECT

USERS = list(ZONES)


def made(folder: Path, mart: str, *columns: str, **where: object) -> list[tuple[Any, ...]]:
    """Rows of the simulated listeners, sorted, texts in lower case."""
    frame = pl.read_parquet(mart_path(folder, mart)).filter(pl.col("user_id").is_in(USERS), **where)
    lower = pl.selectors.string().str.to_lowercase()
    return sorted(frame.select(columns).with_columns(lower).rows(), key=str)


def test_days_months_and_the_clock(marts: Path) -> None:
    days = ("user_id", "local_date", "kind", "plays", "plays_counted", "ms_estimated", "tracks", "skips")
    assert made(marts, "listening_days", *days) == sorted(recount.listening_days(), key=str)
    months = ("user_id", "local_month", "kind", "plays", "plays_counted", "ms_estimated", "days_listened")
    assert made(marts, "monthly_listening", *months) == sorted(recount.monthly_listening(), key=str)
    clock = ("user_id", "weekday", "hour", "kind", "plays", "ms_estimated")
    assert made(marts, "listening_clock", *clock) == sorted(recount.listening_clock(), key=str)


def test_podcasts_by_show_and_audiobooks_by_title(marts: Path) -> None:
    shown = ("plays", "plays_counted", "ms_estimated", "first_played_at", "last_played_at")
    wanted = recount.podcasts()
    assert wanted
    assert made(marts, "podcasts", "user_id", "show_name", "episodes", *shown) == sorted(wanted, key=str)
    columns = (
        "user_id",
        "title",
        "chapters",
        "plays",
        "ms_estimated",
        "first_played_at",
        "last_played_at",
    )
    assert made(marts, "audiobooks", *columns) == sorted(recount.audiobooks(), key=str)


@pytest.mark.parametrize("entity", ["track", "artist"])
def test_discoveries(entity: str, marts: Path) -> None:
    times = ("first_played_at", "local_date", "last_played_at", "plays", "ms_estimated", "days_played")
    columns = ("user_id", "entity_name", "artist_name", *times)
    assert made(marts, "discoveries", *columns, entity=entity) == sorted(recount.discoveries(entity), key=str)


def test_skip_habits(marts: Path) -> None:
    columns = ("user_id", "year", "habit", "value", "plays", "skips")
    assert made(marts, "skip_habits", *columns) == sorted(recount.skip_habits(), key=str)


def test_sittings_and_their_top_artist(marts: Path) -> None:
    columns = (
        "user_id",
        "sitting_number",
        "started_at",
        "ended_at",
        "plays",
        "ms_estimated",
        "top_artist_name",
    )
    assert made(marts, "sittings", *columns) == sorted(recount.sittings(), key=str)


def test_the_year_in_music(marts: Path) -> None:
    counts = ("ms_estimated", "plays", "plays_counted", "tracks", "artists", "albums", "artists_discovered")
    tops = ("top_track_name", "top_artist_name", "top_album_name")
    wanted = sorted(recount.year_in_music(), key=str)
    assert made(marts, "year_in_music", "user_id", "year", *counts, *tops) == wanted


@pytest.mark.parametrize(
    ("mart", "ident", "name"),
    [
        ("listens", "artist_id", "artist_name"),
        ("sittings", "top_artist_id", "top_artist_name"),
        ("year_in_music", "top_artist_id", "top_artist_name"),
        ("discoveries", "entity_id", "entity_name"),
    ],
)
def test_an_artist_is_spelt_everywhere_as_in_artists(
    mart: str, ident: str, name: str, marts: Path, world: dict[str, list[dict[str, Any]]]
) -> None:
    spelt = {row["artist_id"]: row["artist_name"] for row in world["artists"]}
    frame = pl.read_parquet(mart_path(marts, mart)).filter(pl.col("user_id").is_in(USERS))
    if mart == "discoveries":
        frame = frame.filter(entity="artist")
    found = dict(frame.select(ident, name).drop_nulls(ident).iter_rows())
    assert found
    assert found == {key: spelt[key] for key in found}


@pytest.mark.parametrize("mart", sorted(registered(PROJECT)))
def test_a_mart_made_again_of_rows_in_another_order_is_the_same(mart: str, marts: Path) -> None:
    with lake_and_marts(marts) as connection:
        again = connection.sql(compiled(marts, f"models/marts/{mart}.sql")).pl()
    before = pl.read_parquet(mart_path(marts, mart))
    assert again.cast(dict(before.schema)).equals(before)


@pytest.mark.parametrize(
    "wrong",
    [
        "update lake.albums set plays = plays + 1 where album_id = (select min(album_id) from lake.albums)",
        "update lake.top_albums set plays = plays + 1 where user_id = 'listener-000000' and rank = 1",
        "update listens set album_id = null where user_id = 'listener-000000' and local_date < '2023-12-01'",
        "update year_in_music set albums = albums - 1 where user_id = 'listener-000000'",
        "update year_in_music set top_album_minutes = 1 where user_id = 'listener-000000'",
    ],
)
def test_an_album_with_other_plays_in_one_table_is_told(wrong: str, marts: Path) -> None:
    check = compiled(marts, "tests/albums_have_the_same_plays_everywhere.sql")
    with lake_and_marts(marts) as connection:
        assert connection.sql(check).fetchall() == []
        connection.execute(wrong)
        assert connection.sql(check).fetchall()


def compiled(folder: Path, name: str) -> str:
    return (folder.parent / "target" / "compiled" / "longplay" / name).read_text()


@contextmanager
def lake_and_marts(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables a build was made from and those it made, as tables whose rows lie in any order."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; attach ':memory:' as lake")
        for prefix, files in (("lake.", folder.parent.glob("*.parquet")), ("", folder.glob("*.parquet"))):
            for file in files:
                connection.execute(
                    f"create table {prefix}{file.stem} as select * from '{file}' order by random()"
                )
        yield connection
