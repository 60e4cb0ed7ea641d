"""What a value means: a number, nothing, or something invalid that is kept as it was given."""

import json
from pathlib import Path

import polars as pl
import pytest
from dataset_worlds import read

SONG = "4uLU6hMCjMI75M1A2tKUQC"


def one(tmp_path: Path, column: str, value: str, *names: str) -> tuple[object, ...]:
    """The row of a CSV with one value in a column."""
    quoted = '"' + value.replace('"', '""') + '"'
    return read(tmp_path, "a.csv", f"title,{column}\nSong,{quoted}\n").of(*names)[0]


@pytest.mark.parametrize(
    ("value", "kept", "invalid"),
    [
        ("120.5", 120.5, None),
        (" 120.5 ", 120.5, None),
        ("1e2", 100.0, None),
        ("fast", None, "fast"),
        ("120,5", 120.5, None),
        ("120 BPM", 120.0, None),
        ("1.200,5", 1200.5, None),
        ("120 %", None, "120 %"),
        ("0", None, "0"),
        ("-3", None, "-3"),
        ("inf", None, "inf"),
        ("-Infinity", None, "-Infinity"),
        *((nothing, None, None) for nothing in ("", " ", "NaN", "nan", "null", "None", "N/A")),
        ("x" * 500, None, "x" * 60),
    ],
)
def test_a_tempo_is_a_number_above_0(tmp_path: Path, value: str, kept: object, invalid: str | None) -> None:
    assert one(tmp_path, "bpm", value, "tempo_bpm", "invalid_tempo") == (kept, invalid)


@pytest.mark.parametrize(
    ("value", "kept", "invalid"),
    [
        ("0", 0.0, None),
        ("1", 1.0, None),
        ("1.01", None, "1.01"),
        ("-0.1", None, "-0.1"),
        ("loud", None, "loud"),
    ],
)
def test_an_energy_is_a_number_from_0_to_1(
    tmp_path: Path, value: str, kept: object, invalid: str | None
) -> None:
    assert one(tmp_path, "energy", value, "energy", "invalid_energy") == (kept, invalid)


@pytest.mark.parametrize(
    ("column", "value", "kept", "invalid"),
    [
        ("duration", "215", 215.0, None),
        ("duration", "3:45", 225.0, None),
        ("duration", "1:02:03", 3723.0, None),
        ("duration", "03:45.5", 225.5, None),
        ("duration", "3:75", None, "3:75"),
        ("duration", "0", None, "0"),
        ("duration", "-1", None, "-1"),
        ("duration_ms", "215000", 215.0, None),
        ("duration_ms", "inf", None, "inf"),
        ("duration_min", "3.5", 210.0, None),
    ],
)
def test_a_length_is_above_0_in_the_unit_its_column_names(
    tmp_path: Path, column: str, value: str, kept: object, invalid: str | None
) -> None:
    assert one(tmp_path, column, value, "duration_s", "invalid_duration") == (kept, invalid)


@pytest.mark.parametrize(
    ("value", "kept", "invalid"),
    [
        ("1999", 1999, None),
        ("1999.0", 1999, None),
        ("1999-05-31", 1999, None),
        ("1999-05", 1999, None),
        ("1999-05-31T00:00:00Z", 1999, None),
        ("0", None, "0"),
        ("99", None, "99"),
        ("0999", None, "0999"),
        ("19999", None, "19999"),
        ("1999.5", None, "1999.5"),
        ("MCMXCIX", None, "MCMXCIX"),
    ],
)
def test_a_year_has_four_digits_or_begins_a_date(
    tmp_path: Path, value: str, kept: object, invalid: str | None
) -> None:
    assert one(tmp_path, "year", value, "year", "invalid_year") == (kept, invalid)


@pytest.mark.parametrize(
    "value",
    [
        SONG,
        f"spotify:track:{SONG}",
        f"https://open.spotify.com/track/{SONG}?si=x",
        f"https://open.spotify.com/intl-de/track/{SONG}",
    ],
)
def test_a_track_has_the_same_id_in_every_form(tmp_path: Path, value: str) -> None:
    assert one(tmp_path, "track_id", value, "spotify_id", "extra") == (SONG, None)


def test_an_id_of_another_service_is_kept_beside(tmp_path: Path) -> None:
    ident, extra = one(tmp_path, "track_id", "TRAAAAW128F429D538", "spotify_id", "extra")
    assert (ident, json.loads(str(extra))) == (None, {"track_id": "TRAAAAW128F429D538"})


def test_a_recording_code_is_written_without_hyphens(tmp_path: Path) -> None:
    assert one(tmp_path, "isrc", "gb-aye-00-00001", "isrc") == ("GBAYE0000001",)
    assert one(tmp_path, "isrc", "none of these", "isrc") == (None,)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ('["Ana", "Ben"]', "Ana; Ben"),
        ("['Ana', \"Ben's\"]", "Ana; Ben's"),
        ("Ana;Ben", "Ana;Ben"),
        ("[]", None),
        ("[live]", "[live]"),
        ("  Ana\tB\n", "Ana B"),
    ],
)
def test_several_artists_are_joined(tmp_path: Path, value: str, kept: object) -> None:
    assert one(tmp_path, "artists", value, "artist") == (kept,)


def test_every_other_field_that_says_something_is_kept(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "title,valence,Key,empty\nA,0.5,C#,\nB,,,\n")
    extras = [json.loads(str(extra)) if extra else None for (extra,) in found.of("extra")]
    assert extras == [{"valence": "0.5", "Key": "C#", "empty": None}, None]
    assert found.reading.fields == {"title": 2, "valence": 1, "Key": 1, "empty": 0}


@pytest.mark.parametrize("form", ["json", "jsonl", "parquet"])
def test_artists_that_are_objects_are_told_by_their_names(tmp_path: Path, form: str) -> None:
    artists = [[{"id": "1", "name": 'Ana "A"'}, {"id": "2", "name": "Zoë"}], [{"id": "3", "name": None}]]
    rows = [{"title": "Song", "artists": each} for each in artists]
    made = tmp_path / "made"
    if form == "parquet":
        pl.DataFrame(rows).write_parquet(made)
    else:
        made.write_text(json.dumps(rows) if form == "json" else "\n".join(map(json.dumps, rows)))
    found = read(tmp_path, f"a.{form}", made.read_bytes())
    assert found.of("artist")[0] == ('Ana "A"; Zoë',)
