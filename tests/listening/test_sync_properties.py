"""Polls, exports and scrobbles of one listener in any order, grouping and overlap: the same plays."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from play_rows import (
    ARRIVAL,
    OTHER_SONG,
    SONG,
    Row,
    account,
    extended,
    imports_of,
    listen,
    outcome,
    raw,
    resolved,
    stopped,
)
from play_worlds import EDGE

from assets.listening import months
from assets.listening.rerouted import as_many_as_can
from assets.listening.resolve import Resolved, resolve

SONGS: tuple[Row, ...] = (
    {"track_uri": SONG, "track_name": "Song", "artist_name": "Artist"},
    {"track_uri": OTHER_SONG, "track_name": "Other", "artist_name": "Artist"},
)
SHORTEST_MS = 30_000
GAPS_MS = st.sampled_from((0, 20, 400, 8_000, 70_000, 3_600_000))
LENGTHS_MS = st.sampled_from((9_000, 29_750, 30_000, 31_000, 61_000, 119_000, 180_000, 240_000))
OFF_MS = st.sampled_from((0, 0, 0, 1, -700, 20_000, -45_000, 60_000, -60_000))
ANYWHERE = st.tuples(st.sampled_from("ABC"), st.sampled_from("xyz"))


@dataclass(frozen=True)
class Play:
    """One true play of one of two songs: they are played again and again, back to back."""

    song: int
    started_at: datetime
    ms_played: int

    @property
    def ended_at(self) -> datetime:
        return self.started_at + timedelta(milliseconds=self.ms_played)

    @property
    def is_shown(self) -> bool:
        return self.ms_played >= SHORTEST_MS


@dataclass(frozen=True)
class World:
    """What was played, and what each source tells of it; ``polled[n]`` tells of ``shown[n]``."""

    plays: list[Play]
    polled: list[Row]
    exported: list[Row]

    @property
    def shown(self) -> list[Play]:
        return [play for play in self.plays if play.is_shown]


@st.composite
def listening(draw: st.DrawFn) -> list[Play]:
    """Up to nine plays, around the end of a month; those of a song start at least 8 s apart."""
    heard = draw(st.lists(st.tuples(st.integers(0, 1), GAPS_MS, LENGTHS_MS), min_size=1, max_size=9))
    ends = accumulate((gap + length for _, gap, length in heard), initial=0)
    begins = EDGE - timedelta(minutes=draw(st.integers(0, 12)))
    return [
        Play(song, begins + timedelta(milliseconds=before + gap), length)
        for before, (song, gap, length) in zip(ends, heard, strict=False)
    ]


def exact(play: Play, jitter_ms: int = 0, lag: timedelta = timedelta(0)) -> Row:
    """The export's row: whole seconds, a start that is a little off, a stop that may come hours late."""
    start = play.started_at + timedelta(milliseconds=jitter_ms)
    stop = (play.ended_at + lag).replace(microsecond=0)
    row = extended(stop, play.ms_played, offline_timestamp=int(start.timestamp()))
    return row | SONGS[play.song] | {"country": "GB"}


def shown(play: Play, *, at_start: bool, off_ms: int) -> Row:
    clock = play.started_at if at_start else play.ended_at
    row = stopped("spotify_api", clock + timedelta(milliseconds=off_ms), duration_ms=240_000, isrc="GB1")
    return row | SONGS[play.song]


def minute(play: Play) -> Row:
    return account(play.ended_at, play.ms_played) | SONGS[play.song] | {"track_uri": None, "album_name": None}


def scrobble(play: Play) -> Row:
    return (
        listen("listenbrainz", play.started_at.replace(microsecond=0))
        | SONGS[play.song]
        | {"track_uri": None}
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    plays = draw(listening())
    exported = [
        exact(
            play,
            draw(st.sampled_from((0, 0, -3_000, -900, 1_000))),
            draw(st.sampled_from((timedelta(0), timedelta(0), timedelta(hours=5)))),
        )
        for play in plays
    ]
    polled = [
        shown(play, at_start=draw(st.integers(0, 3)) == 0, off_ms=draw(OFF_MS))
        for play in plays
        if play.is_shown
    ]
    return World(plays, polled, exported)


def facts(found: Resolved) -> tuple[list[tuple[Any, ...]], Counter[tuple[Any, ...]]]:
    """What was found out, whatever files the rows came in."""
    plays = found.plays.drop(ARRIVAL).sort("play_id").rows()
    return plays, Counter(found.duplicate_rows.drop(ARRIVAL).rows())


def different(rows: Sequence[Row]) -> int:
    """How many plays polls alone can tell apart: those of a song told at the same moment are one."""
    return len({(row["track_uri"], row["ended_at"]) for row in rows})


@given(worlds())
def test_sync_alone_gives_every_play_that_was_shown_once(world: World) -> None:
    found = outcome(world.polled) if world.polled else None
    assert found is None or len(found.plays) == different(world.polled)


@given(worlds())
def test_the_export_puts_an_exact_row_in_place_of_every_estimate(world: World) -> None:
    found = outcome([*world.exported, *world.polled])
    exported = range(len(world.exported))
    assert found.plays == set(exported)
    assert len(found.duplicates) == len(world.polled)
    assert not found.duplicates.keys() & set(exported)


@given(worlds())
def test_no_two_moments_told_by_sync_are_given_to_one_exact_play(world: World) -> None:
    found = outcome([*world.exported, *world.polled])
    given_to = {
        (row["track_uri"], row["ended_at"], found.duplicates[len(world.exported) + number])
        for number, row in enumerate(world.polled)
    }
    assert len({play for *_, play in given_to}) == len(given_to) == different(world.polled)


@given(listening())
def test_right_clocks_are_given_to_the_very_play_they_tell_of(plays: list[Play]) -> None:
    told = [play for play in plays if play.is_shown]
    rows = [*(exact(play) for play in plays), *(shown(play, at_start=False, off_ms=0) for play in told)]
    found = outcome(rows).duplicates
    assert [found[len(plays) + number] for number in range(len(told))] == [plays.index(play) for play in told]


@given(worlds(), st.data())
def test_any_order_and_grouping_of_polls_and_exports_gives_the_same_plays(
    world: World, data: st.DataObject
) -> None:
    rows = [*world.polled, *world.exported]
    shuffled = data.draw(st.permutations(rows))
    placed = [row | dict(zip(("import_id", "file"), data.draw(ANYWHERE), strict=True)) for row in shuffled]
    assert facts(resolved(placed)) == facts(resolved(rows))


@given(worlds(), st.data())
def test_overlapping_pages_add_nothing_but_duplicates(world: World, data: st.DataObject) -> None:
    """Any item of any page told again in any other page, before or after the export."""
    again = data.draw(st.lists(st.sampled_from(world.polled), max_size=9)) if world.polled else []
    for rows in (world.polled, [*world.polled, *world.exported]):
        if rows:
            overlapping = [*rows, *(row | {"import_id": "later", "file": "page"} for row in again)]
            once, twice = resolved(rows), resolved(overlapping)
            assert facts(twice)[0] == facts(once)[0]
            assert twice.duplicate_rows.height == once.duplicate_rows.height + len(again)


@given(worlds())
def test_undoing_the_export_brings_back_exactly_what_sync_alone_gave(world: World) -> None:
    sync = raw([row | {"import_id": "sync"} for row in world.polled])
    both = pl.concat([sync, raw([row | {"import_id": "export"} for row in world.exported])])
    wanted = sorted(set(both["month"]))
    with_export = resolve(both.lazy(), imports_of(both), wanted)
    assert set(with_export.plays["source"]) == {"spotify_extended"}
    undone = resolve(both.lazy().filter(import_id="sync"), imports_of(both), wanted)
    alone = resolve(sync.lazy(), imports_of(sync), wanted)
    assert undone.plays.equals(alone.plays)
    assert undone.duplicate_rows.equals(alone.duplicate_rows)


@given(worlds(), st.data())
def test_an_export_of_some_of_the_plays_leaves_the_others_to_sync(world: World, data: st.DataObject) -> None:
    """Cut where a listener fell silent: what was told across a cut in the midst of it, nobody can tell."""
    silent = [
        number
        for number in range(1, len(world.plays))
        if world.plays[number].started_at - world.plays[number - 1].ended_at > timedelta(minutes=10)
    ]
    cut = data.draw(st.sampled_from([0, *silent, len(world.plays)]))
    found = outcome([*world.exported[:cut], *world.polled])
    later = [
        row for play, row in zip(world.shown, world.polled, strict=True) if play not in world.plays[:cut]
    ]
    assert len(found.plays) == cut + different(later)


@given(worlds(), st.booleans(), st.booleans(), st.data())
def test_account_data_and_scrobbles_beside_sync_and_the_export_add_no_play(
    world: World,
    has_account: bool,
    has_scrobbles: bool,
    data: st.DataObject,
) -> None:
    others = [minute(play) for play in world.plays] * has_account
    others += [scrobble(play) for play in world.shown] * has_scrobbles
    prompt = [exact(play) for play in world.plays]
    rows = data.draw(st.permutations([*prompt, *world.polled, *others]))
    found = resolved(rows)
    assert set(found.plays["source"]) == {"spotify_extended"}
    assert found.plays.height == len(world.plays)


@given(worlds())
def test_account_data_in_place_of_estimates_has_every_play_once(world: World) -> None:
    found = resolved([*(minute(play) for play in world.plays), *world.polled]).plays
    assert found.height == len(world.plays)
    assert set(found["source"]) == {"spotify_account"}


@given(worlds())
def test_month_by_month_is_the_same_as_all_at_once(world: World) -> None:
    frame = raw([*world.polled, *world.exported])
    whole, clock = resolved(frame), pl.coalesce("ended_at", "started_at")
    parts = []
    for month in sorted(set(frame["month"])):
        near = frame.filter(pl.any_horizontal(clock.is_between(*span) for span in months.spans([month])))
        parts.append(resolve(near.lazy(), imports_of(frame), [month]))
    plays = pl.concat([part.plays for part in parts])
    assert plays.sort(ARRIVAL).equals(whole.plays.sort(ARRIVAL))


PAIRS = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 9)), min_size=1)


@given(PAIRS)
def test_moved_matches_are_as_many_as_there_can_be_and_keep_who_was_matched(
    pairs: set[tuple[int, int, int]],
) -> None:
    schema = {"i": pl.UInt32, "play": pl.UInt32, "distance": pl.Int64}
    nearest = {(i, play): distance for i, play, distance in sorted(pairs, reverse=True)}
    frame = pl.DataFrame(
        [(*pair, distance) for pair, distance in nearest.items()], schema=schema, orient="row"
    )
    first = greedy(nearest)
    matched = pl.DataFrame(list(first.items()), schema={"i": pl.UInt32, "play": pl.UInt32}, orient="row")
    found = dict(as_many_as_can(frame, matched).iter_rows())
    assert set(found.items()) <= nearest.keys()
    assert len(set(found.values())) == len(found) == most(sorted(nearest))
    assert first.keys() <= found.keys()
    assert set(first.values()) <= set(found.values())
    if len(found) == len(first):
        assert found == first


def greedy(nearest: dict[tuple[int, int], int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for i, play in sorted(nearest, key=lambda pair: (nearest[pair], pair[1], pair[0])):
        if i not in found and play not in found.values():
            found[i] = play
    return found


def most(pairs: Sequence[tuple[int, int]]) -> int:
    """The most pairs that share neither side, by trying all."""
    if not pairs:
        return 0
    (i, _), *others = pairs
    without = [pair for pair in others if pair[0] != i]
    ways = [most([pair for pair in without if pair[1] != taken]) for row, taken in pairs if row == i]
    return max(most(without), 1 + max(ways))
