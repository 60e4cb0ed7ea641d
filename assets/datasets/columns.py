"""Which of a dataset's columns holds which field, whatever it is called."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from assets.listening.column_names import ALBUM, ARTIST, LENGTH, TRACK

TEXTS: Final = ("title", "artist", "genre", "album", "mood")
NUMBERS: Final = ("duration", "year", "energy", "tempo")
IDS: Final = ("spotify_id", "isrc")
REQUIRED: Final = ("title", "artist", "genre", "duration")
OPTIONAL: Final = ("album", "year", "mood", "energy", "tempo")

_NAMES: Final[Mapping[str, str]] = {
    "title": "title track_name song_name song_title track_title recording_name song name track",
    "artist": "artist artist_name artists artist_names artists_name artist_s_name track_artist artists_names"
    " performer band singer",
    "genre": "genre genres track_genre track_genres top_genre genre_top main_genre playlist_genre music_genre"
    " artist_genres style",
    "album": "album album_name album_title track_album_name release release_name",
    "mood": "mood moods mood_label mood_tag emotion track_mood",
    "duration": "duration_ms track_duration_ms length_ms duration_milliseconds milliseconds duration"
    " duration_s duration_sec duration_secs duration_seconds track_duration length_s length_seconds length"
    " seconds duration_min duration_minutes",
    "year": "year release_year released_year album_year track_year release_date album_release_date"
    " track_album_release_date released date_released",
    "energy": "energy",
    "tempo": "tempo bpm tempo_bpm beats_per_minute",
    "spotify_id": "spotify_id spotify_track_id spotify_uri spotify_track_uri track_uri uri spotify_url"
    " track_url track_id trackid id",
    "isrc": "isrc track_isrc external_ids_isrc",
}
"""Other names of each field, in lower case with underscores; the first that is there counts."""
_ALSO: Final[Mapping[str, Sequence[str]]] = {
    "title": TRACK,
    "artist": ARTIST,
    "album": ALBUM,
    "duration": LENGTH,
}
"""And those of tables of plays, after them."""
_PERCENT = re.compile(
    r"[(\[]?\s*(?:%|(?<![a-z])(?:percent(?:age)?|pct)(?![a-z])|0\s*(?:-|–|to|\.\.)\s*100(?!\d)|/\s*100(?!\d))\s*[)\]]?"
)
_SAYS_NO_UNIT = re.compile(
    r"[(\[]\s*(?:0\s*(?:-|–|to|\.\.)\s*1(?:\.0)?|(?:h+:)?m+:s+|min:sec|float|text)\s*[)\]]"
)
_IN_MS = re.compile(r".*_ms|(duration_)?milliseconds")
_IN_MINUTES = re.compile(r"duration_min(utes)?")


@dataclass(frozen=True)
class Columns:
    """A file's columns, in their order, and which of them holds each field.

    Args:
        of: the column of each field that is there.
        seconds_a_unit: what the length is to be multiplied with.
        energy_a_unit: the same for the energy.
    """

    names: tuple[str, ...]
    of: Mapping[str, str] = field(default_factory=dict)
    seconds_a_unit: float = 1.0
    energy_a_unit: float = 1.0

    @property
    def others(self) -> tuple[str, ...]:
        """The columns that hold no field Longplay knows."""
        taken = set(self.of.values())
        return tuple(name for name in self.names if name not in taken)

    @property
    def names_tracks(self) -> bool:
        """Whether there is anything a track can be told by."""
        return any(name in self.of for name in ("title", *IDS))


def columns(names: Sequence[str]) -> Columns:
    """The fields of a file with columns of these names."""
    plain: dict[str, str] = {}
    for name in names:
        plain.setdefault(_plain(name), name)
    found = {
        known: next((plain[each] for each in others if each in plain), None)
        for known, others in _names().items()
    }
    of = {known: name for known, name in found.items() if name is not None}
    energy_a_unit = 0.01 if _PERCENT.search(of.get("energy", "").lower()) else 1.0
    return Columns(tuple(names), of, _seconds_a_unit(of.get("duration", "")), energy_a_unit)


@cache
def _names() -> Mapping[str, Sequence[str]]:
    said = {known: (*others.split(), *_ALSO.get(known, ())) for known, others in _NAMES.items()}
    return {known: [_folded(name) for name in others] for known, others in said.items()}


def count_known(names: Sequence[str]) -> int:
    """How many fields these names are those of: which separator a CSV has is told by it."""
    return len(columns(names).of)


def _plain(name: str) -> str:
    """``Track Name``, ``trackName`` and ``track-name`` are one; ``Artist(s)`` are ``artists``.

    What only says how a number is to be read goes: ``Energy (%)`` is the energy.
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip().replace("(s)", "s")).lower()
    bare = _SAYS_NO_UNIT.sub("", _PERCENT.sub("", apart))
    return re.sub(r"[\W_]+", "_", _folded(bare)).strip("_").replace("_in_", "_")


def _folded(name: str) -> str:
    """Without accents: ``titulo`` is ``título``."""
    apart = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).replace("ı", "i")


def _seconds_a_unit(name: str) -> float:
    plain = _plain(name)
    return 1e-3 if _IN_MS.fullmatch(plain) else 60.0 if _IN_MINUTES.fullmatch(plain) else 1.0
