"""Exports of programs that scrobble, and of YouTube Music."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from reading_world import Read, Row, read_bytes

MOMENT = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
EPOCH = int(MOMENT.timestamp())


def lines(*rows: Row) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows) + b"\n"


def told(found: Read) -> list[tuple[object, ...]]:
    assert found.reading.rows_read == found.plays.height + found.rejected.height
    assert found.reading.independent_count == found.reading.rows_read
    return found.plays.select(
        "source", "started_at", "artist_name", "track_name", "album_name", "duration_ms"
    ).rows()


def pano(**changes: object) -> Row:
    row: Row = {"timeHuman": "May 1, 2024, 14:00 CEST", "timeMs": EPOCH * 1000, "artist": "Artist"}
    return row | {"track": "Song", "album": "Album", "durationMs": 200_000, "event": "scrobble"} | changes


def test_pano_scrobbler_tells_plays_and_likes(tmp_path: Path) -> None:
    rows = lines(pano(), pano(event="love"), pano(album="", durationMs=0, timeMs=None))
    found = read_bytes(tmp_path, rows)
    assert told(found) == [("pano_scrobbler", MOMENT, "Artist", "Song", "Album", 200_000)]
    assert sorted(found.rejected["reason"]) == ["no_play", "no_time"]


def test_pano_scrobbler_of_a_version_without_events_tells_plays(tmp_path: Path) -> None:
    older = pano()
    del older["event"], older["timeHuman"]
    assert len(told(read_bytes(tmp_path, lines(older)))) == 1


@pytest.mark.parametrize("clock", [{"time": "2024-05-01T12:00:00Z"}, {"ts": "2024-05-01T12:00:00.000Z"}])
def test_last_fm_scrubbler_calls_its_clock_in_several_ways(tmp_path: Path, clock: Row) -> None:
    row = {"artistName": "Artist", "albumName": "Album", "trackName": "Song", **clock}
    found = read_bytes(tmp_path, json.dumps([row], indent=1).encode())
    assert told(found) == [("lastfm", MOMENT, "Artist", "Song", "Album", None)]


def test_web_scrobbler_tells_what_it_sent_before_what_stood_on_the_page(tmp_path: Path) -> None:
    song = {
        "parsed": {"artist": "Artist on the page", "track": "Song (Video)", "duration": 200},
        "processed": {"artist": "Artist", "track": "Song", "album": None},
        "metadata": {"startTimestamp": EPOCH, "label": "YouTube"},
    }
    flat = {"timestamp": EPOCH, "song": {"artist": "Artist", "track": "Song", "album": "Album"}}
    found = read_bytes(tmp_path, json.dumps([{"id": 1, "song": song}, flat]).encode())
    assert told(found) == [
        ("web_scrobbler", MOMENT, "Artist", "Song", None, 200_000),
        ("web_scrobbler", MOMENT, "Artist", "Song", "Album", None),
    ]


def test_last_fm_scrubbler_json_tells_its_order_of_day_and_month_once(tmp_path: Path) -> None:
    names = {"artistName": "Band", "trackName": "Song", "albumName": "LP"}
    dates = ("5/1/2024 12:00:00 PM", "5/13/2024 12:00:00 PM")
    rows = [names | {"timePlayed": date, "duration": "00:03:20", "msPlayed": 5} for date in dates]
    found = read_bytes(tmp_path, json.dumps(rows).encode())
    assert told(found)[0] == ("lastfm", MOMENT, "Band", "Song", "LP", 200_000)
    assert found.plays["ms_played"].to_list() == [5, 5]


def alias(name: str, *, is_primary: bool = True) -> Row:
    return {"alias": name, "source": "Canonical", "is_primary": is_primary}


def test_koito_names_by_its_primary_alias(tmp_path: Path) -> None:
    listen = {
        "listened_at": "2024-05-01T12:00:00Z",
        "track": {"mbid": "m", "duration": 200, "aliases": [alias("Lied", is_primary=False), alias("Song")]},
        "album": {"mbid": None, "various_artists": False, "aliases": [alias("Album")]},
        "artists": [{"is_primary": True, "aliases": [alias("One")]}, {"aliases": [alias("Two")]}],
    }
    export = {"version": "1", "exported_at": "2025-01-01T00:00:00Z", "user": "secret", "listens": [listen]}
    found = read_bytes(tmp_path, json.dumps(export).encode())
    assert told(found) == [("koito", MOMENT, "One, Two", "Song", "Album", 200_000)]


def watched(title: str, **changes: object) -> Row:
    row: Row = {"header": "YouTube Music", "title": title, "time": "2024-05-01T12:00:00.000Z"}
    row |= {"titleUrl": "https://music.youtube.com/watch?v=x", "subtitles": [{"name": "Band - Topic"}]}
    return row | {"products": ["YouTube"]} | changes


@pytest.mark.parametrize(
    "said",
    ["Watched {}", "Vous avez regardé {}", "{} angesehen", "„{}“ angesehen", "観た {} です", "{} bekeken"],
)
def test_youtube_music_is_read_in_any_language(tmp_path: Path, said: str) -> None:
    songs = ["One", "Oneness", "Another one", "Watched"]
    found = read_bytes(tmp_path, json.dumps([watched(said.format(song)) for song in songs]).encode())
    assert [row[:4] for row in told(found)] == [("youtube_music", MOMENT, "Band", song) for song in songs]


@pytest.mark.parametrize(
    "said", ["{}を視聴しました", "「{}」を視聴しました", "{}을(를) 시청했습니다.", "Has visto {}"]
)
def test_one_row_of_youtube_music_in_a_known_language_is_enough(tmp_path: Path, said: str) -> None:
    found = read_bytes(tmp_path, json.dumps([watched(said.format("Song"))]).encode())
    assert [row[3] for row in told(found)] == ["Song"]


def test_a_person_who_changed_the_language_has_titles_in_each(tmp_path: Path) -> None:
    said = ["Has visto {}", "{} を視聴しました", "Vous avez regardé\u00a0{}", "{} angesehen", "已觀看 {}"]
    rows = [watched(sentence.format(f"Song {at}")) for at, sentence in enumerate(said)]
    found = read_bytes(tmp_path, json.dumps(rows).encode())
    assert [row[3] for row in told(found)] == [f"Song {at}" for at in range(5)]


@pytest.mark.parametrize("said", ["Watched {}", "Vous avez regardé {}", "観た {} です"])
def test_rows_of_something_else_do_not_change_what_titles_begin_with(tmp_path: Path, said: str) -> None:
    songs = (
        [f"The same {at}" for at in range(9)] if said.startswith("W") else [f"Song{at}" for at in range(9)]
    )
    others = [
        watched("https://music.youtube.com/watch?v=z"),
        watched("Visited YouTube Music", titleUrl="https://music.youtube.com/"),
    ]
    advert = watched(said.format("Soap"), details=[{"name": "From Google Ads"}])
    found = read_bytes(
        tmp_path, json.dumps([*(watched(said.format(song)) for song in songs), *others, advert]).encode()
    )
    assert found.plays["track_name"].drop_nulls().to_list() == songs
    assert found.rejected["reason"].to_list().count("no_play") == 2


def test_searches_and_visits_are_no_plays_in_any_language(tmp_path: Path) -> None:
    rows = [
        watched(said, titleUrl=f"https://music.youtube.com/{where}")
        for said in ("Searched for Song", "Nach Song gesucht", "検索: Song", "Viewed Band")
        for where in ("search?q=song", "", "channel/x", "playlist?list=y")
    ]
    found = read_bytes(tmp_path, json.dumps([watched("Watched Song"), *rows]).encode())
    assert found.plays["track_name"].to_list() == ["Song"]
    assert set(found.rejected["reason"]) == {"no_play"}


def test_sentences_of_two_languages_that_nobody_knows_are_both_learnt(tmp_path: Path) -> None:
    said = ["Гледахте {}", "Vaatasite: {} ära"]
    songs = ["The A", "The B", "The C", "The D", "The E", "Bee"]
    rows = [watched(sentence.format(song)) for sentence in said for song in songs]
    found = read_bytes(tmp_path, json.dumps([*rows, watched("Sasa umetazama X")]).encode())
    assert found.plays["track_name"].to_list() == songs * 2
    assert found.rejected["reason"].to_list() == ["unknown_sentence"]


@pytest.mark.parametrize("said", ["Je hebt {} bekeken", "Viu o vídeo {}", "צפית ב-{}", "{} 을(를) 시청함"])
def test_the_longest_sentence_that_fits_is_meant(tmp_path: Path, said: str) -> None:
    found = read_bytes(tmp_path, json.dumps([watched(said.format("Song"))]).encode())
    assert found.plays["track_name"].to_list() == ["Song"]


def test_a_channel_that_stands_for_nobody_is_no_artist_and_signs_are_written_out(tmp_path: Path) -> None:
    rows = [
        watched("Watched Rock &amp; Roll", subtitles=[{"name": "Release - Topic"}]),
        watched("Watched Don&#39;t", subtitles=[{"name": "Simon &amp; Garfunkel - Topic"}]),
    ]
    found = read_bytes(tmp_path, json.dumps(rows).encode())
    assert found.plays.select("artist_name", "track_name").rows() == [
        (None, "Rock & Roll"),
        ("Simon & Garfunkel", "Don't"),
    ]


def test_what_youtube_itself_showed_is_no_music_and_what_is_gone_has_no_name(tmp_path: Path) -> None:
    rows = [
        watched("Watched Song"),
        watched("Watched a video", header="YouTube", titleUrl="https://www.youtube.com/watch?v=y"),
        watched("Watched https://music.youtube.com/watch?v=z", subtitles=[]),
    ]
    found = read_bytes(tmp_path, json.dumps(rows, indent=2).encode())
    assert [row[2:4] for row in told(found)] == [("Band", "Song")]
    assert sorted(found.rejected["reason"]) == ["no_identity", "not_music"]
    assert found.rejected.filter(pl.col("byte_end") > pl.col("byte_start")).height == 2
