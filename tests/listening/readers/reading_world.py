"""Small exports, and what reading them gives."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from assets.listening.readers import Limits, Reading, open_export
from assets.tables import RAW_PLAYS, REJECTED_ROWS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


def played(**changes: object) -> Row:
    """One row of the extended history."""
    row: Row = {
        "ts": "2024-05-01T12:00:00Z",
        "username": "SECRET-name",
        "platform": "ios",
        "ms_played": 200000,
        "conn_country": "GB",
        "ip_addr_decrypted": "SECRET-address",
        "user_agent_decrypted": "SECRET-agent",
        "master_metadata_track_name": "Song",
        "master_metadata_album_artist_name": "Artist",
        "master_metadata_album_album_name": "Album",
        "spotify_track_uri": "spotify:track:1cLGbR4XDrbU2AWdSsr4P0",
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": False,
        "offline": False,
        "offline_timestamp": 1714564600,
        "incognito_mode": False,
    }
    return row | changes


def titled(*titles: str) -> list[Row]:
    """A row a title."""
    return [played(master_metadata_track_name=title) for title in titles]


def compact(rows: object) -> bytes:
    """JSON as Spotify writes it."""
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


class Read:
    """An export that was read to its end."""

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        self.reading: Reading = open_export(
            path, import_id="import", user_id="user", now=NOW, limits=limits or Limits()
        )
        batches = list(self.reading)
        self.plays = pl.concat([RAW_PLAYS.empty(), *(batch.plays for batch in batches)])
        self.rejected = pl.concat([REJECTED_ROWS.empty(), *(batch.rejected for batch in batches)])
        assert sum(batch.rows_read for batch in batches) == self.reading.rows_read
        assert self.reading.rows_read == self.plays.height + self.rejected.height

    @property
    def titles(self) -> list[str | None]:
        return self.plays["track_name"].to_list()

    @property
    def reasons(self) -> list[str]:
        return self.rejected["reason"].to_list()

    @property
    def rejected_spans(self) -> list[tuple[int, int]]:
        return list(self.rejected.select("byte_start", "byte_end").iter_rows())

    def everything(self) -> str:
        """All that leaves the reader, as text."""
        with pl.Config(tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=10_000):
            return f"{self.plays}{self.rejected}{self.reading!r}{self.plays.rows()}{self.rejected.rows()}"


def read_bytes(
    tmp_path: Path, data: bytes, limits: Limits | None = None, name: str = "endsong_0.json"
) -> Read:
    """Reads one file of these bytes."""
    path = tmp_path / name
    path.write_bytes(data)
    return Read(path, limits)


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """A zip of these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path
