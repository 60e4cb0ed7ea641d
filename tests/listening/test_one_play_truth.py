"""What simulated people played is found again, every play once."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from simulated_imports import Imported

from assets.listening.resolve import Resolved
from simulator import (
    Quirks,
    Vintage,
    simulate,
    write_account,
    write_extended,
    write_lastfm,
    write_listenbrainz,
    write_maloja,
)

MANY_QUIRKS = Quirks(
    whole_row_repeats=0.1, same_start_copies=0.1, resynced_copies=0.1, unknown_start=0.4, no_identity=0.05
)


def assert_every_play_once(imported: Imported, found: Resolved, plays: set[int]) -> None:
    kept = imported.truth_of(found.plays)
    assert kept["play_no"].null_count() == 0
    assert kept["play_no"].is_unique().all()
    assert set(kept["play_no"]) == plays
    duplicates = imported.truth_of(found.duplicate_rows)
    told = duplicates.join(kept.select("play_id", kept_no="play_no"), on="play_id", how="left")
    assert told["play_no"].equals(told["kept_no"])
    assert kept.height + duplicates.height == sum(frame.height for frame in imported.frames)


@pytest.mark.parametrize("quirks", [Quirks(), MANY_QUIRKS], ids=["default", "many"])
@pytest.mark.parametrize("vintage", Vintage)
def test_one_export_gives_every_play_once(vintage: Vintage, quirks: Quirks, tmp_path: Path) -> None:
    truth = simulate(61, 1, 12_000)
    labels = write_extended(truth, tmp_path / "export.zip", seed=3, vintage=vintage, quirks=quirks)
    imported = Imported().add(tmp_path / "export.zip", labels)
    found = imported.resolved()
    assert_every_play_once(imported, found, set(labels["play_no"].drop_nulls()))
    why = dict(imported.truth_of(found.duplicate_rows)["why"].value_counts().iter_rows())
    copies = labels.filter(pl.col("why").str.ends_with("_copy") | (pl.col("why") == "whole_row_repeat"))
    assert sum(why.values()) == copies.height > 100


def test_the_row_that_played_longest_is_kept(tmp_path: Path) -> None:
    truth = simulate(62, 1, 6_000)
    quirks = Quirks(same_start_copies=0.2)
    labels = write_extended(truth, tmp_path / "export.zip", seed=3, quirks=quirks)
    imported = Imported().add(tmp_path / "export.zip", labels)
    kept = imported.truth_of(imported.resolved().plays)
    assert set(kept["why"]) <= {"original", "whole_row_repeat", "resynced_copy"}
    played = kept.join(truth, on="play_no", suffix="_truly")
    assert played["ms_played"].equals(played["ms_played_truly"])


@pytest.mark.parametrize("seed", [71, 72])
def test_overlapping_exports_of_two_vintages_give_every_play_once(seed: int, tmp_path: Path) -> None:
    truth = simulate(seed, 1, 12_000, date(2018, 1, 1), date(2022, 12, 31))
    cuts = ((Vintage.ENDSONG, None, date(2021, 6, 30)), (Vintage.Y2025, date(2019, 1, 1), None))
    imported, plays = Imported(), set()
    for number, (vintage, first, last) in enumerate(cuts):
        path = tmp_path / f"{number}.zip"
        labels = write_extended(
            truth, path, seed=number, vintage=vintage, quirks=MANY_QUIRKS, first=first, last=last
        )
        plays |= set(labels["play_no"].drop_nulls())
        imported.add(path, labels)
    assert_every_play_once(imported, imported.resolved(), plays)


TWO_YEARS = (date(2022, 1, 1), date(2023, 12, 31))


def written(
    truth: pl.DataFrame, folder: Path, quirks: Quirks, last: date | None = None
) -> dict[str, pl.DataFrame]:
    """The labels of five exports in ``folder``, each named as its source; extended history until ``last``."""
    return {
        "spotify_extended": write_extended(
            truth, folder / "spotify_extended.zip", seed=1, quirks=quirks, last=last
        ),
        "spotify_account": write_account(truth, folder / "spotify_account.zip", quirks=quirks),
        "listenbrainz": write_listenbrainz(truth, folder / "listenbrainz.zip"),
        "lastfm": write_lastfm(truth, folder / "lastfm.csv"),
        "maloja": write_maloja(truth, folder / "maloja.json"),
    }


def imported_from(folder: Path, labels: dict[str, pl.DataFrame]) -> Imported:
    imported = Imported()
    for source, of in labels.items():
        imported.add(next(folder.glob(f"{source}.*")), of)
    return imported


def assert_richest_kept(kept: pl.DataFrame, labels: dict[str, pl.DataFrame]) -> None:
    told = {source: set(of["play_no"].drop_nulls()) for source, of in labels.items()}
    for play_no, source in kept.select("play_no", "source").iter_rows():
        assert source == next(source for source, plays in told.items() if play_no in plays)


@pytest.mark.parametrize("seed", [81, 85])
def test_five_services_of_one_listener_give_every_play_once_from_the_richest(
    seed: int, tmp_path: Path
) -> None:
    truth = simulate(seed, 1, 6_000, *TWO_YEARS)
    labels = written(truth, tmp_path, Quirks(null_names=0))
    imported = imported_from(tmp_path, labels)
    found = imported.resolved()
    assert_every_play_once(imported, found, set(truth["play_no"]))
    assert_richest_kept(imported.truth_of(found.plays), labels)
    assert set(found.plays["source"]) == {"spotify_extended"}


def test_what_a_poorer_source_alone_tells_of_is_a_play_of_its_own(tmp_path: Path) -> None:
    """From July there is no extended history; to the minute, a song twice in two minutes can't be told apart."""
    truth = simulate(83, 1, 6_000, *TWO_YEARS)
    quirks = Quirks(stop_at_next_start=0, shared_sync=0, null_names=0)
    labels = written(truth, tmp_path, quirks, last=date(2023, 6, 30))
    imported = imported_from(tmp_path, labels)
    kept = imported.truth_of(imported.resolved().plays)
    assert set(kept["play_no"]) == set(truth["play_no"])
    assert kept.height - truth.height <= 3
    assert_richest_kept(kept.filter(~pl.col("play_no").is_duplicated()), labels)
    assert kept.filter(source="spotify_account").height > 1_000


def test_services_without_spotify_agree_with_each_other(tmp_path: Path) -> None:
    truth = simulate(84, 1, 4_000, *TWO_YEARS)
    labels = written(truth, tmp_path, Quirks.none())
    del labels["spotify_extended"], labels["spotify_account"]
    imported = imported_from(tmp_path, labels)
    found = imported.resolved()
    assert_every_play_once(imported, found, set(labels["lastfm"]["play_no"]))
    assert set(found.plays["source"]) == {"listenbrainz"}
    assert found.plays["ms_played"].null_count() == 0, "Maloja knows how long it was"
    assert (found.plays["ended_at"] > found.plays["started_at"]).all()


def test_a_match_fills_what_the_richer_row_does_not_tell(tmp_path: Path) -> None:
    truth = simulate(85, 1, 3_000, *TWO_YEARS)
    labels = written(truth, tmp_path, Quirks.none())
    del labels["spotify_extended"]
    imported = imported_from(tmp_path, labels)
    found = imported.resolved()
    account, lengths = found.plays.filter(source="spotify_account"), found.track_months
    assert account.height > 1_000
    scrobbled = set(imported.truth_of(found.plays)["play_no"]) & set(labels["listenbrainz"]["play_no"])
    names = truth.filter(pl.col("play_no").is_in(scrobbled), pl.col("started_at").dt.year() == 2023)
    wanted = set(names.select("track_name", "album_name").unique().iter_rows())
    assert wanted <= set(lengths.select("track_name", "album_name").iter_rows())


def test_listens_from_a_spotify_importer_are_plays_of_the_extended_history(tmp_path: Path) -> None:
    truth = simulate(86, 1, 4_000, *TWO_YEARS)
    extended = write_extended(truth, tmp_path / "extended.zip", seed=1, quirks=Quirks(unknown_start=0))
    listens = write_listenbrainz(truth, tmp_path / "listens.zip", clock="stop")
    imported = Imported().add(tmp_path / "extended.zip", extended).add(tmp_path / "listens.zip", listens)
    found = imported.resolved()
    assert_every_play_once(imported, found, set(truth["play_no"]))
