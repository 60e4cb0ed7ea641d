"""Headers say their field and their unit in brackets, behind slashes, and in other languages."""

import io
import json
from pathlib import Path

import polars as pl
import pytest
from dataset_worlds import read

from assets.datasets.columns import columns
from assets.datasets.headers import header, is_unit


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        *(
            (name, 1.0)
            for name in ("Länge [s]", "Duration(s)", "Dauer in Sekunden", "durée, sec", "長さ（秒）")
        ),
        *((name, 1.0) for name in ("Duración [seg]", "Długość {s}", "length【s】", "lengthInSeconds")),
        *((name, 1e-3) for name in ("Length, ms", "Dauer_ms", "durationms", "Track Duration (ms)")),
        *((name, 1e-3) for name in ("Duration - milliseconds", "Songlänge (Millisekunden)", "DurationMs")),
        *((name, 60.0) for name in ("length_min", "Dauer (Min.)", "durée (minutes)", "duur [minuten]")),
        *((name, 1e-6) for name in ("duration_us", "Duration [µs]", "durée (μs)", "length_microseconds")),
        *(
            (name, None)
            for name in ("Length (Duration)", "Dauer / Duration", "Länge (mm:ss)", "czas trwania")
        ),
        *((name, None) for name in ("durée du morceau", "Song Length", "duración de la canción")),
    ],
)
def test_a_length_is_known_in_any_language_and_in_the_unit_it_says(name: str, seconds: float | None) -> None:
    told = header(name)
    assert told is not None
    assert (told.field, told.scale) == ("duration", seconds)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        *((name, "tempo") for name in ("Beats Per Minute (BPM)", "Tempo [bpm]", "Geschwindigkeit (BPM)")),
        *((name, "tempo") for name in ("Schläge pro Minute", "audio_features.tempo", "song tempo", "темп")),
        *((name, "mood") for name in ("Stimmung", "Stimmung (mood)", "humeur", "Estado de ánimo", "Nastrój")),
        *((name, "mood") for name in ("Настроение", "Umore", "Mood(s)", "気分")),
        *(
            (name, "genre")
            for name in ("Musikrichtung", "género", "Genere", "Műfaj (genre)", "Genre(s)", "жанр")
        ),
        *((name, "year") for name in ("Erscheinungsjahr", "Année de sortie", "Año", "Year of Release", "年")),
        *((name, "year") for name in ("Data di uscita", "Releasedate (YYYY-MM-DD)", "Год выпуска")),
        *((name, "energy") for name in ("Énergie", "Energie", "Energía [0-1]", "spotify_energy")),
        *(
            (name, "artist")
            for name in ("Künstler*in", "Artist/Band", "Nom de l'artiste", "Interpret (artist)")
        ),
        *((name, "title") for name in ("nombre de la canción", "Titre (Title)", "Título da música")),
        *((name, "album") for name in ("nome dell'album", "Альбом", "Album {name}")),
        *((name, "isrc") for name in ("external_ids.isrc", "ISRC-Code", "isrc(s)")),
    ],
)
def test_fields_are_known_in_brackets_and_in_other_languages(name: str, field: str) -> None:
    told = header(name)
    assert told is not None
    assert told.field == field


@pytest.mark.parametrize(
    ("header_line", "fields"),
    [
        (
            "Unnamed: 0,Track.Name,Artist.Name,Genre,Beats.Per.Minute,Energy,Loudness..dB..,Valence.,Length.",
            {"title": "Track.Name", "artist": "Artist.Name", "genre": "Genre", "tempo": "Beats.Per.Minute"}
            | {"energy": "Energy", "duration": "Length."},
        ),
        (
            "attributes.name,attributes.artistName,attributes.durationInMillis,attributes.isrc,attributes.releaseDate",
            {"title": "attributes.name", "artist": "attributes.artistName", "isrc": "attributes.isrc"}
            | {"duration": "attributes.durationInMillis", "year": "attributes.releaseDate"},
        ),
        (
            "Nr.,Titel des Songs,Name des Künstlers,Genre / Stil,Energie in %,Tempo_in_bpm,Stimmungslage",
            {"title": "Titel des Songs", "artist": "Name des Künstlers", "genre": "Genre / Stil"}
            | {"energy": "Energie in %", "tempo": "Tempo_in_bpm", "mood": "Stimmungslage"},
        ),
        (
            "Artist URI(s),Artist Name(s),Track Preview URL,Track Name,Album Date,Predicted Mood,dur,nrgy,Disc Number",
            {
                "artist": "Artist Name(s)",
                "title": "Track Name",
                "year": "Album Date",
                "mood": "Predicted Mood",
            }
            | {"duration": "dur", "energy": "nrgy"},
        ),
    ],
)
def test_headers_of_tools_are_read_and_what_they_say_beside_stays(
    header_line: str, fields: dict[str, str]
) -> None:
    assert columns(header_line.split(",")).of == fields


@pytest.mark.parametrize(
    "header_line",
    [
        "Title;Artist;Length;Genre;Mood;Year",
        "Titel;Künstler;Dauer;Genre;Stimmung;Jahr",
        "Titre;Artiste;Durée;Genre;Ambiance;Année",
        "Título;Artista;Duración;Género;Estado de ánimo;Año",
        "Brano;Artista;Durata;Genere;Umore;Anno",
        "Faixa;Artista;Duração;Gênero;Humor;Ano",
        "Nummer;Artiest;Lengte;Genre;Stemming;Jaar",
        "Tytuł;Wykonawca;Czas trwania;Gatunek;Nastrój;Rok wydania",
        "Název;Interpret;Délka;Žánr;Nálada;Rok",
        "Názov;Interpret;Dĺžka;Žáner;Nálada;Rok",
        "Kappale;Esittäjä;Kesto;Genre;Tunnelma;Vuosi",
        "Låt;Artist;Längd;Genre;Stämning;År",
        "Sang;Kunstner;Længde;Genre;Stemning;År",
        "Låt;Artist;Lengde;Sjanger;Stemning;År",
        "Şarkı;Sanatçı;Süre;Tür;Ruh Hali;Yıl",
        "Cím;Előadó;Hossz;Műfaj;Hangulat;Év",
        "Titlu;Artist;Durată;Gen;Stare;Anul",
        "Naslov;Izvođač;Trajanje;Žanr;Raspoloženje;Godina",
        "Τίτλος;Καλλιτέχνης;Διάρκεια;Είδος;Διάθεση;Έτος",
        "Название;Исполнитель;Длительность;Жанр;Настроение;Год",
        "Назва;Виконавець;Тривалість;Жанр;Настрій;Рік",
        "Заглавие;Изпълнител;Продължителност;Жанр;Настроение;Година",
        "曲名;アーティスト;長さ;ジャンル;気分;年",
        "歌名;歌手;时长;流派;情绪;年份",
        "제목;아티스트;길이;장르;분위기;연도",
    ],
)
def test_a_header_of_any_language_is_read(tmp_path: Path, header_line: str) -> None:
    found = read(tmp_path, "a.csv", f"{header_line}\nSong;Ana;215;dub;calm;1999\n")
    names = ("title", "artist", "duration_s", "genre", "mood", "year")
    assert found.of(*names) == [("Song", "Ana", 215.0, "dub", "calm", 1999)]


@pytest.mark.parametrize(
    ("name", "share"),
    [
        *(
            (name, 0.01)
            for name in ("Energie (Prozent)", "Énergie [%]", "energy 0–100", "energy (out of 100)")
        ),
        *((name, 0.01) for name in ("energy_pct", "Energía (porcentaje)", "Energy (0 to 100)")),
        *((name, 0.1) for name in ("energy (0-10)", "Energy /10")),
        *((name, 1.0) for name in ("energy [0-1]", "Energy (0.0–1.0)")),
        ("Energy (float)", None),
    ],
)
def test_an_energy_is_of_the_scale_it_says(name: str, share: float | None) -> None:
    told = header(name)
    assert told is not None
    assert (told.field, told.scale) == ("energy", share)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Track #",
            "Track Number",
            "title_length",
            "Plays (track)",
            "Rank (song)",
            "Title / Artist",
            "Album Type",
        ),
        *(
            "Artist (followers)",
            "Year/Album",
            "Loudness (dB)",
            "genre id",
            "artist_count",
            "x" * 500,
            "(",
            "[s]",
        ),
    ],
)
def test_what_only_mentions_a_field_is_another(name: str) -> None:
    assert header(name) is None


@pytest.mark.parametrize(
    "cell", ["[s]", "ms", "µs", "Sekunden", "in seconds", "%", "0–1", "0-100", "BPM", "mm:ss"]
)
def test_units_are_no_values(cell: str) -> None:
    assert is_unit(cell)
    assert not is_unit(f"Song {cell}")


HEADERS = (
    "Künstler",
    "Titel",
    "Länge [s]",
    "Schläge pro Minute (BPM)",
    "Stimmung (mood)",
    "Erscheinungsjahr",
)
VALUES = ("Ana", "Lied", 215.5, 120.0, "calm", 1999)
SAID = ("Ana", "Lied", 215.5, 120.0, "calm", 1999)
FIELDS = ("artist", "title", "duration_s", "tempo_bpm", "mood", "year")


@pytest.mark.parametrize("form", ["csv", "semicolons", "json", "jsonl", "parquet"])
def test_headers_mean_the_same_in_every_format(tmp_path: Path, form: str) -> None:
    row = dict(zip(HEADERS, VALUES, strict=True))
    frame, stream = pl.DataFrame([row]), io.BytesIO()
    match form:
        case "csv":
            frame.write_csv(stream)
        case "semicolons":
            frame.write_csv(stream, separator=";")
        case "parquet":
            frame.write_parquet(stream)
        case _:
            stream.write(json.dumps([row] if form == "json" else row).encode())
    name = f"a.{'csv' if form == 'semicolons' else form}"
    assert read(tmp_path, name, stream.getvalue()).of(*FIELDS) == [SAID]


@pytest.mark.parametrize("unit", ["[s]", "Sekunden", "sec.", "in s"])
def test_units_below_the_header_are_read_in_other_languages(tmp_path: Path, unit: str) -> None:
    text = f"Titel;Künstler;Länge;Tempo\n;;{unit};BPM\nLied;Ana;215;120\n"
    assert read(tmp_path, "a.csv", text).of("title", "duration_s", "tempo_bpm") == [("Lied", 215.0, 120.0)]
