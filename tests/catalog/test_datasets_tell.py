"""What datasets say joins into the catalogue, and leaves it with them, as merging everything anew would."""

from pathlib import Path
from random import Random

import polars as pl
import pytest
from test_catalogue_follows import MONTHS, anew, catalogue, fill, names, put, tell, told

from assets.catalog.commit import merge_catalogue
from assets.datasets.commit import Request, add, remove
from assets.datasets.scoring import score
from assets.tables import DATASETS, TRACK_FACTS, TRACKS
from resources.operational import Operational
from resources.row_filter import RowFilter
from resources.settings import Settings
from resources.world import World


@pytest.fixture
def world(settings: Settings, operational: Operational) -> World:
    world = World(settings.model_copy(update={"min_quality": 0.0}))
    world.operational = operational
    return world


def give(world: World, tmp_path: Path, random: Random) -> str:
    """Adds a dataset of some of the tracks, by their names or codes; returns its id."""
    folder = tmp_path / f"set-{random.random()}"
    folder.mkdir()
    lines = [
        ",".join(
            (
                random.choice(("Song", "song", "Other")),
                random.choice(("Artist", "ARTIST", "")),
                random.choice(("", "GB1", "GBAYE0000001")),
                random.choice(("", "dub", "soul; jazz")),
                random.choice(("", "calm", "sad")),
                random.choice(("", "0.5", "7")),
                random.choice(("", "1999", "2001")),
                random.choice(("", "111", "222")),
            )
        )
        for _ in range(random.randint(1, 5))
    ]
    text = "\n".join(["title,artist,isrc,genre,mood,energy,year,duration_ms", *lines, ""])
    (folder / "a.csv").write_text(text)
    licence = random.choice(("CC0-1.0", "CC-BY-NC-4.0"))
    ident: str = add(world, Request(folder, licence)).row["dataset_id"]
    return ident


@pytest.mark.parametrize("seed", range(6))
def test_a_catalogue_that_followed_datasets_is_one_merged_anew(
    world: World, tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    fill(world, random)
    catalogue(world)
    seen = 0
    for _ in range(6):
        given = world.lake.scan(DATASETS).collect()["dataset_id"].to_list()
        if given and random.random() < 0.3:
            remove(world, random.choice(given))
        if random.random() < 0.6:
            give(world, tmp_path, random)
        score(world)
        for month in random.sample(MONTHS, random.randint(0, 2)):
            put(world, names(random, month), month)
        if random.random() < 0.4:
            tell(world, told(random))
        followed = catalogue(world)
        seen += followed[-1].height
        for one, other in zip(followed, anew(world), strict=True):
            assert one.equals(other)
    assert seen


def test_what_a_dataset_told_goes_with_it(world: World, tmp_path: Path) -> None:
    random = Random(7)
    put(
        world,
        names(random, MONTHS[0]).with_columns(
            complete_ms=pl.lit(None, dtype=pl.Int64), completes=pl.lit(0, dtype=pl.Int64)
        ),
        MONTHS[0],
    )
    before = catalogue(world)
    (tmp_path / "a.csv").write_text(
        "title,artist,mood,genre,duration_ms,year\nSong,artist,calm,dub,222,1999\nOther,Artist,sad,soul,333,2001\n"
    )
    add(world, Request(tmp_path / "a.csv", "CC0-1.0"))
    score(world)
    tracks = catalogue(world)[0]
    told_of = tracks.filter(pl.col("artist_name") == "Artist")
    assert told_of.height > 0
    assert set(told_of.select("mood", "duration_ms", "year").rows()) <= {
        ("calm", 222, 1999),
        ("sad", 333, 2001),
    }
    assert all(genres in (["dub"], ["soul"]) for genres in told_of["genres"].to_list())
    remove(world, "a")
    score(world)
    assert all(one.equals(other) for one, other in zip(catalogue(world), before, strict=True))


def test_a_dataset_below_the_least_quality_tells_nothing(world: World, tmp_path: Path) -> None:
    fill(world, Random(8))
    (tmp_path / "a.csv").write_text("title,artist,mood\nSong,Artist,calm\n")
    add(world, Request(tmp_path / "a.csv", "CC0-1.0"))
    score(world)
    catalogue(world)
    assert world.lake.scan(TRACK_FACTS).collect().height
    world.settings = world.settings.model_copy(update={"min_quality": 0.99})
    assert catalogue(world)[-1].is_empty()
    assert world.lake.scan(TRACKS).collect()["mood"].null_count() == world.lake.scan(TRACKS).collect().height


def test_spotify_says_better_what_a_dataset_said_first(world: World, tmp_path: Path) -> None:
    month = names(Random(9), MONTHS[0]).with_columns(
        track_name=pl.lit("Song"),
        artist_name=pl.lit("Artist"),
        complete_ms=pl.lit(None, dtype=pl.Int64),
        completes=0,
    )
    put(world, month, MONTHS[0])
    (tmp_path / "a.csv").write_text("title,artist,duration_ms\nSong,Artist,222\n")
    add(world, Request(tmp_path / "a.csv", "CC0-1.0"))
    score(world)
    assert set(catalogue(world)[0]["duration_ms"]) == {222}
    tell(world, told(Random(10)).with_columns(duration_ms=pl.lit(777, dtype=pl.Int64)))
    followed = catalogue(world)
    assert 777 in set(followed[0]["duration_ms"])
    assert all(one.equals(other) for one, other in zip(followed, anew(world), strict=True))


def test_a_kill_between_tracks_and_their_facts_is_mended(world: World, tmp_path: Path) -> None:
    random = Random(11)
    fill(world, random)
    give(world, tmp_path, random)
    score(world)
    followed = catalogue(world)
    world.lake.delete(TRACK_FACTS, RowFilter("true"))  # tracks were written, the facts were not
    merge_catalogue(world)
    again = [world.lake.scan(table).collect() for table in (TRACKS, TRACK_FACTS)]
    assert again[0].equals(followed[0])
    assert again[1].equals(followed[-1])
