"""Tables of plays as text: formats, encodings, clocks, headers, and what is refused."""

import csv
import gzip
import io
import json
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_world import NOW, Read, compact, played, zipped

from assets.listening.readers import UnreadableExport, open_export
from assets.listening.readers.clock_columns import order_of
from assets.listening.readers.moments import Order, moment
from simulator.workbook import workbook

MOMENT = datetime(2024, 5, 31, 12, 0, 1, tzinfo=UTC)
EPOCH = int(MOMENT.timestamp())
EARLIEST, LATEST = datetime(2003, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


def read(tmp_path: Path, content: str | bytes, name: str = "plays.csv") -> Read:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found = Read(path)
    assert found.reading.rows_read == found.plays.height + found.rejected.height
    assert found.reading.independent_count == found.reading.rows_read
    return found


def told(found: Read) -> list[tuple[Any, ...]]:
    return found.plays.select(
        "source", "started_at", "artist_name", "track_name", "album_name", "ms_played", "duration_ms"
    ).rows()


FORMATS = {
    "libre.fm, with a comment": (
        f"# Data export from Libre.fm,,,\nArtist,Track,Album,Time\nBand,Song,LP,{EPOCH}\n",
        ("lastfm", None, None),
    ),
    "lastexport": (f"{EPOCH}\tSong\tBand\tLP\tm1\tm2\tm3\n", ("lastfm", None, None)),
    "pano": (
        ("timeHuman,timeMs,artist,track,album,albumArtist,durationMs,mediaPlayerName,event\n"
        f'"May 31, 2024, 14:00 CEST",{EPOCH * 1000},Band,Song,LP,Band,200000,Player,scrobble\n'),
        ("pano_scrobbler", None, 200_000),
    ),
    "apple music": (
        ("Album Name,Artist Name,Song Name,Event Start Timestamp,Event End Timestamp,"
        "Play Duration Milliseconds,Media Duration In Milliseconds,End Reason Type,Event Type\n"
        "LP,Band,Song,2024-05-31T12:00:01Z,2024-05-31T12:03:00Z,179000,200000,TRACK_SKIPPED,PLAY_END\n"),
        ("apple_music", 179_000, 200_000),
    ),
    "tidal": (
        ("entry_date,track_title,artist_name,album_name,stream_duration_ms,product_type\n"
        "2024-05-31 12:00:01.0,Song,Band,LP,179000,HIFI\n"),
        ("tidal", 179_000, None),
    ),
    "amazon music": (
        ("timestamp,asin,title,artistName,albumName,durationSeconds\n"
        "2024-05-31T12:00:01Z,B0,Song,Band,LP,200\n"),
        ("amazon_music", None, 200_000),
    ),
    "spinitron, with titles above": (
        ('"Playlist Title","The Show"\n"DJ Name","DJ X"\n\nDate-time,Artist,Song,Release,Label\n'
        "2024-05-31T07:00:01-0500,Band,Song,LP,Label\n"),
        ("spinitron", None, None),
    ),
    "scrubbler": ('\ufeffBand,LP,Song,31/05/2024 12:00:01 +00:00,,00:03:20\n', ("lastfm", None, 200_000)),
    "scrubbler in America": ("Band,LP,Song,5/31/2024 12:00:01 PM +00:00,,00:03:20\n", ("lastfm", None, 200_000)),
    "a semicolon and sep=": (f"sep=;\nArtist;Title;Album;uts\nBand;Song;LP;{EPOCH}\n", ("lastfm", None, None)),
    "another language": ("Künstler;Titel;Album;Datum\nBand;Song;LP;31.05.2024 12:00:01\n", ("lastfm", None, None)),
    "Universal Scrobbler": (
        '"Band", "Song", "LP", "2024-05-31 12:00:01", "Band", "200"\n',
        ("lastfm", None, 200_000),
    ),
    "blanks before quotes": (
        f'"artist", "track", "album", "uts"\n"Band", "Song", "LP", "{EPOCH}"\n',
        ("lastfm", None, None),
    ),
    "a day and a time": ("Date,Time,Artist,Title,Album\n05/31/2024,12:00:01 PM,Band,Song,LP\n", ("lastfm", None, None)),
    "IFTTT": (
        'Track,Track URL,Album,Artist,Date\nSong,u,LP,Band,"May 31, 2024 at 12:00:01PM"\n',
        ("lastfm", None, None),
    ),
    "German": ("Interpret;Titel;Album;Gespielt am\nBand;Song;LP;31.05.2024 12:00:01\n", ("lastfm", None, None)),
    "French": ("Artiste;Morceau;Album;Date d'écoute\nBand;Song;LP;31 mai 2024 12:00:01\n", ("lastfm", None, None)),
    "Japanese": ("アーティスト,曲名,アルバム,日時\nBand,Song,LP,2024/05/31 12:00:01\n", ("lastfm", None, None)),
    "Russian": ("Исполнитель;Название;Альбом;Дата\nBand;Song;LP;31.05.2024 12:00:01\n", ("lastfm", None, None)),
    "an empty column at the end": ("Band,LP,Song,31 May 2024 12:00:01,\n", ("lastfm", None, None)),
    "a count beside the time of a play": (
        f"artist,track,album,played_at,playcount\nBand,Song,LP,{EPOCH},5\n",
        ("lastfm", None, None),
    ),
    "milliseconds that nobody names": (
        f"artist,track,album,timestamp,duration\nBand,Song,LP,{EPOCH},200000\n",
        ("lastfm", None, 200_000),
    ),
    "thousands": (
        f'artist,track,album,timestamp,duration_ms\nBand,Song,LP,{EPOCH},"200,000"\n',
        ("lastfm", None, 200_000),
    ),
    "minutes": (
        f"artist,track,album,timestamp,Duration (min)\nBand,Song,LP,{EPOCH},3.5\n",
        ("lastfm", None, 210_000),
    ),
    "German minutes": (
        "Künstler;Titel;Album;Datum;Uhrzeit;Dauer (min)\nBand;Song;LP;31.05.2024;12:00:01;3,5\n",
        ("lastfm", None, 210_000),
    ),
    "a length in so many words": (
        f"artist,track,album,timestamp,durée en secondes,items\nBand,Song,LP,{EPOCH},200,7\n",
        ("lastfm", None, 200_000),
    ),
    "what was heard, with its unit": (
        f"artist,track,album,timestamp,Listened (s),Duration (s)\nBand,Song,LP,{EPOCH},90,200\n",
        ("lastfm", 90_000, 200_000),
    ),
    "Japanese seconds": (
        f"アーティスト,曲名,アルバム,timestamp,再生時間(秒)\nBand,Song,LP,{EPOCH},200\n",
        ("lastfm", None, 200_000),
    ),
    "a length of minutes and seconds": (
        f"artist,track,album,timestamp,length (mm:ss)\nBand,Song,LP,{EPOCH},3:20\n",
        ("lastfm", None, 200_000),
    ),
    "seconds without a blank": (
        f"artist,track,album,timestamp,secondsPlayed\nBand,Song,LP,{EPOCH},90\n",
        ("lastfm", 90_000, None),
    ),
    "hours": (
        f"artist,track,album,timestamp,Listening time (hours)\nBand,Song,LP,{EPOCH},0.025\n",
        ("lastfm", 90_000, None),
    ),
    "German playing time": (
        f"artist,track,album,timestamp,Abspieldauer [Sek.]\nBand,Song,LP,{EPOCH},90\n",
        ("lastfm", 90_000, None),
    ),
    "units": (f"artist;track;album;uts;length\nBand;Song;LP;{EPOCH};PT3M20S\n", ("lastfm", None, 200_000)),
    "lengths in minutes": (
        f"artist,track,album,timestamp,length\nBand,Song,LP,{EPOCH},3:20\n",
        ("lastfm", None, 200_000),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_tables_of_many_tools_are_read(tmp_path: Path, name: str) -> None:
    text, (source, ms_played, duration_ms) = FORMATS[name]
    found = read(tmp_path, text)
    assert told(found) == [(source, MOMENT, "Band", "Song", "LP", ms_played, duration_ms)]


def test_rockbox_tells_skips_and_names_nobody_untagged(tmp_path: Path) -> None:
    log = (
        "#AUDIOSCROBBLER/1.1\n#TZ/UNKNOWN\n#CLIENT/Rockbox\n"
        f'Band\tLP\t"Song" 12" mix\t1\t259\tL\t{EPOCH}\t\n'
        f"<Untagged>\t\tfile.mp3\t0\t180\tS\t{EPOCH + 300}\tmbid\n"
        "Band\tLP\tcut off"
    )
    found = read(tmp_path, log, ".scrobbler.log")
    assert found.plays.select("source", "artist_name", "track_name", "is_skipped", "duration_ms").rows() == [
        ("rockbox", "Band", '"Song" 12" mix', False, 259_000),
        ("rockbox", None, "file.mp3", True, 180_000),
    ]
    assert found.rejected["reason"].to_list() == ["no_time"]


def test_an_artist_may_begin_as_comments_do_and_logs_may_be_joined(tmp_path: Path) -> None:
    head = "#AUDIOSCROBBLER/1.1\n#TZ/UTC\n#CLIENT/X\n"
    rows = [f"{artist}\tLP\t#1\t1\t200\tL\t{EPOCH + at}\t\n" for at, artist in enumerate(("Band", "#Band"))]
    found = read(tmp_path, head + rows[0] + head + rows[1], ".scrobbler.log")
    assert found.plays["artist_name"].to_list() == ["Band", "#Band"]
    assert found.rejected["reason"].to_list() == ["no_play"] * 3


def test_the_clock_of_a_device_without_a_zone_is_the_listeners(tmp_path: Path) -> None:
    rows = f"Band\tLP\tSong\t1\t259\tL\t{EPOCH}\t\n"
    for zone_line, hour in (("#TZ/UNKNOWN", 10), ("#TZ/UTC", 12)):
        (tmp_path / ".scrobbler.log").write_text(f"#AUDIOSCROBBLER/1.1\n{zone_line}\n{rows}")
        reading = open_export(
            tmp_path / ".scrobbler.log", import_id="i", user_id="u", now=NOW, zone="Europe/Berlin"
        )
        (batch,) = list(reading)
        assert batch.plays["started_at"].to_list() == [MOMENT.replace(hour=hour)]


def test_soundcloud_names_the_artist_in_the_title(tmp_path: Path) -> None:
    table = (
        "play_time,track_title,track_url\n2024-05-31 12:00:01 UTC,Band - Song,https://soundcloud.com/x/a\n"
    )
    assert told(read(tmp_path, table)) == [("soundcloud", MOMENT, "Band", "Song", None, None, None)]


ZONES = {
    "UTC beside local": "Local Time,UTC Time,Artist,Track\n31/05/2024 14:00:01,31/05/2024 12:00:01,Band,Song\n",
    "an offset": "date,utc_offset,artist,track\n2024-05-31 14:00:01,+02:00,Band,Song\n",
    "a zone": "date,timezone,artist,track\n2024-05-31 14:00:01,Europe/Berlin,Band,Song\n",
    "local": "local_time,artist,track\n2024-05-31 14:00:01,Band,Song\n",
    "local with an offset": "local_time,artist,track\n2024-05-31T15:00:01+03:00,Band,Song\n",
    "UTC and the listener's zone": "utc_time,timezone,artist,track\n2024-05-31 12:00:01,Europe/Berlin,Band,Song\n",
    "an epoch and the listener's zone": f"timestamp,timezone,artist,track\n{EPOCH},Europe/Berlin,Band,Song\n",
}


@pytest.mark.parametrize("what", ZONES)
def test_columns_say_the_zone_of_times(tmp_path: Path, what: str) -> None:
    (tmp_path / "x.csv").write_text(ZONES[what])
    (batch,) = open_export(tmp_path / "x.csv", import_id="i", user_id="u", now=NOW, zone="Europe/Berlin")
    assert batch.plays["started_at"].to_list() == [MOMENT]


BARE = {
    "day and time": ("2024-05-31,12:00:01,Band,Song\n2024-05-31,12:00:01,Band,Song\n", "lastfm"),
    "IFTTT": (
        '"May 31, 2024 at 12:00:01PM",Song,Band,4uLU6h,https://open.spotify.com/track/4uLU6h\n',
        "lastfm",
    ),
    "all of Last.fm's ids": (f'{EPOCH},"31 May 2024, 12:00",Band,,LP,,Song,\n', "lastfm"),
    "lastscrape": (f"2024-05-31T12:00:01\t{EPOCH}\tSong\tm\tBand\t\t\t\t\t\tLP\t\t\n", "lastfm"),
    "Rockbox": (f"Band\tLP\tSong\t1\t200\tL\t{EPOCH}\t\n", "rockbox"),
}


@pytest.mark.parametrize("name", BARE)
def test_tables_without_a_header_are_known_by_their_cells(tmp_path: Path, name: str) -> None:
    text, source = BARE[name]
    assert {row[:4] for row in told(read(tmp_path, text))} == {(source, MOMENT, "Band", "Song")}


def test_a_header_that_nobody_knows_is_no_row_and_its_columns_are_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("Foo,Bar,Baz,Qux\nBand,Song,LP,31 May 2024 12:00\n")
    with pytest.raises(UnreadableExport, match="the columns 'Foo', 'Bar', 'Baz', 'Qux'"):
        open_export(tmp_path / "x.csv", import_id="i", user_id="u", now=NOW)


def test_lengths_beside_a_day_are_no_times(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        "artist,track,date,time\nBand,Song,2024-05-31,3:20\nB,S,2024-05-31,4:05\n"
    )
    with pytest.raises(UnreadableExport, match="no moments"):
        open_export(tmp_path / "x.csv", import_id="i", user_id="u", now=NOW)


def test_a_play_of_apple_without_a_start_has_its_end_and_one_without_names_is_none(tmp_path: Path) -> None:
    header = "Song Name,Container Album Name,Event Start Timestamp,Event End Timestamp,Play Duration Milliseconds\n"
    found = read(
        tmp_path, header + "Song,LP,,2024-05-31T12:00:01Z,1000\n,LP,2024-05-31T12:00:01Z,,1000\n,,,,\n"
    )
    assert found.plays.select("source", "started_at", "ended_at", "album_name").rows() == [
        ("apple_music", None, MOMENT, "LP")
    ]
    assert found.rejected["reason"].to_list() == ["no_identity"]


def test_extended_history_under_other_names_and_clocks_is_extended_history(tmp_path: Path) -> None:
    header = "Spotify_Track_URI;TS;ms_played;track_name;artist_name;album_name;skipped\n"
    row = "1cLGbR4XDrbU2AWdSsr4P0;31/05/2024 12:00:01;3185;Song;Band;LP;TRUE\n"
    found = read(tmp_path, header + row).plays
    assert found.select(
        "source", "ended_at", "track_uri", "artist_name", "album_name", "is_skipped"
    ).rows() == [("spotify_extended", MOMENT, "spotify:track:1cLGbR4XDrbU2AWdSsr4P0", "Band", "LP", True)]


@pytest.mark.parametrize(
    ("told", "ms"), [("1,80E+05", 180_000), ("180,000", 180_000), ("-5", -5), ("180.0", 180)]
)
def test_milliseconds_that_a_spreadsheet_wrote_anew_are_what_they_were(
    tmp_path: Path, told: str, ms: int
) -> None:
    header = "ts;ms_played;master_metadata_track_name;master_metadata_album_artist_name;reason_end\n"
    found = read(tmp_path, f"{header}2024-05-31T12:00:01Z;{told};Song;Band;fwdbtn\n")
    assert found.plays["ms_played"].to_list() == [ms][: ms > 0]
    assert found.rejected["reason"].to_list() == ["bad_duration"][: ms <= 0]


@pytest.mark.parametrize(
    ("title", "column", "hours"),
    [
        ("time (UTC+2)", "", 2),
        ("time (PST)", "", -8),
        ("played at [CET]", "", 1),
        ("played_at_gmt+1", "", 1),
        ("timestamp (UTC-05:00)", "", -5),
        ("time EST", "", -5),
        ("time (UTC)", "", 0),
        ("time (Europe/Berlin)", "", 2),
        ("time (+0200)", "", 2),
        ("time (ET)", "", -4),
        ("date_est", "", -5),
        ("Date (America/New York)", "", -4),
        ("Date (Pacific Time)", "", -7),
        ("Date (in CEST)", "", 2),
        ("Время (МСК)", "", 3),
        ("Date (heure de Paris)", "", 2),
        ("Time [Berlin]", "", 2),
        ("date_berlin", "", 2),
        ("Date (AEST)", "", 10),
        ("time", "5:30", 5.5),
        ("time", "+5:30", 5.5),
        ("time", "Berlin", 2),
        ("time", "2,0", 2),
        ("time", "UTC+2", 2),
        ("time", "CET", 1),
        ("time", "-0200", -2),
        ("time", "America/New_York", -4),
    ],
)
def test_a_clock_is_of_the_zone_that_its_title_or_a_column_names(
    tmp_path: Path, title: str, column: str, hours: float
) -> None:
    shown = (MOMENT + timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S")
    found = read(tmp_path, f"artist;track;{title};timezone\nBand;Song;{shown};{column}\n")
    assert found.plays["started_at"].to_list() == [MOMENT]


@pytest.mark.parametrize(
    "line", ["Time zone: Europe/Berlin", "Zeitzone: MESZ", "Timezone: UTC+2", "Times are in Europe/Berlin"]
)
def test_a_line_above_the_table_may_name_the_zone(tmp_path: Path, line: str) -> None:
    found = read(tmp_path, f"{line}\nartist,track,date\nBand,Song,2024-05-31 14:00:01\n")
    assert found.plays["started_at"].to_list() == [MOMENT]


def test_a_zone_that_nobody_knows_is_not_taken_for_utc(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("artist,track,date,timezone\nBand,Song,2024-05-31 14:00:01,XYZ-9\n")
    with pytest.raises(UnreadableExport, match="says the zone of its times as 'XYZ-9'"):
        open_export(tmp_path / "x.csv", import_id="i", user_id="u", now=NOW)


@pytest.mark.parametrize(
    ("title", "day"),
    [
        ("Date (dd/mm/yyyy)", "02/03/2024"),
        ("Date (MM/DD/YYYY)", "03/02/2024"),
        ("Date (yy/mm/dd)", "24/03/02"),
    ],
)
def test_a_title_may_tell_the_order_of_day_and_month(tmp_path: Path, title: str, day: str) -> None:
    found = read(tmp_path, f"artist,track,{title}\nBand,Song,{day} 10:00\n")
    assert [row[1].strftime("%Y-%m-%d") for row in told(found)] == ["2024-03-02"]


def test_years_of_two_digits_may_come_first_and_nobody_guesses_one_date(tmp_path: Path) -> None:
    days = ["20/06/05", "20/06/25", "20/07/31", "20/08/01"]
    table = "artist,track,date\n" + "".join(f"Band,Song,{day} 14:03\n" for day in days)
    assert [row[1].strftime("%y/%m/%d") for row in told(read(tmp_path, table))] == days
    days = ["25/06/20", "26/06/20", "01/07/20", "09/07/20"]
    table = "artist,track,date\n" + "".join(f"Band,Song,{day} 14:03\n" for day in days)
    assert [row[1].strftime("%d/%m/%y") for row in told(read(tmp_path, table))] == days
    one = read(tmp_path, "artist,track,date\nBand,Song,20/06/05 14:03\n")
    assert one.rejected["reason"].to_list() == ["ambiguous_date"]


def test_cells_of_times_in_an_opendocument_spreadsheet_are_read(tmp_path: Path) -> None:
    """As LibreOffice writes a day and a time beside it, and a length."""
    office, table = (
        "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "urn:oasis:names:tc:opendocument:xmlns",
    )
    time = '<table:table-cell office:value-type="time" office:time-value="{}"><text:p>{}</text:p></table:table-cell>'
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    day = '<table:table-cell office:value-type="date" office:date-value="2024-05-01"><text:p>x</text:p></table:table-cell>'
    header = "".join(map(text.format, ("Artist", "Track", "Date", "Time", "Duration")))
    played = text.format("Ada") + text.format("One") + day
    played += time.format("PT12H05M00S", "12:05:00") + time.format("PT00H03M20S", "00:03:20")
    rows = "".join(f"<table:table-row>{cells}</table:table-row>" for cells in (header, played))
    content = (
        f'<office:document-content xmlns:office="{office}" xmlns:table="{table}:table:1.0" '
        f'xmlns:text="{table}:text:1.0"><office:body><office:spreadsheet><table:table table:name="plays">'
        f"{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    parts = {"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest}
    read = Read(zipped(tmp_path / "plays.ods", {name: part.encode() for name, part in parts.items()}))
    assert read.plays.select("artist_name", "track_name", "started_at", "duration_ms").rows() == [
        ("Ada", "One", datetime(2024, 5, 1, 12, 5, tzinfo=UTC), 200_000)
    ]


def test_a_time_without_a_day_is_one_in_a_workbook_too(tmp_path: Path) -> None:
    rows = [["Artist", "Track", "Date", "Time", "Duration"]]
    rows += [["Band", "Song", "2024-05-31 00:00:00", "1899-12-31 12:00:01", "1899-12-30 00:03:20"]]
    (tmp_path / "plays.xlsx").write_bytes(workbook({"Plays": rows}))
    found = Read(tmp_path / "plays.xlsx")
    assert found.plays.select("started_at", "duration_ms").rows() == [(MOMENT, 200_000)]


@pytest.mark.parametrize("day", ["2024-05-31 00:00:00", "31.05.2024 00:00", "2024-05-31T00:00:00"])
@pytest.mark.parametrize("time", ["12:00:01", "12:00:01 PM"])
def test_a_day_that_a_spreadsheet_wrote_with_midnight_has_the_time_beside_it(
    tmp_path: Path, day: str, time: str
) -> None:
    found = read(tmp_path, f"artist;track;Datum;Uhrzeit\nBand;Song;{day};{time}\n")
    assert found.plays["started_at"].to_list() == [MOMENT]


def test_where_apple_began_in_a_song_is_no_clock(tmp_path: Path) -> None:
    header = (
        "Artist Name,Song Name,Start Position In Milliseconds,Event Start Timestamp,Event End Timestamp,"
        "Play Duration Milliseconds,Event Type\n"
    )
    row = "Band,Song,{},2024-05-31T12:00:01Z,2024-05-31T12:03:01Z,180000,PLAY_END\n"
    found = read(tmp_path, header + "".join(row.format(at) for at in (0, 15_000, -1_000, 100_000_000)))
    assert found.plays["started_at"].to_list() == [MOMENT] * 4


@pytest.mark.parametrize(
    ("yes", "no"), [("WAHR", "FALSCH"), ("VRAI", "FAUX"), ("VERDADERO", "FALSO"), ("WAAR", "ONWAAR")]
)
def test_a_spreadsheet_of_another_language_keeps_private_sessions_private(
    tmp_path: Path, yes: str, no: str
) -> None:
    header = (
        "ts;ms_played;master_metadata_track_name;master_metadata_album_artist_name;incognito_mode;skipped\n"
    )
    found = read(tmp_path, f"{header}2024-05-31T12:00:01Z;200.000;Song;Band;{yes};{no}\n")
    assert found.plays.select("ms_played", "is_incognito", "is_skipped").rows() == [(200_000, True, False)]


def test_what_apple_and_pano_tell_beside_plays_is_rejected(tmp_path: Path) -> None:
    header = "Artist Name,Song Name,Event Start Timestamp,Play Duration Milliseconds,Event Type\n"
    rows = (
        "Band,Song,2024-05-31T12:00:01Z,1000,PLAY_START\nBand,Song,2024-05-31T12:00:01Z,1000,LYRIC_DISPLAY\n"
    )
    found = read(tmp_path, header + rows)
    assert found.rejected["reason"].to_list() == ["no_play", "no_play"]


def extended_csv(rows: list[dict[str, Any]]) -> str:
    """As a notebook saves the JSON: an index, True and False, NaN for null, numbers with a point."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["", *rows[0]])
    for number, row in enumerate(rows):
        writer.writerow([number, *("NaN" if value is None else value for value in row.values())])
    return out.getvalue().replace(f"{rows[0]['offline_timestamp']}", f"{rows[0]['offline_timestamp']}.0")


PACKED = {
    "plain": f"artist,track,album,uts\nBand,Song,LP,{EPOCH}\n".encode(),
    "numeric dates": b"artist,track,album,date\nBand,Song,LP,31/05/2024 12:00:01\n",
    "a code page": f"artist,track,album,uts\nBand,Song,LP,{EPOCH}\nBj\xf6rk,S,L,{EPOCH}\n".encode("cp1252"),
    "encoded twice": f"artist,track,album,uts\nBand,Song,LP,{EPOCH}\nBjÃ¶rk,S,L,{EPOCH}\n".encode(),
    "a log": f"#AUDIOSCROBBLER/1.1\n#TZ/UTC\nBand\tLP\tSong\t1\t200\tL\t{EPOCH}\t\n".encode(),
}


@pytest.mark.parametrize("what", PACKED)
def test_tables_are_read_from_zips_and_gzips_and_what_is_damaged_is_told(tmp_path: Path, what: str) -> None:
    table = PACKED[what]
    packed = zipped(tmp_path / "x.zip", {"a/x.csv": table, "a/y.csv.gz": gzip.compress(table)})
    found = Read(packed)
    assert (
        found.reading.independent_count == found.reading.rows_read == 2 * (len(told(read(tmp_path, table))))
    )
    assert set(found.plays["started_at"]) == {MOMENT}
    many = table + table.splitlines(keepends=True)[-1] * 20_000
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(many)[:-100])
    cut = Read(tmp_path / "cut.csv.gz")
    assert set(cut.plays["started_at"][:-1]) == {MOMENT}  # the last is cut
    assert "is damaged" in cut.reading.problems[-1][1]


def test_damage_is_told_also_where_a_table_had_to_be_decoded(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"x.csv": PACKED["a code page"] * 2})
    data = path.read_bytes()
    crc = zlib.crc32(PACKED["a code page"] * 2).to_bytes(4, "little")
    path.write_bytes(data.replace(crc, b"\x01\x02\x03\x04"))
    assert any("is damaged" in what for _, what in Read(path).reading.problems)


def test_extended_history_saved_as_a_table_gives_the_rows_of_the_json(tmp_path: Path) -> None:
    rows = [
        played(),
        played(
            ts="2024-05-01T13:00:00Z", skipped=True, master_metadata_track_name='A "quoted", title\nin two'
        ),
        played(ts="2024-05-01T14:00:00Z", spotify_track_uri=None, master_metadata_track_name=None),
    ]
    (tmp_path / "j").mkdir()
    (tmp_path / "j" / "endsong_0.json").write_bytes(compact(rows))
    ours = read(tmp_path, extended_csv(rows), "history.csv").plays.drop("file")
    theirs = Read(tmp_path / "j" / "endsong_0.json").plays.drop("file")
    assert ours.equals(theirs)
    assert ours.height == 3


def test_account_data_saved_as_a_table_is_account_data(tmp_path: Path) -> None:
    table = "endTime,artistName,trackName,msPlayed\n2024-05-31 12:00,Band,Song,1000\n"
    found = read(tmp_path, table)
    assert found.plays.select("source", "ended_at", "ms_played").rows() == [
        ("spotify_account", MOMENT.replace(second=0), 1_000)
    ]


def test_a_spreadsheet_is_read_sheet_by_sheet_and_refused_once(tmp_path: Path) -> None:
    header = ("Song Title", "Artist", "Album Title", "Listening Time", "Date")
    plays = [header, ("Song", "Band", "LP", "179", "2024-05-31 12:00:01")]
    notes = [("a",), ("b",)]
    (tmp_path / "deezer-data_1.xlsx").write_bytes(workbook({"notes": notes, "10_listeningHistory": plays}))
    found = Read(tmp_path / "deezer-data_1.xlsx")
    assert told(found) == [("deezer", MOMENT, "Band", "Song", "LP", 179_000, None)]
    (tmp_path / "other.xlsx").write_bytes(workbook({"a": notes, "b": notes}))
    with pytest.raises(UnreadableExport) as refused:
        open_export(tmp_path / "other.xlsx", import_id="i", user_id="u", now=NOW)
    assert str(refused.value).count("workbook") <= 1


NAMES = {
    "cp1252": ("Björk", "Jóga – “live”"),
    "cp1251": ("Алла Пугачёва", "Миллион алых роз"),
    "shift_jis": ("椎名林檎", "丸の内サディスティック"),
    "utf-16": ("Sigur Rós", "Ágætis byrjun"),
    "utf-8-sig": ("Mötley Crüe", "Ñandú"),
}


@pytest.mark.parametrize("encoding", NAMES)
def test_tables_of_other_encodings_are_decoded_and_say_so(tmp_path: Path, encoding: str) -> None:
    artist, title = NAMES[encoding]
    table = "artist,track,album,uts\n" + f"{artist},{title},LP,{EPOCH}\n" * 4
    found = read(tmp_path, table.encode(encoding))
    assert set(found.plays.select("artist_name", "track_name").rows()) == {(artist, title)}
    assert bool(found.reading.problems) == (not encoding.startswith("utf-8"))


LIBRARIES = {
    "cp1250": "Dvořák,Rusalka – píseň,Čechomor,Żółw,Myslovitz,Długość dźwięku,Őszi szél",
    "cp1254": "Müslüm Gürses,Barış Manço,Çilekeş,Şebnem Ferah,Sezen Aksu,Gülümse",
    "mac_roman": "Björk,Jóga,Beyoncé,Édith Piaf,Hüsker Dü",
    "cp850": "Björk,Jóga,Motörhead,Maná,Señorita",
    "koi8_r": "Кино,Группа крови,Земфира,Мумий Тролль",
    "koi8_u": "Океан Ельзи,Обійми,Скрябін,Їхав козак",
    "iso8859_2": "Žbirka,Šípková Růženka,Když milenky pláčou,Łzy,Kocham cię,Kőbánya",
    "iso8859_15": "Mon cœur,Le Sœur,Françoise Hardy,Été 90 €,Õhtu,Šokolaad",
    "iso8859_5": "Алла Пугачёва,Миллион алых роз,Земфира",
    "iso8859_7": "Χάρις Αλεξίου,Άννα,Γιώργος Νταλάρας,Όλα",
    "cp852": "Karel Gott,Včelka Mája,Když milenky pláčou,Jiří Schelinger,Žlutý pes",
    "cp857": "Sezen Aksu,Şarkı,Barış Manço,Öğrendim,Kıraç",
    "cp866": "Алла Пугачёва,Миллион алых роз,Земфира",
    "mac_latin2": "Včelka Mája,Když milenky pláčou,Jiří Schelinger,Žlutý pes",
    "mac_cyrillic": "Алла Пугачёва,Миллион алых роз,Земфира",
    "cp737": "Χάρις Αλεξίου,Γιώργος Νταλάρας,Όλα",
    "cp1255": "משינה,שלמה ארצי,כוורת,עברי לידר",
    "cp862": "משינה,שלמה ארצי,כוורת,עברי לידר",
    "cp1256": "عمرو دياب,فيروز,أم كلثوم",
    "iso2022_jp": "宇多田ヒカル,花束を君に",
    "gb18030": "王菲,红豆,周杰伦,晴天,月亮代表我的心",
    "big5": "張惠妹,聽海,鄧麗君,倔強",
    "euc_kr": "아이유,밤편지,방탄소년단,봄날",
    "euc_jp": "宇多田ヒカル,花束を君に,丸の内サディスティック",
    "utf-16-le": "Björk,Jóga,椎名林檎",
    "utf-16-be": "Björk,Jóga,椎名林檎",
}


@pytest.mark.parametrize("encoding", LIBRARIES)
def test_a_few_names_tell_the_code_page(tmp_path: Path, encoding: str) -> None:
    names = [*LIBRARIES[encoding].split(","), "Some English Band"]
    table = "artist,track,album,uts\n" + "".join(f"{name},Song,LP,{EPOCH}\n" for name in names)
    assert read(tmp_path, table.encode(encoding)).plays["artist_name"].to_list() == names


@pytest.mark.parametrize(
    "name",
    [
        "Live – Demo",
        "Rock ’n’ Roll",
        "Guns N’ Roses",
        "And…",
        "Nº 1",
        "£100",
        "½ Full",
        "Mark™",
        "100€",
        "90°",
    ],
)
def test_one_sign_of_windows_in_an_english_file_is_read_as_it_was_meant(tmp_path: Path, name: str) -> None:
    names = ["Some English Band"] * 12 + [name]
    table = "artist,track,album,uts\n" + "".join(f"{each},Song,LP,{EPOCH}\n" for each in names)
    assert read(tmp_path, table.encode("cp1252")).plays["artist_name"].to_list() == names


def test_of_two_files_joined_each_line_keeps_its_encoding(tmp_path: Path) -> None:
    head, utf_8, other = (
        "artist,track,uts\n",
        f"Sigur Rós,Hoppípolla,{EPOCH}\n",
        f"Motörhead,Ace of Spades,{EPOCH}\nBlue Öyster Cult,Song,{EPOCH}\n",
    )
    found = read(tmp_path, (head + utf_8).encode() + other.encode("cp1252"))
    assert found.plays["artist_name"].to_list() == ["Sigur Rós", "Motörhead", "Blue Öyster Cult"]


def test_what_was_encoded_twice_is_mended_in_json_and_beside_what_was_not(tmp_path: Path) -> None:
    names = ["Björk", "Motörhead", "Sigur Rós", "Hüsker Dü"]
    damaged = [*(name.encode().decode("cp1252") for name in names[:3]), names[3]]
    rows = [{"artist": name, "name": "Song", "date": {"uts": str(EPOCH)}} for name in damaged]
    found = read(tmp_path, json.dumps(rows, ensure_ascii=False), "recent.json")
    assert found.plays["artist_name"].to_list() == names
    table = "artist,track,uts\n" + "".join(f"{name},Song,{EPOCH}\n" for name in damaged)
    assert read(tmp_path, table).plays["artist_name"].to_list() == names


def test_escapes_of_bytes_are_the_letters_that_were_meant(tmp_path: Path) -> None:
    names = ["Björk", "Motörhead", "椎名林檎", 'AC"DC']
    rows = [
        {"artist": name.encode().decode("latin-1"), "name": "Song", "date": {"uts": str(EPOCH)}}
        for name in names
    ]
    found = read(tmp_path, json.dumps(rows), "recent.json")
    assert found.plays["artist_name"].to_list() == names
    assert "mended" in found.reading.problems[0][1]
    rows = [{"artist": name, "name": "Ã©tude", "date": {"uts": str(EPOCH)}} for name in names]
    assert read(tmp_path, json.dumps(rows), "recent.json").plays["artist_name"].to_list() == names


def test_what_was_encoded_twice_is_mended_and_a_single_odd_name_is_not(tmp_path: Path) -> None:
    twice = "".join(f"{name.encode().decode('cp1252')},Song,LP,{EPOCH}\n" for name in ("Björk", "Motörhead"))
    found = read(tmp_path, "artist,track,album,uts\n" + twice)
    assert found.plays["artist_name"].to_list() == ["Björk", "Motörhead"]
    assert "mended" in found.reading.problems[0][1]
    names = ["Björk", "Motörhead", "Ã©tude"]
    kept = read(tmp_path, "artist,track,album,uts\n" + "".join(f"{n},S,LP,{EPOCH}\n" for n in names))
    assert kept.plays["artist_name"].to_list() == names


def test_json_in_a_code_page_is_decoded(tmp_path: Path) -> None:
    rows = [played(master_metadata_album_artist_name="Björk")]
    text = json.dumps(rows, ensure_ascii=False).encode("cp1252")
    found = read(tmp_path, text, "endsong_0.json")
    assert found.plays["artist_name"].to_list() == ["Björk"]


def test_utf_8_with_some_signs_of_a_code_page_keeps_both(tmp_path: Path) -> None:
    lines = [f"{name},Song,LP,{EPOCH}\n".encode() for name in ("Björk", "Sigur Rós", "椎名林檎")]
    table = b"artist,track,album,uts\n" + b"".join(lines) + f"Motörhead,Song,LP,{EPOCH}\n".encode("cp1252")
    found = read(tmp_path, table)
    assert set(found.plays["artist_name"]) == {"Björk", "Sigur Rós", "椎名林檎", "Motörhead"}
    assert "cp1252" in found.reading.problems[0][1]


def test_of_several_clocks_the_finest_is_read(tmp_path: Path) -> None:
    table = (
        "artist,track,date,time,played_at,uts\n"
        f"Band,Song,2024-05-31,12:00,2024-05-31 12:00,{EPOCH}\nBand,Two,2024-05-31,12:00,2024-05-31 12:00,\n"
    )
    found = read(tmp_path, table)
    assert [row[1] for row in told(found)] == [MOMENT]
    assert found.rejected["reason"].to_list() == ["no_time"]
    days = "artist,track,album,played_at,date,hour\nBand,Song,LP,2024-05-31 12:00:01,2024-05-31,12\n"
    assert [row[1] for row in told(read(tmp_path, days))] == [MOMENT]


def test_a_time_of_0_is_no_time(tmp_path: Path) -> None:
    found = read(tmp_path, f"artist,track,uts\nBand,Song,0\nBand,Two,{EPOCH}\n")
    assert found.rejected["reason"].to_list() == ["no_time"]


@pytest.mark.parametrize(("first", "day"), [("13/02/2024 10:00", (13, 2)), ("02/13/2024 10:00", (13, 2))])
def test_one_date_of_a_file_decides_the_order_of_all(
    tmp_path: Path, first: str, day: tuple[int, int]
) -> None:
    found = read(tmp_path, f"artist,track,date\nBand,Song,{first}\nBand,Two,03/02/2024 09:00\n")
    starts = [row[1] for row in told(found)]
    assert (starts[0].day, starts[0].month) == day
    assert (starts[1].day, starts[1].month) == ((3, 2) if first.startswith("13") else (2, 3))


def test_where_no_date_decides_the_sequence_of_rows_does_and_else_nobody_guesses(tmp_path: Path) -> None:
    header = "artist,track,date\n"
    by_day = "".join(f"Band,Song,{day:02}/03/2024 10:00\n" for day in range(1, 13))
    assert {row[1].month for row in told(read(tmp_path, header + by_day))} == {3}
    one = read(tmp_path, header + "Band,Song,02/03/2024 10:00\n")
    assert one.rejected["reason"].to_list() == ["ambiguous_date"]


@given(st.datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None)))
def test_a_moment_is_the_same_however_it_is_written(when: datetime) -> None:
    when = when.replace(microsecond=0)
    epoch = when.replace(tzinfo=UTC).timestamp()
    texts = {
        Order.UNKNOWN: [
            "%Y-%m-%dT%H:%M:%SZ",
            "%d %b %Y, %H:%M:%S",
            "%B %d, %Y, %I:%M:%S %p",
            "%Y/%m/%d %H:%M:%S",
        ],
        Order.DAY_FIRST: ["%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S"],
        Order.MONTH_FIRST: ["%m/%d/%Y %I:%M:%S %p +00:00"],
    }
    for order, forms in texts.items():
        assert {moment(when.strftime(form), order) for form in forms} == {(epoch, None)}


def test_the_order_is_unknown_where_dates_contradict_each_other() -> None:
    assert order_of(["13/02/2024 10:00", "02/13/2024 10:00"]) is Order.UNKNOWN


FEEDBACK = {
    "recording_mbid": "m",
    "score": 1,
    "created": EPOCH,
    "track_metadata": {"artist_name": "Band", "track_name": "Song"},
}
BY_NAME = [
    *(
        "Mes titres likés",
        "titres préférés",
        "mi piace",
        "Мне нравится",
        "Gostei",
        "Vind ik leuk",
        "favorieten",
    ),
    *(
        "Gillade låtar",
        "suosikit",
        "kedvencek",
        "oblíbené",
        "Beğenilenler",
        "Αγαπημένα",
        "좋아하는 곡",
        "Saved tracks",
    ),
    *("Starred", "loves", "thumbs up", "coups de coeur", "Mi biblioteca", "Mediathek", "Wiedergabeliste"),
    *("liste de lecture", "プレイリスト", "shazams", "SyncedShazams", "Discogs collection", "wantlist"),
    *("search history", "Suchverlauf", "your_top_songs_2023", "dislikes", "unloved"),
]
NOT_BY_NAME = [
    *(
        "beloved",
        "glovedhand",
        "alikes",
        "my favourite scrobbles",
        "top40radio_spins",
        "my music library history",
    ),
    *("all-liked-and-played-history", "recent tracks & top tracks", "wishlist-scrobbles", "playlistener"),
    *(
        "lastfm_loved_user_recenttracks",
        "spotify playlists history",
        "plays from playlist Gym",
        "listened (liked)",
    ),
]


@pytest.mark.parametrize("name", BY_NAME)
def test_lists_are_known_by_their_names_in_many_languages(tmp_path: Path, name: str) -> None:
    table = "artist,track,date\nBand,Song,2024-05-31 12:00:01\nBand,Two,2024-05-31 12:05:01\n"
    (tmp_path / f"{name}.csv").write_text(table)
    with pytest.raises(UnreadableExport, match="looks like"):
        open_export(tmp_path / f"{name}.csv", import_id="i", user_id="u", now=NOW)


@pytest.mark.parametrize("name", NOT_BY_NAME)
def test_plays_are_known_by_their_names_too(tmp_path: Path, name: str) -> None:
    table = "artist,track,date\nBand,Song,2024-05-31 12:00:01\nBand,Two,2024-05-31 12:05:01\n"
    assert len(told(read(tmp_path, table, f"{name}.csv"))) == 2


@pytest.mark.parametrize("column", ["", "playcount", "total_plays", "rank"])
@pytest.mark.parametrize("name", ["library-pc.csv", "my favourites.csv", "playlist 2020-06-05.csv"])
def test_songs_that_are_heard_again_make_no_list(tmp_path: Path, name: str, column: str) -> None:
    rows = "".join(f"Band,{song},2024-05-31 12:0{at}:01,{at}\n" for at, song in enumerate("ABCADA"))
    assert len(told(read(tmp_path, f"artist,track,date,{column}\n{rows}", name))) == 6


@pytest.mark.parametrize("name", ["dislikes.csv", "unloved.csv"])
def test_what_is_not_liked_is_no_like(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("artist,track,date\nBand,Song,2024-05-31 12:00:01\n")
    with pytest.raises(UnreadableExport, match="no list of loved tracks"):
        open_export(tmp_path / name, import_id="i", user_id="u", now=NOW, is_loved_wanted=True)


LOVED = {
    "a header": ("x.csv", "artist,track,date loved\nBand,Song,2024-05-31 12:00:01\n"),
    "another header": ("x.csv", "artist,track,favorited at\nBand,Song,2024-05-31T12:00:01Z\n"),
    "a German header": ("x.csv", "Künstler;Titel;Gefällt seit\nBand;Song;31.05.2024 12:00:01\n"),
    "a name": ("Lieblingssongs.csv", "artist,track,date\nBand,Song,2024-05-31 12:00:01\n"),
    "a name, and what was added": (
        "Liked Songs.csv",
        "Track Name,Artist Name(s),Release Date,Added At\nSong,Band,1999-01-01,2024-05-31T12:00:01Z\n",
    ),
    "Tidal": ("favorites.csv", "entry_date,track_title,artist_name\n2024-05-31 12:00:01.0,Song,Band\n"),
    "Apple": (
        "Apple Music - Favorites.csv",
        (
            "Favorite Type,Item Reference,Item Description,Last Modified,Preference\n"
            "SONG,1,Band - Song,2024-05-31T12:00:01Z,LIKE\n"
        ),
    ),
    "keys": ("x.json", '[{"artist": "Band", "track": "Song", "loved_at": "2024-05-31T12:00:01Z"}]'),
    "ListenBrainz": ("feedback.jsonl", json.dumps(FEEDBACK) + "\n"),
    "an answer of ListenBrainz": ("x.json", json.dumps({"count": 1, "feedback": [FEEDBACK], "offset": 0})),
}


@pytest.mark.parametrize("what", LOVED)
def test_loved_tracks_are_named_and_read_when_asked_for(tmp_path: Path, what: str) -> None:
    name, text = LOVED[what]
    (tmp_path / name).write_text(text)
    with pytest.raises(UnreadableExport, match=r"a list of loved tracks.*--as-feedback"):
        open_export(tmp_path / name, import_id="i", user_id="u", now=NOW)
    (batch,) = open_export(tmp_path / name, import_id="i", user_id="u", now=NOW, is_loved_wanted=True)
    assert batch.plays.select("started_at", "artist_name", "track_name").rows() == [(MOMENT, "Band", "Song")]


def test_what_is_not_loved_is_no_like_and_a_day_is_enough_for_one(tmp_path: Path) -> None:
    header = "Favorite Type,Item Reference,Item Description,Last Modified,Preference\n"
    rows = [("SONG", "DISLIKE"), ("ALBUM", "LIKE"), ("SONG", "LIKE")]
    table = header + "".join(f"{kind},1,Band - Song,2024-05-31,{said}\n" for kind, said in rows)
    (tmp_path / "Favorites.csv").write_text(table)
    (batch,) = open_export(
        tmp_path / "Favorites.csv", import_id="i", user_id="u", now=NOW, is_loved_wanted=True
    )
    assert batch.plays["started_at"].to_list() == [datetime(2024, 5, 31, tzinfo=UTC)]
    assert batch.rejected["reason"].to_list() == ["no_play", "no_play"]


def test_loved_tracks_without_times_say_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "08_favoriteSong.csv").write_text("Song Title,Artist,Album Title\nSong,Band,LP\n")
    with pytest.raises(UnreadableExport, match="likes need their times"):
        open_export(
            tmp_path / "08_favoriteSong.csv", import_id="i", user_id="u", now=NOW, is_loved_wanted=True
        )


def test_plays_that_also_tell_when_songs_were_added_are_plays(tmp_path: Path) -> None:
    table = "Artist,Track,Played At,Date Added,Loved\nBand,Song,2024-05-31 12:00:01,2020-01-01 00:00:00,1\n"
    assert [row[1] for row in told(read(tmp_path, table))] == [MOMENT]


HEADERS = {
    "Interpret;Songtitel;Albumtitel;Gespielt am": "Band;Song;LP;31.05.2024 12:00:01",
    "Artiste;Titre;Titre de l’album;Date d’écoute": "Band;Song;LP;31/05/2024 12:00:01",
    "Artista;Titolo;Titolo dell'album;Data ascolto": "Band;Song;LP;31/05/2024 12:00:01",
    "ts_ms,artist,track": f"{EPOCH}000,Band,Song",
    "Day,Clock,Artist,Title": "2024-05-31,12:00:01,Band,Song",
    "Wiedergegeben am;Künstler;Titel": "31.05.2024 12:00:01;Band;Song",
    "Esecutore,Brano,Data ascolto": "Band,Song,31/05/2024 12:00:01",
    "Исполнитель;Название;Когда": "Band;Song;31.05.2024 12:00:01",
    "Название трека;Имя исполнителя;Дата прослушивания": "Song;Band;31.05.2024 12:00:01",
    "アーティスト名,曲名,再生日": "Band,Song,2024/05/31 12:00:01",
    "곡명,아티스트,재생 시각": "Song,Band,2024-05-31 12:00:01",
    "歌曲名,艺术家,播放于": "Song,Band,2024-05-31 12:00:01",
    "Nom de la piste;Nom de l'artiste;Date d'écoute": "Song;Band;31/05/2024 12:00:01",
    "Nombre de la canción,Artista,Fecha de reproducción": "Song,Band,31/05/2024 12:00:01",
    "Tytuł utworu;Wykonawca;Data odtworzenia": "Song;Band;31.05.2024 12:00:01",
    "Titel,Artiest,Afgespeeld op": "Song,Band,31-05-2024 12:00:01",
    "Låt,Artist,Spelades": "Song,Band,2024-05-31 12:00:01",
    "date,tz offset (min),artist,track": "2024-05-31 14:00:01,120,Band,Song",
    "date,utc offset hours,artist,track": "2024-05-31 07:00:01,-5,Band,Song",
    "date,tz_offset_seconds,artist,track": "2024-05-31 07:00:01,-18000,Band,Song",
    "date,utc_offset,artist,track": "2024-05-31 07:00:01,-300,Band,Song",
    "date,artist,song": "31-May-24 12:00:01 PM,Band,Song",
    "date,artist,name": "31 mai 2024 à 12h00m01,Band,Song",
}


@pytest.mark.parametrize("header", HEADERS)
def test_columns_of_other_names_and_languages_and_their_clocks_are_known(tmp_path: Path, header: str) -> None:
    found = read(tmp_path, f"{header}\n{HEADERS[header]}\n")
    assert [row[1:4] for row in told(found)] == [(MOMENT, "Band", "Song")]
    assert found.plays["album_name"].to_list() == ["LP" if "lbum" in header else None]


TITLES = {
    "Artist,Title,Album,Track": "Band,Song,LP,3",
    "Artist,Title,Album,Track ": "Band,Song,LP,03/12",
    "Track #,Track,Artist": "1,Song,Band",
    "Track,Track Name,Artist": "1,Song,Band",
    "Song #,Song,Artist": "3,Song,Band",
    "Трек,Исполнитель,Название": "1,Band,Song",
    "Title,Track Title,Artist": "The Show,Song,Band",
    "Title,Song,Artist": "The Show,Song,Band",
}


@pytest.mark.parametrize("header", TITLES)
def test_a_songs_title_is_no_number_and_no_shows(tmp_path: Path, header: str) -> None:
    found = read(tmp_path, f"{header},Date\n{TITLES[header]},2024-05-31 12:00:01\n")
    assert [row[2:4] for row in told(found)] == [("Band", "Song")]


@pytest.mark.parametrize(
    "clocks",
    [
        *("Date,Date Played", "Date,Played", "Timestamp,Played At", "Time,Played On", "Date,Écouté le"),
        *("date,play_date", "date,stream_date", "timestamp,listened_at", "Datum,Gespielt am"),
    ],
)
def test_a_clock_of_plays_goes_before_one_of_anything(tmp_path: Path, clocks: str) -> None:
    rows = "Band,Song,2015-01-01 10:00:00,2024-05-31 12:00:01\nBand,Two,2016-01-01 10:00:00,2024-05-31 12:00:01\n"
    assert {row[1] for row in told(read(tmp_path, f"artist,track,{clocks}\n{rows}"))} == {MOMENT}


def test_of_clocks_that_tell_the_same_the_finest_is_read(tmp_path: Path) -> None:
    table = f"artist,track,Played,timestamp\nBand,Song,2024-05-31 14:00,{EPOCH}\n"
    assert [row[1] for row in told(read(tmp_path, table))] == [MOMENT]


@pytest.mark.parametrize("length", ["s_played", "mins_played", "ms_played"])
def test_spotifys_ts_is_a_stop_whatever_its_lengths_are_called(tmp_path: Path, length: str) -> None:
    found = read(tmp_path, f"ts,{length},track,artist\n2024-05-31 12:00:01,3,Song,Band\n").plays
    assert found.select("started_at", "ended_at").rows() == [(None, MOMENT)]


@pytest.mark.parametrize(
    "table",
    [
        f"uts,artist,track\n{EPOCH},Earth, Wind & Fire,September\n",
        f"uts,artist,album,track\n{EPOCH},Beatles,MMT,Hello, Goodbye\n",
        f"uts,artist,album,track\n{EPOCH},Band,Song\n",
    ],
)
def test_a_row_of_other_columns_than_the_header_is_not_guessed(tmp_path: Path, table: str) -> None:
    good = f"{EPOCH},Band,Song\n" if "album" not in table else f"{EPOCH},Band,LP,Song\n"
    found = read(tmp_path, table + good)
    assert [row[2:4] for row in told(found)] == [("Band", "Song")]
    assert found.rejected["reason"].to_list() == ["other_columns"]


@pytest.mark.parametrize(
    ("clocks", "cells"),
    [
        ("Date,Time,AM/PM", "2024-05-31,12:00:01,PM"),
        ("Date,Time,Period", "2024-05-31,12:00:01,p.m."),
        ("Date,Time", "2024-05-31T00:00:00Z,12:00:01"),
        ("Date,Time", "2024-05-31 00:00:00,1900-01-01 12:00:01"),
        ("Date,Time", "31/05/2024,30/12/1899 12:00:01"),
        ("Date,Time", "2024-05-31,0 days 12:00:01"),
    ],
)
def test_a_time_beside_its_day_is_read_as_spreadsheets_and_notebooks_write_it(
    tmp_path: Path, clocks: str, cells: str
) -> None:
    assert [row[1] for row in told(read(tmp_path, f"artist,track,{clocks}\nBand,Song,{cells}\n"))] == [MOMENT]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_quotes_that_are_part_of_names_stay(tmp_path: Path, delimiter: str) -> None:
    rows = ['"Weird Al" Yankovic,Eat It', 'Band,"She said "yes""', '"Quoted, Inc.",Song']
    table = "uts,artist,track\n" + "".join(f"{EPOCH},{row}\n" for row in rows)
    found = read(tmp_path, table.replace(",", delimiter) if delimiter != "," else table)
    names = [(row[2], row[3]) for row in told(found)]
    assert names[:1] == [('"Weird Al" Yankovic', "Eat It")]
    assert names[-1][0] in {"Quoted, Inc.", f"Quoted{delimiter} Inc."}


def test_the_order_of_day_and_month_is_decided_by_the_whole_of_a_json_list_too(tmp_path: Path) -> None:
    rows = [{"artist": "Band", "track": "Song", "date": f"{day}/05/2024 12:00"} for day in ("05", "25")]
    found = read(tmp_path, json.dumps({"user": "ada", "tracks": rows}), "plays.json")
    assert [row[1].day for row in told(found)] == [5, 25]


@pytest.mark.parametrize("first", ["Earth, Wind & Fire,Alb,September,31 May 2024 12:00", "Band,LP,Song"])
def test_an_odd_first_line_of_a_table_without_a_header_costs_only_itself(tmp_path: Path, first: str) -> None:
    rows = "".join(f"Band,LP,Song {at},31 May 2024 12:{at:02}\n" for at in range(20))
    found = read(tmp_path, f"{first}\n{rows}")
    assert found.plays.height == 20
    assert found.rejected.height == 1


def test_few_days_among_times_are_midnights(tmp_path: Path) -> None:
    times = [f"2024-05-{day:02} 12:00:01" for day in range(1, 31)]
    table = "artist,track,date\n" + "".join(f"Band,Song,{time}\n" for time in [*times, "2024-05-31"])
    assert told(read(tmp_path, table))[-1][1] == datetime(2024, 5, 31, tzinfo=UTC)
    table = "artist,track,date\n" + "".join(f"Band,Song,{time}\n" for time in [*times[:2], "2024-05-31"])
    assert read(tmp_path, table).rejected["reason"].to_list() == ["no_time"]


@pytest.mark.parametrize("artist", ["['Band']", "\"[{'name': 'Band', 'id': 'x'}]\"", '"[""Band""]"'])
def test_lists_that_notebooks_write_hold_the_artists(tmp_path: Path, artist: str) -> None:
    found = read(tmp_path, f"uts,track,artists\n{EPOCH},Song,{artist}\n")
    assert [row[2] for row in told(found)] == ["Band"]


def test_spotifys_history_with_another_clock_is_still_one_of_stops(tmp_path: Path) -> None:
    names = "ms_played,master_metadata_track_name,master_metadata_album_artist_name"
    found = read(tmp_path, f"timestamp,{names}\n2024-05-31 12:00:01,1000,Song,Band\n").plays
    assert found.select("source", "ended_at").rows() == [("spotify_extended", MOMENT)]
    table = (
        "timestamp,track,artist,ms_played,reason_start,reason_end\n2024-05-31 12:00:01,Song,Band,1000,a,b\n"
    )
    assert read(tmp_path, table).plays["ended_at"].to_list() == [MOMENT]


def test_names_that_are_all_na_are_none(tmp_path: Path) -> None:
    header = "ts,ms_played,master_metadata_track_name,master_metadata_album_artist_name,spotify_track_uri\n"
    rows = "".join(
        f"2024-05-31T12:00:01Z,1000,{names},spotify:track:1cLGbR4XDrbU2AWdSsr4P0\n"
        for names in ("NA,NA", "None,Band")
    )
    found = read(tmp_path, header + rows).plays
    assert found.select("track_name", "artist_name").rows() == [(None, None), ("None", "Band")]


LENGTHS = {
    "msPlayed": (180, 180, None),
    "MsPlayed": ("180000.0", 180_000, None),
    "secPlayed": (90, 90_000, None),
    "durationMillis": (180, None, 180),
    "Milliseconds": (200_000, None, 200_000),
    "Play time (ms)": (90_000, 90_000, None),
    "duration_us": (200_000_000, None, 200_000),
    "Seconds": (200, None, 200_000),
    "Abgespielt (Sek.)": (90, 90_000, None),
    "consumptionDurationInSeconds": (90, 90_000, None),
    "Hördauer": (90, 90_000, None),
    "Duration": ("0.00208333333333333", None, 180_000),
    "Temps d’écoute": (90, 90_000, None),
    "Durée d'écoute": (90, 90_000, None),
    "Tiempo de escucha": (90, 90_000, None),
}


@pytest.mark.parametrize("column", LENGTHS)
def test_lengths_say_their_unit_in_many_ways(tmp_path: Path, column: str) -> None:
    number, ms_played, duration_ms = LENGTHS[column]
    found = read(tmp_path, f"uts,artist,track,{column}\n{EPOCH},Band,Song,{number}\n").plays
    assert found.select("ms_played", "duration_ms").rows() == [(ms_played, duration_ms)]


def test_an_artist_that_apple_left_out_is_that_of_the_album(tmp_path: Path) -> None:
    header = "Artist Name,Container Artist Name,Song Name,Event Start Timestamp,Play Duration Milliseconds\n"
    rows = ",Band,Song,2024-05-31T12:00:01Z,1000\nSinger,Band,Song,2024-05-31T13:00:01Z,1000\n"
    assert [row[2] for row in told(read(tmp_path, header + rows))] == ["Band", "Singer"]


def test_only_the_first_row_may_be_what_plays_now_and_a_total_is_no_play(tmp_path: Path) -> None:
    rows = f",Band,Now\n{EPOCH},Band,Song\n,Band,Then\n,Total,2\n"
    found = read(tmp_path, f"uts,artist,track\n{rows}")
    assert found.rejected["reason"].to_list() == ["now_playing", "no_time", "no_time"]


REFUSED = {
    "a list of loved tracks": ("lovedtracks-somebody-1714.csv", f"uts,artist,track\n{EPOCH},Band,Song\n"),
    "of top tracks": ("top tracks 2024.csv", "artist,track,date\nBand,Song,2024-05-31 12:00:01\n"),
    "with counts": ("t.json", '[{"name": "S", "artist": {"name": "B"}, "playcount": "3", "streamable": "0"}]'),
    "banned": ("banned.csv", f"uts,artist,track\n{EPOCH},Band,Song\n"),
    "purchases": ("x.csv", "Name,Artist,Purchase Date\nSong,Band,2024-05-31 12:00\n"),
    "a playlist or a library": ("x.csv", "Künstler;Titel;Hinzugefügt am\nBand;Song;31.05.2024 12:00\n"),
    "or a list with counts": ("x.csv", "Titel;Interpret;Zuletzt gespielt\nSong;Band;31.05.2024 12:00\n"),
    "list with counts": ("x.csv", "Título,Artista,Última reproducción\nSong,Band,31/05/2024 12:00\n"),
    "with counts;": ("x.csv", "曲名,アーティスト,最終再生日\nSong,Band,2024/05/31 12:00\n"),
    "playlist or a library": ("x.csv", "Título,Artista,Fecha de adición\nSong,Band,31/05/2024 12:00\n"),
    "list of tracks": ("x.csv", "artist,song,venue,concert date\nBand,Song,Hall,2024-05-31 20:00\n"),
    "a playlist or a ": ("x.csv", "アーティスト,曲名,追加日\nBand,Song,2024/05/31 12:00\n"),
    "tracks without": ("x.csv", "Artist;Title;Album\nBand;Song;LP\nBand;Two;LP\n"),
    "list of tracks without": ("x.csv", "Artist;Title;Release date\nBand;Song;2024-05-31\n"),
    "a library": ("library.csv", "Name,Artist,Album,Play Count,Date Added\nSong,Band,LP,3,2024-05-31 12:00:01\n"),
    "without the times": ("u.csv", "Upload Date,Artist,Title\n2024-05-31 12:00,B,S\n"),
    "a Shazam library": ("s.csv", "Shazam Library\nIndex,TagTime,Title,Artist,TrackKey\n1,2024-05-31,S,B,9\n"),
    "Discogs": ("d.csv", "Catalog#,Artist,Title,release_id,Date Added\nX,Band,LP,1,2020-05-31 12:00:00\n"),
    "recent tracks": ("r.csv", "Track Description,Last event timestamp\nBand - Song,1717156801000\n"),
    "a library or": ("top.csv", "rank,artist,track,plays\n1,Band,Song,30\n"),
    "a playlist": ("p.xspf", "<playlist><trackList><track><title>S</title></track></trackList></playlist>"),
    "a Rekordbox library": ("r.xml", '<DJ_PLAYLISTS><COLLECTION><TRACK Name="S" Artist="B"/></COLLECTION></DJ_PLAYLISTS>'),
    "playback.log": ("playback.log", f"{EPOCH}:180000:200000:/Music/Band/LP/01 Song.mp3\n"),
    "Trakt": ("t.json", '[{"id": 1, "watched_at": "2024-05-31T12:00:00.000Z", "movie": {"title": "M"}}]'),
    "a database": ("x.db", "SQLite format 3\0 "),
    "no header": ("x.csv", "a,b,2024-05-31 12:00\nc,d,2024-05-31 12:05\n"),
    "by days": ("days.csv", "Country,Date Played,Hours,Track Description\nUS,20240531,12,Band - Song\n"),
    "no moments": ("days.csv", "artist,track,date\nBand,Song,2024-05-31\n"),
    "top tracks": ("t.json", '{"toptracks": {"track": [{"name": "S", "playcount": "3", "artist": {"name": "B"}}]}}'),
    "loved tracks": ("l.json", '{"lovedtracks": {"track": [{"name": "S", "artist": {"name": "B"}, "date": {"uts": "9"}}]}}'),
    "playlists": ("Playlist1.json", '{"playlists": [{"name": "P", "items": []}]}'),
    "stats.fm": ("s.json", '[{"playedAt": "2024-05-31T12:00:01Z", "trackName": "S", "artistIds": [1], "trackId": 2}]'),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_listening_history_is_refused_by_name(tmp_path: Path, what: str) -> None:
    name, text = REFUSED[what]
    (tmp_path / name).write_text(text)
    with pytest.raises(UnreadableExport, match=what):
        open_export(tmp_path / name, import_id="i", user_id="u", now=NOW)


def test_a_zone_in_the_title_of_the_clock_is_heeded(tmp_path: Path) -> None:
    rows = "Band,Song,2024-05-31 14:00:01\n"
    for title in ("Time (Europe/Berlin)", "date [Europe/Berlin]"):
        assert [row[1] for row in told(read(tmp_path, f"artist,track,{title}\n{rows}"))] == [MOMENT]
    for title in ("Time", "Time (Nowhere/Land)"):
        assert [row[1].hour for row in told(read(tmp_path, f"artist,track,{title}\n{rows}"))] == [14]
