"""Which rows are one play, row by row in plain Python: slow, and easy to hold against the rules.

Rows are dictionaries of the columns of ``starts.comparable``.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import polars as pl

from assets.listening.likeness import certainty

Row = Mapping[str, Any]
SOURCES = (
    *("spotify_extended", "apple_music", "tidal", "spotify_account", "deezer", "listenbrainz", "lastfm"),
    *("maloja", "koito", "pano_scrobbler", "rockbox", "web_scrobbler", "amazon_music", "youtube_music"),
    *("soundcloud", "spinitron", "spotify_api"),
)
NOTHING, SLACK = timedelta(0), timedelta(minutes=2)


def split(rows: Iterable[Row], is_apart: Callable[[Row, Row], bool]) -> list[list[Row]]:
    """Runs of rows of which no two neighbours are apart."""
    runs: list[list[Row]] = []
    for row in rows:
        if runs and not is_apart(runs[-1][-1], row):
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def copies_stop_near(stops_apart: timedelta, ms_played: int | None) -> bool:
    """Whether rows of one length tell of one play: within 30 s, and closer than it was long."""
    if stops_apart == NOTHING:
        return True
    is_closer = ms_played is not None and stops_apart < timedelta(milliseconds=ms_played)
    return is_closer and stops_apart <= timedelta(seconds=30)


def extended_plays(rows: Sequence[Row]) -> dict[int, int]:
    """For each row of one listener and track, the row that is kept of its play."""
    known = sorted((row for row in rows if row["is_start_known"]), key=lambda row: row["started_at"])
    starts = split(known, lambda one, next_: next_["started_at"] - one["started_at"] > timedelta(seconds=2))
    groups = one_a_start([*starts, *unknown_groups([row for row in rows if not row["is_start_known"]])])
    heard = [(group, list(group)) for group in groups if any(row["is_start_known"] for row in group)]
    alone: list[list[Row]] = []
    for copies in groups:
        if not any(row["is_start_known"] for row in copies):
            home = play_copied(copies, heard)
            (alone.append if home is None else heard[home][1].extend)(copies)
    return {row["i"]: kept(group) for group in [*(all_ for _, all_ in heard), *alone] for row in group}


def one_a_start(groups: Sequence[list[Row]]) -> list[list[Row]]:
    """Groups of which any rows start at the same moment are one."""
    found: list[list[Row]] = []
    for group in groups:
        starts = {row["started_at"] for row in group}
        linked = [other for other in found if any(row["started_at"] in starts for row in other)]
        found = [other for other in found if other not in linked]
        found.append([*group, *(row for other in linked for row in other)])
    return found


def stops_apart(ms_played: int | None) -> Callable[[Row, Row], bool]:
    return lambda one, next_: not copies_stop_near(next_["ended_at"] - one["ended_at"], ms_played)


def unknown_groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Copies of one length by their stops."""
    by_length = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["ended_at"], row["i"])):
        by_length[row["ms_played"]].append(row)
    return [run for length, same in by_length.items() for run in split(same, stops_apart(length))]


def play_copied(copies: Sequence[Row], heard: Sequence[tuple[list[Row], list[Row]]]) -> int | None:
    """The known play that a group copies: the one with the nearest stop; None for none."""
    found = []
    for row in copies:
        for number, (group, _) in enumerate(heard):
            for other in (known for known in group if known["is_start_known"]):
                apart = abs(row["ended_at"] - other["ended_at"])
                is_copy = row["ms_played"] == other["ms_played"] and (row["ms_played"] or 0) > 0
                if is_copy and copies_stop_near(apart, row["ms_played"]):
                    found.append((apart, row["i"], other["i"], number))
    return min(found)[-1] if found else None


def kept(group: Sequence[Row]) -> int:
    """The longest, of equals the one whose start is known, of equals the first by content."""
    best = min(group, key=lambda row: (-(row["ms_played"] or 0), not row["is_start_known"], row["i"]))
    number: int = best["i"]
    return number


def within_sources(rows: Sequence[Row]) -> dict[int, int]:
    """For each row the row kept of its play, among the rows of its own source."""
    found: dict[int, int] = {}
    tracks = defaultdict(list)
    for row in rows:
        if row["source"] == "spotify_extended":
            tracks[row["user_id"], row["track_id"]].append(row)
    for same in tracks.values():
        found |= extended_plays(same)
    return found | equal_rows(rows)


def told_at(row: Row) -> datetime:
    """The clock of a service's row, as told: a stop, or else a start."""
    clock: datetime = row["ended_at"] if row["is_stop_clock"] else row["started_at"]
    return clock


def equal_rows(rows: Sequence[Row]) -> dict[int, int]:
    """Account data by occurrence in a file; other sources by song and moment."""
    first: dict[object, int] = {}
    found, seen = {}, Counter[object]()
    for row in sorted(rows, key=lambda row: row["i"]):
        key: tuple[object, ...]
        if row["source"] == "spotify_account":
            key = (
                row["user_id"],
                row["track_id"],
                row["ended_at"].replace(second=0, microsecond=0),
                row["ms_played"],
            )
            place = (*key, row["import_id"], row["file"])
            key = ("account", *key, seen[place])
            seen[place] += 1
        elif row["source"] != "spotify_extended":
            key = (row["source"], row["user_id"], row["name_key"] or row["track_id"], told_at(row))
        else:
            continue
        found[row["i"]] = first.setdefault(key, row["i"])
    return found


KEYS = ("track_id", "name_key", "other_key")
UNUSUAL, AT_POINT, REACH = timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=30)
EPSILON = timedelta(microseconds=1)
SHORTEST_MS = 30_000


@dataclass(frozen=True, order=True)
class Agreement:
    """How far apart the clocks of a row and a play are: to order pairs, and as evidence; None where they forbid it."""

    distance: timedelta
    apart: timedelta = NOTHING
    is_inside: bool = False


def best(found: Iterable[Agreement]) -> Agreement | None:
    """The nearest of each; inside when any is."""
    ways = list(found)
    if not ways:
        return None
    return Agreement(
        min(way.distance for way in ways), min(way.apart for way in ways), any(way.is_inside for way in ways)
    )


def is_one_song(row: Row, richer: Row) -> bool:
    is_song = any(row[key] is not None and row[key] == richer[key] for key in KEYS)
    return is_song and bool(row["user_id"] == richer["user_id"])


def ms(number: int | None) -> timedelta | None:
    return None if number is None else timedelta(milliseconds=number)


def account_agreement(row: Row, richer: Row) -> Agreement | None:
    minutes = [one["ended_at"].replace(second=0, microsecond=0) for one in (row, richer)]
    if minutes[0] != minutes[1] or None in (row["ms_played"], richer["ms_played"]):
        return None
    apart = timedelta(milliseconds=abs(row["ms_played"] - richer["ms_played"]))
    return Agreement(apart) if apart <= timedelta(seconds=1) else None


def is_stop_told(play: Row) -> bool:
    return bool(play["is_stop_clock"] or play["ms_played"] is not None)


def stops(play: Row) -> list[datetime]:
    """As told, and the start plus the time played."""
    played = ms(play["ms_played"]) or NOTHING
    return [play["ended_at"], play["started_at"] + played] if is_stop_told(play) else []


def start(play: Row) -> datetime:
    """A play that only tells its stop and its length was played whole."""
    length = ms(play["length_ms"])
    is_whole = play["is_stop_clock"] and play["ms_played"] is None and length is not None
    began: datetime = play["ended_at"] - length if is_whole else play["started_at"]
    return began


def is_short(play: Row) -> bool:
    return play["ms_played"] is not None and play["ms_played"] < SHORTEST_MS


def api_agreement(row: Row, richer: Row, *, is_song: bool) -> Agreement | None:
    """Stops before starts; scrobbles stopped when the whole track would have; plays hardly shown come last."""
    clock = told_at(row)
    found = [(abs(clock - stop), NOTHING, abs(clock - stop)) for stop in stops(richer)]
    lag = abs(clock - start(richer))
    found.append((lag, SLACK, max(lag, UNUSUAL)))
    if is_song and not is_stop_told(richer) and row["length_ms"] is not None:
        lag = abs(row["started_at"] - timedelta(milliseconds=row["length_ms"]) - richer["started_at"])
        found.append((lag, NOTHING, lag))
    later = 2 * SLACK * is_short(richer)
    return best(Agreement(lag + rank + later, apart) for lag, rank, apart in found if lag <= SLACK)


def scrobble_agreement(row: Row, richer: Row, runs: set[int]) -> Agreement | None:
    """Stops with stops; starts with any point of the play."""
    clock = told_at(row)
    if row["is_stop_clock"]:
        lags = [abs(clock - stop) for stop in stops(richer)]
        return best(Agreement(lag, lag, lag <= UNUSUAL) for lag in lags if lag <= SLACK)
    is_run = row["i"] in runs
    ends = [] if is_run else [abs(clock - stop) for stop in stops(richer)]
    found = [Agreement(SLACK + EPSILON + lag, max(lag, UNUSUAL)) for lag in ends if lag <= AT_POINT]
    stamped = stamp(row, richer, is_run=is_run)
    return best(found if stamped is None else [*found, stamped])


def spans(row: Row, richer: Row) -> tuple[timedelta | None, timedelta, timedelta | None, timedelta]:
    """After the play's start and before it: the time played where told, else three quarters of a length."""
    played, ours = ms(richer["ms_played"]), ms(row["ms_played"])
    lengths = [
        ms(length)
        for length in (richer["length_ms"], row["ms_played"], row["length_ms"])
        if length is not None
    ]
    guessed = (lengths[0] or NOTHING) * 3 // 4 if lengths else NOTHING
    before = ours if played is None else None
    return played, guessed, before, guessed if played is None else NOTHING


def stamp(row: Row, richer: Row, *, is_run: bool) -> Agreement | None:
    lag = told_at(row) - start(richer)
    away = abs(lag)
    played, guessed, before, guessed_before = spans(row, richer)
    told, other = (played, guessed) if lag >= NOTHING else (before, guessed_before)
    span = other if told is None else told
    points = [span // 2, span, min(span, timedelta(minutes=4))]
    to_point = min(abs(away - point) for point in points)
    furthest = min(span, REACH) + (NOTHING if told is None else AT_POINT)
    is_near, is_elsewhere = away <= SLACK, not is_run and away <= furthest
    if not (is_near or is_elsewhere):
        return None
    aparts = [away]
    if is_elsewhere:
        aparts.append(max(to_point, UNUSUAL))
    if told_at(row).second + told_at(row).microsecond == 0 and -timedelta(minutes=1) < lag <= NOTHING:
        aparts.append(UNUSUAL)
    is_again = not is_run and not is_short(richer) and -AT_POINT <= lag <= told_again_until(row, richer)
    return Agreement(away if is_near else SLACK + EPSILON + to_point, min(aparts), is_again)


def told_again_until(row: Row, richer: Row) -> timedelta:
    played = ms(richer["ms_played"])
    if played is not None:
        return played - min(AT_POINT, played // 4)
    lengths = [
        length for length in (richer["length_ms"], row["ms_played"], row["length_ms"]) if length is not None
    ]
    return timedelta(milliseconds=lengths[0]) // 2 if lengths else -AT_POINT


def runs_of(rows: Sequence[Row]) -> set[int]:
    """Rows of runs of three or more a second apart."""
    clock = lambda row: (row["user_id"], told_at(row), row["i"])  # noqa: E731
    apart = lambda one, next_: (  # noqa: E731
        one["user_id"] != next_["user_id"] or told_at(next_) - told_at(one) != timedelta(seconds=1)
    )
    return {row["i"] for run in split(sorted(rows, key=clock), apart) if len(run) >= 3 for row in run}


def agreement(row: Row, richer: Row, runs: set[int], *, is_song: bool) -> Agreement | None:
    """What the clocks say of a row and a richer play, of one song or of any."""
    if row["user_id"] != richer["user_id"]:
        return None
    if row["source"] == "spotify_account":
        return account_agreement(row, richer)
    if row["source"] == "spotify_api":
        return api_agreement(row, richer, is_song=is_song)
    return scrobble_agreement(row, richer, runs)


Pairs = dict[tuple[int, int], Agreement]


def pairs_of(rows: Sequence[Row], known: Sequence[Row], runs: set[int]) -> Pairs:
    """The same song, wherever the clock stands."""
    found = {
        (row["i"], play["i"]): agreement(row, play, runs, is_song=True)
        for row in rows
        for play in known
        if is_one_song(row, play)
    }
    return {pair: agreed for pair, agreed in found.items() if agreed is not None}


Names = Mapping[int, tuple[str | None, str | None]]


def alike(rows: Sequence[Row], known: Sequence[Row], runs: set[int], names: Names) -> Pairs:
    """Any two songs whose names are as sure as their clocks ask; the surest are the nearest."""
    found: Pairs = {}
    for row in rows:
        for play in known:
            agreed = None if row["i"] in runs else agreement(row, play, runs, is_song=False)
            if agreed is None or not is_told_of(row, play) or is_another_book(row, play):
                continue
            share = min(max((agreed.apart / timedelta(seconds=1) - 3) / 27, 0), 1)
            needed = 0.4 + share * 0.55
            sure = sureness(names[row["place"]], names[play["place"]])
            if sure >= needed:
                surplus = timedelta(microseconds=round((needed - sure) * 1_000_000))
                found[row["i"], play["i"]] = Agreement(surplus, agreed.apart, agreed.is_inside)
    return found


def is_told_of(row: Row, play: Row) -> bool:
    if row["source"] == "spotify_account":
        return bool(row["ms_played"] >= 1_000)
    return not is_short(play)


def is_another_book(row: Row, play: Row) -> bool:
    keys = {row["other_key"], play["other_key"]}
    return len(keys) == 2 and None not in keys and "unnamed" not in keys


@cache
def sureness(ours: tuple[str | None, str | None], theirs: tuple[str | None, str | None]) -> float:
    names = pl.DataFrame(
        [ours, theirs], schema={"artist_name": pl.String, "track_name": pl.String}, orient="row"
    )
    found: float = certainty(names, pl.Series([0]), pl.Series([1])).item()
    return found


def across_sources(rows: Sequence[Row], copies: Sequence[Row], names: Names) -> dict[int, int]:
    """Source by source: the same song by its clocks, then whatever is alike, then what is told again."""
    known: list[Row] = []
    matched: dict[int, int] = {}
    for source in SOURCES:
        mine = [row for row in rows if row["source"] == source]
        if mine and known:
            matched |= matched_with(source, mine, known, copies, names)
        known += [row for row in mine if row["i"] not in matched]
    assert {row["source"] for row in rows} <= set(SOURCES)
    return matched


def matched_with(
    source: str, mine: Sequence[Row], known: Sequence[Row], copies: Sequence[Row], names: Names
) -> dict[int, int]:
    runs = runs_of(mine)
    pairs = pairs_of(mine, known, runs)
    near = {
        pair: agreed for pair, agreed in pairs.items() if source == "spotify_api" or agreed.distance <= SLACK
    }
    found = nearest_first(near, {})
    copied: dict[int, int] = {}
    if source == "spotify_account":
        left = [row for row in mine if row["i"] not in found]
        copied = copies_told(left, known, copies)
    else:
        left = [row for row in mine if row["i"] not in found]
        if source != "spotify_api" and left:
            sung = {row["i"] for row in mine if any(shares_a_song(row, other) for other in left)}
            near = {pair: agreed for pair, agreed in pairs.items() if pair[0] in sung}
            found |= nearest_first(near, found)
        found = moved(found, near)
    left = [row for row in mine if row["i"] not in found and row["i"] not in copied]
    likely = alike(left, known, runs, names)
    found |= nearest_first(likely, found)
    again = told_again([*near.items(), *likely.items()], mine, found, runs)
    return found | copied | again


def shares_a_song(row: Row, other: Row) -> bool:
    return is_one_song(row, other)


def told_again(
    pairs: Sequence[tuple[tuple[int, int], Agreement]],
    mine: Sequence[Row],
    found: Mapping[int, int],
    runs: set[int],
) -> dict[int, int]:
    """Inside a play, or less than 30 s from the scrobble that is it: nothing shorter is scrobbled."""
    rows = {row["i"]: row for row in mine}
    of_play = {play: rows[i] for i, play in found.items()}
    again: dict[int, int] = {}
    for _, play, i in sorted((agreed.distance, play, i) for (i, play), agreed in pairs):
        is_inside = any(agreed.is_inside for pair, agreed in pairs if pair == (i, play))
        if i not in found and (is_inside or is_beside(rows[i], of_play.get(play), runs)):
            again.setdefault(i, play)
    return again


def is_beside(row: Row, first: Row | None, runs: set[int]) -> bool:
    """Both stamp starts, and stand too near for two plays."""
    if first is None or any(one["is_stop_clock"] or one["i"] in runs for one in (row, first)):
        return False
    return abs(told_at(row) - told_at(first)) < AT_POINT


def copies_told(left: Sequence[Row], known: Sequence[Row], copies: Sequence[Row]) -> dict[int, int]:
    """What is left of account data, held against the copies that extended history collapsed."""
    distinct = {(copy["play"], copy["ended_at"], copy["ms_played"]): copy for copy in reversed(copies)}
    for row in known:
        distinct.pop((row["i"], row["ended_at"], row["ms_played"]), None)
    plays = {copy["i"]: copy["play"] for copy in copies}
    found = nearest_first(pairs_of(left, list(distinct.values()), set()), {})
    return {i: plays[copy] for i, copy in found.items()}


def nearest_first(pairs: Pairs, taken: Mapping[int, int]) -> dict[int, int]:
    """The nearest pairs first, each row and each play once."""
    found: dict[int, int] = {}
    for _, play, i in sorted((agreed.distance, play, i) for (i, play), agreed in pairs.items()):
        if i not in taken and i not in found and play not in taken.values() and play not in found.values():
            found[i] = play
    return found


def moved(found: Mapping[int, int], pairs: Pairs) -> dict[int, int]:
    """The same pairs, moved where that finds room for a row that was left over: by the fewest moves."""
    plays_of: dict[int, list[int]] = defaultdict(list)
    for _, play, i in sorted((agreed.distance, play, i) for (i, play), agreed in pairs.items()):
        plays_of[i].append(play)
    places = dict(found)
    for left in sorted(plays_of.keys() - found.keys()):
        ways, seen = [[left]], set[int]()
        while ways:
            *moves, row = ways.pop(0)
            for play in [play for play in plays_of.get(row, ()) if play not in seen]:
                seen.add(play)
                holder = next((i for i, taken in places.items() if taken == play), None)
                if holder is None:
                    movers = [*moves, row]
                    freed = [places[mover] for mover in movers[1:]]
                    places |= dict(zip(movers, [*freed, play], strict=True))
                    ways = []
                    break
                ways.append([*moves, row, holder])
    return places
