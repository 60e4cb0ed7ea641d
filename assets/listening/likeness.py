"""How surely two sets of names, as two services write them, are those of one play.

Certainty runs from 0 (nothing in common) to 1. Services differ in remaster notes, guests, articles, scripts
and spelling; none of that lowers it much. What tells recordings apart (live, remix, part 2) caps it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from anyascii import anyascii
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

TITLE_WEIGHT = 0.6
OTHER_RECORDING = 0.5
"""The most certainty where one title says live and the other does not."""

NAMELESS = 0.4
"""The certainty where one side has no names at all, as tracks that Spotify took down: only clocks speak."""

_NOISE = (
    r"\b(?:the|official|(?:music |lyric |lyrics )?video|lyrics?|audio|visuali[sz]er|hd|hq|4k|vevo|topic"
    r"|(?:album|single|original|explicit|clean|lp|mono|stereo|radio|main|full|standard) (?:version|mix|edit)"
    r"|(?:\d{4} )?(?:digital(?:ly)? )?re ?master(?:ed|ing)?(?: in)?(?: \d{4})?(?: version)?"
    r"|(?:19|20)\d\d (?:new )?(?:stereo |mono )?mix"
    r"|bonus track|explicit|deluxe(?: edition)?|mono|stereo)\b"
)
_RECORDING = (
    r"\b(live|re ?mix(?:ed)?|rmx|mix|acoustic|demo|instrumental|karaoke|piano|cover|reprise|session"
    r"|unplugged|orchestral|a ?cappella|dub|sped|slowed|nightcore|extended|version)\b"
)
_GUESTS = r"\b(?:feat|ft|featuring)\b.*"
_PARTS = (
    r"\b(?:parts?|pts?|vols?|volumes?|nos?|nrs?|chapters?|acts?|movements?|mvts?|op) (i|v|x)\b(?: (i|v|x)\b)?"
)
_NUMERALS = {"i": "1", "v": "5", "x": "10"}
"""Letters that are numbers after a word like part."""
_WRITTEN = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight":
    "8", "nine": "9", "ten": "10", "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8",
    "ix": "9", "xi": "11",
}  # fmt: skip
_UNKNOWN = {"unknown artist", "unknown track", "<unknown>", "[unknown]", "unknown"}
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def certainty(names: pl.DataFrame, ours: pl.Series, theirs: pl.Series) -> pl.Series:
    """How surely two names are of one play, 0 to 1; a row each pair.

    Args:
        names: ``artist_name`` and ``track_name``.
        ours: places in ``names``.
        theirs: the same, of the other side of each pair.
    """
    comparable = _comparable(names)
    a, b = comparable[ours], comparable[theirs]
    title = _likeness(a, b, _TITLE) * ~_contradict(a["numbers"], b["numbers"])
    artist = _likeness(a, b, _ARTIST) * ~_contradict(a["artist_numbers"], b["artist_numbers"])
    whole = _likeness(a, b, _WHOLE) * (title > 0)
    found = np.maximum(TITLE_WEIGHT * title + (1 - TITLE_WEIGHT) * artist, whole)
    is_other = (a["recording"] != b["recording"]).to_numpy()
    found = np.where(is_other, np.minimum(found, OTHER_RECORDING), found)
    is_nameless = (a["is_nameless"] | b["is_nameless"]).to_numpy()
    return pl.Series("certainty", np.where(is_nameless, NAMELESS, found), dtype=pl.Float64)


@dataclass(frozen=True)
class _Way:
    """One way to compare a text of both sides; what is no more alike than ``nothing`` counts nothing."""

    text: str
    scorer: Callable[..., float]
    most: float = 1.0
    nothing: float = 0.6  # letter by letter, texts that share one common word are about that much alike

    def __call__(self, a: pl.DataFrame, b: pl.DataFrame) -> Floats:
        ours, theirs = a[self.text], b[self.text]
        scores = process.cpdist(ours.to_list(), theirs.to_list(), scorer=self.scorer, dtype=np.float64) / 100
        clear = np.clip((scores - self.nothing) / (1 - self.nothing), 0, self.most)
        return np.where(((ours == "") | (theirs == "")).to_numpy(), 0, clear)


_TITLE = (
    _Way("title", fuzz.token_sort_ratio),
    _Way("joined", fuzz.ratio),
    _Way("core", fuzz.ratio, most=0.9),
    _Way("long_title", fuzz.token_set_ratio, most=0.8),
)
_ARTIST = (_Way("artist", fuzz.token_set_ratio), _Way("artist_joined", fuzz.ratio))
_WHOLE = (_Way("whole", fuzz.ratio, most=0.9, nothing=0.8),)
"""Services may put the artist into the title: all words of both, whichever field they stand in."""


def _likeness(a: pl.DataFrame, b: pl.DataFrame, ways: tuple[_Way, ...]) -> Floats:
    likeness: Floats = np.maximum.reduce([way(a, b) for way in ways])
    return likeness


def _contradict(ours: pl.Series, theirs: pl.Series) -> Flags:
    """Whether both name numbers or single letters, and neither only leaves some out: parts, bands A and B."""
    sides = pl.DataFrame({"a": ours, "b": theirs})
    common = pl.col("a").list.set_intersection("b").list.len()
    return sides.select(common < pl.min_horizontal(pl.col("a", "b").list.len())).to_series().to_numpy()


def _comparable(names: pl.DataFrame) -> pl.DataFrame:
    """What is compared of each artist and title."""
    plain = pl.DataFrame({"artist": _plain(names["artist_name"]), "title": _plain(names["track_name"])})
    without_brackets = pl.col("title").str.replace_all(r"[(\[{].*?[)\]}]", " ").str.replace(r" [-~|/] .*", "")
    tidy = plain.with_columns(core=without_brackets).select(
        _or(_tidy(_words("artist")), _words("artist"), "artist").alias("artist"),
        _or(_tidy(_words("title")), _words("title"), "title").alias("title"),
        _or(_tidy(_words("core")), _words("core"), _words("title"), "title").alias("core"),
    )
    whole = pl.concat_str("artist", "title", separator=" ").str.split(" ")
    return tidy.select(
        "artist",
        "title",
        "core",
        joined=pl.col("title").str.replace_all(" ", ""),
        long_title=pl.when(pl.col("title").str.count_matches(" ") >= 2).then("title").otherwise(pl.lit("")),
        artist_joined=pl.col("artist").str.replace_all(" ", ""),
        numbers=_numbers(pl.col("title")),
        artist_numbers=_numbers(pl.col("artist")),
        recording=_recording(pl.col("title")),
        whole=whole.list.unique().list.sort().list.join(" "),
        is_nameless=(pl.col("title") == "") & (pl.col("artist") == ""),
    )


def _plain(names: pl.Series) -> pl.Series:
    """Latin letters in lower case, each distinct name written over once; nothing for null and for unknown."""
    unique = names.unique().drop_nulls()
    if unique.is_empty():
        return pl.Series(names.name, [""]).new_from_index(0, names.len())
    latin = [anyascii(name).lower() for name in unique.str.normalize("NFKC")]
    written = pl.Series(["" if name in _UNKNOWN else name for name in latin], dtype=pl.String())
    return names.replace_strict(unique, written, default="", return_dtype=pl.String())


def _words(name: str) -> pl.Expr:
    """Words only, without guests; apostrophes go without a trace."""
    plain = pl.col(name).str.replace_all(r"['`]", "").str.replace_all(r"[^a-z0-9]+", " ")
    return _spaced(plain.str.replace(_GUESTS, "").str.replace_all(r"\b(?:parts|pts?)\b", "part"))


def _tidy(words: pl.Expr) -> pl.Expr:
    """Without what services add to names and leave out as they like."""
    return _spaced(words.str.replace_all(_NOISE, " "))


def _or(*texts: pl.Expr | str) -> pl.Expr:
    """The first text that holds something: some names are made of what elsewhere is noise."""
    columns = [pl.col(text) if isinstance(text, str) else text for text in texts]
    return pl.coalesce(*(pl.when(text != "").then(text) for text in columns)).fill_null("")


def _spaced(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"\s+", " ").str.strip_chars(" ")


def _numbers(text: pl.Expr) -> pl.Expr:
    """Numbers that are no years, written in digits or Roman or after a part, and single letters."""
    words = text.str.replace_all(_PARTS, " ${1}. ${2}. ").str.split(" ")
    told = words.list.eval(
        pl.when(pl.element().str.ends_with("."))
        .then(pl.element().str.head(-1).replace(_NUMERALS))
        .otherwise(pl.element().replace(_WRITTEN))
    )
    return told.list.unique().list.eval(
        pl.element().filter(pl.element().str.contains(r"^(?:[a-z]|\d{1,3}|[03-9]\d{3,})$"))
    )


def _recording(title: pl.Expr) -> pl.Expr:
    """What says which recording it is: live, a remix, whether it is one part of several."""
    kinds = title.str.extract_all(_RECORDING).list.unique().list.sort().list.join(" ")
    has_part = _numbers(title).list.eval(pl.element().str.contains(r"\d")).list.any()
    return pl.concat_str(kinds, pl.when(has_part).then(pl.lit(" part")).otherwise(pl.lit("")))
