"""Which track a person means: a Spotify link, URI or id, a name id, or "artist - title"."""

import re
from dataclasses import dataclass
from typing import Final

import polars as pl

from assets.listening import names

_SPOTIFY: Final = re.compile(
    r"(?:spotify:track:|https?://open\.spotify\.com/(?:intl-[a-z-]+/)?track/)?([0-9A-Za-z]{22})(?:\?.*)?"
)
_NAMED: Final = re.compile(r"name:[0-9a-f]{16}")
_BETWEEN: Final = " - "
_MOST_SHOWN: Final = 5


class UnknownTrackError(LookupError):
    """No track is meant for certain; the message says how to name one."""


@dataclass(frozen=True)
class Found:
    """A track's id, its names where they are known."""

    track_id: str
    names: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether the catalogue holds it."""
        return self.names is not None

    @property
    def shown(self) -> str:
        """For people."""
        return self.names or self.track_id


def found_track(tracks: pl.LazyFrame, track_aliases: pl.LazyFrame, said: str) -> Found:
    """The track that is meant; an id need not be in the catalogue, names must.

    Raises:
        UnknownTrackError: no id, and no track of such names (or several artists' tracks) in the catalogue.
    """
    text = said.strip()
    if ident := _ident(text):
        known = _named(tracks.filter(pl.col("track_id") == ident))
        return Found(ident, known["names"][0] if known.height else None)
    if _BETWEEN not in text:
        raise UnknownTrackError(
            f'"{text}" names no track: give a Spotify link, URI or id, a name id, or "artist - title".'
        )
    return _by_names(tracks, track_aliases, text)


def found_tracks(tracks: pl.LazyFrame, track_aliases: pl.LazyFrame, named: pl.DataFrame) -> pl.DataFrame:
    """``named`` (``artist_name``, ``track_name``) with ``track_id``, ``name_id`` and ``is_known``.

    Of a song's ids the one that stands for it; what the catalogue does not know gets the id that a play
    of these names would get.
    """
    key = names.name_key(pl.col("artist_name"), pl.col("track_name"))
    known = _songs(tracks, track_aliases, named.lazy().select(name_key=key)).unique("name_key", keep="first")
    made = names.name_id(pl.col("artist_name"), pl.col("track_name"))
    asked = named.lazy().with_columns(name_key=key, name_id=made)
    found = asked.join(
        known.select("name_key", known_id="track_id"), "name_key", how="left", maintain_order="left"
    )
    return found.select(
        *named.columns,
        "name_id",
        track_id=pl.coalesce("known_id", "name_id"),
        is_known=pl.col("known_id").is_not_null(),
    ).collect()


def artist_id(said: str) -> str:
    """The id of an artist, who need not be in the catalogue, by name or id."""
    text = said.strip()
    if _NAMED.fullmatch(text) or not text:
        return text
    made: str = pl.select(names.name_id(pl.lit(text))).item()
    return made


def _ident(text: str) -> str | None:
    if match := _SPOTIFY.fullmatch(text):
        return match[1]
    return text if _NAMED.fullmatch(text) else None


def _by_names(tracks: pl.LazyFrame, track_aliases: pl.LazyFrame, text: str) -> Found:
    """Either half may hold " - " itself: every cut is tried. Of a song's ids, the one that stands for it."""
    parts = text.split(_BETWEEN)
    cuts = pl.DataFrame(
        [(_BETWEEN.join(parts[:at]), _BETWEEN.join(parts[at:])) for at in range(1, len(parts))],
        schema=["artist", "title"],
        orient="row",
    )
    keys = cuts.select(name_key=names.name_key(pl.col("artist"), pl.col("title"))).lazy()
    songs = _songs(tracks, track_aliases, keys)
    found = _named(songs.unique("track_id", keep="first", maintain_order=True))
    if found.is_empty():
        raise UnknownTrackError(
            f'No track called "{text}" was played: check the names, or give its Spotify id.'
        )
    return Found(found["track_id"][0], found["names"][0])


def _songs(tracks: pl.LazyFrame, track_aliases: pl.LazyFrame, keys: pl.LazyFrame) -> pl.LazyFrame:
    """Music of some ``name_key``, most played first, under the id that stands for the song."""
    meant = tracks.join(keys, on="name_key", how="semi").filter(pl.col("kind") == "music")
    aliases = track_aliases.select(track_id="alias_id", song_id="track_id")
    songs = meant.join(aliases, on="track_id", how="left")
    return songs.with_columns(track_id=pl.coalesce("song_id", "track_id")).sort(
        "plays", "track_id", descending=[True, False]
    )


def _named(tracks: pl.LazyFrame) -> pl.DataFrame:
    told = pl.concat_str(pl.col("artist_name", "track_name").fill_null("?"), separator=_BETWEEN)
    return tracks.select("track_id", names=told).head(_MOST_SHOWN).collect()
