"""How many rows of a second service find their play, and how many another: simulated, and with real names."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from simulated_imports import NOW, Imported

from assets.listening.readers import open_export
from simulator import Differences, Quirks, simulate, write_extended, write_lastfm

YEARS = (date(2022, 1, 1), date(2023, 12, 31))
OTHERS_PLAYS = 1_000_000
WORLDS = {
    "the same names and stamps": (Differences(), 1.0, 1.0),
    "half the songs spelt otherwise": (Differences(spelt=0.5), 1.0, 1.0),
    "six in ten stamped elsewhere": (Differences(stamped=0.6), 0.99, 0.99),
    "one in ten told twice": (Differences(twice=0.1), 0.99, 0.99),
    "all of it": (Differences(spelt=0.5, stamped=0.6, twice=0.1), 0.985, 0.975),
}
"""What a service does otherwise; the least precision and recall of its rows' matches."""


@dataclass(frozen=True)
class Found:
    """Rows of the second service that belong to the play they tell of, to another one, and how many could."""

    right: int
    wrong: int
    matchable: int
    plays: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / self.matchable


def found(imported: Imported, labels: pl.DataFrame) -> Found:
    resolved = imported.resolved()
    kept = imported.truth_of(resolved.plays).select("play_id", kept_no="play_no")
    duplicates = imported.truth_of(resolved.duplicate_rows).join(kept, on="play_id")
    matched = duplicates.filter(import_id="lastfm.csv")
    is_right = matched["play_no"] == matched["kept_no"]
    matchable = labels.filter(pl.col("play_no") < OTHERS_PLAYS).height
    return Found(
        matched.filter(is_right).height, matched.filter(~is_right).height, matchable, resolved.plays.height
    )


def two_services(truth: pl.DataFrame, told: pl.DataFrame, differences: Differences, folder: Path) -> Found:
    spotify = write_extended(truth, folder / "extended.zip", seed=1, quirks=Quirks(null_names=0))
    labels = write_lastfm(told, folder / "lastfm.csv", differences=differences)
    imported = Imported().add(folder / "extended.zip", spotify).add(folder / "lastfm.csv", labels)
    return found(imported, labels)


@pytest.mark.parametrize("name", WORLDS)
def test_what_a_second_service_tells_otherwise_finds_its_play(name: str, tmp_path: Path) -> None:
    differences, precision, recall = WORLDS[name]
    truth = simulate(91, 1, 4_000, *YEARS)
    matches = two_services(truth, truth, differences, tmp_path)
    assert matches.precision >= precision
    assert matches.recall >= recall
    assert matches.plays - truth.height <= 0.005 * truth.height, "hardly a play counts twice"


def test_what_somebody_else_scrobbles_at_the_same_time_is_no_play_of_this_listener(tmp_path: Path) -> None:
    """Two devices: the second plays other songs of the same catalogue all the while."""
    truth = simulate(91, 1, 4_000, *YEARS)
    other = simulate(92, 1, 4_000, *YEARS).with_columns(pl.col("play_no") + OTHERS_PLAYS)
    matches = two_services(truth, pl.concat([truth, other]), Differences(spelt=0.5), tmp_path)
    assert matches.wrong <= 2, "one song of both, within two minutes"
    assert matches.recall == 1


REAL = Path(__file__).parents[3] / "shared" / "data" / "spotify_extended"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real exports are not beside this checkout")
def test_real_names_told_otherwise_find_their_play(tmp_path: Path) -> None:
    """A real listener's plays, scrobbled by a second service: its names are real, the differences are not."""
    batches = open_export(REAL, import_id="extended.zip", user_id="listener", now=NOW)
    rows = pl.concat([batch.plays for batch in batches])
    imported = Imported()
    imported.frames.append(rows)
    imported.ends["extended.zip"] = rows["ended_at"].max()  # type: ignore[assignment]
    own = imported.resolved().plays.join(
        rows.select("import_id", "file", "row", "track_name", "artist_name", "album_name", "track_uri"),
        on=["import_id", "file", "row"],
    )
    truth = own.filter(pl.col("track_name").is_not_null()).with_columns(
        pl.int_range(pl.len()).alias("play_no"), duration_ms=pl.col("ms_played").max().over("track_id")
    )
    imported.labels.append(
        truth.select("file", "row", "play_no", pl.lit("original").alias("why"), "import_id")
    )
    differences = Differences(spelt=0.5, stamped=0.6, twice=0.1)
    labels = write_lastfm(truth, tmp_path / "lastfm.csv", differences=differences)
    matches = found(imported.add(tmp_path / "lastfm.csv", labels), labels)
    assert matches.precision >= 0.97
    assert matches.recall >= 0.96
