"""Months by name, in the languages that exports are written in."""

import re
import unicodedata
from functools import cache

_STEMS = (
    "jan gen ene янв січ sty oca led tammi ιαν ian яну jaan xan saus сту јан sij",
    "feb fev фев лют lut subat sub uno helmi φεβ veeb vas velj",
    "mar mrt mrz mär мар бер brez maalis maart μαρ bre mac kov сак ozu",
    "apr abr avr апр кві kwi dub nis huhti απρ bal кра travanj travnj",
    "may mai maj mei mag май мая тра kve touko μαι geg мај svi",
    (
        "jun juin giu июн чер cze cerven cervn haz kesa ιουν iun cvn юни juun xun birz чэр јун meith"
        " lipanj lipnj"
    ),
    "jul juil lug июл лип lip cervenec cervenc tem heina ιουλ iul cvc юли juul xul liep јул srpanj srpnj",
    "aug ago aou авг сер sie srp agu elo αυγ avg ogos rugp жні kol",
    "sep set сен вер wrz zar eyl syys σεπ szep сеп rugs ruj",
    "oct okt ott out окт жов paz rij eki loka οκτ spal кас",
    "nov ноя лис lis kas marras νοε ное lapk ліс нов stu",
    "dec dez dic des дек гру gru pro ara joulu δεκ dets dis сне дец gruod",
)
"""What the names begin with; the longest that fits tells (červen is June, červenec is July)."""

_CROATIAN = re.compile(r"\b(?:sij|velj|ozu|travnj|travanj|svib|lipnj|lipanj|srpnj|srpanj|kolov|ruj|studen)")
_MEANT = {"lip": "Jun", "srp": "Jul", "lis": "Oct"}
_ALIKE = re.compile(r"(?i)\b(lip|srp|lis)[a-z]*")


def month_number(word: str) -> int | None:
    """1 to 12; None when it is no month."""
    return _number(_plain(word))


def is_croatian(text: str) -> bool:
    """Whether a month stands in it that is called so in Croatian only."""
    return _CROATIAN.search(_plain(text)) is not None


def from_croatian(text: str) -> str:
    """With the months that Polish and Czech call alike, and mean others by, as English has them."""
    return _ALIKE.sub(lambda month: _MEANT[month[1].lower()], text)


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
