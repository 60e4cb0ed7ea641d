"""Plays of two sources are one by evidence: the better their clocks agree, the less sure names need be."""

from datetime import timedelta

import polars as pl
import pytest
from play_rows import (
    NOON,
    OTHER_SONG,
    Row,
    account,
    after,
    extended,
    listen,
    outcome,
    plays,
    resolved,
    stopped,
)

from assets.listening.likeness import certainty

LONG_MS = 200_000


def started(seconds: float = 0, ms_played: int = LONG_MS, **changes: object) -> Row:
    """A play of the extended history that starts so long after noon."""
    start = after(seconds)
    return extended(start + timedelta(milliseconds=ms_played), ms_played, start=start, **changes)


def named(artist: str | None, title: str | None) -> Row:
    return {"artist_name": artist, "track_name": title}


SAME = [
    (("The Beatles", "Come Together - Remastered 2009"), ("Beatles", "Come Together")),
    (("Beyoncé", "Crazy In Love (feat. JAY-Z)"), ("Beyonce feat. Jay-Z", "Crazy in Love")),
    (("Кино", "Группа крови"), ("Kino", "Gruppa krovi")),
    (("AC/DC", "T.N.T."), ("ACDC", "TNT")),
    (("Simon & Garfunkel", "The Boxer"), ("Simon and Garfunkel", "Boxer")),
    (("Prince", "1999"), ("Prince", "1999 - 2019 Remaster")),
    (("Drake", "God’s Plan"), ("Drake", "Gods Plan")),
    (("Kendrick Lamar", "m.A.A.d city"), ("Kendrick Lamar", "M.A.A.D City (feat. MC Eiht)")),
    (("The Beatles", "Back in the U.S.S.R."), ("Beatles", "Back in the USSR")),
    (("Rihanna", "S.O.S."), ("Rihanna", "S.O.S")),
    (("Queen", "Don't Stop Me Now - 2011 Mix"), ("Queen", "Dont Stop Me Now")),
    (
        ("Pink Floyd", "Shine On You Crazy Diamond, Pts. 1-5"),
        ("Pink Floyd", "Shine on You Crazy Diamond, Parts 1-5"),
    ),
    (("Wham!", "Last Christmas - Single Version"), ("Wham", "Last Christmas")),
]
ALIKE = [
    (("Queen", "Bohemian Rhapsody"), ("Queen Official", "Queen - Bohemian Rhapsody (Official Video)")),
    (
        ("Pink Floyd", "Another Brick in the Wall, Pt. 2"),
        ("Pink Floyd", "Another Brick In The Wall (Part II)"),
    ),
    (
        ("Pink Floyd", "Shine On You Crazy Diamond, Pts. 1-5"),
        ("Pink Floyd", "Shine on You Crazy Diamond, Parts I-V"),
    ),
    (("宇多田ヒカル", "First Love"), ("Utada Hikaru", "First Love")),
]
OTHER_RECORDINGS = [
    (("Muse", "Uprising"), ("Muse", "Uprising (Live)")),
    (("Muse", "Uprising"), ("Muse", "Uprising - Acoustic")),
    (("Calvin Harris", "Summer"), ("Calvin Harris", "Summer (R3HAB Remix)")),
    (("Pink Floyd", "Echoes, Pt. 1"), ("Pink Floyd", "Echoes, Part II")),
    (("Pink Floyd", "Shine On, Parts I-V"), ("Pink Floyd", "Shine On, Pts. 6-9")),
    (("Pink Floyd", "Shine On"), ("Pink Floyd", "Shine On (Parts 6)")),
    (("Taylor Swift", "Love Story (Taylor's Version)"), ("Taylor Swift", "Love Story")),
]
STRANGERS = [
    (("Miles Davis", "So What"), ("Aretha Franklin", "Respect")),
    (("Band A", "Song 1"), ("Band B", "Song 2")),
    (("Artist 1", "Track 10"), ("Artist 2", "Track 11")),
    (("Band One", "Song One"), ("Band Two", "Song Two")),
    (("Phone Artist", "Phone Song"), ("Laptop Artist", "Laptop Song")),
    (("First Artist", "First Song"), ("Second Artist", "Second Song")),
    (("Artist Alpha", "Alpha Track"), ("Artist Beta", "Beta Track")),
    (("青い川", "窓"), ("Miles Davis", "So What")),
]
"""Two names each; as people's two services write them."""

Names = tuple[str, str]


def sure(ours: Names, theirs: Names) -> float:
    names = pl.DataFrame([ours, theirs], schema=["artist_name", "track_name"], orient="row")
    found: float = certainty(names, pl.Series([0]), pl.Series([1])).item()
    return found


@pytest.mark.parametrize(("spotify", "service"), SAME)
def test_names_that_two_services_write_differently_are_surely_one(spotify: Names, service: Names) -> None:
    assert min(sure(spotify, service), sure(service, spotify)) >= 0.95
    assert plays(started(**named(*spotify)), listen("lastfm", after(60), **named(*service))) == 1


@pytest.mark.parametrize(("spotify", "service"), ALIKE)
def test_names_that_are_alike_are_one_play_where_clocks_agree(spotify: Names, service: Names) -> None:
    told = started(**named(*spotify))
    assert plays(told, listen("lastfm", after(2), **named(*service))) == 1
    assert plays(told, listen("lastfm", after(15), **named(*service))) == 1
    assert plays(told, listen("lastfm", after(60), **named(*service))) == 2


@pytest.mark.parametrize(("spotify", "service"), OTHER_RECORDINGS)
def test_recordings_are_told_apart_but_at_the_same_moment(spotify: Names, service: Names) -> None:
    told = started(**named(*spotify))
    assert plays(told, listen("lastfm", after(2), **named(*service))) == 1
    assert plays(told, listen("lastfm", after(12), **named(*service))) == 2
    assert plays(told, listen("lastfm", after(200), **named(*service))) == 2, "the next of an album"


@pytest.mark.parametrize(("spotify", "service"), STRANGERS)
def test_two_devices_at_the_same_moment_with_nothing_in_common_are_two_plays(
    spotify: Names, service: Names
) -> None:
    assert sure(spotify, service) < 0.4
    assert plays(started(**named(*spotify)), listen("lastfm", NOON, **named(*service))) == 2


def test_one_artist_at_one_moment_is_one_play_and_the_next_song_of_an_album_is_not() -> None:
    told = started(**named("Pink Floyd", "Money"))
    other = named("Pink Floyd", "Time")
    assert plays(told, listen("lastfm", after(1), **other)) == 1
    assert plays(told, listen("lastfm", after(200), **other)) == 2


def test_a_track_that_spotify_took_down_has_the_names_of_the_scrobble_of_its_moment() -> None:
    gone = started(**named(None, None), album_name=None)
    assert plays(gone, listen("lastfm", after(1))) == 1
    assert plays(gone, listen("lastfm", after(20))) == 2
    found = resolved([gone, listen("lastfm", after(1), **named("Band", "Song"))])
    assert found.track_months.select("artist_name", "track_name", "plays").rows() == [("Band", "Song", 1)]
    assert found.plays["name_key"].to_list() == found.track_months["name_key"].to_list() != [None]


def test_a_renamed_track_of_account_data_is_the_extended_play_of_its_minute_and_time_played() -> None:
    told = started(**named("New Name", "Song"))
    renamed = account(after(200), **named("Old", "Song"))
    assert plays(told, renamed) == 1
    assert plays(told, renamed | {"ms_played": LONG_MS + 1_001}) == 2
    assert plays(started(ms_played=0, **named("New Name", "Song")), renamed | {"ms_played": 0}) == 2


@pytest.mark.parametrize("stamp", [0, 100, 200])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_song_on_repeat_is_as_many_plays_wherever_scrobbles_are_stamped(stamp: int, count: int) -> None:
    told = [started(200 * number) for number in range(count)]
    scrobbled = [listen("lastfm", after(200 * number + stamp)) for number in range(count)]
    found = outcome(told + scrobbled)
    assert found.duplicates == {count + number: number for number in range(count)}


def test_scrobbles_of_the_four_minute_mark_belong_to_their_play() -> None:
    assert plays(started(ms_played=900_000), listen("lastfm", after(240))) == 1


def test_the_same_song_half_an_hour_later_is_another_play() -> None:
    assert plays(started(), listen("lastfm", after(1_800))) == 2
    assert plays(listen("listenbrainz", NOON), listen("lastfm", after(1_800), duration_ms=LONG_MS)) == 2


def test_a_scrobble_stamped_elsewhere_is_known_by_the_length_that_only_it_or_only_the_other_tells() -> None:
    for told, half in ((LONG_MS, None), (None, LONG_MS)):
        first = listen("listenbrainz", NOON, duration_ms=told)
        assert plays(first, listen("lastfm", after(140), duration_ms=half)) == 1
        assert plays(first, listen("lastfm", after(200), duration_ms=half)) == 2, "the song again"
    assert plays(listen("listenbrainz", NOON), listen("lastfm", after(140))) == 2


@pytest.mark.parametrize("seconds", [0, 1, 3, 20, 29, 90, 169, -29])
def test_a_play_scrobbled_twice_is_one(seconds: int) -> None:
    again = listen("lastfm", after(seconds), album_name="Other edition")
    assert plays(started(), listen("lastfm", NOON), again) == 1
    assert outcome([started(), listen("lastfm", after(0.5)), again]).duplicates == {1: 0, 2: 0}


def test_a_play_scrobbled_twice_in_two_spellings_is_one() -> None:
    told = started(**named("Beyoncé", "Halo - Remastered"))
    assert plays(told, *(listen("lastfm", after(n), **named("Beyonce", "Halo")) for n in (0, 3))) == 1


def test_a_second_scrobble_at_the_end_of_a_play_is_the_song_again() -> None:
    assert plays(started(), listen("lastfm", NOON), listen("lastfm", after(200))) == 2


def test_play_counts_of_a_device_are_plays_though_they_stand_a_second_apart() -> None:
    run = [listen("lastfm", after(number)) for number in range(5)]
    assert plays(*run) == 5
    assert plays(started(), *run) == 5, "one of them may be the play that is known"
    others = [listen("lastfm", after(number), **named("Artist", f"Other {number}")) for number in range(5)]
    assert plays(started(), *others) == 6
    twice = [row | {"source": source} for source in ("listenbrainz", "lastfm") for row in run]
    assert plays(*twice) == 5, "two services tell of the same run"


def test_one_source_alone_is_never_matched_with_itself() -> None:
    assert plays(*(listen("lastfm", after(n), **named("Artist", f"Song{' ' * n}!")) for n in (0, 1))) == 2


def test_a_scrobble_to_the_minute_is_alike_within_it() -> None:
    told = started(41, **named("Queen", "Bohemian Rhapsody"))
    video = named("Queen Official", "Queen - Bohemian Rhapsody (Official Video)")
    assert plays(told, listen("lastfm", NOON, **video)) == 1
    assert plays(told, listen("lastfm", after(1), **video)) == 2


def test_titles_stay_as_the_richer_source_writes_them() -> None:
    rows = [started(**named("Кино", "Группа крови")), listen("lastfm", NOON, **named("Kino", "Gruppa krovi"))]
    found = resolved(rows)
    assert found.plays["source"].to_list() == ["spotify_extended"]
    assert set(found.track_months["track_name"]) == {"Группа крови"}


def test_spotifys_own_clock_of_a_renamed_track_is_a_stop() -> None:
    told = started(**named("New Name", "Song"), track_uri=OTHER_SONG)
    assert plays(told, stopped("spotify_api", after(201), **named("Old", "Song"))) == 1
    assert plays(told, stopped("spotify_api", after(260), **named("Old", "Song"))) == 2
