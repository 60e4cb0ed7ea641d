"""Which code page text is of that is no UTF-8: the one under which most words look like words of a language.

Names are few bytes, and nearly all bytes are signs of every page; but a word of one language has no letters
of two, no capitals within, and no symbols; and what people write in Chinese, Japanese or Korean is mostly
of the common signs of each.
"""

import re
from collections.abc import Callable, Mapping

import charset_normalizer

USUAL = "cp1252"
_WEST = (
    *("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúü", "áâãàçéêíóôõú", "àèéìîòóù", "åäöéü", "æøåéö", "áéíóúýþæöð"),
    *("ëïéèöü", "àçèéíïòóúü"),
)
_CASED: Mapping[str, tuple[str, ...]] = {
    USUAL: _WEST,
    "cp1250": ("áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "čćđšž", "ăâîşţ", "äöüß"),
    "cp1251": (
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
        "абвгдђежзијклљмнњопрстћуфхцчџш",
    ),
    "cp1254": ("çğıöşüâîû", "äöüß"),
    "cp1257": ("āčēģīķļņšūž", "ąčęėįšųūž", "äõöüšž"),
    "cp1253": ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",),
    "koi8_r": ("абвгдеёжзийклмнопрстуфхцчшщъыьэюя",),
    "mac_roman": _WEST,
    "cp850": _WEST,
}  # fmt: skip
"""Letters of languages beyond a to z, the likelier pages first."""
_LAST_LATIN = "\u024f"
_GOOD, _FAIR = 0.8, 0.5
_SAMPLE_BYTES = 64 << 10
_WORD = re.compile(r"[^\s\d,;.!?()\[\]{}\"/&+:|<>=*#_-]+")
_RARELY_ALONE = re.compile(r"^[‘’“”„‚«»¿¡'–—…]+|[‘’“”„‚«»'–—…®™©]+$")
_REST = ("cp1255", "cp1256", "cp1258", "cp874")


def code_page(strange: bytes) -> str:
    """The name of the page that the lines are of; the usual one where nothing tells."""
    sample = strange[:_SAMPLE_BYTES]
    by_words = {page: _regular(sample, page) for page in _CASED}
    best = max(by_words, key=lambda page: by_words[page])  # of equals the first
    if by_words[best] >= _GOOD:
        return best
    by_signs = {page: _common(strange, page) for page in _SIGNS}
    likeliest = max(by_signs, key=lambda page: by_signs[page])
    if by_signs[likeliest] >= _GOOD:
        return likeliest
    if by_words[best] >= _FAIR:
        return best
    found = charset_normalizer.from_bytes(sample, cp_isolation=[*_CASED, *_REST, *_SIGNS]).best()
    return best if found is None else found.encoding


def _regular(sample: bytes, page: str) -> float:
    """The share of words with other letters than a to z that are words of one language."""
    words = [_RARELY_ALONE.sub("", word) for word in _WORD.findall(sample.decode(page, "replace"))]
    other = [word for word in words if not word.isascii()]
    return sum(_is_word(word, _CASED[page]) for word in other) / len(other) if other else 0.0


def _is_word(word: str, alphabets: tuple[str, ...]) -> bool:
    plain = re.sub(r"['’.]", "", word)
    is_regular = plain.isalpha() and (plain.islower() or plain.isupper() or plain[1:].islower())
    signs = set(plain.lower().replace("i̇", "i"))
    letters = {sign for sign in signs if not sign.isascii()}
    is_latin = max(letters, default="") <= _LAST_LATIN
    return (
        is_regular
        and (is_latin or letters == signs)
        and any(letters <= set(alphabet) for alphabet in alphabets)
    )


def _common(strange: bytes, page: str) -> float:
    """The share of signs that are common ones of the language; 0 where the bytes are not of the page."""
    try:
        text = strange.decode(page)
    except UnicodeDecodeError:
        return 0.0
    signs = [sign for sign in text if not sign.isascii() and not "\u3000" <= sign <= "\u303f"]
    return sum(map(_SIGNS[page], signs)) / len(signs) if signs else 0.0


def _leads(page: str, first: int, last: int) -> Callable[[str], bool]:
    """Whether a sign's first byte is of the part of a page that holds the common ones."""

    def is_common(sign: str) -> bool:
        packed = sign.encode(page, "ignore")
        return len(packed) == 2 and first <= packed[0] <= last

    return is_common


def _is_hangul(sign: str) -> bool:
    return "\uac00" <= sign <= "\ud7a3"


def _is_japanese(sign: str) -> bool:
    return "\u3040" <= sign <= "\u30ff" or _KANJI(sign)


_KANJI = _leads("euc_jp", 0xB0, 0xCF)
_SIGNS: Mapping[str, Callable[[str], bool]] = {
    "euc_kr": _is_hangul,
    "cp932": _is_japanese,
    "gb18030": _leads("gb2312", 0xB0, 0xD7),
    "euc_jp": _is_japanese,
    "big5": _leads("big5", 0xA4, 0xC6),
}
