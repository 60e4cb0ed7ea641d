"""What the catalogue wants to know of Spotify, and what Spotify's answers say.

Answers are of late 2026 (no popularity, no followers). Whatever a field holds that it should not is as
good as missing: a half-filled answer keeps what is good.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from assets.tables import SPOTIFY_ITEMS
from resources.spotify.catalogue_items import Answer, Asked
from resources.spotify.web_api import Kind

SPOTIFY_ID: Final = r"^[0-9A-Za-z]{22}$"
_ISRC: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_RELEASED: Final = re.compile(r"[1-9][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_ID: Final = re.compile(SPOTIFY_ID[1:-1])
_LONGEST_MS: Final = 24 * 3600 * 1000
_WIDE_ENOUGH_PX: Final = 300
_MOST_CHARACTERS: Final = 2000


class MalformedAnswerError(ValueError):
    """An answer of which nothing can be used."""


def wanted(tracks: pl.LazyFrame, items: pl.LazyFrame) -> pl.LazyFrame:
    """``kind, spotify_id, plays`` of what to know: music with a Spotify id, then its albums and artists.

    Args:
        tracks: the catalogue.
        items: ``spotify_items``, which tells the albums and artists of tracks that were looked up.
    """
    is_wanted = (pl.col("kind") == "music") & pl.col("track_id").str.contains(SPOTIFY_ID)
    played = tracks.filter(is_wanted).select(spotify_id="track_id", plays="plays")
    known = items.filter(pl.col("kind") == "track").join(played, on="spotify_id")
    albums = known.select(spotify_id="album_id", plays="plays")
    artists = known.select("artist_ids", "plays").explode("artist_ids").rename({"artist_ids": "spotify_id"})
    kinds: dict[Kind, pl.LazyFrame] = {"track": played, "album": albums, "artist": artists}
    counted = [_counted(of_kind, kind) for kind, of_kind in kinds.items()]
    return pl.concat(counted).sort("kind", "spotify_id")


def answers(asked: Asked, said: object) -> dict[Asked, Answer]:
    """What an answer of ``/tracks``, ``/albums`` or ``/artists`` says: of its item, and of a track's album.

    An album that a track tells all of needs no call of its own: that saves about a third of the calls.

    Raises:
        MalformedAnswerError: it is no item of the kind asked for, or says nothing of it.
    """
    if not isinstance(said, Mapping) or said.get("type", asked.kind) != asked.kind:
        raise MalformedAnswerError(f"Spotify's answer is no Spotify {asked.kind}.")
    found = _READERS[asked.kind](said)
    if found in _NOTHING:
        raise MalformedAnswerError(f"Spotify's answer says nothing of the {asked.kind}.")
    if found.album_id is None:
        return {asked: found}
    album = _album(said["album"])
    is_all = None not in (album.name, album.release_date, album.image_url)
    return {asked: found} | ({Asked("album", found.album_id): album} if is_all else {})


def _counted(played: pl.LazyFrame, kind: Kind) -> pl.LazyFrame:
    by_id = played.drop_nulls().group_by("spotify_id").agg(pl.col("plays").sum())
    return by_id.select(pl.lit(kind).alias("kind"), "spotify_id", "plays")


def frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """``spotify_items`` of the rows of items that were answered."""
    known = [{name: row[name] for name in SPOTIFY_ITEMS.columns} for row in rows]
    return SPOTIFY_ITEMS.conform(pl.LazyFrame(known, schema=SPOTIFY_ITEMS.schema)).collect()


def _track(said: Mapping[str, Any]) -> Answer:
    return Answer(
        name=_text(said.get("name")),
        duration_ms=_duration(said.get("duration_ms")),
        isrc=_isrc(_inside(said.get("external_ids")).get("isrc")),
        album_id=_id(_inside(said.get("album")).get("id")),
        artist_ids=_ids(said.get("artists")),
    )


def _album(said: Mapping[str, Any]) -> Answer:
    return Answer(
        name=_text(said.get("name")),
        release_date=_matching(_RELEASED, said.get("release_date")),
        image_url=_image(said.get("images")),
        genres=_genres(said.get("genres")),
        artist_ids=_ids(said.get("artists")),
    )


def _artist(said: Mapping[str, Any]) -> Answer:
    return Answer(
        name=_text(said.get("name")),
        image_url=_image(said.get("images")),
        genres=_genres(said.get("genres")),
    )


_NOTHING: Final = (Answer(), Answer(genres=[]))
_READERS: Final = {"track": _track, "album": _album, "artist": _artist}


def _inside(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    """Without what no database takes: zero characters and halves of surrogate pairs."""
    if not isinstance(value, str):
        return None
    clean = value.replace("\0", "").encode(errors="ignore").decode().strip()
    return clean[:_MOST_CHARACTERS] or None  # of what was taken down, Spotify says the empty name


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def _id(value: object) -> str | None:
    return _matching(_ID, value)


def _ids(value: object) -> list[str] | None:
    found = [_id(_inside(one).get("id")) for one in _list(value)]
    return list(dict.fromkeys(one for one in found if one)) or None


def _duration(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 < value <= _LONGEST_MS else None


def _isrc(value: object) -> str | None:
    return _matching(_ISRC, value.replace("-", "").upper()) if isinstance(value, str) else None


def _genres(value: object) -> list[str] | None:
    """None where nothing is said; the empty list where Spotify knows of none."""
    if not isinstance(value, list):
        return None
    return list(dict.fromkeys(genre for one in value if (genre := _text(one))))


def _image(value: object) -> str | None:
    """The smallest picture that is wide enough for a page, else the widest."""
    found = [_inside(one) for one in _list(value)]
    sized = sorted((_width(one), url) for one in found if (url := _address(one.get("url"))))
    wide = [url for width, url in sized if width >= _WIDE_ENOUGH_PX]
    return wide[0] if wide else sized[-1][1] if sized else None


def _width(picture: Mapping[str, Any]) -> int:
    width = picture.get("width")
    return width if isinstance(width, int) else 0


def _address(value: object) -> str | None:
    text = _text(value)
    return text if text and re.fullmatch(r"https://[^\s\"'<>]+", text) else None
