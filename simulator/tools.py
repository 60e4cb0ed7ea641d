"""Writes the truth as scrobblers, services and people's tools tell it: a file of each form.

The columns and their spellings are those of the real forms, the fineness of their clocks too.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import polars as pl

from simulator.labels import label_rows
from simulator.scrobbles import scrobbles
from simulator.workbook import workbook

Row = Mapping[str, Any]


def write_tool(truth: pl.DataFrame, path: Path, form: str) -> pl.DataFrame:
    """Writes the scrobbles of a truth in one of `TOOLS`, at the start of plays; returns labels.

    Where the form holds the listener's own files, ``row`` runs through all records.
    """
    rows = scrobbles(truth)
    Path(path).write_bytes(TOOLS[form](list(rows.iter_rows(named=True))))
    return label_rows(rows, Path(path).name)


def _at(row: Row, form: str) -> str:
    return datetime.fromtimestamp(row["listened_at"], UTC).strftime(form)


def _table(
    header: Sequence[str] | None, rows: Iterable[Sequence[object]], *, delimiter: str = ",", above: str = ""
) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerows([header] if header else [])
    writer.writerows(rows)
    return (above + out.getvalue()).encode()


def _names(row: Row) -> tuple[str, str, str]:
    return row["artist_name"], row["album_name"], row["track_name"]


def _clock(seconds: float) -> str:
    return f"00:{int(seconds) // 60:02}:{int(seconds) % 60:02}"


def _rockbox(rows: list[Row]) -> bytes:
    lines = [
        "\t".join((*_names(row), "1", f"{row['duration_ms'] // 1000}", "L", f"{row['listened_at']}", ""))
        for row in rows
    ]
    head = ["#AUDIOSCROBBLER/1.1", "#TZ/UTC", "#CLIENT/Rockbox ipod6g 3.15"]
    return "".join(f"{line}\n" for line in (*head, *lines)).encode()


def _pano(row: Row) -> dict[str, Any]:
    artist, album, track = _names(row)
    return {
        "timeHuman": _at(row, "%B %d, %Y, %H:%M UTC"),
        "timeMs": row["listened_at"] * 1000,
        "artist": artist,
        "track": track,
        "album": album,
        "albumArtist": artist,
        "durationMs": row["duration_ms"],
        "mediaPlayerPackage": "com.example.player",
        "mediaPlayerName": "Player",
        "mediaPlayerVersion": "2.0",
        "event": "scrobble",
    }


def _pano_csv(rows: list[Row]) -> bytes:
    records = [_pano(row) for row in rows]
    return _table(list(records[0]), [list(record.values()) for record in records])


def _json_lines(records: Iterable[object]) -> bytes:
    return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records).encode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _libre_fm(rows: list[Row]) -> bytes:
    told = [
        (artist, track, album, row["listened_at"]) for row in rows for artist, album, track in [_names(row)]
    ]
    return _table(("Artist", "Track", "Album", "Time"), told, above="# Data export from Libre.fm,,,\n")


def _lastexport(rows: list[Row]) -> bytes:
    told = [(row["listened_at"], t, a, b, "", "", "") for row in rows for a, b, t in [_names(row)]]
    return "".join("\t".join(map(str, each)) + "\n" for each in told).encode()


def _scrubbler_csv(rows: list[Row]) -> bytes:
    form = "%m/%d/%Y %I:%M:%S %p +00:00"
    told = [
        (*_names(row), _at(row, form), row["artist_name"], _clock(row["duration_ms"] / 1000)) for row in rows
    ]
    return _table(None, told)


def _scrubbler_json(rows: list[Row]) -> bytes:
    keys = ("artistName", "albumName", "trackName")
    return _json([dict(zip(keys, _names(row), strict=True)) | {"time": row["listened_at"]} for row in rows])


def _youtube_music(rows: list[Row]) -> bytes:
    return _json(
        [
            {
                "header": "YouTube Music",
                "title": f"Watched {row['track_name']}",
                "titleUrl": "https://music.youtube.com/watch?v=abcdefghijk",
                "subtitles": [{"name": f"{row['artist_name']} - Topic"}],
                "time": _at(row, "%Y-%m-%dT%H:%M:%S.000Z"),
                "products": ["YouTube"],
            }
            for row in rows
        ]
    )


def _apple_music(rows: list[Row]) -> bytes:
    header = (
        *("Album Name", "Artist Name", "Song Name", "Event Start Timestamp", "Event End Timestamp"),
        *("Play Duration Milliseconds", "Media Duration In Milliseconds", "End Reason Type", "Event Type"),
    )
    told = [
        (
            *(row["album_name"], row["artist_name"], row["track_name"], _at(row, "%Y-%m-%dT%H:%M:%S.000Z")),
            *(row["ended_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"), row["ms_played"], row["duration_ms"]),
            *("NATURAL_END_OF_TRACK", "PLAY_END"),
        )
        for row in rows
    ]
    return _table(header, told)


def _tidal(rows: list[Row]) -> bytes:
    header = ("entry_date", "track_title", "artist_name", "album_name", "stream_duration_ms", "product_type")
    told = [
        (_at(row, "%Y-%m-%d %H:%M:%S.0"), track, artist, album, row["ms_played"], "HIFI")
        for row in rows
        for artist, album, track in [_names(row)]
    ]
    return _table(header, told)


def _amazon_music(rows: list[Row]) -> bytes:
    header = ("timestamp", "asin", "title", "artistName", "albumName", "durationSeconds")
    told = [
        (_at(row, "%Y-%m-%dT%H:%M:%SZ"), "B000000000", track, artist, album, row["duration_ms"] // 1000)
        for row in rows
        for artist, album, track in [_names(row)]
    ]
    return _table(header, told)


def _soundcloud(rows: list[Row]) -> bytes:
    told = [
        (_at(row, "%Y-%m-%d %H:%M:%S UTC"), f"{row['artist_name']} - {row['track_name']}", "https://soundcloud.com/x/y")
        for row in rows
    ]  # fmt: skip
    return _table(("play_time", "track_title", "track_url"), told)


def _spinitron(rows: list[Row]) -> bytes:
    told = [
        (_at(row, "%Y-%m-%dT%H:%M:%S+0000"), artist, track, album, "Label")
        for row in rows
        for artist, album, track in [_names(row)]
    ]
    above = '"Playlist Title","The Show"\n"DJ Name","DJ X"\n\n'
    return _table(("Date-time", "Artist", "Song", "Release", "Label"), told, above=above)


def _lastfm_xml(rows: list[Row]) -> bytes:
    tracks = [
        f'<track><artist mbid="">{escape(artist)}</artist><name>{escape(track)}</name>'
        f'<streamable>0</streamable><mbid/><album mbid="">{escape(album)}</album>'
        f"<date uts={quoteattr(str(row['listened_at']))}>{_at(row, '%d %b %Y, %H:%M')}</date></track>\n"
        for row in rows
        for artist, album, track in [_names(row)]
    ]
    head = '<?xml version="1.0" encoding="utf-8"?>\n<lfm status="ok"><recenttracks user="x" page="1">\n'
    return f"{head}{''.join(tracks)}</recenttracks></lfm>\n".encode()


def _koito(rows: list[Row]) -> bytes:
    def named(name: str) -> dict[str, object]:
        return {"mbid": None, "aliases": [{"alias": name, "source": "x", "is_primary": True}]}

    listens = [
        {
            "listened_at": _at(row, "%Y-%m-%dT%H:%M:%SZ"),
            "track": named(track) | {"duration": row["duration_ms"] // 1000},
            "album": named(album),
            "artists": [named(artist)],
        }
        for row in rows
        for artist, album, track in [_names(row)]
    ]
    return _json({"version": "1", "exported_at": "2026-01-01T00:00:00Z", "user": "x", "listens": listens})


def _web_scrobbler(rows: list[Row]) -> bytes:
    return _json(
        [
            {
                "song": {"parsed": {"artist": artist, "track": track, "album": album}},
                "timestamp": row["listened_at"],
            }
            for row in rows
            for artist, album, track in [_names(row)]
        ]
    )


def _deezer(rows: list[Row]) -> bytes:
    header = (
        "Song Title",
        "Artist",
        "ISRC",
        "Album Title",
        "IP Address",
        "Listening Time",
        "Platform Name",
        "Date",
    )
    told = [
        (track, artist, "", album, "", f"{row['ms_played'] // 1000}", "web", _at(row, "%Y-%m-%d %H:%M:%S"))
        for row in rows
        for artist, album, track in [_names(row)]
    ]
    return workbook({"01_profile": [("name",), ("x",)], "10_listeningHistory": [header, *told]})


TOOLS: Final[Mapping[str, Callable[[list[Row]], bytes]]] = MappingProxyType(
    {
        "scrobbler.log": _rockbox,
        "pano.jsonl": lambda rows: _json_lines(map(_pano, rows)),
        "pano.csv": _pano_csv,
        "libre.fm.csv": _libre_fm,
        "lastexport.tsv": _lastexport,
        "scrubbler.csv": _scrubbler_csv,
        "scrubbler.json": _scrubbler_json,
        "youtube_music.json": _youtube_music,
        "apple_music.csv": _apple_music,
        "tidal.csv": _tidal,
        "amazon_music.csv": _amazon_music,
        "soundcloud.csv": _soundcloud,
        "spinitron.csv": _spinitron,
        "recenttracks.xml": _lastfm_xml,
        "koito.json": _koito,
        "web_scrobbler.json": _web_scrobbler,
        "deezer.xlsx": _deezer,
    }
)
"""The forms, each by a name that its file may have."""
