"""What the loops over records share: extended-history records as ``raw_plays`` columns, into Parquet."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import polars as pl

from assets.tables import RAW_PLAYS, UTC_MICROSECONDS

Record = dict[str, Any]
_ROWS_A_FILE = 100_000
_SAME = {
    "ms_played": "ms_played",
    "offline_timestamp": "offline_timestamp",
    "track_uri": "spotify_track_uri",
    "track_name": "master_metadata_track_name",
    "artist_name": "master_metadata_album_artist_name",
    "album_name": "master_metadata_album_album_name",
    "is_skipped": "skipped",
    "reason_start": "reason_start",
    "reason_end": "reason_end",
    "is_shuffle": "shuffle",
    "is_offline": "offline",
    "is_incognito": "incognito_mode",
    "country": "conn_country",
    "platform": "platform",
}
_EPISODE = {
    "track_uri": "spotify_episode_uri",
    "track_name": "episode_name",
    "artist_name": "episode_show_name",
}


def members(export: str) -> Iterator[tuple[ZipFile, str]]:
    """The JSON files of a zip."""
    with ZipFile(export) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                yield archive, name


def write(export: str, records: Iterable[tuple[str, int, Record]], folder: str) -> int:
    """Writes (file, row, record) as Parquet files, 100,000 rows each; returns the rows."""
    Path(folder).mkdir(parents=True)
    source, rows = iter(records), 0
    while batch := list(islice(source, _ROWS_A_FILE)):
        frame = _raw_plays(batch, Path(export).stem)
        frame.write_parquet(Path(folder) / f"{rows}.parquet", compression="zstd", compression_level=1)
        rows += frame.height
    return rows


def _raw_plays(batch: list[tuple[str, int, Record]], import_id: str) -> pl.DataFrame:
    records = [record for _, _, record in batch]
    schema = RAW_PLAYS.schema
    columns = {name: [record.get(key) for record in records] for name, key in _SAME.items()}
    for name, key in _EPISODE.items():
        columns[name] = [
            record.get(key) if told is None else told
            for told, record in zip(columns[name], records, strict=True)
        ]
    frame = pl.DataFrame(columns, schema={name: schema[name] for name in columns})
    ended_at = pl.Series([record["ts"] for record in records]).str.to_datetime(
        "%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC"
    )
    is_episode = pl.col("track_uri").str.starts_with("spotify:episode:")
    return frame.with_columns(
        import_id=pl.lit(import_id),
        file=pl.Series([file for file, _, _ in batch]),
        row=pl.Series([row for _, row, _ in batch]),
        user_id=pl.lit("listener"),
        source=pl.lit("spotify_extended"),
        ended_at=ended_at,
        month=ended_at.dt.strftime("%Y-%m"),
        started_at=pl.lit(None, UTC_MICROSECONDS),
        kind=pl.when(is_episode).then(pl.lit("podcast")).otherwise(pl.lit("music")),
        duration_ms=pl.lit(None, pl.Int64),
        **{name: pl.lit(None, pl.String) for name in ("isrc", "recording_mbid", "client")},
    ).select(schema.names())
