"""What one account's recently-played and top lists are made of at any moment of the clock."""

import bisect
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from simulator.fake_spotify.items import ShownPlay, Track

WINDOW = 50
TERMS = {
    "short_term": timedelta(days=28),
    "medium_term": timedelta(days=182),
    "long_term": timedelta(days=365),
}
_FEW = 32


def _played_at(play: ShownPlay) -> datetime:
    return play.played_at


def _visible_from(play: ShownPlay) -> datetime:
    return play.visible_from


class History:
    """Plays by when they became visible; calls only look at what is new since the last one."""

    def __init__(self, plays: Iterable[ShownPlay]) -> None:
        self._plays: list[ShownPlay] = []
        self.add(plays)

    def add(self, plays: Iterable[ShownPlay]) -> None:
        """More plays, also ones that became visible long ago."""
        self._plays.extend(plays)
        self._plays.sort(key=_visible_from)
        self._restart()

    def _restart(self) -> None:
        self._visible: list[ShownPlay] = []
        self._next = 0
        self._at: datetime | None = None

    def visible(self, now: datetime) -> list[ShownPlay]:
        """All plays the account shows at ``now``, by played_at; a clock set back is believed."""
        if self._at is not None and now < self._at:
            self._restart()
        self._at = now
        end = bisect.bisect_right(self._plays, now, lo=self._next, key=_visible_from)
        new, self._next = self._plays[self._next : end], end
        if len(new) > _FEW:
            self._visible.extend(new)
            self._visible.sort(key=_played_at)
        else:
            for play in new:
                bisect.insort(self._visible, play, key=_played_at)
        return self._visible

    def window(self, now: datetime) -> list[ShownPlay]:
        """The newest 50 plays, the newest first: all that recently-played can ever tell at ``now``."""
        return self.visible(now)[: -WINDOW - 1 : -1]

    def _counted(self, now: datetime, term: str) -> Iterable[Track]:
        visible = self.visible(now)
        first = bisect.bisect_left(visible, now - TERMS[term], key=_played_at)
        return (play.track for play in visible[first:])

    def top_tracks(self, now: datetime, term: str) -> list[Track]:
        """The most played tracks of the term, ties by id."""
        counts = Counter(self._counted(now, term))
        return sorted(counts, key=lambda track: (-counts[track], track.track_id))

    def top_artists(self, now: datetime, term: str) -> list[str]:
        """The most played artists of the term, ties by name."""
        counts = Counter(artist for track in self._counted(now, term) for artist in track.artists)
        return sorted(counts, key=lambda artist: (-counts[artist], artist))
