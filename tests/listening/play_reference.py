"""Which rows are one play, row by row in plain Python: slow, and easy to hold against the rules.

Rows are dictionaries of the columns of ``starts.comparable``.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

Row = Mapping[str, Any]
SOURCES = ("spotify_extended", "spotify_account", "listenbrainz", "lastfm", "maloja", "spotify_api")
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
    groups = split(known, lambda one, next_: next_["started_at"] - one["started_at"] > timedelta(seconds=2))
    heard = [(group, list(group)) for group in groups]
    alone: list[list[Row]] = []
    for copies in unknown_groups([row for row in rows if not row["is_start_known"]]):
        home = play_copied(copies, heard)
        if home is None:
            alone.append(copies)
        else:
            heard[home][1].extend(copies)
    return {row["i"]: kept(group) for group in [*(all_ for _, all_ in heard), *alone] for row in group}


def stops_apart(ms_played: int | None) -> Callable[[Row, Row], bool]:
    return lambda one, next_: not copies_stop_near(next_["ended_at"] - one["ended_at"], ms_played)


def unknown_groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Copies of one length by their stops; then those that began at the same moment, whatever their length."""
    by_length = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["ended_at"], row["i"])):
        by_length[row["ms_played"]].append(row)
    by_start: dict[datetime, list[Row]] = defaultdict(list)
    for length, same in by_length.items():
        for run in split(same, stops_apart(length)):
            by_start[run[0]["started_at"]] += run
    return list(by_start.values())


def play_copied(copies: Sequence[Row], heard: Sequence[tuple[list[Row], list[Row]]]) -> int | None:
    """The known play that a group copies: of the same start, else with the nearest stop; None for none."""
    found = []
    for row in copies:
        for number, (known, _) in enumerate(heard):
            for other in known:
                apart = abs(row["ended_at"] - other["ended_at"])
                is_same_start = row["started_at"] == other["started_at"]
                is_copy = row["ms_played"] == other["ms_played"] and (row["ms_played"] or 0) > 0
                if is_same_start or (is_copy and copies_stop_near(apart, row["ms_played"])):
                    found.append(
                        (not is_same_start, NOTHING if is_same_start else apart, row["i"], other["i"], number)
                    )
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


def distance(row: Row, richer: Row) -> timedelta | None:
    """How far apart the clocks of a row and of a richer play are; None where they cannot be one play."""
    is_song = any(
        row[key] is not None and row[key] == richer[key] for key in ("track_id", "name_key", "other_key")
    )
    if not is_song or row["user_id"] != richer["user_id"]:
        return None
    if row["source"] == "spotify_account":
        minutes = [one["ended_at"].replace(second=0, microsecond=0) for one in (row, richer)]
        if minutes[0] != minutes[1] or None in (row["ms_played"], richer["ms_played"]):
            return None
        apart = timedelta(milliseconds=abs(row["ms_played"] - richer["ms_played"]))
        return apart if apart <= timedelta(seconds=1) else None
    return clocks_apart(row, richer)


def clocks_apart(row: Row, richer: Row) -> timedelta | None:
    """Starts with starts, stops with stops; the API's clock with starts too, after all stops.

    Scrobbles tell no stop: for the API they stopped when the whole track would have. Plays that it hardly
    shows come last.
    """
    played = timedelta(milliseconds=richer["ms_played"] or 0)
    is_stop_told = richer["is_stop_clock"] or richer["ms_played"] is not None
    stops = [richer["ended_at"], richer["started_at"] + played] if is_stop_told else []
    near = [
        abs(told_at(row) - clock) for clock in (stops if row["is_stop_clock"] else [richer["started_at"]])
    ]
    if row["source"] != "spotify_api":
        return min((apart for apart in near if apart <= SLACK), default=None)
    is_short = richer["ms_played"] is not None and richer["ms_played"] < 30_000
    at_start = abs(row["started_at"] - richer["started_at"])
    found = [(apart, NOTHING) for apart in near] + [(at_start, SLACK)]
    if not is_stop_told and row["length_ms"] is not None:
        started_at = row["started_at"] - timedelta(milliseconds=row["length_ms"])
        found.append((abs(started_at - richer["started_at"]), NOTHING))
    later = 2 * SLACK * is_short
    return min((apart + rank + later for apart, rank in found if apart <= SLACK), default=None)


def across_sources(rows: Sequence[Row], copies: Sequence[Row]) -> dict[int, int]:
    """Source by source, the nearest pairs first, each row and each play once.

    What is left of account data is then held against the copies that extended history collapsed.
    """
    known: list[Row] = []
    matched: dict[int, int] = {}
    for source, of in groupby(
        sorted(rows, key=lambda row: (SOURCES.index(row["source"]), row["i"])), key=lambda row: row["source"]
    ):
        mine = list(of)
        nearest = nearest_first(mine, known)
        matched |= moved(nearest, mine, known) if source == "spotify_api" else nearest
        if source == "spotify_account":
            left = [row for row in mine if row["i"] not in matched]
            distinct = {
                (copy["play"], copy["ended_at"], copy["ms_played"]): copy for copy in reversed(copies)
            }
            for row in known:
                distinct.pop((row["i"], row["ended_at"], row["ms_played"]), None)
            plays = {copy["i"]: copy["play"] for copy in copies}
            found = nearest_first(left, list(distinct.values()))
            matched |= {i: plays[copy] for i, copy in found.items()}
        known += [row for row in mine if row["i"] not in matched]
        assert source in SOURCES
    return matched


def nearest_first(rows: Sequence[Row], known: Sequence[Row]) -> dict[int, int]:
    """Pairs that the clocks allow, the nearest first, each row and each play once."""
    found: dict[int, int] = {}
    pairs = [(distance(row, play), play["i"], row["i"]) for row in rows for play in known]
    for _, play, i in sorted(pair for pair in pairs if pair[0] is not None):
        if i not in found and play not in found.values():
            found[i] = play
    return found


def moved(found: Mapping[int, int], rows: Sequence[Row], known: Sequence[Row]) -> dict[int, int]:
    """The same pairs, moved where that finds room for a row that was left over: by the fewest moves."""
    plays_of = {
        row["i"]: [play for _, play in sorted(near)]
        for row in rows
        if (near := [(apart, play["i"]) for play in known if (apart := distance(row, play)) is not None])
    }
    places = dict(found)
    for left in sorted(plays_of.keys() - found.keys()):
        ways, seen = [[left]], set[int]()
        while ways:
            *moves, row = ways.pop(0)
            for play in [play for play in plays_of[row] if play not in seen]:
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
