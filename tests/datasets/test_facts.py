"""Which row of which dataset is a track's, and which of several says it."""

from typing import Any

import polars as pl
import pytest
from dataset_worlds import Row, dataset_tracks
from hypothesis import given
from hypothesis import strategies as st

from assets.datasets import facts
from assets.listening import names
from assets.tables import DATASET_QUALITY, DATASETS, TRACK_FACTS, TRACKS

SONG = "4uLU6hMCjMI75M1A2tKUQC"


def key(artist: str, title: str) -> str:
    found: str = pl.select(names.name_key(pl.lit(artist), pl.lit(title))).item()
    return found


KEY = key("Ana", "Song")


def tracks(*rows: Row) -> pl.LazyFrame:
    """The catalogue as plays and Spotify tell it."""
    plain = {"track_id": SONG, "kind": "music", "name_key": KEY, "genres": [], "plays": 1}
    full = [dict.fromkeys(TRACKS.columns) | plain | row for row in rows or ({},)]
    return pl.LazyFrame(full, schema=TRACKS.schema)


def ranked(*idents: str) -> pl.DataFrame:
    return pl.DataFrame({"dataset_id": idents or ("set",)}).with_row_index("rank")


def said(
    rows: list[Row], catalogue: pl.LazyFrame | None = None, order: tuple[str, ...] = ()
) -> dict[str, Row]:
    """The facts of the one track, by field."""
    found = facts.facts(
        catalogue if catalogue is not None else tracks(), dataset_tracks(rows), ranked(*order)
    )
    return {row["field"]: row for row in found.collect().iter_rows(named=True)}


@pytest.mark.parametrize(
    ("row", "matched_by"),
    [({"spotify_id": SONG}, "spotify_id"), ({"isrc": "GBAYE0000001"}, "isrc"), ({"name_key": KEY}, "names")],
)
def test_a_row_is_a_tracks_by_its_id_its_code_or_its_names(row: Row, matched_by: str) -> None:
    found = said([row | {"mood": "Calm"}], tracks({"isrc": "gb-aye-00-00001"}))
    assert (found["mood"]["text"], found["mood"]["matched_by"]) == ("calm", matched_by)


def test_the_surer_match_goes_first_field_by_field() -> None:
    rows: list[Row] = [
        {"name_key": KEY, "mood": "sad", "energy": 0.1},
        {"isrc": "GBAYE0000001", "mood": "dark", "tempo_bpm": 99.0},
        {"spotify_id": SONG, "mood": "calm"},
    ]
    found = said(rows, tracks({"isrc": "GBAYE0000001"}))
    told = {name: (row["text"] or row["number"], row["matched_by"]) for name, row in found.items()}
    assert told == {"mood": ("calm", "spotify_id"), "tempo": (99.0, "isrc"), "energy": (0.1, "names")}


def test_of_rows_matched_alike_the_first_says_it() -> None:
    assert said([{"spotify_id": SONG, "mood": mood} for mood in ("calm", "sad")])["mood"]["text"] == "calm"


def test_the_better_dataset_says_it_though_the_other_is_surer() -> None:
    rows: list[Row] = [
        {"dataset_id": "good", "name_key": KEY, "mood": "calm"},
        {"dataset_id": "bad", "spotify_id": SONG, "mood": "sad", "energy": 0.5},
    ]
    for order, mood in ((("good", "bad"), "calm"), (("bad", "good"), "sad")):
        found = said(rows, order=order)
        assert (found["mood"]["text"], found["energy"]["dataset_id"]) == (mood, "bad")


def test_a_dataset_without_a_rank_says_nothing() -> None:
    assert said([{"dataset_id": "low", "spotify_id": SONG, "mood": "calm"}], order=("set",)) == {}


def test_all_genres_of_the_dataset_that_says_one_are_kept_each_once() -> None:
    rows = [
        {"spotify_id": SONG, "genre": "Dub"},
        {"spotify_id": SONG, "genre": "Reggae; dub|Roots , "},
        {"name_key": KEY, "genre": "rock"},
        {"dataset_id": "other", "spotify_id": SONG, "genre": "pop"},
    ]
    assert said(rows, order=("set", "other"))["genre"]["text"] == "dub; reggae; roots"


def test_a_length_of_more_than_a_day_is_none() -> None:
    rows = [{"spotify_id": SONG, "duration_s": 215_000.0}, {"spotify_id": SONG, "duration_s": 215.0004}]
    assert said(rows)["duration"]["number"] == 215_000.0


def test_only_music_is_told_of() -> None:
    rows = [{"spotify_id": SONG, "mood": "calm"}]
    assert said(rows, tracks({"kind": "podcast"})) == {}


def test_what_plays_or_spotify_say_is_not_shown_but_kept() -> None:
    rows = [{"spotify_id": SONG, "genre": "dub", "year": 1999, "duration_s": 1.0, "mood": "calm"}]
    known = tracks({"genres": ["jazz"], "year": 2001, "duration_ms": 5})
    assert {name: row["is_shown"] for name, row in said(rows, known).items()} == {
        "genre": False,
        "year": False,
        "duration": False,
        "mood": True,
    }
    assert all(row["is_shown"] for row in said(rows).values())


def test_facts_fill_what_is_missing_and_nothing_else() -> None:
    rows = [
        {
            "spotify_id": SONG,
            "genre": "dub; reggae",
            "year": 1999,
            "duration_s": 1.5,
            "mood": "calm",
            "energy": 0.5,
            "tempo_bpm": 120.0,
        }
    ]
    for known, expected in (
        ({}, (["dub", "reggae"], 1999, 1500, "calm", 0.5, 120.0)),
        ({"genres": ["jazz"], "year": 2001, "duration_ms": 5}, (["jazz"], 2001, 5, "calm", 0.5, 120.0)),
    ):
        catalogue = tracks(known, {"track_id": "other", "name_key": None})
        found = facts.facts(catalogue, dataset_tracks(rows), ranked())
        [filled, other] = facts.filled(catalogue, found).sort("track_id").collect().rows(named=True)
        names_of = ("genres", "year", "duration_ms", "mood", "energy", "tempo_bpm")
        assert tuple(filled[name] for name in names_of) == expected
        assert tuple(other[name] for name in names_of) == ([], None, None, None, None, None)


def test_no_facts_leave_tracks_as_they_are() -> None:
    catalogue = tracks({"genres": ["jazz"], "duration_ms": 5})
    assert facts.filled(catalogue, TRACK_FACTS.empty().lazy()).collect().equals(catalogue.collect())


def test_datasets_are_ranked_by_total_then_licence_then_id_and_the_low_and_rejected_left_out() -> None:
    told = [
        ("b", "accepted", 0.8, 0.9),
        ("a", "accepted", 0.8, 0.9),
        ("c", "accepted", 0.8, 1.0),
        ("d", "accepted", 0.9, 0.3),
        ("low", "accepted", 0.4, 1.0),
        ("no", "rejected", 0.99, 1.0),
    ]
    nothing = dict.fromkeys(DATASETS.columns)
    datasets = [nothing | {"dataset_id": ident, "status": status} for ident, status, _, _ in told]
    quality = [
        dict.fromkeys(DATASET_QUALITY.columns) | {"dataset_id": ident, "total": total, "licence": permits}
        for ident, _, total, permits in told
    ]
    found = facts.ranks(
        pl.LazyFrame(datasets, schema=DATASETS.schema),
        pl.LazyFrame(quality, schema=DATASET_QUALITY.schema),
        0.5,
    )
    assert found["dataset_id"].to_list() == ["d", "c", "a", "b"]
    assert found["rank"].to_list() == [0, 1, 2, 3]


# Any rows, against the rule said row by row


MAYBE_MOOD = st.none() | st.sampled_from(("calm", "sad", "dark"))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "dataset_id": st.sampled_from(("a", "b", "c")),
            "spotify_id": st.sampled_from((None, SONG, "x" * 22)),
            "isrc": st.sampled_from((None, "GBAYE0000001")),
            "name_key": st.sampled_from((None, KEY)),
            "mood": MAYBE_MOOD,
            "energy": st.none() | st.sampled_from((0.0, 0.5)),
        }
    ),
    max_size=8,
)


def wanted(rows: list[Row], order: tuple[str, ...], field: str) -> tuple[Any, str, str] | None:
    places = {"spotify_id": SONG, "isrc": "GBAYE0000001", "name_key": KEY}
    found = [
        (order.index(row["dataset_id"]), match, number, row[field], row["dataset_id"], name)
        for number, row in enumerate(rows)
        for match, (name, value) in enumerate(places.items())
        if row["dataset_id"] in order and row[name] == value and row[field] is not None
    ]
    if not found:
        return None
    _, _, _, value, ident, name = min(found, key=lambda each: each[:3])
    return value, ident, "names" if name == "name_key" else name


@given(ROWS, st.sampled_from((("a", "b", "c"), ("c", "a"), ("b",))))
def test_any_rows_are_told_by_the_rule(rows: list[Row], order: tuple[str, ...]) -> None:
    found = said(rows, tracks({"isrc": "GBAYE0000001"}), order)
    for field, column in (("mood", "text"), ("energy", "number")):
        one = found.get(field)
        told = None if one is None else (one[column], one["dataset_id"], one["matched_by"])
        assert told == wanted(rows, order, field)
