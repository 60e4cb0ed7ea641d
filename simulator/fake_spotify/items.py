"""Tracks as the fake Spotify knows them, and the objects (of late 2026) that its API makes of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

Json = dict[str, object]
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_GENRES = ("ambient", "art pop", "chamber folk", "dub", "indie rock", "jazz", "krautrock", "shoegaze", "soul")
_PICTURE_SIZES = (640, 300, 64)


@dataclass(frozen=True, slots=True)
class Track:
    """What one URI plays; ids of artists and albums follow from their names. ``isrc`` None: drawn."""

    track_id: str
    name: str
    artists: tuple[str, ...]
    album: str
    duration_ms: int
    isrc: str | None = None


@dataclass(frozen=True, slots=True)
class TruePlay:
    """What was really played: a row of the simulator's truth, found there by user_id and play_no."""

    user_id: str
    play_no: int
    started_at: datetime
    ended_at: datetime
    ms_played: int


@dataclass(frozen=True, slots=True)
class ShownPlay:
    """A play as recently-played tells it, and from when on it does; ``truth`` is what it tells of."""

    track: Track
    played_at: datetime
    visible_from: datetime
    truth: TruePlay | None = None


def _number(*words: str) -> int:
    return int.from_bytes(hashlib.blake2b("\0".join(words).encode(), digest_size=20).digest(), "big")


def spotify_id(*words: str) -> str:
    """22 base62 letters, always the same for the same words."""
    number, letters = _number(*words), []
    for _ in range(22):
        number, digit = divmod(number, 62)
        letters.append(_BASE62[digit])
    return "".join(letters)


def artist_id(artist: str) -> str:
    """The id of the artist of that name."""
    return spotify_id("artist", artist)


def album_id(artist: str, album: str) -> str:
    """The id of that artist's album of that name."""
    return spotify_id("album", artist, album)


def isrc_of(track: Track) -> str:
    """The recording's code: re-releases of one recording share it."""
    if track.isrc is not None:
        return track.isrc
    number = _number("isrc", *track.artists, track.name, str(track.duration_ms))
    return f"XL{_BASE62[number % 36]}QA{number // 36 % 10**7:07d}"


def _address(kind: str, ident: str) -> Json:
    return {
        "external_urls": {"spotify": f"https://open.spotify.com/{kind}/{ident}"},
        "href": f"https://api.spotify.com/v1/{kind}s/{ident}",
        "id": ident,
        "type": kind,
        "uri": f"spotify:{kind}:{ident}",
    }


def _pictures(*words: str) -> list[Json]:
    urls = (f"https://i.scdn.co/image/{_number(*words, str(size)):040x}" for size in _PICTURE_SIZES)
    return [
        {"url": url, "height": size, "width": size} for url, size in zip(urls, _PICTURE_SIZES, strict=True)
    ]


def _released(*words: str) -> Json:
    """Days mostly, but old albums are known to the month or the year only."""
    number = _number("released", *words)
    year, month, day = 1965 + number % 60, 1 + number // 60 % 12, 1 + number // 720 % 28
    precision = ("year", "year", "month", *("day",) * 13)[number // 20_160 % 16]
    text = {"year": f"{year}", "month": f"{year}-{month:02d}", "day": f"{year}-{month:02d}-{day:02d}"}
    return {"release_date": text[precision], "release_date_precision": precision}


def artist_link(artist: str) -> Json:
    """The artist as tracks and albums name them."""
    return _address("artist", artist_id(artist)) | {"name": artist}


def artist_object(artist: str) -> Json:
    """The artist by itself; some have no genre."""
    number = _number("genres", artist)
    genres = sorted({_GENRES[number % 9], _GENRES[number // 9 % 9]}) if number // 81 % 5 else []
    return artist_link(artist) | {"genres": genres, "images": _pictures("artist", artist)}


def album_link(artist: str, album: str, total_tracks: int = 10) -> Json:
    """The album as tracks name it."""
    return {
        **_address("album", album_id(artist, album)),
        "album_type": "album",
        "artists": [artist_link(artist)],
        "images": _pictures("album", artist, album),
        "name": album,
        **_released(artist, album),
        "total_tracks": total_tracks,
    }


def _track_link(track: Track, number: int = 1) -> Json:
    return {
        **_address("track", track.track_id),
        "artists": [artist_link(artist) for artist in track.artists],
        "disc_number": 1,
        "duration_ms": track.duration_ms,
        "explicit": False,
        "is_local": False,
        "name": track.name,
        "preview_url": None,
        "track_number": number,
    }


def track_object(track: Track) -> Json:
    """The track by itself, in recently-played and in top tracks."""
    return _track_link(track) | {
        "album": album_link(track.artists[0], track.album),
        "external_ids": {"isrc": isrc_of(track)},
    }


def album_object(artist: str, album: str, tracks: Sequence[Track]) -> Json:
    """The album by itself, with the tracks of it that are known."""
    href = f"https://api.spotify.com/v1/albums/{album_id(artist, album)}/tracks?offset=0&limit=50"
    links = [_track_link(track, number) for number, track in enumerate(tracks[:50], 1)]
    page = {"href": href, "items": links, "limit": 50, "next": None, "offset": 0, "previous": None}
    return album_link(artist, album, len(tracks)) | {
        "copyrights": [{"text": f"{artist}", "type": "C"}],
        "genres": [],
        "tracks": page | {"total": len(tracks)},
    }
