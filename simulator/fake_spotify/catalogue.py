"""What the fake Spotify can be asked about by id: all accounts' tracks, their artists and albums."""

import json
from collections.abc import Iterable

from simulator.fake_spotify.items import (
    Json,
    Track,
    album_id,
    album_object,
    artist_id,
    artist_object,
    track_object,
)


class SpotifyCatalogue:
    """Grows with the accounts."""

    def __init__(self) -> None:
        self._tracks: dict[str, Track] = {}
        self._artists: dict[str, str] = {}
        self._albums: dict[str, tuple[str, str, list[Track]]] = {}
        self._json: dict[Track, bytes] = {}

    def add(self, tracks: Iterable[Track]) -> None:
        """Makes tracks known; the first that has an id keeps it."""
        for track in tracks:
            if track.track_id in self._tracks:
                continue
            self._tracks[track.track_id] = track
            self._artists.update({artist_id(artist): artist for artist in track.artists})
            artist = track.artists[0]
            album = self._albums.setdefault(album_id(artist, track.album), (artist, track.album, []))
            album[2].append(track)

    def track_json(self, track: Track) -> bytes:
        """The track object, made once."""
        known = self._json.get(track)
        if known is None:
            known = self._json[track] = json.dumps(track_object(track), ensure_ascii=False).encode()
        return known

    def item(self, kind: str, ident: str) -> Json | None:
        """The object of that kind (tracks, artists or albums) and id, if there is one."""
        if kind == "tracks" and ident in self._tracks:
            return track_object(self._tracks[ident])
        if kind == "artists" and ident in self._artists:
            return artist_object(self._artists[ident])
        if kind == "albums" and ident in self._albums:
            return album_object(*self._albums[ident])
        return None
