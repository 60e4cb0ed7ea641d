"""What Spotify calls a listener's top tracks and artists: its answers as rows, and whose are due.

``/me/top/{tracks,artists}`` answers for three terms, at most 50 items each. Answers come half-filled:
an item keeps what is readable of it, an answer of which nothing is readable is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from assets.tables import SPOTIFY_TOP_ARTISTS, SPOTIFY_TOP_TRACKS, Table
from resources.spotify.errors import BadAnswerError
from resources.spotify.web_api import Ranked, Term

Row = dict[str, Any]

TABLES: Final[Mapping[Ranked, Table]] = MappingProxyType(
    {"tracks": SPOTIFY_TOP_TRACKS, "artists": SPOTIFY_TOP_ARTISTS}
)
TERMS: Final[tuple[Term, ...]] = ("short_term", "medium_term", "long_term")
LISTS: Final = tuple((ranked, term) for ranked in TABLES for term in TERMS)
"""The lists a listener has, one call each."""


# Answers as rows


def rows_of(answer: object, ranked: Ranked, term: Term, user_id: str, fetched_at: datetime) -> list[Row]:
    """Rows of the table of ``ranked``, ranked as Spotify ranks: an unreadable item leaves its rank empty.

    Raises:
        BadAnswerError: there is no list of items, or none of its items can be read.
    """
    items = answer.get("items") if isinstance(answer, Mapping) else None
    if not isinstance(items, list):
        raise BadAnswerError(f"Spotify's answer has no list of top {ranked}")
    read = _track if ranked == "tracks" else _artist
    about = {"user_id": user_id, "term": term, "fetched_at": fetched_at}
    rows = [{**about, "rank": rank, **facts} for rank, item in enumerate(items, 1) if (facts := read(item))]
    if items and not rows:
        raise BadAnswerError(f"None of the top {ranked} in Spotify's answer can be read")
    return rows


def frame(table: Table, rows: Iterable[Row]) -> pl.DataFrame:
    """Rows in the order and the types of their table."""
    return table.conform(pl.LazyFrame(list(rows), schema=table.schema)).collect()


def _track(item: object) -> Row | None:
    found = _fields(item, "track")
    track_id, name = _text(found.get("id")), _text(found.get("name"))
    if track_id is None and name is None:
        return None
    return {"track_id": track_id, "track_name": name, "artist_name": _first_name(found.get("artists"))}


def _artist(item: object) -> Row | None:
    found = _fields(item, "artist")
    artist_id, name = _text(found.get("id")), _text(found.get("name"))
    if artist_id is None and name is None:
        return None
    return {"spotify_artist_id": artist_id, "artist_name": name, "genres": _texts(found.get("genres"))}


def _fields(item: object, kind: str) -> Mapping[str, object]:
    """None of an item that is no object, or one of another kind: an episode among the tracks."""
    return item if isinstance(item, Mapping) and item.get("type", kind) == kind else {}


def _first_name(artists: object) -> str | None:
    """Of the artist who comes first, else of the next who has a name."""
    named = artists if isinstance(artists, list) else []
    return next((name for artist in named if (name := _text(_fields(artist, "artist").get("name")))), None)


def _texts(values: object) -> list[str]:
    return [text for value in values if (text := _text(value))] if isinstance(values, list) else []


def _text(value: object) -> str | None:
    """Text that a table can hold: JSON may escape half a character."""
    if not isinstance(value, str) or not value.strip():
        return None
    return value.strip().encode(errors="replace").decode()


# Whose lists are due


@dataclass(frozen=True)
class Tier:
    """Listeners active within ``active_within`` have their lists replaced ``every`` so often."""

    active_within: timedelta
    every: timedelta


TIERS: Final = (
    Tier(timedelta(hours=48), timedelta(hours=24)),
    Tier(timedelta(days=7), timedelta(hours=72)),
)
"""Most active first. Who is in none of them is refreshed on demand only."""

NIGHT_SLACK: Final = timedelta(hours=2)
"""A nightly look comes every 24 h, but a listener's turn in it does not: a bit early is not too early."""


def active_at(*known: datetime | None) -> datetime | None:
    """The last of what is known of a listener's logins, page visits and plays; None before the first."""
    return max((moment for moment in known if moment is not None), default=None)


def tier_of(active: datetime | None, now: datetime) -> Tier | None:
    """The tier of a listener last active at a moment, which clock skew may put after ``now``."""
    if active is None:
        return None
    return next((tier for tier in TIERS if now - active <= tier.active_within), None)


def is_due(
    refreshed: datetime | None, active: datetime | None, now: datetime, slack: timedelta = timedelta(0)
) -> bool:
    """Whether lists replaced at a moment (None: never; a clock put back: in the future) are too old.

    Args:
        slack: how much younger than the tier says they may be.
    """
    tier = tier_of(active, now)
    if tier is None:
        return False
    return refreshed is None or abs(now - refreshed) >= tier.every - slack
