import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from reading_world import Read, Row, compact, played, read_bytes, zipped

from assets.listening.readers import UnreadableExport
from assets.listening.readers.limits import Limits

MOMENT = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
EPOCH = int(MOMENT.timestamp())


def heard(**info: object) -> Row:
    """One ListenBrainz listen."""
    return {
        "inserted_at": EPOCH + 5,
        "listened_at": EPOCH,
        "track_metadata": {
            "track_name": "Song",
            "artist_name": "Artist",
            "release_name": "Album",
            "additional_info": info,
            "mbid_mapping": {"recording_mbid": "mapped-mbid"},
        },
    }


def lines(*rows: Row) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows) + b"\n"


def test_podcasts_audiobooks_and_removed_tracks_are_told_apart(tmp_path: Path) -> None:
    nothing = dict.fromkeys([name for name in played() if "metadata" in name or name == "spotify_track_uri"])
    rows = [
        played(),
        played(
            **nothing, spotify_episode_uri="spotify:episode:e", episode_name="Ep", episode_show_name="Show"
        ),
        played(
            **nothing,
            audiobook_title="Book",
            audiobook_uri="spotify:show:b",
            audiobook_chapter_uri="spotify:episode:c",
            audiobook_chapter_title="Chapter 1",
        ),
        played(**nothing, audiobook_title="Book", audiobook_uri="spotify:show:b"),
        played(**(nothing | {"spotify_track_uri": "spotify:track:gone"})),
        played(**nothing, episode_name="Nameless", episode_show_name="Show"),
    ]
    found = read_bytes(tmp_path, compact(rows)).plays
    assert found.select("kind", "track_uri", "track_name", "artist_name", "album_name").rows() == [
        ("music", "spotify:track:1cLGbR4XDrbU2AWdSsr4P0", "Song", "Artist", "Album"),
        ("podcast", "spotify:episode:e", "Ep", "Show", None),
        ("audiobook", "spotify:episode:c", "Chapter 1", None, "Book"),
        ("audiobook", "spotify:show:b", None, None, "Book"),
        ("music", "spotify:track:gone", None, None, None),
        ("podcast", None, "Nameless", "Show", None),
    ]


def test_a_video_file_holds_videos(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, compact([played()]), name="Streaming_History_Video_2020.json").plays
    assert found.select("kind", "track_name").row(0) == ("video", "Song")


def test_account_data_is_read_with_its_podcasts_and_unknowns(tmp_path: Path) -> None:
    rows = [
        {"endTime": "2024-05-01 12:00", "artistName": "Artist", "trackName": "Song", "msPlayed": 5},
        {"endTime": "2024-05-01 12:00:00", "podcastName": "Show", "episodeName": "Ep", "msPlayed": 6},
        {
            "endTime": "2024-05-01 12:00",
            "artistName": "Unknown Artist",
            "trackName": "Unknown Track",
            "msPlayed": 7,
        },
        {"endTime": "2024-05-01 12:00", "artistName": "", "trackName": None, "msPlayed": 8},
    ]
    read = read_bytes(tmp_path, compact(rows))
    assert read.reasons == ["no_identity"]
    assert read.reading.formats == {"spotify_account"}
    assert read.plays.select("kind", "track_name", "artist_name", "ms_played", "ended_at").rows() == [
        ("music", "Song", "Artist", 5, MOMENT),
        ("podcast", "Ep", "Show", 6, MOMENT),
        ("music", "Unknown Track", "Unknown Artist", 7, MOMENT),
    ]


def test_a_listenbrainz_export_is_read_with_its_ids_and_lengths(tmp_path: Path) -> None:
    uri = "spotify:track:1cLGbR4XDrbU2AWdSsr4P0"
    url = "https://open.spotify.com/track/1cLGbR4XDrbU2AWdSsr4P0"
    rows = [
        heard(
            duration=200,
            submission_client="web",
            spotify_id=url,
            isrc=["ISRC1", "ISRC2"],
            recording_mbid="own",
        ),
        heard(duration_ms=200500, isrc="ISRC1", spotify_id="https://open.spotify.com/artist/x"),
    ]
    path = zipped(
        tmp_path / "listenbrainz_somebody_123456.zip",
        {"user.json": compact({"user_id": 1, "username": "SECRET"}), "listens/2024/5.jsonl": lines(*rows)},
    )
    read = Read(path)
    assert read.plays.select(
        "started_at", "ended_at", "duration_ms", "track_uri", "isrc", "recording_mbid", "client"
    ).rows() == [
        (MOMENT, None, 200000, uri, "ISRC1", "own", "web"),
        (MOMENT, None, 200500, None, "ISRC1", "mapped-mbid", None),
    ]
    assert read.reading.independent_count == 2
    assert "SECRET" not in read.everything()


def test_a_listen_on_spotify_is_known_by_the_address_it_came_from(tmp_path: Path) -> None:
    """ListenBrainz' own importer of Spotify's history tells the track by ``origin_url`` alone."""
    url = "https://open.spotify.com/track/1cLGbR4XDrbU2AWdSsr4P0"
    rows = [heard(origin_url=url), heard(origin_url="https://example.org/1"), heard(origin_url=5)]
    plays = read_bytes(tmp_path, lines(*rows)).plays
    assert plays["track_uri"].to_list() == ["spotify:track:1cLGbR4XDrbU2AWdSsr4P0", None, None]


def test_a_listen_of_the_extended_history_keeps_its_time_played(tmp_path: Path) -> None:
    told = [0, 29_750, "200000", -1, 10**12, None, "junk", {}]
    rows = [
        heard(ms_played=ms_played, submission_client="ListenBrainz Archive Importer") for ms_played in told
    ]
    read = read_bytes(tmp_path, lines(*rows))
    assert read.plays["ms_played"].to_list() == [0, 29_750, 200_000] + [None] * 5


@pytest.mark.parametrize("client", ["listenbrainz", "ListenBrainz Spotify importer v1", "spotify-scrobbler"])
def test_what_came_from_a_spotify_importer_carries_the_stop_time(tmp_path: Path, client: str) -> None:
    row = heard(music_service="spotify.com", submission_client=client)
    plays = read_bytes(tmp_path, lines(row)).plays
    assert plays.select("started_at", "ended_at", "month").row(0) == (None, MOMENT, "2024-05")


def test_a_broken_line_between_listens_is_one_rejected_row(tmp_path: Path) -> None:
    good = lines(heard())
    read = read_bytes(tmp_path, good + good[:50] + b"\n" + good)
    assert read.plays["row"].to_list() == [0, 2]
    assert read.rejected_spans == [(len(good), len(good) + 50)]


def test_an_array_of_listens_with_odd_types_keeps_what_can_be_kept(tmp_path: Path) -> None:
    rows = [
        heard(),
        heard() | {"listened_at": "soon"},
        heard() | {"track_metadata": None},
        heard() | {"listened_at": 0},
    ]
    read = read_bytes(tmp_path, json.dumps(rows, indent=1).encode())
    assert read.plays.height == 1
    assert read.reasons == ["bad_time", "wrong_type", "no_time"]


def scrobbled(**changes: object) -> Row:
    row: Row = {
        "artist": {"mbid": "", "#text": "Artist"},
        "streamable": "0",
        "image": [{"size": "small", "#text": ""}],
        "mbid": "track-mbid",
        "album": {"mbid": "", "#text": ""},
        "name": "Song",
        "date": {"uts": str(EPOCH), "#text": "01 May 2024, 12:00"},
    }
    return {key: value for key, value in (row | changes).items() if value is not None}


NOW_PLAYING = scrobbled(date=None, **{"@attr": {"nowplaying": "true"}})
ATTRIBUTES = {"user": "SECRET", "totalPages": "2", "page": "1"}


@pytest.mark.parametrize(
    "document",
    [
        [scrobbled(), scrobbled(), NOW_PLAYING],
        [{"track": [scrobbled()]}, {"track": [scrobbled(), NOW_PLAYING]}],
        {"recenttracks": {"track": [scrobbled(), scrobbled(), NOW_PLAYING], "@attr": ATTRIBUTES}},
        [
            {"recenttracks": {"@attr": ATTRIBUTES, "track": [scrobbled()]}},
            {"track": [scrobbled(), NOW_PLAYING]},
        ],
        {"username": "SECRET", "scrobbles": [scrobbled(), scrobbled(), NOW_PLAYING]},
        [{"track": [scrobbled(), NOW_PLAYING]}, {"track": scrobbled()}],
        [
            {"recenttracks": {"@attr": ATTRIBUTES, "track": scrobbled()}},
            {"recenttracks": {"track": [scrobbled(), NOW_PLAYING], "@attr": ATTRIBUTES}},
        ],
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_every_shape_of_last_fm_json_is_read(tmp_path: Path, document: object, indent: int | None) -> None:
    read = read_bytes(tmp_path, json.dumps(document, indent=indent).encode())
    assert read.reasons == ["now_playing"]
    assert (
        read.plays.select("started_at", "track_name", "artist_name", "album_name", "recording_mbid").rows()
        == [(MOMENT, "Song", "Artist", None, "track-mbid")] * 2
    )
    assert read.reading.independent_count == 3
    assert "SECRET" not in read.everything()


@pytest.mark.parametrize(
    "date", [{"#text": "01 May 2024, 12:00"}, "01 May 2024, 12:00", "2024-05-01 12:00:00"]
)
def test_a_last_fm_date_in_words_is_the_same_time(tmp_path: Path, date: object) -> None:
    read = read_bytes(tmp_path, compact([scrobbled(), scrobbled(date=date)]))
    assert read.plays["started_at"].to_list() == [MOMENT] * 2


HEADER = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"


def test_a_last_fm_csv_is_read_with_its_exact_bytes(tmp_path: Path) -> None:
    good = f'{EPOCH},"01 May 2024, 12:00","Art, ""ist""",,Album,,Song,mbid'
    old = '0,"01 Jan 1970, 00:00",Artist,,Album,,Song,'
    text = "\r\n".join(
        [HEADER, good, old, "", f'{EPOCH},,Art 12" mix,,,,"two\r\nlines",', ",,Artist,,,,Song,"]
    )
    read = read_bytes(tmp_path, text.encode(), name="somebody.csv")
    assert read.plays.select("track_name", "artist_name", "recording_mbid").rows() == [
        ("Song", 'Art, "ist"', "mbid"),
        ("two\r\nlines", 'Art 12" mix', None),
    ]
    assert read.reasons == ["no_time", "no_time"]
    assert text.encode()[slice(*read.rejected_spans[0])] == old.encode()
    assert read.reading.independent_count == read.reading.rows_read == 4
    assert read.plays["file"].unique().to_list() == ["*.csv"]


@pytest.mark.parametrize(
    "text",
    [
        "Artist,Album,Song,01 May 2024 12:00\n",
        '0,Artist,Album,Song,"01 May 2024, 12:00"\r\n',
        f"\ufeff,artist,album,track,uts\n0,Artist,Album,Song,{EPOCH}\n",
        f"artist,album,name,date\nArtist,Album,Song,{EPOCH * 1000}\n",
        f'Artist;Album;AlbumId;Track;Date#SECRET\n"Artist";"Album";"";"Song";"{EPOCH * 1000}"\n',
        f"uts\tutc_time\tartist\talbum\ttrack\n{EPOCH}\t\tArtist\tAlbum\tSong\n",
        f"ISO time,unixtime,track name,artist name,album name\n,{EPOCH},Song,Artist,Album\n",
    ],
)
@pytest.mark.parametrize("chunk_bytes", [3, 7, 1 << 20])
def test_every_shape_of_last_fm_csv_is_read(tmp_path: Path, text: str, chunk_bytes: int) -> None:
    from assets.listening.readers import Limits

    read = read_bytes(tmp_path, text.encode(), Limits(chunk_bytes=chunk_bytes), name="scrobbles.csv")
    assert read.plays.select("started_at", "track_name", "artist_name", "album_name").rows() == [
        (MOMENT, "Song", "Artist", "Album")
    ]
    assert read.reasons == []


@pytest.mark.parametrize("first", ["Artist,,Now,\n", '"Art\nist",Album,Then,01 May 2024 12:00\n'])
def test_a_csv_without_a_header_may_begin_with_any_row(tmp_path: Path, first: str) -> None:
    """Newest first, the track that plays now comes first, with no date; names may hold line ends."""
    text = first + "Artist,Album,Song,01 May 2024 12:00\n"
    read = read_bytes(tmp_path, text.encode(), name="scrobbles.csv")
    assert read.plays["track_name"].to_list()[-1] == "Song"
    assert read.reading.rows_read == 2


def test_a_quote_that_never_closes_costs_one_row(tmp_path: Path) -> None:
    rows = [f"Artist,Album,Song {number},01 May 2024 12:00\n" for number in range(5000)]
    rows[3] = 'Artist,"Album,Song 3,01 May 2024 12:00\n'
    read = read_bytes(tmp_path, "".join(rows).encode(), name="scrobbles.csv")
    start = sum(map(len, rows[:3]))
    assert read.plays.height == 4999
    assert read.rejected_spans == [(start, start + len(rows[3]) - 1)]
    assert read.reading.independent_count == 5000


def test_maloja_is_read(tmp_path: Path) -> None:
    track = {"artists": ["A", "B"], "title": "Song", "album": {"albumtitle": "Album"}, "length": 200}
    scrobble = {"time": EPOCH, "track": track, "duration": 150, "origin": "client:x"}
    document = {
        "maloja": {"export_time": 1},
        "scrobbles": [scrobble, scrobble | {"duration": None, "time": 0}],
    }
    read = read_bytes(tmp_path, json.dumps(document, indent=2).encode())
    columns = ("started_at", "track_name", "artist_name", "album_name", "ms_played", "duration_ms", "client")
    assert read.plays.select(columns).rows() == [
        (MOMENT, "Song", "A, B", "Album", 150_000, 200_000, "client:x")
    ]
    assert read.reasons == ["no_time"]
    assert read.reading.independent_count == 2


XML = (
    '<?xml version="1.0" encoding="utf-8"?>\n<lfm status="ok"><recenttracks user="x" page="1">\n'
    '<track nowplaying="true"><artist mbid="">Band</artist><name>Now</name><album mbid=""></album></track>\n'
    f'<track><artist mbid="a">Simon &amp; Garfunkel</artist><name>Jóga</name><mbid>m</mbid>'
    f'<album mbid="b">LP</album><url>x</url><date uts="{EPOCH}">01 May 2024, 12:00</date></track>\n'
    f'<track><artist><name>Band</name><mbid/></artist><loved>1</loved><name>Two</name><date uts="{EPOCH}"/></track>\n'
)


@pytest.mark.parametrize("chunk", [7, 64, 4096])
def test_last_fm_s_pages_are_read_as_xml_too(tmp_path: Path, chunk: int) -> None:
    read = read_bytes(
        tmp_path,
        (XML + "</recenttracks></lfm>").encode(),
        Limits(chunk_bytes=chunk),
        name="recenttracks.xml",
    )
    assert read.plays.select(
        "source", "started_at", "artist_name", "track_name", "album_name", "recording_mbid"
    ).rows() == [
        ("lastfm", MOMENT, "Simon & Garfunkel", "Jóga", "LP", "m"),
        ("lastfm", MOMENT, "Band", "Two", None, None),
    ]
    assert read.reasons == ["now_playing"]
    assert read.reading.independent_count == read.reading.rows_read == 3


@pytest.mark.parametrize("chunk", [7, 64, 4096])
def test_of_broken_xml_what_is_whole_is_kept_and_the_rest_has_its_bytes(tmp_path: Path, chunk: int) -> None:
    broken = ["<track><artist>Band</artist><name>a < b</name></track>", "<track><artist>Ba"]
    text = XML + broken[0] + "\n" + broken[1]
    read = read_bytes(tmp_path, text.encode(), Limits(chunk_bytes=chunk), name="recenttracks.xml")
    assert read.titles == ["Jóga", "Two"]
    assert [text.encode()[start:end].decode() for start, end in read.rejected_spans[1:]] == broken
    assert read.reading.independent_count == read.reading.rows_read == 5


@pytest.mark.parametrize("chunk", [7, 64, 4096])
@pytest.mark.parametrize("damaged", ["<trac>", "<tr\0ack>", "<t\r\nrack>", ""])
def test_a_track_whose_beginning_is_damaged_is_a_rejected_row(
    tmp_path: Path, damaged: str, chunk: int
) -> None:
    track = f'{damaged}<artist>Band</artist><name>Lost</name><date uts="{EPOCH}"/></track>'
    good = f'<track><artist>Band</artist><name>Three</name><date uts="{EPOCH}"/></track>'
    text = XML + track + "\n" + good + "</recenttracks></lfm>"
    read = read_bytes(tmp_path, text.encode(), Limits(chunk_bytes=chunk), name="recenttracks.xml")
    assert read.titles == ["Jóga", "Two", "Three"]
    assert read.reasons == ["now_playing", "not_readable"]
    assert [text.encode()[start:end].decode() for start, end in read.rejected_spans[1:]] == [track]
    assert read.reading.independent_count == read.reading.rows_read == 5


def test_other_xml_is_named(tmp_path: Path) -> None:
    for text, what in (
        ("<lfm><lovedtracks><track><name>x</name></track></lovedtracks></lfm>", "loved tracks"),
        ('<?xml version="1.0"?><!DOCTYPE plist PUBLIC "x"><plist><dict/></plist>', "iTunes library"),
        ("<!DOCTYPE html><html><body>Watched a video</body></html>", "for JSON"),
    ):
        with pytest.raises(UnreadableExport, match=what):
            read_bytes(tmp_path, text.encode(), name="export.xml")


def test_listenbrainz_dumps_and_pages_are_read(tmp_path: Path) -> None:
    dumped = {"user_id": 1, "timestamp": EPOCH, "track_metadata": heard()["track_metadata"]}
    page = {
        "payload": {"count": 2, "latest_listen_ts": EPOCH, "listens": [heard(), heard()], "user_id": "SECRET"}
    }
    files = {
        "dump/1.listens": lines(dumped, heard()),
        "page.json": compact(page),
        "old.json": compact([heard()]),
    }
    read = Read(zipped(tmp_path / "l.zip", files))
    assert read.plays["started_at"].to_list() == [MOMENT] * 5
    assert read.reading.independent_count == read.reading.rows_read == 5
    assert "SECRET" not in read.everything()
