"""Top lists counted play by play, and random plays and catalogues to count."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from assets.stats.months import Counting

Row = dict[str, Any]
Sums = dict[tuple[str, str], dict[str, list[int | None]]]
Top = list[tuple[str, str, str, int, str, int, int | None]]
"""user_id, period, ranked_by, rank, id, plays, ms_estimated."""

DAYS = [datetime(2023, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)]
DAYS += [
    datetime(2024, month, day, tzinfo=UTC)
    for month in (1, 2, 3, 8)
    for day in (1, 2, 29)
    if (month, day) != (2, 30)
]
MOMENTS = st.sampled_from(DAYS).flatmap(
    lambda day: st.sampled_from((day, day - timedelta(microseconds=1), day + timedelta(hours=9)))
)
TRACK_IDS = ("a", "b", "c", "name:a", "gone")


def catalogue_rows() -> st.SearchStrategy[list[Row]]:
    names = st.sampled_from(("Same", "Same", "Other"))
    ids = st.sampled_from(("artist 1", "artist 2"))
    length = st.sampled_from((None, 100_000, 200_000))
    genres = st.sampled_from(([], ["pop"], ["pop", "rock"]))
    album = st.sampled_from((None, "album 1"))
    row = st.fixed_dictionaries(
        {"track_name": names, "artist_id": ids, "album_id": album, "duration_ms": length, "genres": genres}
    )
    return st.tuples(row, row, row, row).map(
        lambda rows: [
            made | {"track_id": ident, "artist_name": "Artist", "album_name": made["album_id"] and "Album"}
            for ident, made in zip(TRACK_IDS, rows, strict=False)
        ]
    )


def play_rows() -> st.SearchStrategy[list[Row]]:
    play = st.fixed_dictionaries(
        {
            "user_id": st.sampled_from(("user", "user", "other")),
            "track_id": st.sampled_from(TRACK_IDS),
            "kind": st.sampled_from(("music", "music", "music", "podcast")),
            "ended_at": MOMENTS,
            "ms_played": st.sampled_from((None, 0, 29_999, 30_000, 100_000, 300_001, 20_000_000)),
            "reason_end": st.sampled_from((None, "trackdone", "fwdbtn")),
            "is_incognito": st.sampled_from((None, False, False, True)),
            "is_skipped": st.sampled_from((None, False, True)),
            "country": st.sampled_from((None, "GB")),
            "told_album_id": st.sampled_from((None, None, "album 1", "album 2")),
        }
    )
    return st.lists(play, max_size=25)


def is_shown(play: Row, counting: Counting) -> bool:
    return counting.include_incognito or play["is_incognito"] is not True


def is_counted(play: Row) -> bool:
    ms = play["ms_played"]
    return ms is None or ms >= 30_000 or (play["reason_end"] == "trackdone" and ms > 0)


def spans(plays: Sequence[Row], as_of: datetime) -> dict[str, tuple[datetime | None, datetime]]:
    """Each period's plays stopped after the first and not after the second; written out by hand."""

    def back(months: int) -> datetime:
        month = as_of.year * 12 + as_of.month - 1 - months
        for day in (as_of.day, 30, 29, 28):
            try:
                return as_of.replace(year=month // 12, month=month % 12 + 1, day=min(day, as_of.day))
            except ValueError:
                continue
        raise AssertionError

    found: dict[str, tuple[datetime | None, datetime]] = {
        "4_weeks": (as_of - timedelta(days=28), as_of),
        "6_months": (back(6), as_of),
        "year": (back(12), as_of),
        "all_time": (None, as_of),
    }
    for year in {play["ended_at"].year for play in plays}:
        moment = timedelta(microseconds=1)
        begin, end = (datetime(number, 1, 1, tzinfo=UTC) - moment for number in (year, year + 1))
        found[str(year)] = (begin, min(end, as_of))
    return found


def tops(  # noqa: PLR0917
    plays: Sequence[Row],
    tracks: Sequence[Row],
    aliases: Mapping[str, str],
    as_of: datetime,
    counting: Counting,
    key: str,
    name: str,
) -> Top:
    """The list of one kind of thing: ``key`` is the column of its id, ``name`` that of its name."""
    of_id = {track["track_id"]: track for track in tracks}
    nothing: Row = dict.fromkeys(tracks[0]) | {"genres": []}
    sums: Sums = defaultdict(lambda: defaultdict(lambda: [0, None]))
    names: dict[str, str | None] = {}
    for period, (after, until) in spans(plays, as_of).items():
        for play in plays:
            is_inside = play["ended_at"] <= until and (after is None or play["ended_at"] > after)
            if not is_inside or play["kind"] != "music" or not is_shown(play, counting):
                continue
            track_id = aliases.get(play["track_id"], play["track_id"])
            track = of_id.get(track_id, nothing) | {"track_id": track_id}
            ms = time_heard(play["ms_played"], track["duration_ms"])
            if key == "album_id":
                track["album_id"] = album_of(play, of_id, track_id)
                track["album_name"] = "Album"
            for ident in track["genres"] if key == "genre" else [track[key]]:
                if ident is not None:
                    names[ident] = ident if key == "genre" else track[name]
                    of = sums[play["user_id"], period][ident]
                    of[0] = (of[0] or 0) + is_counted(play)
                    of[1] = of[1] if ms is None else (of[1] or 0) + ms
    return ranked(sums, names)


def time_heard(ms: int | None, length: int | None) -> int | None:
    """The time played, no more than three times the length where that is known and five minutes are over."""
    if ms is None:
        return length
    return ms if length is None else min(ms, max(300_000, 3 * length))


def album_of(play: Row, of_id: Mapping[str, Row], song_id: str) -> str | None:
    """The album the row names, else its track's, else its song's."""
    told = (of_id.get(ident, {}).get("album_id") for ident in (play["track_id"], song_id))
    return play["told_album_id"] or next(filter(None, told), None)


def ranked(sums: Sums, names: Mapping[str, str | None]) -> Top:
    found: Top = []
    for (user, period), of in sums.items():
        for ranked_by, first in (("time", 1), ("plays", 0)):
            heard = [ident for ident, both in of.items() if both[0] or (any(both) and ranked_by == "time")]
            in_order = sorted(
                heard,
                key=lambda ident, first=first, of=of: (  # type: ignore[misc]
                    of[ident][first] is None,
                    -(of[ident][first] or 0),
                    of[ident][1 - first] is None,
                    -(of[ident][1 - first] or 0),
                    names[ident] is None,
                    names[ident] or "",
                    ident,
                ),
            )
            for rank, ident in enumerate(in_order, 1):
                found.append((user, period, ranked_by, rank, ident, *of[ident]))  # type: ignore[arg-type]
    return sorted(found)
