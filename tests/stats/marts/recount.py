"""The marts counted anew in plain Python from what simulated listeners really played; names in lower case."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median_low
from typing import Any
from zoneinfo import ZoneInfo

from marts.truth_world import ZONES, truth

Key = Callable[["Heard"], Any]
Counted = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Heard:
    """One play, as statistics see it."""

    user: str
    kind: str
    song: tuple[str, str]
    artist: str
    album: tuple[str, str]
    at: datetime
    local: datetime
    ms: int
    is_counted: bool
    is_skipped: bool | None
    reason_start: str


def heard() -> list[Heard]:
    """The public plays, in order."""
    rows = truth().sort("user_id", "started_at").to_dicts()
    lengths = defaultdict(list)
    for row in rows:
        if row["reason_end"] == "trackdone" and row["ms_played"] > 0:
            lengths[song_of(row)].append(row["ms_played"])
    return [_heard(row, lengths[song_of(row)]) for row in rows if not row["is_incognito"]]


def song_of(row: dict[str, Any]) -> tuple[str, str]:
    return (row["artist_name"] or "").lower(), row["track_name"].lower()


def _heard(row: dict[str, Any], completes: list[int]) -> Heard:
    ms, is_song = row["ms_played"], row["kind"] in ("music", "video")
    bound = max(300_000, 3 * median_low(completes)) if completes and is_song else ms
    artist = (row["artist_name"] or "").lower()
    return Heard(
        user=row["user_id"],
        kind=row["kind"],
        song=song_of(row),
        artist=artist,
        album=(artist, (row["album_name"] or "").lower()),
        at=row["started_at"],
        local=row["started_at"].astimezone(ZoneInfo(ZONES[row["user_id"]])),
        ms=min(ms, bound),
        is_counted=ms >= 30_000 or (row["reason_end"] == "trackdone" and ms > 0),
        is_skipped=row["is_skipped"],
        reason_start=row["reason_start"],
    )


def music() -> list[Heard]:
    return [play for play in heard() if play.kind == "music"]


def _by(plays: Iterable[Heard], key: Key) -> dict[Any, list[Heard]]:
    found = defaultdict(list)
    for play in plays:
        found[key(play)].append(play)
    return dict(sorted(found.items()))


def _ms(plays: Iterable[Heard]) -> int:
    return sum(play.ms for play in plays)


def _counted(plays: Iterable[Heard]) -> int:
    return sum(play.is_counted for play in plays)


def listening_clock() -> Counted:
    by = _by(heard(), lambda play: (play.user, play.local.isoweekday(), play.local.hour, play.kind))
    return [(*key, len(plays), _ms(plays)) for key, plays in by.items()]


def listening_days() -> Counted:
    by = _by(heard(), lambda play: (play.user, play.local.date(), play.kind))
    return [
        (
            *key,
            len(plays),
            _counted(plays),
            _ms(plays),
            len({play.song for play in plays}),
            sum(play.is_skipped is True for play in plays),
        )
        for key, plays in by.items()
    ]


def monthly_listening() -> Counted:
    by = _by(heard(), lambda play: (play.user, play.local.date().replace(day=1), play.kind))
    return [
        (*key, len(plays), _counted(plays), _ms(plays), len({play.local.date() for play in plays}))
        for key, plays in by.items()
    ]


def podcasts() -> Counted:
    spoken = [play for play in heard() if play.kind == "podcast"]
    by = _by(spoken, lambda play: (play.user, play.artist))
    return [
        (
            *key,
            len({play.song for play in plays}),
            len(plays),
            _counted(plays),
            _ms(plays),
            plays[0].at,
            plays[-1].at,
        )
        for key, plays in by.items()
    ]


def audiobooks() -> Counted:
    spoken = [play for play in heard() if play.kind == "audiobook"]
    by = _by(spoken, lambda play: (play.user, play.album[1]))
    return [
        (*key, len({play.song for play in plays}), len(plays), _ms(plays), plays[0].at, plays[-1].at)
        for key, plays in by.items()
    ]


def discoveries(of: str) -> Counted:
    by = _by(
        (play for play in music() if play.is_counted),
        lambda play: (play.user, play.artist if of == "artist" else play.song),
    )
    return [
        (
            key[0],
            plays[0].song[1] if of == "track" else plays[0].artist,
            plays[0].artist,
            plays[0].at,
            plays[0].local.date(),
            plays[-1].at,
            len(plays),
            _ms(plays),
            len({play.local.date() for play in plays}),
        )
        for key, plays in by.items()
    ]


def skip_habits() -> Counted:
    times: dict[tuple[str, tuple[str, str]], int] = defaultdict(int)
    values: dict[tuple[Any, ...], list[bool]] = defaultdict(list)
    for play in music():
        times[play.user, play.song] += 1
        nth = times[play.user, play.song]
        familiarity = "01" if nth == 1 else "02-05" if nth <= 5 else "06-20" if nth <= 20 else "21+"
        habits = {
            "hour": f"{play.local.hour:02}",
            "weekday": str(play.local.isoweekday()),
            "started_by": play.reason_start or "unknown",
            "familiarity": familiarity,
        }
        if play.is_skipped is not None:
            for habit, value in habits.items():
                values[play.user, play.local.year, habit, value].append(play.is_skipped)
    return [(*key, len(flags), sum(flags)) for key, flags in sorted(values.items())]


def sittings() -> Counted:
    """(user, number, start, end, plays, ms, top artist)."""
    found: Counted = []
    for user, plays in groupby(heard(), lambda play: play.user):
        sitting: list[Heard] = []
        number = 0
        for play in [*plays, None]:
            end = max((one.at + timedelta(milliseconds=one.ms) for one in sitting), default=None)
            if sitting and (play is None or play.at - end > timedelta(minutes=20)):  # type: ignore[operator]
                number += 1
                songs = [one for one in sitting if one.kind in ("music", "video")]
                top = _top(songs, lambda one: one.artist)
                found.append((user, number, sitting[0].at, end, len(sitting), _ms(sitting), top))
                sitting = []
            if play is not None:
                sitting.append(play)
    return found


def _top(plays: Iterable[Heard], key: Key, *, is_counted: bool = False) -> Any:  # noqa: ANN401
    """Who has the most time, then the most plays, then the first name; None of none."""

    def rank(of: tuple[Any, list[Heard]]) -> tuple[Any, ...]:
        name, theirs = of
        return -_ms(theirs), -(_counted(theirs) if is_counted else len(theirs)), name

    return min(_by(plays, key).items(), key=rank, default=(None, []))[0]


def year_in_music() -> Counted:
    """(user, year, ms, plays, counted, tracks, artists, albums, discovered, top track, artist, album)."""
    first: dict[tuple[str, str], int] = {}
    for play in music():
        if play.is_counted:
            first.setdefault((play.user, play.artist), play.local.year)
    return [
        (
            *key,
            _ms(plays),
            len(plays),
            _counted(plays),
            *(
                len({getattr(play, of) for play in plays if play.is_counted})
                for of in ("song", "artist", "album")
            ),
            sum(user == key[0] and year == key[1] for (user, _), year in first.items()),
            _top(plays, lambda play: (play.song[1], play.song), is_counted=True)[0],
            _top(plays, lambda play: play.artist, is_counted=True),
            _top(plays, lambda play: (play.album[1], play.album), is_counted=True)[0],
        )
        for key, plays in _by(music(), lambda play: (play.user, play.local.year)).items()
    ]
