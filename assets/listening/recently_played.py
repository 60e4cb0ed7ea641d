"""A page of Spotify's recently played made into raw rows: what is new in it, and what it missed.

Spotify tells when a play was reported (usually when it stopped), never how long it lasted; plays of
less than about 30 s, podcasts and private sessions are absent.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import polars as pl

from assets.listening.readers.columns import Origin
from assets.listening.readers.listens import Listen, listen_rows, listens_frame, milliseconds, nested, text
from assets.listening.readers.times import parse_time
from assets.listening.synced import SOURCE
from assets.tables import RAW_PLAYS, REJECTED_ROWS

FULL_PAGE = 50
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Item:
    """One item of a page.

    Args:
        key: the same for the same item of another page, whatever else changed.
        played_at: None where it says none.
    """

    key: str
    played_at: datetime | None
    listen: Listen


def items(answer: Mapping[str, Any]) -> list[Item]:
    """The items of an answer, as Spotify orders them: the newest first. Raises ValueError when it is none."""
    found = answer.get("items")
    if not isinstance(found, list):
        raise ValueError("the answer has no list of items")  # noqa: TRY004 - what it says is wrong, not its use
    return [_item(each) for each in found]


def new_items(page: Sequence[Item], known: frozenset[str]) -> list[Item]:
    """Those whose keys the last page did not have, each once."""
    found = {item.key: item for item in page if item.key not in known}
    return list(found.values())


def gap(
    page: Sequence[Item], known: frozenset[str], since: datetime | None
) -> tuple[datetime, datetime] | None:
    """The time in which plays may be missing: a full page that does not reach back to the last one.

    Args:
        known: the keys of the last page.
        since: the newest play of any page so far, or the last poll where none had any; None before that.
    """
    times = [item.played_at for item in page if item.played_at is not None]
    is_apart = len(page) >= FULL_PAGE and not any(item.key in known for item in page)
    if not is_apart or since is None or not times or min(times) <= since:
        return None
    return since, min(times)


def rows(page: Sequence[Item], origin: Origin) -> tuple[pl.DataFrame, pl.DataFrame]:
    """RAW_PLAYS and REJECTED_ROWS of some items, numbered in the order they were played."""
    in_order = sorted(page, key=lambda item: (item.played_at or _NEVER, item.key))
    frame = listen_rows(listens_frame([item.listen for item in in_order]), origin)
    told = frame.with_row_index("row").with_columns(
        source=pl.lit(SOURCE),
        import_id=pl.lit(origin.import_id),
        user_id=pl.lit(origin.user_id),
        file=pl.lit(origin.file),
        byte_start=None,
        byte_end=None,
        kind=pl.when(pl.col("track_uri").str.starts_with("spotify:episode:"))
        .then(pl.lit("podcast"))
        .otherwise(pl.lit("music")),
    )
    good = told.filter(pl.col("reason").is_null())
    bad = told.filter(pl.col("reason").is_not_null())
    return RAW_PLAYS.conform(good.lazy()).collect(), REJECTED_ROWS.conform(bad.lazy()).collect()


def _item(found: object) -> Item:
    item = nested(found)
    track = nested(item.get("track"))
    played_at = parse_time(text(item.get("played_at")) or "")
    uri = text(track.get("uri"))
    album = nested(track.get("album"))
    listen = Listen(
        None if played_at is None else played_at.timestamp(),
        _clock_problem(item.get("played_at"), played_at),
        text(track.get("name")),
        _artist(album) or _artist(track),
        text(album.get("name")),
        is_stop=True,
        is_mistyped=not track,
        duration_ms=milliseconds(track.get("duration_ms")),
        track_uri=uri,
        isrc=text(nested(track.get("external_ids")).get("isrc")),
    )
    return Item(_key(found, uri, item.get("played_at")), played_at, listen)


def _clock_problem(told: object, played_at: datetime | None) -> str | None:
    if played_at is not None:
        return None
    return "bad_time" if told else "no_time"


def _key(found: object, uri: str | None, played_at: object) -> str:
    """What an item is known by: the track and the moment, else a hash of all it says.

    Postgres keeps it: what cannot be printed, it may not take.
    """
    if uri and isinstance(played_at, str) and played_at and f"{uri}{played_at}".isprintable():
        return f"{uri} {played_at}"
    told = json.dumps(found, sort_keys=True, default=str).encode()
    return blake2b(told, digest_size=8).hexdigest()


def _artist(of: Mapping[str, Any]) -> str | None:
    """The first artist; of the album where there is one, because exports name the album's artist."""
    artists = of.get("artists")
    return text(nested(artists[0]).get("name")) if isinstance(artists, list) and artists else None
