from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from written_exports import Row, labelled_rows

from simulator import Quirks, Vintage, simulate, write_extended

TRUTH = simulate(21, 1, 4_000)
PLAYS = {row["play_no"]: row for row in TRUTH.iter_rows(named=True)}


def export(folder: Path, quirks: Quirks) -> list[Row]:
    labels = write_extended(TRUTH, folder / "export.zip", seed=1, quirks=quirks)
    return labelled_rows(folder / "export.zip", labels)


def stop(row: Row) -> datetime:
    return datetime.fromisoformat(str(row["ts"])).astimezone(UTC)


def true_stop(row: Row) -> datetime:
    ended_at: datetime = PLAYS[row["play_no"]]["ended_at"]
    return ended_at.replace(microsecond=0)


def start_is_off(row: Row) -> bool:
    clock = row["offline_timestamp"]
    assert isinstance(clock, int)
    seconds = clock / 1000 if clock > 10**11 else clock
    started_at: datetime = PLAYS[row["play_no"]]["started_at"]
    return abs(seconds - started_at.timestamp()) >= 1


def is_why(why: str) -> Callable[[Row], bool]:
    return lambda row: row["why"] == why


SHOWS: dict[str, Callable[[Row], bool]] = {
    "stop_at_next_start": lambda row: not row["offline"] and stop(row) != true_stop(row),
    "shared_sync": lambda row: bool(row["offline"]) and stop(row) != true_stop(row),
    "unknown_start": lambda row: row["offline_timestamp"] in (None, 0, 1),
    "millisecond_starts": lambda row: int(str(row["offline_timestamp"])) > 10**11,
    "start_jitter": start_is_off,
    "null_skips": lambda row: row["skipped"] is None,
    "wrong_skips": lambda row: row["skipped"] is not PLAYS[row["play_no"]]["is_skipped"],
    "null_names": lambda row: (
        row["spotify_track_uri"] is not None and row["master_metadata_track_name"] is None
    ),
    "unknown_country": lambda row: row["conn_country"] == "ZZ",
    "empty_reasons": lambda row: not row["reason_start"] or not row["reason_end"],
    "no_identity": is_why("no_identity"),
    "whole_row_repeats": is_why("whole_row_repeat"),
    "same_start_copies": is_why("same_start_copy"),
    "resynced_copies": is_why("resynced_copy"),
    "unidentifiable_copies": is_why("unidentifiable_copy"),
}


def test_every_share_has_a_test_that_sees_it() -> None:
    assert SHOWS.keys() == {field.name for field in fields(Quirks)} - {"max_lag_hours", "round_trip"}


@pytest.mark.parametrize("quirk", SHOWS)
def test_a_quirk_shows_when_it_is_on_and_never_when_all_are_off(quirk: str, tmp_path: Path) -> None:
    shows = SHOWS[quirk]
    assert any(shows(row) for row in export(tmp_path, Quirks.only(**{quirk: 0.2})))
    assert not any(shows(row) for row in export(tmp_path, Quirks.none()))


ALSO_SHOWN_BY_OTHERS = {
    "wrong_skips",
    "start_jitter",
    "stop_at_next_start",
    "shared_sync",
    "millisecond_starts",
}


@pytest.mark.parametrize("quirk", sorted(SHOWS.keys() - ALSO_SHOWN_BY_OTHERS))
def test_a_quirk_at_zero_is_off_whatever_else_is_on(quirk: str, tmp_path: Path) -> None:
    rows = export(tmp_path, replace(Quirks(), **{quirk: 0.0}))  # type: ignore[arg-type]
    if quirk not in ("no_identity", "whole_row_repeats", "same_start_copies", "resynced_copies"):
        rows = [row for row in rows if row["why"] == "original"]
    assert not any(SHOWS[quirk](row) for row in rows)


def test_plays_synced_together_share_one_stop_and_keep_their_starts(tmp_path: Path) -> None:
    rows = [row for row in export(tmp_path, Quirks.only(shared_sync=1.0)) if stop(row) != true_stop(row)]
    stops = pl.Series([row["ts"] for row in rows]).value_counts()
    assert stops["count"].to_frame().max().item() >= 3
    assert not any(start_is_off(row) for row in rows)


def test_no_recorded_stop_is_later_than_the_longest_lag(tmp_path: Path) -> None:
    lags = [
        stop(row) - true_stop(row)
        for row in export(tmp_path, Quirks.only(stop_at_next_start=1, shared_sync=1))
    ]
    assert timedelta(0) <= min(lags)
    assert timedelta(hours=1) < max(lags) <= timedelta(hours=20, seconds=1)


@pytest.mark.parametrize(("form", "ts", "skipped"), [("space", "2", int), ("offset", "+00:00", float)])
def test_a_round_trip_changes_how_times_and_skips_are_written(
    form: str, ts: str, skipped: type, tmp_path: Path
) -> None:
    quirks = Quirks(round_trip="space" if form == "space" else "offset")
    rows = export(tmp_path, quirks)
    assert all(ts in str(row["ts"]) and not str(row["ts"]).endswith("Z") for row in rows)
    assert all(" " in str(row["ts"]) for row in rows) is (form == "space")
    assert {type(row["skipped"]) for row in rows} == {skipped, type(None)}


def test_same_start_copies_played_less_and_stopped_later_within_a_day(tmp_path: Path) -> None:
    rows = export(tmp_path, Quirks.only(same_start_copies=0.2))
    originals = {row["play_no"]: row for row in rows if row["why"] == "original"}
    for row in rows:
        if row["why"] == "same_start_copy":
            first = originals[row["play_no"]]
            assert int(str(row["ms_played"])) < int(str(first["ms_played"]))
            assert timedelta(0) < stop(row) - stop(first) < timedelta(hours=20)


def test_older_forms_tell_of_no_audiobooks(tmp_path: Path) -> None:
    labels = write_extended(
        TRUTH, tmp_path / "export.zip", seed=1, vintage=Vintage.ENDSONG, quirks=Quirks.none()
    )
    assert labels.height == TRUTH.filter(pl.col("kind") != "audiobook").height < TRUTH.height


def test_an_export_of_some_days_holds_no_copy_from_other_days(tmp_path: Path) -> None:
    labels = write_extended(
        TRUTH, tmp_path / "export.zip", seed=1, first=date(2019, 1, 1), last=date(2019, 12, 31)
    )
    rows = labelled_rows(tmp_path / "export.zip", labels)
    assert {str(row["ts"])[:4] for row in rows} == {"2019"}
