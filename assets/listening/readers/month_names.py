"""Months by name, in the languages that exports are written in."""

import unicodedata
from functools import cache

_STEMS = (
    "jan gen ene янв січ sty oca led tammi ιαν",
    "feb fev фев лют lut subat uno helmi φεβ",
    "mar mrt mrz mär мар бер brez maalis maart μαρ",
    "apr abr avr апр кві kwi dub nis huhti απρ",
    "may mai maj mei mag май мая тра kve touko μαι",
    "jun juin giu июн чер cze cerven cervn haz kesa ιουν",
    "jul juil lug июл лип lip cervenec cervenc tem heina ιουλ",
    "aug ago aou авг сер sie srp agu elo αυγ",
    "sep set сен вер wrz zar eyl syys σεπ",
    "oct okt ott out окт жов paz rij eki loka οκτ",
    "nov ноя лис lis kas marras νοε",
    "dec dez dic des дек гру gru pro ara joulu δεκ",
)
"""What the names begin with; the longest that fits tells (červen is June, červenec is July)."""


def month_number(word: str) -> int | None:
    """1 to 12; None when it is no month."""
    return _number(_plain(word))


def beginnings() -> tuple[str, ...]:
    """What names of months begin with, in lower case without accents."""
    return tuple(_months())


@cache
def _number(plain: str) -> int | None:
    return next((found for size in range(8, 2, -1) if (found := _months().get(plain[:size]))), None)


@cache
def _months() -> dict[str, int]:
    return {_plain(stem): at for at, stems in enumerate(_STEMS, 1) for stem in stems.split()}


def _plain(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
