"""Catalogues of tracks that people bring: what they hold, how good they are, and what they told of tracks."""

import polars as pl

from assets.tables.table import NAME_KEY, TEXTS, TRACK_ID, Column, Table, integer, moment, text

_DATASET = text("16 hex digits of a hash of the dataset's files")
_FILE = text("name of the file inside the dataset")
_ROW = integer("position of the record in its file, from 0")


def _number(description: str) -> Column:
    return Column(pl.Float64(), description)


DATASETS = Table(
    name="datasets",
    group="datasets",
    layer="raw",
    description="The datasets that were given: what each held, and why it was rejected where it was.",
    key=("dataset_id",),
    sort_by=("dataset_id",),
    columns={
        "dataset_id": _DATASET,
        "name": text("what it is called"),
        "licence_given": text("its licence as it was written; null when nothing was"),
        "licence": text("the same as an SPDX expression; null when it is none"),
        "format": text("the formats found in it, joined with +"),
        "bytes": integer("size of its files"),
        "rows_read": integer("records found; 0 where it was rejected before it was read"),
        "rows_stored": integer("rows that are a track"),
        "rows_rejected": integer("rows that could not be read, name no track or repeat another row"),
        "fields": Column(TEXTS, "its columns, in the order they were found"),
        "fields_present": Column(pl.List(pl.Int64()), "in how many stored rows each of them says something"),
        "status": text("accepted or rejected"),
        "reason": text("why it was rejected and what to do; null when it was not"),
        "added_at": moment("when it was given"),
    },
)

DATASET_TRACKS = Table(
    name="dataset_tracks",
    group="datasets",
    layer="raw",
    description="Every readable row of every accepted dataset, typed. Append-only but for removed datasets.",
    key=("dataset_id", "file", "row"),
    sort_by=("file", "row"),
    columns={
        "dataset_id": _DATASET,
        "file": _FILE,
        "row": _ROW,
        "title": text("title"),
        "artist": text("artist; several are joined with ;"),
        "genre": text("genre; several are joined with ;"),
        "album": text("album"),
        "mood": text("mood, as the dataset names it; several are joined with ;"),
        "duration_s": _number("length in seconds; null when unknown or invalid"),
        "year": integer("when it came out; null when unknown or invalid"),
        "energy": _number("0 to 1; null when unknown or invalid"),
        "tempo_bpm": _number("beats a minute; null when unknown or invalid"),
        "invalid_duration": text("the length as given, where it is none"),
        "invalid_year": text("the year as given, where it is none"),
        "invalid_energy": text("the energy as given, where it is no number from 0 to 1"),
        "invalid_tempo": text("the tempo as given, where it is none"),
        "spotify_id": text("Spotify id, from an id, URI or address"),
        "isrc": text("recording code, without hyphens"),
        "name_key": NAME_KEY,
        "extra": text("its other fields, as a JSON object"),
    },
)

REJECTED_DATASET_ROWS = Table(
    name="rejected_dataset_rows",
    group="datasets",
    layer="raw",
    description="Rows of datasets that could not be read, name no track or repeat another: where, and why.",
    key=("dataset_id", "file", "row"),
    sort_by=("file", "row"),
    columns={"dataset_id": _DATASET, "file": _FILE, "row": _ROW, "reason": text("why it was rejected")},
)

DATASET_QUALITY = Table(
    name="dataset_quality",
    group="datasets",
    description="How good each accepted dataset is: five scores from 0 to 1, their total, what cost points.",
    key=("dataset_id",),
    sort_by=("dataset_id",),
    columns={
        "dataset_id": _DATASET,
        "tracks": integer("tracks that were scored"),
        "metadata": _number("how many of the fields that describe a track are filled"),
        "consistency": _number("how many of its own fields are filled, and how few values are invalid"),
        "size": _number("1 from 99,999 tracks on, logarithmic below"),
        "diversity": _number("evenness of its genres and artists: normalised Shannon entropy"),
        "licence": _number("how much the licence permits"),
        "total": _number("0.30 metadata + 0.25 consistency + 0.20 size + 0.15 diversity + 0.10 licence"),
        "explanation": Column(TEXTS, "what cost points of the total, most first, with examples"),
    },
)

TRACK_FACTS = Table(
    name="track_facts",
    group="catalog",
    description="What the best dataset that knows a played track says of it, field by field.",
    key=("track_id", "field"),
    sort_by=("track_id", "field"),
    columns={
        "track_id": TRACK_ID,
        "field": text("genre, mood, energy, tempo, year or duration"),
        "text": text("a genre (several joined with ;) or a mood"),
        "number": _number("an energy, beats a minute, a year, or a length in ms"),
        "dataset_id": text("the dataset that says so"),
        "matched_by": text("spotify_id, isrc or names"),
        "is_shown": Column(pl.Boolean(), "tracks shows it; false where plays or Spotify say it better"),
    },
)
