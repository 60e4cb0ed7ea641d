"""Writes account data as Spotify sends it: the last year, to the minute, without ids."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import polars as pl

from simulator.clocks import recorded_clocks
from simulator.extended_rows import PLANTED_USER
from simulator.json_text import SPACED_PRETTY, document, in_quotes, object_text, plain, quote_columns, slices
from simulator.labels import label_rows, no_labels
from simulator.packing import Write, opened_package
from simulator.quirks import Quirks

_ROWS_PER_FILE = 10_000
_FOLDER = "Spotify Account Data"
Naming = Literal["by_kind", "single"]


def _last_year(recorded: pl.DataFrame) -> pl.DataFrame:
    end_s = recorded["stop_s"].max()
    if not isinstance(end_s, int):
        return recorded
    first = datetime.fromtimestamp(end_s, UTC) - timedelta(days=365)
    return recorded.filter(pl.col("stop_s") >= int(first.timestamp())).sort("stop_s", maintain_order=True)


def _fields(kind: str) -> dict[str, pl.Expr]:
    time = in_quotes(pl.from_epoch("stop_s", "s").dt.strftime("%Y-%m-%d %H:%M"))
    artist, title = pl.col("artist_name"), pl.col("track_name")
    names = {
        "music": {"artistName": artist, "trackName": title},
        "podcast": {"podcastName": artist, "episodeName": title},
        "audiobook": {"authorName": artist, "audiobookName": pl.col("album_name"), "chapterName": title},
    }[kind]
    return {"endTime": time, **names, "msPlayed": plain(pl.col("ms_played"))}


def _series(rows: pl.DataFrame, naming: Naming) -> dict[str, pl.DataFrame]:
    """The rows of each series of files: podcasts, once mixed in as tracks, got files of their own."""
    if naming == "single":
        return {"music": rows.filter(pl.col("kind") != "audiobook")}
    is_book = pl.col("kind") == "audiobook"
    is_episode = pl.col("track_uri").str.contains(":episode:", literal=True) & ~is_book
    return {
        "music": rows.filter(~is_book & ~is_episode),
        "podcast": rows.filter(is_episode),
        "audiobook": rows.filter(is_book),
    }


def _name(kind: str, naming: Naming, number: int) -> str:
    series = "" if naming == "single" else f"_{kind}_"
    return f"{_FOLDER}/StreamingHistory{series}{number}.json"


def _write_other_files(write: Write, rows: pl.DataFrame) -> None:
    """What else such a download holds: nothing of it is a play."""
    music = rows.filter(pl.col("kind") == "music").unique("track_uri", maintain_order=True).head(40)
    items = [
        _playlist_item(*row)
        for row in music.select("track_name", "artist_name", "album_name", "track_uri").rows()
    ]
    user = "".join(rows["user_id"].head(1).to_list())
    others: dict[str, object] = {
        "Playlist1": {"playlists": [{"name": "Mornings", "lastModifiedDate": "2024-05-01", "items": items}]},
        "Userdata": {
            "username": f"{PLANTED_USER}-{user}",
            "email": f"{PLANTED_USER}@example.org",
            "country": "GB",
        },
        "SearchQueries": [
            {"platform": "IPHONE", "searchTime": "2024-09-15T19:56:58.327Z[UTC]", "searchQuery": "rain"},
        ],
        "Inferences": {"inferences": ["1P_Custom_Planted", "3P_Planted"]},
    }
    for name, content in others.items():
        write(f"{_FOLDER}/{name}.json", json.dumps(content, ensure_ascii=False, indent=2).encode())


def _playlist_item(track: str, artist: str, album: str, uri: str) -> dict[str, object]:
    names = {"trackName": track, "artistName": artist, "albumName": album, "trackUri": uri}
    return {"track": names, "episode": None, "audiobook": None, "localTrack": None, "addedDate": "2024-08-17"}


def _unknown_names(rows: pl.DataFrame) -> pl.DataFrame:
    """What Spotify writes where it no longer knows a name; books here have no author."""
    artist = (
        pl.when(pl.col("kind") == "audiobook")
        .then(pl.lit("Unknown Author"))
        .otherwise(pl.lit("Unknown Artist"))
    )
    return rows.with_columns(
        pl.col("artist_name").fill_null(artist), pl.col("track_name").fill_null("Unknown Track")
    )


def write_account(
    truth: pl.DataFrame, path: Path, *, naming: Naming = "by_kind", quirks: Quirks | None = None
) -> pl.DataFrame:
    """Writes one listener's account data as a .zip, or below the folder ``path``.

    ``endTime`` is the recorded stop, wrong where the extended history's ``ts`` is, cut to the minute. It
    covers the 365 days before the last recorded stop. ``naming`` "single" is the older form: podcasts
    among the tracks, no audiobooks.

    Returns:
        Labels, one row for each row of the StreamingHistory files (see ``labels.LABELS``).

    Raises:
        ValueError: ``truth`` holds several listeners.
    """
    if truth["user_id"].n_unique() > 1:
        raise ValueError("an export is one listener's: filter the truth by user_id")
    rows = _last_year(recorded_clocks(truth, quirks or Quirks()))
    texts = quote_columns(_unknown_names(rows), "artist_name", "track_name", "album_name")
    labels = [no_labels()]
    with opened_package(Path(path)) as write:
        for kind, series in _series(texts, naming).items():
            for number, piece in enumerate(slices(series, _ROWS_PER_FILE)):
                name = _name(kind, naming, number)
                text = piece.select(object_text(_fields(kind), SPACED_PRETTY)).to_series()
                write(name, document(text, SPACED_PRETTY))
                labels.append(label_rows(piece, name))
        _write_other_files(write, rows)
    return pl.concat(labels)
