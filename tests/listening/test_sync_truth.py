"""A simulated year followed by sync, then its export: every true play once, and the exact row in its place."""

from datetime import date
from functools import lru_cache
from pathlib import Path

import polars as pl
import pytest
from play_rows import NOON, Row, after, epoch_s, extended, listen, outcome, stopped
from simulated_imports import Imported
from sync_worlds import NO_FAULTS, Faults, Judged, Synced, judged, shown, synced

from simulator import Quirks, simulate, write_account, write_extended, write_lastfm, write_listenbrainz

YEAR = (date(2024, 1, 1), date(2024, 12, 31))
SEEDS = (2, 3, 6)
WORSE = Faults(at_start=0.3, off_by_a_minute=0.3, from_late_devices=0.1, told_again=0.05)
SHORT_OF_EXACT = 0.001
"""The share of rows that may be given to the neighbour of their play: on repeat, wrong clocks can't tell."""


@lru_cache
def year(seed: int, plays: int = 10_000) -> pl.DataFrame:
    return simulate(seed, 1, plays, *YEAR)


@lru_cache
def followed(seed: int, faults: Faults = Faults(), plays: int = 10_000) -> Synced:  # noqa: B008 - frozen
    return synced(year(seed, plays), seed, faults)


def exported(truth: pl.DataFrame, folder: Path, **given: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    labels = write_extended(truth, folder / "export.zip", seed=1, quirks=Quirks(), **given)  # type: ignore[arg-type]
    imported = Imported().add(folder / "export.zip", labels)
    return imported.frames[0], imported.labels[0]


def told_by(sync: Synced) -> tuple[pl.DataFrame, pl.DataFrame]:
    return sync.rows, sync.labels


def assert_conserved(found: Judged) -> None:
    assert found.plays.height + found.duplicates.height == found.rows.height
    assert found.plays["play_no"].null_count() + found.duplicates["play_no"].null_count() == 0
    assert found.duplicates["kept_no"].null_count() == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_before_an_export_every_play_that_was_shown_stands_once(seed: int) -> None:
    sync = followed(seed)
    found = judged(told_by(sync))
    assert_conserved(found)
    assert found.plays["play_no"].is_unique().all()
    assert set(found.plays["play_no"]) == sync.plays
    assert found.plays["ms_played"].null_count() == found.plays.height, "what is unknown stays null"
    assert found.duplicates.height == sync.rows.height - len(sync.plays) > 500, "items told again"
    assert found.duplicates["play_no"].equals(found.duplicates["kept_no"])


def test_all_that_spotify_shows_is_stored_but_what_late_devices_push_out_of_its_window() -> None:
    truth = year(2)
    assert followed(2, NO_FAULTS).plays == set(shown(truth, 2, NO_FAULTS)["play_no"])
    lost = set(shown(truth, 2, Faults())["play_no"]) - followed(2).plays
    assert 0 < len(lost) < 0.01 * truth.height


@pytest.mark.parametrize("faults", [NO_FAULTS, Faults(), WORSE], ids=["none", "usual", "worse"])
@pytest.mark.parametrize("seed", SEEDS)
def test_after_the_export_every_true_play_stands_once_and_exactly(
    seed: int, faults: Faults, tmp_path: Path
) -> None:
    truth, sync = year(seed), followed(seed, faults)
    found = judged(told_by(sync), exported(truth, tmp_path))
    assert_conserved(found)
    assert found.plays["play_no"].is_unique().all()
    assert set(found.plays["play_no"]) == set(truth["play_no"])
    assert set(found.plays["source"]) == {"spotify_extended"}
    assert found.plays["ms_played"].null_count() == 0
    assert found.polled.height == sync.rows.height
    assert set(found.polled["rule"]) <= {"other_source", "repeated_row"}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_row_of_sync_is_a_duplicate_of_the_play_it_told_of(seed: int, tmp_path: Path) -> None:
    found = judged(told_by(followed(seed)), exported(year(seed), tmp_path))
    wrong = found.polled.filter(pl.col("play_no") != pl.col("kept_no"))
    assert wrong.height <= SHORT_OF_EXACT * found.polled.height
    songs = year(seed).select("play_no", "track_name", "artist_name", "started_at")
    told = wrong.join(songs, on="play_no").join(songs, left_on="kept_no", right_on="play_no", suffix="_kept")
    assert told["track_name"].equals(told["track_name_kept"])
    assert told["artist_name"].equals(told["artist_name_kept"])


@pytest.mark.parametrize("seed", SEEDS)
def test_with_right_clocks_no_row_is_given_to_a_neighbour_even_on_repeat(seed: int, tmp_path: Path) -> None:
    truth = year(seed)
    found = judged(told_by(followed(seed, NO_FAULTS)), exported(truth, tmp_path))
    assert found.polled["play_no"].equals(found.polled["kept_no"])
    again = (pl.col("track_uri") == pl.col("track_uri").shift()) & (
        pl.col("started_at") - pl.col("ended_at").shift() < pl.duration(seconds=1)
    )
    on_repeat = set(truth.filter(again)["play_no"]) & set(found.polled["play_no"])
    assert len(on_repeat) > 100, "the year has no song on repeat to tell apart"


def test_an_export_in_place_of_estimates_keeps_the_codes_and_lengths_that_only_sync_knew(
    tmp_path: Path,
) -> None:
    export = exported(year(2), tmp_path)
    alone, both = judged(export).found.track_months, judged(told_by(followed(2)), export).found.track_months
    assert alone["isrc"].null_count() == alone["duration_ms"].null_count() == alone.height
    known = both.filter(pl.col("isrc").is_not_null())
    assert known.height > 1_000
    assert known["duration_ms"].null_count() == 0


def test_plays_after_the_end_of_the_export_stay_estimates_and_none_is_doubled(tmp_path: Path) -> None:
    truth, sync = year(3), followed(3)
    export = exported(truth, tmp_path, last=date(2024, 7, 31))
    found = judged(told_by(sync), export)
    assert_conserved(found)
    assert found.plays["play_no"].is_unique().all()
    assert set(found.plays["play_no"]) == sync.plays | set(export[1]["play_no"].drop_nulls())
    by_source = found.plays.group_by("source").agg(pl.col("started_at").max())
    last = dict(by_source.iter_rows())
    assert last["spotify_extended"].month == 7
    assert last["spotify_api"].month == 12


def test_a_year_of_sync_beside_account_data_and_scrobbles_and_the_export_is_every_play_once(
    tmp_path: Path,
) -> None:
    truth = year(2, 5_000)
    quirks = Quirks(null_names=0)
    imported = Imported()
    for name, labels in (
        ("a.zip", write_account(truth, tmp_path / "a.zip", quirks=quirks)),
        ("l.zip", write_listenbrainz(truth, tmp_path / "l.zip")),
        ("e.zip", write_extended(truth, tmp_path / "e.zip", seed=1, quirks=quirks)),
    ):
        imported.add(tmp_path / name, labels)
    others = zip(imported.frames, imported.labels, strict=True)
    found = judged(told_by(followed(2, Faults(), 5_000)), *others)
    assert_conserved(found)
    assert found.plays["play_no"].is_unique().all()
    assert set(found.plays["play_no"]) == set(truth["play_no"])
    assert set(found.plays["source"]) == {"spotify_extended"}


@pytest.mark.parametrize("service", [write_listenbrainz, write_lastfm])
def test_who_scrobbles_too_has_the_plays_once_before_any_export(service: object, tmp_path: Path) -> None:
    """A scrobble tells no stop: half-heard tracks of more than four minutes may stay apart."""
    truth = year(2, 5_000)
    path = tmp_path / ("listens.zip" if service is write_listenbrainz else "listens.csv")
    labels = service(truth, path)  # type: ignore[operator]
    sync = followed(2, Faults(), 5_000)
    imported = Imported().add(path, labels)
    found = judged(told_by(sync), (imported.frames[0], imported.labels[0]))
    assert_conserved(found)
    either = sync.plays | set(labels["play_no"])
    assert found.plays.height <= 1.01 * len(either)
    assert len(either - set(found.plays["play_no"])) < 0.01 * len(either), "given to a neighbour"


def looped(starts_s: float, length_s: float = 180) -> Row:
    """A play of a song on repeat whose start is known."""
    stop = after(starts_s + length_s)
    return extended(stop, round(length_s * 1000), offline_timestamp=epoch_s(after(starts_s)))


def told(moment_s: float) -> Row:
    return stopped("spotify_api", after(moment_s), track_uri=extended()["track_uri"], duration_ms=180_000)


def test_starts_told_of_a_song_on_repeat_leave_no_play_over() -> None:
    """Each start is the stop of the play before: the nearest pairs alone would leave over the first."""
    plays = [looped(180 * number) for number in range(4)]
    found = outcome([*plays, *(told(180 * number + 0.3) for number in range(4))])
    assert found.plays == {0, 1, 2, 3}
    assert sorted(found.duplicates.values()) == [0, 1, 2, 3]


def test_two_starts_in_a_row_belong_to_the_plays_that_begin_there() -> None:
    found = outcome([looped(0), looped(180), told(0.2), told(180.2)])
    assert found.duplicates == {2: 0, 3: 1}


def test_a_play_that_spotify_hardly_shows_comes_after_all_others() -> None:
    """Ten seconds heard, then back to the start: what is told near both is the longer one."""
    begun, whole = looped(181, 10), looped(0)
    assert outcome([whole, begun, told(185)]).duplicates == {2: 0}
    assert outcome([begun, told(185)]).duplicates == {1: 0}, "alone, it was shown after all"


@pytest.mark.parametrize(("apart_s", "count"), [(0, 1), (119, 1), (-119, 1), (121, 2), (-121, 2)])
def test_a_scrobble_stopped_when_the_whole_track_would_have(apart_s: float, count: int) -> None:
    long = told(400 + apart_s) | {"duration_ms": 400_000}
    assert len(outcome([listen("lastfm", NOON), long]).plays) == count
