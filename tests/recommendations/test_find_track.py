import polars as pl
import pytest

from assets.listening import names
from assets.recommendations.find_track import Found, UnknownTrackError, artist_id, found_track
from assets.tables import TRACK_ALIASES, TRACKS

SPOTIFY = "4uLU6hMCjMI75M1A2tKUQC"
OTHER = "6rqhFgbbKwnb9MLmUQDhG6"
NAMED = "name:0123456789abcdef"


def key(artist: str, title: str) -> str:
    made: str = pl.select(names.name_key(pl.lit(artist), pl.lit(title))).item()
    return made


def track(ident: str, artist: str, title: str, plays: int = 1, kind: str = "music") -> dict[str, object]:
    names_of = {"artist_name": artist, "track_name": title, "name_key": key(artist, title)}
    return {"track_id": ident, "kind": kind, "plays": plays, **names_of}


CATALOGUE = pl.LazyFrame(
    [
        track(SPOTIFY, "Slowdive", "Alison", plays=3),
        track(OTHER, "Slowdive", "alison", plays=9),
        track(NAMED, "Slowdive", "Alison", plays=50),
        track("a" * 22, "A - B", "C", plays=1),
        track("b" * 22, "Alison", "Slowdive", kind="podcast"),
    ],
    TRACKS.schema,
)
ALIASES = pl.LazyFrame([(NAMED, SPOTIFY)], TRACK_ALIASES.schema, orient="row")


@pytest.mark.parametrize(
    "said",
    [
        SPOTIFY,
        f" spotify:track:{SPOTIFY} ",
        f"https://open.spotify.com/track/{SPOTIFY}?si=0123456789abcdef",
        f"https://open.spotify.com/intl-de/track/{SPOTIFY}",
    ],
)
def test_a_track_is_known_by_every_way_to_write_its_id(said: str) -> None:
    assert found_track(CATALOGUE, ALIASES, said) == Found(SPOTIFY, "Slowdive - Alison")


def test_an_id_that_nobody_played_is_taken_as_it_is() -> None:
    found = found_track(CATALOGUE, ALIASES, "z" * 22)
    assert (found.track_id, found.is_known, found.shown) == ("z" * 22, False, "z" * 22)
    assert not found_track(CATALOGUE, ALIASES, "name:00000000000000ff").is_known


def test_names_mean_the_song_that_stands_for_those_played_most_however_they_are_written() -> None:
    assert found_track(CATALOGUE, ALIASES, "  slowdive  -  ALISON ").track_id == SPOTIFY
    assert found_track(CATALOGUE, ALIASES, "A - B - C").track_id == "a" * 22


@pytest.mark.parametrize(
    "said", ["Slowdive", "", "Slowdive - Nowhere", "Alison - Slowdive", "spotify:episode:x"]
)
def test_what_names_no_track_is_told_with_what_to_give(said: str) -> None:
    with pytest.raises(UnknownTrackError, match="Spotify"):
        found_track(CATALOGUE, ALIASES, said)


def test_an_artist_is_known_by_name_or_id() -> None:
    made = pl.select(names.name_id(pl.lit("slowdive"))).item()
    assert artist_id(" Slowdive ") == made
    assert artist_id(made) == made
    assert artist_id("  ") == ""
