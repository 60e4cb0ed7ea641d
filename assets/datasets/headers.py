"""What the header of a dataset's column says: which field it is, and in which unit its numbers are.

A header is words, some of them in brackets or behind a slash: ``Länge [s]``, ``Length (Duration)``,
``Stimmung / mood``, ``Beats Per Minute (BPM)``, ``duration_us``, ``nombre de la canción``.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from assets.datasets.field_names import FIELD_NAMES, TIME_UNITS
from assets.listening.column_names import NAMING, TRACK, words

_LONGEST: Final = 200
_PERCENT_WORDS: Final = (
    "percent(?:age|ages)?|pct|perc|prozent|pourcent(?:age)?|pour_cent|porcentaje|por_ciento|porcentagem|percentuale"
    "|per_cento|procent(?:y|en)?|процент(?:ы|ов|ах)?|パーセント|百分比|퍼센트"
)
_TO: Final = r"\s*(?:-|–|—|_?to_?|\.\.+|…|bis|a|à|do)\s*"
_SCALES: Final = (
    (
        rf"%|(?<![^\W_])(?:{_PERCENT_WORDS})(?![^\W_])|(?<!\d)[01]{_TO}100(?!\d)|(?:/|out of)\s*100(?!\d)",
        0.01,
    ),
    (rf"(?<![\d.])[01]{_TO}10(?![\d.])|(?:/|out of)\s*10(?!\d)", 0.1),
    (rf"(?<!\d)0(?:[.,]0+)?{_TO}1(?:[.,]0+)?(?!\d)", 1.0),
)
_CLOCK_FORM: Final = (
    r"(?<![^\W_])(?:h{1,2}:)?"
    r"(?:m{1,2}:s{1,2}(?:\.\w+)?|h{1,2}:m{1,2}|min(?:ute)?s?:sec(?:ond)?s?)(?![^\W_])"
)
_BETWEEN_PARTS: Final = re.compile(r"[()\[\]{}<>【】「」『』《》〈〉〔〕«»/|;:,–—]+|\s-\s")
_SAYS_LITTLE: Final = frozenset(
    words(
        "text string str float double int integer number num decimal numeric list optional required"
        " yyyy yy mm dd hh ss spotify deezer original approx estimated est raw official s es e in"
        " innen n en id_spotify average avg mean value"
    )
)
"""What in a part of its own changes nothing: ``tempo (float)``, ``Artist(s)``, ``Künstler:innen``."""
_LITTLE: Final = frozenset(
    words(
        "de del della dello dell du des do da la le les il of the der die das den dem d l di el los"
        " van het von"
    )
)
_AROUND_UNITS: Final = frozenset(words("in en em w i на в as"))
_TRACK_WORDS: Final = frozenset(TRACK) - {"name", "title"} | set(
    words("songs tracks audio features feature music spotify")
)
"""Dropped from the name of what a track has: ``track energy``, ``durée du morceau``."""
_SORTED: Final = frozenset(
    words("category class label tag tags primary main dominant dominante predicted principal principale")
)
"""Beside genres and moods: ``predicted mood``, ``genre category``."""
_NO_NAME: Final = frozenset(
    words(
        "id ids rank rang count counts plays play listeners listens streams popularity followers"
        " likes number no nr num link url uri image picture type kind key mbid language country"
        " gender age born index source file filename path folder by user"
    )
)
"""Beside these, what stands in brackets is what they are of."""
_OF_A_TRACK: Final = ("genre", "mood", "duration", "year", "energy", "tempo")
_WORDED: Final = ("title", "artist", "genre", "album", "mood", "year")
_GLOSSED: Final = 1_000
_GLOSS: Final = 2_000


@dataclass(frozen=True)
class Header:
    """What a header says.

    Args:
        field: which field it names.
        rank: how likely the column is that field's, of several: the least is.
        scale: what its numbers are to be multiplied with (seconds, shares of 1), where it says so.
    """

    field: str
    rank: int
    scale: float | None = None


@lru_cache(4096)
def header(name: str) -> Header | None:
    """What a column's name says; None where it names no field Longplay knows."""
    if len(name) > _LONGEST:
        return None
    plain = unicodedata.normalize("NFKC", name.strip().lstrip("#")).replace("#", " number ")
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain)
    glued = apart.replace("(s)", "s")  # Artist(s) Name; but Duration(s) is one in seconds
    return _of(glued.lower()) or _of(apart.lower())


def is_unit(cell: str) -> bool:
    """Whether a text is nothing but the unit or the scale of a number: ``[s]``, ``0-100``, ``mm:ss``."""
    plain = unicodedata.normalize("NFKC", cell).strip(" ()[]{}").lower()
    bare, scale = _without_scale(plain)
    if scale is not None or re.fullmatch(_CLOCK_FORM, plain):
        return scale is None or not bare.strip(" ()[]{}_")
    said = [word for word in _words(plain) if word not in _AROUND_UNITS]
    return len(said) == 1 and (said[0] in _time_units() or said[0] == "bpm")


def folded(name: str) -> str:
    """Without accents: ``titulo`` is ``título``."""
    apart = unicodedata.normalize("NFKD", name.lower())
    plain = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return plain.translate(_LETTERS)


def simple(name: str) -> str:
    """Its words in lower case, without accents, joined with underscores."""
    return "_".join(_words(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)))


_LETTERS: Final = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "đ": "d"})


def _of(text: str) -> Header | None:
    bare, share = _without_scale(re.sub(_CLOCK_FORM, " ", text))
    parts = [said for part in _BETWEEN_PARTS.split(bare) if (said := _words(part))]
    found = _named([word for part in parts for word in part]) or _of_parts(parts)
    if found is None or found.field != "energy":
        return found
    return Header(found.field, found.rank, share)


def _without_scale(text: str) -> tuple[str, float | None]:
    """The text without what says the scale of a share, and what numbers of that scale are multiplied with."""
    for pattern, scale in _SCALES:
        if re.search(pattern, text):
            return re.sub(pattern, " ", text), scale
    return text, None


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", folded(text)) if word]


def _of_parts(parts: Sequence[Sequence[str]]) -> Header | None:
    """A field that is named twice, as in two languages, or once beside a word nobody knows."""
    telling = [part for part in parts if not set(part) <= _SAYS_LITTLE and not _are_units(part)]
    told = [_named(part) for part in telling]
    known = [each for each in told if each]
    if len({each.field for each in known}) != 1:
        return None
    scale = next((each.scale for each in known if each.scale is not None), _scale_of(parts))
    is_length = known[0].field == "duration"
    if len(known) == len(told):
        return Header(known[0].field, known[0].rank + _GLOSSED, scale if is_length else None)
    is_gloss = len(told) == 2 and told[0] is None and not set(telling[0]) & _NO_NAME
    return Header(known[0].field, known[0].rank + _GLOSS, scale if is_length else None) if is_gloss else None


def _are_units(part: Sequence[str]) -> bool:
    return all(word in _time_units() or word in _AROUND_UNITS or word == "bpm" for word in part)


def _scale_of(parts: Iterable[Sequence[str]]) -> float | None:
    units = [part[-1] for part in parts if _are_units(part) and part[-1] in _time_units()]
    return _time_units()[units[0]] if units else None


def _named(said: Sequence[str]) -> Header | None:
    """The field that words name, as they are or without those that say something beside."""
    together = _run_together(said)
    if together is not None:
        return together
    scale = next((_time_units()[word] for word in said[::-1] if word in _time_units()), None)
    for names, fields in _readings(said):
        found = _index().get("_".join(names))
        if found and (fields is None or found[0] in fields):
            return Header(*found, scale if found[0] == "duration" else None)
    return _by_words(said)


def _readings(said: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str] | None]]:
    """The words, then fewer and fewer of them; and of which fields that may be."""
    yield said, None
    small = [word for word in said if word not in _LITTLE]
    yield small, None
    yield [word for word in small if word != "spotify"], None
    timeless = [word for word in small if word not in _time_units() and word not in _AROUND_UNITS]
    yield timeless, ("duration",)
    yield [word for word in small if word != "bpm" and word not in _AROUND_UNITS], ("tempo", "energy")
    yield [word for word in small if word not in _SORTED], ("genre", "mood")
    for left in (small, timeless):
        of_track = [word for word in left if word not in _track_words()]
        yield of_track, _OF_A_TRACK if left is small else ("duration",)


def _run_together(said: Sequence[str]) -> Header | None:
    """``durationms`` and ``lengthinseconds``."""
    joined = "_".join(said)
    ends = [unit for unit in _time_units() if len(unit) > 1 and joined.endswith(unit)]
    for unit in sorted(ends, key=len, reverse=True):
        found = _index().get(joined.removesuffix(unit).removesuffix("in"))
        if found and found[0] == "duration":
            return Header(*found, _time_units()[unit])
    return None


def _by_words(said: Sequence[str]) -> Header | None:
    """``nombre de la canción``: every word that says more than that it is a name is one of the same field."""
    telling = [word for word in said if word not in _naming() and word not in _LITTLE]
    found = [_index().get(word) for word in telling]
    fields = {each[0] if each else None for each in found}
    if len(telling) == len(said) or len(fields) != 1 or (field := fields.pop()) not in _WORDED:
        return None
    return Header(field, min(each[1] for each in found if each))


@cache
def _index() -> dict[str, tuple[str, int]]:
    """Field and rank by folded name, also without little words."""
    found: dict[str, tuple[str, int]] = {}
    for field, names in FIELD_NAMES.items():
        for rank, name in enumerate(names):
            plain = _words(name)
            small = [word for word in plain if word not in _LITTLE]
            for key in ("_".join(plain), "_".join(small)):
                found.setdefault(key, (field, rank))
    return found


@cache
def _time_units() -> dict[str, float]:
    return {folded(unit): seconds for unit, seconds in TIME_UNITS.items()}


@cache
def _track_words() -> frozenset[str]:
    return frozenset(map(folded, _TRACK_WORDS))


@cache
def _naming() -> frozenset[str]:
    return frozenset(map(folded, NAMING))
