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
_CENTRAL = (*("áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "čćđšž", "ăâîşţ", "äöüß"),)
_RUSSIAN, _UKRAINIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"
_GREEK = ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",)
_HEBREW = ("אבגדהוזחטיכךלמםנןסעפףצץקרשת",)
_ARABIC = ("ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأؤإئپچژگ",)
_TURKISH = ("çğıöşüâîû", "äöüß")
_CASED: Mapping[str, tuple[str, ...]] = {
    USUAL: _WEST,
    "cp1250": _CENTRAL,
    "cp1251": (_RUSSIAN, _UKRAINIAN, "абвгдђежзијклљмнњопрстћуфхцчџш"),
    "cp1254": _TURKISH,
    "cp1257": ("āčēģīķļņšūž", "ąčęėįšųūž", "äõöüšž"),
    "cp1253": _GREEK,
    "koi8_r": (_RUSSIAN,),
    "koi8_u": (_UKRAINIAN,),
    "iso8859_15": (*_WEST, "äõöüšž"),
    "iso8859_2": _CENTRAL,
    "iso8859_7": _GREEK,
    "iso8859_5": (_RUSSIAN,),
    "mac_roman": _WEST,
    "mac_latin2": _CENTRAL,
    "mac_cyrillic": (_RUSSIAN, _UKRAINIAN),
    "cp850": _WEST,
    "cp852": _CENTRAL,
    "cp866": (_RUSSIAN,),
    "cp857": _TURKISH,
    "cp1255": _HEBREW,
    "iso8859_8": _HEBREW,
    "cp862": _HEBREW,
    "cp1256": _ARABIC,
    "iso8859_6": _ARABIC,
    "cp737": _GREEK,
}
"""Letters of languages beyond a to z, the likelier pages first."""
_LAST_LATIN = "\u024f"
_GOOD, _FAIR = 0.8, 0.5
_CLEARLY = 0.15
"""More words of one language decide between pages under which as many words are of any."""
_EURO_OF_LATIN_9, _NOT_OF_LATIN_9 = b"\xa4", re.compile(rb"[\x80-\x9f]")
_SAMPLE_BYTES = 64 << 10
_WORD = re.compile(r"[^\s\d,;.!?()\[\]{}\"/&+:|<>=*#_-]+")
_RARELY_ALONE = re.compile(r"^[‘’“”„‚«»¿¡'–—…]+|[‘’“”„‚«»'–—…®™©ºª°]+$|^(?:[^\w]|[½¼¾²³¹]){1,2}$")
_REST = ("cp1258", "cp874")
_UNUSUAL, _SEVERAL = 0.7, 3
"""What words count that never begin with a capital, or are nothing but capitals, where there are several."""


def code_page(strange: bytes) -> str:
    """The name of the page that the lines are of; the usual one where nothing tells."""
    sample = strange[:_SAMPLE_BYTES]
    by_words = {page: _regular(sample, page) for page in _CASED}
    most = max(regular for regular, _ in by_words.values())
    first, *others = [page for page, (regular, _) in by_words.items() if regular == most]
    clearest = max((first, *others), key=lambda page: by_words[page][1])  # of equals the first
    best = clearest if by_words[clearest][1] >= by_words[first][1] + _CLEARLY else first
    if best == USUAL and _EURO_OF_LATIN_9 in sample and not _NOT_OF_LATIN_9.search(sample):
        best = "iso8859_15"
    if most >= _GOOD:
        return best
    by_signs = {page: _common(strange, page) for page in _SIGNS}
    likeliest = max(by_signs, key=lambda page: by_signs[page])
    if by_signs[likeliest] >= _GOOD:
        return likeliest
    if most >= _FAIR:
        return best
    found = charset_normalizer.from_bytes(sample, cp_isolation=[*_CASED, *_REST, *_SIGNS]).best()
    return best if found is None else found.encoding


def is_regular(sample: bytes, page: str) -> bool:
    """Whether most words with other letters than a to z are words of a language that the page is of."""
    return page in _CASED and _regular(sample[:_SAMPLE_BYTES], page)[0] >= _FAIR


def _regular(sample: bytes, page: str) -> tuple[float, float]:
    """The shares of words with other letters than a to z that are words of any language, and of one."""
    words = [_RARELY_ALONE.sub("", word) for word in _WORD.findall(sample.decode(page, "replace"))]
    other = [word for word in words if not word.isascii()]
    if not other:  # nothing but signs between words
        return 1.0, 1.0
    languages = [_languages(word, _CASED[page]) for word in other]
    most = max(sum(at in known for known in languages) for at in range(len(_CASED[page])))
    cased = [word for word in other if word.lower() != word.upper()]
    is_usual = len(cased) < _SEVERAL or any(word[:1].isupper() and word[1:].islower() for word in cased)
    weight = 1.0 if is_usual else _UNUSUAL
    return weight * sum(map(bool, languages)) / len(other), weight * most / len(other)


def _languages(word: str, alphabets: tuple[str, ...]) -> set[int]:
    """Of which languages it may be a word: their places in ``alphabets``."""
    plain = re.sub(r"['’.]", "", word)
    is_cased = plain.lower() != plain.upper()
    is_regular = plain.isalpha() and (
        not is_cased or plain.islower() or plain.isupper() or plain[1:].islower()
    )
    signs = set(plain.lower().replace("i̇", "i"))
    letters = {sign for sign in signs if not sign.isascii()}
    is_latin = max(letters, default="") <= _LAST_LATIN
    if not is_regular or not (is_latin or letters == signs):
        return set()
    return {at for at, alphabet in enumerate(alphabets) if letters <= set(alphabet)}


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
MANY_BYTES = frozenset(_SIGNS)
