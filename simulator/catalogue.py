"""What can be played: invented artists with albums, re-releases, shows, audiobooks and videos."""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from simulator.chance import Ints
from simulator.names import STYLES, Style, artist_name

_BASE62 = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype="S1")
PREVIEW_MS = 29_750
_REISSUED_SHARE = 0.04
_EPISODES_PER_SHOW = 60
_CHAPTERS_PER_BOOK = 24


@dataclass(frozen=True)
class Catalogue:
    """Items by number, and where each group of them begins.

    Args:
        items: track_uri, track_name, artist_name, album_name, duration_ms, kind; one row an item.
        artist_tracks: where each artist's tracks begin, and one past the last artist's end.
        album_tracks: the same for albums.
        track_album: the album of each track.
        song: for each item the first release of the same song, mostly itself.
        reissue: for each item its re-release under another URI, else itself.
        previews, episodes, chapters, videos: first item and one past the last of each.
    """

    items: pl.DataFrame
    artist_tracks: Ints
    album_tracks: Ints
    track_album: Ints
    song: Ints
    reissue: Ints
    previews: tuple[int, int]
    episodes: tuple[int, int]
    chapters: tuple[int, int]
    videos: tuple[int, int]

    @property
    def artists(self) -> int:
        """How many music artists there are."""
        return len(self.artist_tracks) - 1


def _uris(rng: np.random.Generator, kind: str, count: int) -> list[str]:
    letters = _BASE62[rng.integers(0, 62, (count, 22))]
    return [f"spotify:{kind}:{ident.decode()}" for ident in letters.view("S22").ravel()]


def _durations_ms(rng: np.random.Generator, count: int, mean_s: float, floor_s: float) -> Ints:
    seconds = rng.lognormal(math.log(mean_s), 0.28, count)
    return np.maximum(seconds * 1000, floor_s * 1000).astype(np.int64)


def _offsets(lengths: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _items(
    rng: np.random.Generator, kind: str, uri_kind: str, names: dict[str, list[str | None]]
) -> pl.DataFrame:
    count = len(names["track_name"])
    mean_s = {"music": 212, "podcast": 2400, "audiobook": 1300, "video": 600}[kind]
    floor_s = 35 if kind == "music" else 120
    columns = {"track_uri": _uris(rng, uri_kind, count), **names}
    typed = pl.DataFrame(columns, schema_overrides=dict.fromkeys(names, pl.String()))
    durations = pl.Series("duration_ms", _durations_ms(rng, count, mean_s, floor_s))
    return typed.with_columns(durations, pl.lit(kind).alias("kind"))


def _music_names(
    rng: np.random.Generator, album_artist: Ints, track_album: Ints, styles: list[Style]
) -> dict[str, list[str | None]]:
    artists = [artist_name(number, style) for number, style in enumerate(styles)]
    first_title = rng.integers(0, 400, len(styles))
    owners = album_artist[track_album]
    within = np.arange(len(owners)) - np.searchsorted(owners, owners)
    album_within = np.arange(len(album_artist)) - np.searchsorted(album_artist, album_artist)
    albums = [
        styles[a].title(int(first_title[a] + 17 * w)) for a, w in zip(album_artist, album_within, strict=True)
    ]
    titles = [styles[a].title(int(first_title[a] + w)) for a, w in zip(owners, within, strict=True)]
    return {
        "track_name": list(titles),
        "artist_name": [artists[artist] for artist in owners],
        "album_name": [albums[album] for album in track_album],
    }


def _series_names(word: str, part: str, count: int, each: int) -> tuple[list[str | None], list[str | None]]:
    style = Style()
    series = [f"{style.title(37 * (number // each) + 5)} {word}" for number in range(count)]
    parts = [f"{part} {number % each + 1}: {style.title(number * 11)}" for number in range(count)]
    return list(parts), list(series)


def _spoken(rng: np.random.Generator, size: int) -> list[pl.DataFrame]:
    nobody: list[str | None] = [None]
    shows, books, clips = max(size // 40, 4), max(size // 200, 2), max(size // 2, 20)
    episode, show = _series_names("Radio", "#", shows * _EPISODES_PER_SHOW, _EPISODES_PER_SHOW)
    chapter, book = _series_names("Chronicle", "Chapter", books * _CHAPTERS_PER_BOOK, _CHAPTERS_PER_BOOK)
    clip, channel = _series_names("Television", "Clip", clips, 20)
    return [
        _items(rng, "podcast", "episode", _three(episode, show, nobody * len(show))),
        _items(rng, "audiobook", "episode", _three(chapter, nobody * len(book), book)),
        _items(rng, "video", "episode", _three(clip, channel, nobody * clips)),
    ]


def _three(
    track: list[str | None], artist: list[str | None], album: list[str | None]
) -> dict[str, list[str | None]]:
    return {"track_name": track, "artist_name": artist, "album_name": album}


def _reissues(rng: np.random.Generator, music: pl.DataFrame) -> tuple[Ints, pl.DataFrame]:
    originals = np.flatnonzero(rng.random(music.height) < _REISSUED_SHARE)
    again = music[originals].with_columns(
        pl.Series("track_uri", _uris(rng, "track", len(originals))),
        pl.format("{} (Deluxe Edition)", "album_name").alias("album_name"),
    )
    return originals, again


def _previews(rng: np.random.Generator, music: pl.DataFrame) -> pl.DataFrame:
    """A dozen excerpts of 29.75 s."""
    some = music[rng.integers(0, music.height, 12)].unique("track_name", maintain_order=True)
    return some.with_columns(
        pl.Series("track_uri", _uris(rng, "track", some.height)),
        pl.format("{} (Preview)", "track_name").alias("track_name"),
        pl.lit(PREVIEW_MS, pl.Int64).alias("duration_ms"),
    )


def _twins(items: int, originals: Ints, first_copy: int) -> tuple[Ints, Ints]:
    """For each item its song, and for each item its re-release."""
    copies = first_copy + np.arange(len(originals))
    song, reissue = np.arange(items), np.arange(items)
    song[copies], reissue[originals] = originals, copies
    return song, reissue


def make_catalogue(seed: int, artists: int) -> Catalogue:
    """The catalogue of that many music artists; the same for the same seed and size."""
    rng = np.random.default_rng([seed, artists, 1])
    albums_of = rng.integers(1, 7, artists)
    album_artist = np.repeat(np.arange(artists), albums_of)
    lengths = rng.integers(1, 15, len(album_artist))
    track_album = np.repeat(np.arange(len(album_artist)), lengths)
    styles = [STYLES[number] for number in rng.integers(0, len(STYLES), artists)]
    music = _items(rng, "music", "track", _music_names(rng, album_artist, track_album, styles))
    originals, again = _reissues(rng, music)
    parts = [music, again, _previews(rng, music), *_spoken(rng, artists)]
    ends = [0, *np.cumsum([part.height for part in parts]).tolist()]
    song, reissue = _twins(ends[-1], originals, music.height)
    album_tracks = _offsets(lengths)
    return Catalogue(
        items=pl.concat(parts).rechunk(),
        artist_tracks=album_tracks[_offsets(albums_of)],
        album_tracks=album_tracks,
        track_album=track_album,
        song=song,
        reissue=reissue,
        previews=(ends[2], ends[3]),
        episodes=(ends[3], ends[4]),
        chapters=(ends[4], ends[5]),
        videos=(ends[5], ends[6]),
    )
