import hashlib
import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.listening import names

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1f"), max_size=12)


def normalised(*texts: str | None) -> list[str | None]:
    return (
        pl.DataFrame({"name": texts}, schema={"name": pl.String})
        .select(names.normalised(pl.col("name")))["name"]
        .to_list()
    )


def keys(*pairs: tuple[str | None, str | None]) -> list[str | None]:
    frame = pl.DataFrame(pairs, schema={"artist": pl.String, "title": pl.String}, orient="row")
    return frame.select(key=names.name_key(pl.col("artist"), pl.col("title")))["key"].to_list()


def ids(*pairs: tuple[str | None, str | None]) -> list[str | None]:
    frame = pl.DataFrame(pairs, schema={"artist": pl.String, "title": pl.String}, orient="row")
    return frame.select(key=names.name_id(pl.col("artist"), pl.col("title")))["key"].to_list()


@pytest.mark.parametrize(
    ("spelling", "plain"),
    [
        ("Café", "café"),
        ("Cafe\u0301", "café"),
        ("ＦＵＬＬ", "full"),
        ("ﬁne", "fine"),
        ("Don’t Stop", "don't stop"),
        ("Donʼt Stop", "don't stop"),
        ("“Heroes”", '"heroes"'),
        ("twenty‐one", "twenty-one"),
        ("twenty‑one", "twenty-one"),
        ("  a \t b\u00a0\u2003c\n", "a b c"),
        ("…", "..."),
        ("", ""),
        (None, None),
    ],
)
def test_spellings_of_one_name_become_one(spelling: str | None, plain: str | None) -> None:
    assert normalised(spelling) == [plain]


@given(TEXT, TEXT)
def test_form_and_space_around_names_make_no_other_key(artist: str, title: str) -> None:
    spelled = unicodedata.normalize("NFD", f" {artist}\u00a0"), f"\t{unicodedata.normalize('NFC', title)} "
    key, *others = keys((artist, title), spelled)
    assert others == [key]


@given(st.text("abcdefghijklmnopqrstuvwxyzäöåéñ ", max_size=12), st.text("abcxyz' -", max_size=12))
def test_case_makes_no_other_key(artist: str, title: str) -> None:
    key, *others = keys((artist, title), (artist.upper(), title.title()))
    assert others == [key]


@given(st.lists(st.tuples(st.none() | TEXT, st.none() | TEXT), max_size=8))
def test_a_key_depends_on_its_names_and_on_nothing_beside(pairs: list[tuple[str | None, str | None]]) -> None:
    assert keys(*pairs) == [key for pair in pairs for key in keys(pair)]
    assert ids(*pairs) == [ident for pair in pairs for ident in ids(pair)]


@given(st.tuples(TEXT, TEXT), st.tuples(TEXT, TEXT))
def test_other_names_have_other_keys(one: tuple[str, str], other: tuple[str, str]) -> None:
    is_same = normalised(*one) == normalised(*other)
    assert (keys(one) == keys(other)) is is_same


def test_hashes_are_the_same_in_every_process_and_version() -> None:
    assert keys(("Artist", "Song")) == ["ec4f561e41e358bc"]
    assert ids(("Artist", "Song"), ("Artist", None), (None, None)) == [
        "name:ec4f561e41e358bc",
        "name:772de23833912a7c",
        None,
    ]
    assert keys(("Artist", "Song")) == [hashlib.blake2b(b"artist\x1fsong", digest_size=8).hexdigest()]


def test_a_missing_name_gives_no_key_and_an_id_of_the_other() -> None:
    assert keys(("Artist", None), (None, "Song"), (None, None)) == [None, None, None]
    artist_only, song_only, nothing = ids(("Artist", None), (None, "Song"), (None, None))
    assert nothing is None
    assert artist_only != song_only


def test_no_rows_give_no_keys() -> None:
    assert keys() == ids() == []
