"""Writes the same truth as other services tell it: ListenBrainz, Last.fm and Maloja.

They report music that counted (half the track or four minutes), with the time it started.
"""

import json
from pathlib import Path
from typing import Literal

import polars as pl

from simulator.json_text import (
    COMPACT,
    LINES,
    Style,
    document,
    in_quotes,
    object_text,
    plain,
    quote_columns,
    slices,
)
from simulator.labels import label_rows, no_labels
from simulator.packing import opened_package

_NAMES = ("track_name", "artist_name", "album_name")
_PAGE_ROWS = 200
LastfmForm = Literal["csv", "headerless_csv", "json"]
_HEADER = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
_NULL = pl.lit("null")
_EMPTY = pl.lit('""')


def scrobbles(truth: pl.DataFrame) -> pl.DataFrame:
    """The music plays that count by the rule of scrobbling, with listened_at: the start in epoch seconds."""
    long_enough = (pl.col("ms_played") >= pl.min_horizontal(pl.col("duration_ms") / 2, 240_000)) & (
        pl.col("duration_ms") > 30_000
    )
    counted = truth.filter((pl.col("kind") == "music") & long_enough & ~pl.col("is_incognito"))
    return counted.with_columns((pl.col("started_at").dt.epoch("ms") // 1000).alias("listened_at"))


def _quoted(rows: pl.DataFrame) -> pl.DataFrame:
    return quote_columns(rows, *_NAMES)


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
    months = _quoted(rows).with_columns(pl.from_epoch("listened_at", "s").dt.strftime("%Y/%-m").alias("in"))
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


def _newest_first(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort("listened_at", descending=True, maintain_order=True)


def _undated(rows: pl.DataFrame, undated: int) -> pl.DataFrame:
    """The last rows again, without a time: Last.fm dates what it cannot place to 1970."""
    again = rows.tail(undated).with_columns(
        pl.lit(0, pl.Int64).alias("listened_at"),
        pl.lit(None, pl.Int64).alias("play_no"),
        pl.lit("no_time").alias("why"),
    )
    return pl.concat([rows.with_columns(pl.lit("original").alias("why")), again])


def _lastfm_csv(rows: pl.DataFrame) -> bytes:
    nobody = pl.lit("")
    time = pl.from_epoch("listened_at", "s").dt.strftime("%d %b %Y, %H:%M")
    table = rows.select(
        "listened_at",
        time.alias("utc_time"),
        "artist_name",
        nobody.alias("artist_mbid"),
        "album_name",
        nobody.alias("album_mbid"),
        "track_name",
        nobody.alias("track_mbid"),
    )
    return (_HEADER + table.write_csv(include_header=False, quote_style="always")).encode()


def _lastfm_headerless(rows: pl.DataFrame) -> bytes:
    time = pl.from_epoch("listened_at", "s").dt.strftime("%d %b %Y %H:%M").alias("time")
    return (
        rows.select("artist_name", "album_name", "track_name", time).write_csv(include_header=False).encode()
    )


def _lastfm_track(style: Style) -> pl.Expr:
    when = pl.from_epoch("listened_at", "s").dt.strftime("%d %b %Y, %H:%M")
    date = {"uts": in_quotes(plain(pl.col("listened_at"))), "#text": in_quotes(when)}
    fields = {
        "artist": object_text({"mbid": _EMPTY, "#text": pl.col("artist_name")}, style),
        "streamable": pl.lit('"0"'),
        "image": pl.lit("[]"),
        "mbid": _EMPTY,
        "album": object_text({"mbid": _EMPTY, "#text": pl.col("album_name")}, style),
        "name": pl.col("track_name"),
        "url": pl.lit('"https://www.last.fm/music"'),
        "date": object_text(date, style),
    }
    return object_text(fields, style)


def _lastfm_pages(rows: pl.DataFrame) -> bytes:
    pages = [
        b'{"track":'
        + document(page.select(_lastfm_track(COMPACT)).to_series(), COMPACT)
        + b',"@attr":'
        + json.dumps(
            {"perPage": "200", "page": f"{number}", "total": f"{rows.height}"}, separators=(",", ":")
        ).encode()
        + b"}"
        for number, page in enumerate(slices(_quoted(rows), _PAGE_ROWS), start=1)
    ]
    return b"[" + b",".join(pages) + b"]"


def write_lastfm(
    truth: pl.DataFrame, path: Path, *, form: LastfmForm = "csv", undated: int = 0
) -> pl.DataFrame:
    """Writes one file as Last.fm exporters do, newest first, times at the start of plays.

    Args:
        form: "csv" with a header, to the second; "headerless_csv", to the minute; "json", pages of 200.
        undated: so many of the oldest rows once more, dated 1970 (labelled no_time, no play).

    Returns:
        Labels; row counts records, not lines, and runs through all pages.
    """
    rows = _undated(_newest_first(scrobbles(truth)), undated)
    writers = {"csv": _lastfm_csv, "headerless_csv": _lastfm_headerless, "json": _lastfm_pages}
    Path(path).write_bytes(writers[form](rows))
    return label_rows(rows, Path(path).name)


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
    text = document(_quoted(rows).select(object_text(scrobble, LINES)).to_series(), COMPACT)
    Path(path).write_bytes(b'{"maloja": {"export_time": 1748738994}, "scrobbles": ' + text + b"}")
    return label_rows(rows, Path(path).name)
