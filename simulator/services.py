"""Writes the same truth as ListenBrainz and Maloja tell it.

They report music that counted (half the track or four minutes), with the time it started.
"""

import json
from pathlib import Path
from typing import Literal

import polars as pl

from simulator.json_text import (
    COMPACT,
    LINES,
    document,
    in_quotes,
    object_text,
    plain,
)
from simulator.labels import label_rows, no_labels
from simulator.packing import opened_package
from simulator.scrobbles import quoted_names, scrobbles

_NAMES = ("track_name", "artist_name", "album_name")
_NULL = pl.lit("null")


def _listen(clock: Literal["start", "stop"]) -> pl.Expr:
    client = "listenbrainz web" if clock == "start" else "ListenBrainz Archive Importer"
    info: dict[str, pl.Expr] = {"duration_ms": plain(pl.col("duration_ms"))}
    if clock == "stop":
        info["spotify_id"] = in_quotes(
            pl.lit("https://open.spotify.com/track/") + pl.col("track_uri").str.slice(14)
        )
        info["music_service"] = pl.lit('"spotify.com"')
    info["submission_client"] = pl.lit(f'"{client}"')
    track = {
        "track_name": pl.col("track_name"),
        "artist_name": pl.col("artist_name"),
        "mbid_mapping": _NULL,
        "release_name": pl.col("album_name"),
        "additional_info": object_text(info, LINES),
    }
    inserted_at = plain(pl.col("listened_at")) + pl.lit(".327114")
    fields = {"inserted_at": inserted_at, "listened_at": plain(pl.col("listened_at"))}
    return object_text({**fields, "track_metadata": object_text(track, LINES)}, LINES)


def write_listenbrainz(
    truth: pl.DataFrame, path: Path, *, clock: Literal["start", "stop"] = "start"
) -> pl.DataFrame:
    """Writes a ListenBrainz export (.zip or folder): user.json, listens/YYYY/M.jsonl, feedback.jsonl.

    ``clock`` "stop" writes the stop time, as plays do that came from a Spotify importer (they also carry
    the Spotify id). Returns labels, one row a listen.
    """
    rows = scrobbles(truth)
    if clock == "stop":
        rows = rows.with_columns((pl.col("ended_at").dt.epoch("ms") // 1000).alias("listened_at"))
    months = quoted_names(rows).with_columns(
        pl.from_epoch("listened_at", "s").dt.strftime("%Y/%-m").alias("in")
    )
    labels = [no_labels()]
    with opened_package(Path(path)) as write:
        write("user.json", b'{"user_id": 1, "username": "planted-user"}')
        for (month,), listens in months.group_by("in", maintain_order=True):
            name = f"listens/{month}.jsonl"
            write(name, document(listens.select(_listen(clock)).to_series(), LINES))
            labels.append(label_rows(listens, name))
        write("feedback.jsonl", _loved(rows))
    return pl.concat(labels)


def _loved(rows: pl.DataFrame) -> bytes:
    """Feedback: the ten tracks heard most are loved."""
    top = rows.group_by(*_NAMES).len().sort("len", *_NAMES, descending=[True, False, False, False]).head(10)
    lines = [
        {"recording_mbid": None, "score": 1, "track_metadata": {"track_name": track, "artist_name": artist}}
        for track, artist in top.select("track_name", "artist_name").rows()
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def write_maloja(truth: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Writes a Maloja export: one JSON object, start times, seconds played. Returns labels."""
    rows = scrobbles(truth)
    artists = pl.concat_str(pl.lit("["), "artist_name", pl.lit("]"))
    album = object_text({"artists": artists, "albumtitle": pl.col("album_name")}, LINES)
    length = plain(pl.col("duration_ms") // 1000)
    track = {"artists": artists, "title": pl.col("track_name"), "album": album, "length": length}
    scrobble = {
        "time": plain(pl.col("listened_at")),
        "track": object_text(track, LINES),
        "duration": plain(pl.col("ms_played") // 1000),
        "origin": pl.lit('"client:default"'),
    }
    text = document(quoted_names(rows).select(object_text(scrobble, LINES)).to_series(), COMPACT)
    Path(path).write_bytes(b'{"maloja": {"export_time": 1748738994}, "scrobbles": ' + text + b"}")
    return label_rows(rows, Path(path).name)
