"""A catalogue of moods and genres over what a simulated listener played, with the faults such files have.

What it should say of each played track is returned beside it, so that every result can be checked.
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import polars as pl

from simulator.chance import Floats
from simulator.names import STYLES, artist_name

GENRES: Final = ("dub", "shoegaze", "cumbia", "ambient", "jazz fusion", "grime", "bossa nova", "klezmer")
MOODS: Final = ("calm", "happy", "sad", "energetic", "dark")
Format = Literal["csv", "jsonl", "json", "parquet"]
_FIRST_YEAR, _LAST_YEAR = 1960, 2024
_STRANGERS: Final = 100_000
"""Artists from this number on are nobody's in a simulated history."""


@dataclass(frozen=True)
class Faults:
    """How large a share of the rows has each fault.

    Args:
        without_id: rows that name the track by its names only.
        respelt: rows whose names are in capitals and have two blanks for one.
        invalid: rows with an energy, tempo or year that is none.
        missing: rows without a genre and a mood.
        repeated: rows that stand in the file twice.
    """

    without_id: float = 0.3
    respelt: float = 0.2
    invalid: float = 0.01
    missing: float = 0.05
    repeated: float = 0.01


def dataset_rows(
    truth: pl.DataFrame, rows: int, *, seed: int = 1, faults: Faults | None = None
) -> pl.DataFrame:
    """A dataset of so many tracks: those of the truth's music first, then strangers.

    Returns:
        ``track_uri`` (null for strangers), ``title, artist, album, genre, mood, energy, tempo, year,
        duration_ms`` as they are, and ``is_…`` for each fault a row has.
    """
    known = _played(truth).head(rows)
    all_of_them = pl.concat([known, _strangers(rows - known.height)])
    rng = np.random.default_rng([seed, rows])
    drawn = rng.random((8, all_of_them.height))
    said = all_of_them.with_columns(
        _word("genre", GENRES, _of_artist(all_of_them)),
        _word("mood", MOODS, drawn[0]),
        pl.Series("energy", drawn[1].round(3)),
        pl.Series("tempo", (60 + 120 * drawn[2]).round(1)),
        pl.Series("year", (_FIRST_YEAR + drawn[3] * (_LAST_YEAR - _FIRST_YEAR)).astype(np.int64)),
    )
    shares = faults or Faults()
    names = ("without_id", "respelt", "invalid", "missing")
    marks = [
        pl.Series(f"is_{name}", drawn[4 + number] < getattr(shares, name))
        for number, name in enumerate(names)
    ]
    repeated = pl.Series("is_repeated", rng.random(said.height) < shares.repeated)
    return said.with_columns(*marks, repeated)


def write_dataset(
    rows: pl.DataFrame, folder: Path, *, form: Format = "csv", licence: str = "CC-BY-4.0", name: str = "Moods"
) -> Path:
    """Writes what ``dataset_rows`` gives into ``folder``, with its faults, and its ``dataset.yaml``."""
    folder.mkdir(parents=True, exist_ok=True)
    written = _written(rows)
    path = folder / f"tracks.{form}"
    if form == "csv":
        written.write_csv(path)
    elif form == "parquet":
        written.write_parquet(path)
    else:
        _write_json(written, path, form)
    (folder / "dataset.yaml").write_text(f"name: {name}\nlicence: {licence}\n", encoding="utf-8")
    return path


def write_rows(rows: pl.DataFrame, path: Path) -> None:
    """The same rows by Python's own CSV writer: every field in quotes, as some programs do."""
    written = _written(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(written.columns)
        writer.writerows(written.iter_rows())


def _played(truth: pl.DataFrame) -> pl.DataFrame:
    """The music of a truth, a row a track, in the order of its ids."""
    names = {"title": "track_name", "artist": "artist_name", "album": "album_name"}
    columns = {"track_uri": "track_uri", **names, "duration_ms": "duration_ms"}
    music = truth.filter((pl.col("kind") == "music") & pl.col("track_name").is_not_null())
    first = music.sort("track_uri", "started_at").unique("track_uri", keep="first", maintain_order=True)
    return first.select(pl.col(old).alias(new) for new, old in columns.items())


def _strangers(count: int) -> pl.DataFrame:
    style = STYLES[0]
    numbers = range(max(0, count))
    artists = [artist_name(_STRANGERS + number // 12, style) for number in numbers]
    titles = [style.title(number) for number in numbers]
    texts: dict[str, Sequence[str | None]] = {
        "track_uri": [None] * len(artists),
        "title": titles,
        "artist": artists,
        "album": [f"{artist} I" for artist in artists],
    }
    lengths = pl.Series("duration_ms", [180_000 + 37 * (n % 3000) for n in numbers], dtype=pl.Int64())
    named = [pl.Series(name, values, dtype=pl.String()) for name, values in texts.items()]
    return pl.DataFrame([*named, lengths])


def _of_artist(rows: pl.DataFrame) -> Floats:
    """A number from 0 to 1 for each row, the same for all rows of an artist."""
    codes = rows["artist"].rank("dense").to_numpy().astype(np.int64)
    return np.asarray((codes * 2_654_435_761 % 2**32) / 2**32, dtype=np.float64)


def _word(name: str, words: tuple[str, ...], drawn: Floats) -> pl.Series:
    numbers = pl.Series((drawn * len(words)).astype(np.int64))
    return pl.Series(name, list(words)).gather(numbers).alias(name)


def _written(rows: pl.DataFrame) -> pl.DataFrame:
    """The file's columns, by other names than ours, faults and all."""
    respelt = pl.col("is_respelt")
    names = {
        new: pl.when(respelt).then(pl.col(old).str.to_uppercase().str.replace_all(" ", "  ")).otherwise(old)
        for new, old in (("track_name", "title"), ("artists", "artist"))
    }
    there = ~pl.col("is_missing")
    invalid = pl.col("is_invalid")
    said = rows.select(
        track_id=pl.when(~pl.col("is_without_id")).then("track_uri"),
        **names,
        album_name="album",
        track_genre=pl.when(there).then("genre"),
        Mood=pl.when(there).then("mood"),
        energy=pl.when(invalid).then(7.5).otherwise("energy"),
        BPM=pl.when(invalid).then(pl.lit("fast")).otherwise(pl.col("tempo").cast(pl.String())),
        duration_ms="duration_ms",
        release_year=pl.when(invalid).then(0).otherwise("year"),
        valence=(pl.col("energy") * 0.5 + 0.25).round(3),
        source=pl.lit("simulated"),
        is_repeated="is_repeated",
    )
    again = said.filter("is_repeated")
    return pl.concat([said, again]).drop("is_repeated")


def _write_json(written: pl.DataFrame, path: Path, form: Format) -> None:
    if form == "jsonl":
        written.write_ndjson(path)
        return
    path.write_text(json.dumps({"tracks": written.to_dicts()}, ensure_ascii=False), encoding="utf-8")
