"""The house's rules for "which rows are one play", written out row by row, find the simulated truth."""

from collections import defaultdict
from datetime import date, datetime
from itertools import combinations
from pathlib import Path

import pytest
from written_exports import Row, labelled_rows

from simulator import Quirks, Vintage, scrobbles, simulate, write_account, write_extended

LATEST_BOGUS_CLOCK_S = datetime.fromisoformat("2008-10-01T00:00:00Z").timestamp()
WORLDS = [
    (31, 8_000, date(2015, 1, 1), date(2024, 12, 31)),
    (32, 6_000, date(2022, 1, 1), date(2022, 2, 28)),
    (33, 3_000, date(2016, 6, 1), date(2016, 6, 25)),
    (34, 9_000, date(2023, 1, 1), date(2024, 12, 31)),
]


def clocks_s(row: Row) -> tuple[float, float, bool, int]:
    """start, stop, whether the start is known, ms_played."""
    stop = datetime.fromisoformat(str(row["ts"])).timestamp()
    raw, played_ms = row["offline_timestamp"], int(str(row["ms_played"]))
    start = float(raw) / (1000 if raw > 10**11 else 1) if isinstance(raw, int) else 0.0
    is_known = LATEST_BOGUS_CLOCK_S <= start <= stop + 5
    return (start if is_known else stop - played_ms / 1000), stop, is_known, played_ms


def is_one_play(left: Row, right: Row) -> bool:
    (start, stop, known, played_ms), (other_start, other_stop, other_known, other_ms) = (
        clocks_s(left),
        clocks_s(right),
    )
    if start == other_start or (known and other_known):
        return abs(start - other_start) <= 2
    apart_s = abs(stop - other_stop)
    return played_ms == other_ms > 0 and apart_s <= 30 and apart_s * 1000 < played_ms


def groups_of(rows: list[Row]) -> list[frozenset[object]]:
    """For each group of rows that the rules tie together, the plays it tells of."""
    parent = list(range(len(rows)))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    for left, right in combinations(range(len(rows)), 2):
        if is_one_play(rows[left], rows[right]):
            parent[root(left)] = root(right)
    groups: dict[int, set[object]] = defaultdict(set)
    for index, row in enumerate(rows):
        groups[root(index)].add(row["play_no"])
    return [frozenset(group) for group in groups.values()]


def by_track(rows: list[Row]) -> list[list[Row]]:
    tracks: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        uri = row["spotify_track_uri"] or row["spotify_episode_uri"] or row.get("audiobook_chapter_uri")
        if uri:
            tracks[uri].append(row)
    return list(tracks.values())


def assert_recovered(rows: list[Row], plays: set[object]) -> None:
    found = [group for track in by_track(rows) for group in groups_of(track)]
    assert all(len(group) == 1 for group in found), [group for group in found if len(group) > 1]
    assert len(found) == len(plays)
    assert {next(iter(group)) for group in found} == plays


@pytest.mark.parametrize("world", WORLDS)
def test_the_rules_find_every_play_once_in_one_export(
    world: tuple[int, int, date, date], tmp_path: Path
) -> None:
    seed, plays, first, last = world
    truth = simulate(seed, 1, plays, first, last)
    quirks = Quirks(whole_row_repeats=0.1, same_start_copies=0.1, resynced_copies=0.1, unknown_start=0.4)
    labels = write_extended(truth, tmp_path / "export.zip", seed=seed, quirks=quirks)
    assert set(labels["why"].unique()) >= {
        "whole_row_repeat",
        "same_start_copy",
        "resynced_copy",
        "no_identity",
    }
    assert_recovered(labelled_rows(tmp_path / "export.zip", labels), set(truth["play_no"]))


def test_the_rules_find_every_play_once_in_overlapping_exports_of_two_vintages(tmp_path: Path) -> None:
    truth = simulate(35, 1, 6_000, date(2018, 1, 1), date(2022, 12, 31))
    cuts = ((Vintage.Y2023, None, date(2021, 6, 30)), (Vintage.Y2025, date(2019, 1, 1), None))
    rows = []
    for number, (vintage, first, last) in enumerate(cuts):
        path = tmp_path / f"{number}.zip"
        rows += labelled_rows(
            path, write_extended(truth, path, seed=number, vintage=vintage, first=first, last=last)
        )
    told = {row["play_no"] for row in rows} - {None}
    assert_recovered(rows, told)
    assert len(told) > 5_900


def test_an_unidentifiable_copy_defeats_the_rules(tmp_path: Path) -> None:
    truth = simulate(36, 1, 1_000)
    quirks = Quirks.only(unidentifiable_copies=0.1)
    labels = write_extended(truth, tmp_path / "export.zip", seed=1, quirks=quirks)
    found = [
        g for track in by_track(labelled_rows(tmp_path / "export.zip", labels)) for g in groups_of(track)
    ]
    copies = labels.filter(why="unidentifiable_copy").height
    assert copies > 50
    assert truth.height + copies * 0.9 < len(found) <= truth.height + copies


def test_account_data_and_extended_history_agree_on_minute_and_time_played(tmp_path: Path) -> None:
    truth = simulate(37, 1, 5_000, date(2023, 1, 1), date(2024, 12, 31))
    extended = labelled_rows(tmp_path / "e.zip", write_extended(truth, tmp_path / "e.zip", seed=1))
    account = labelled_rows(tmp_path / "a.zip", write_account(truth, tmp_path / "a.zip"))
    rows = {row["play_no"]: row for row in extended if row["why"] == "original"}
    assert len(account) > 2_000
    for row in account:
        assert row["endTime"] == str(rows[row["play_no"]]["ts"])[:16].replace("T", " ")
        assert row["msPlayed"] == rows[row["play_no"]]["ms_played"]


def test_the_nearest_extended_start_of_the_same_song_is_the_play_a_listen_tells_of(tmp_path: Path) -> None:
    truth = simulate(39, 1, 5_000, date(2023, 1, 1), date(2023, 12, 31))
    extended = labelled_rows(tmp_path / "e.zip", write_extended(truth, tmp_path / "e.zip", seed=1))
    song = {row["play_no"]: (row["artist_name"], row["track_name"]) for row in truth.iter_rows(named=True)}
    starts: dict[object, list[tuple[float, object]]] = defaultdict(list)
    for row in extended:
        if row["why"] == "original":
            starts[song[row["play_no"]]].append((clocks_s(row)[0], row["play_no"]))
    listens = scrobbles(truth)
    assert listens.height > 3_000
    for listened_at, play_no in listens.select("listened_at", "play_no").iter_rows():
        apart_s, nearest = min((abs(start - listened_at), play) for start, play in starts[song[play_no]])
        assert nearest == play_no
        assert apart_s <= 4
