"""Invented names, in several scripts, some of them hard on a parser. No real artist is meant."""

from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SYLLABLES = _words(
    "vel mor ka lin dro tas ne qui sol bre fen gal hu jor lum myr nos pra rel stu tiv wen xal zor"
)
_ADJECTIVES = _words(
    "Silver Hollow Patient Northern Paper Violet Slow Broken Golden Distant Restless Quiet Electric Salted "
    "Crooked Borrowed Winter Velvet Copper Second Empty Bright Wandering Lost Amber Tidal Plain Hidden"
)
_NOUNS = _words(
    "Harbour Window Lantern Orchard Signal Ladder River Engine Mirror Garden Station Feather Letter Meadow "
    "Thunder Compass Staircase Kitchen Satellite Season Corridor Island Machine Pilot Shadow Weather Bridge "
    "Postcard Avenue Ceiling Machinist Tide"
)
_HEBREW = (
    _words("אורן מלכה גשם דרום לילה שקט זהב קיץ חלום אבן"),
    _words("כוכב נהר חלון סולם עץ גשר ים שער מכתב עונה נמל ענן שביל"),
)
_ARABIC = (
    _words("قمر بعيد هادئ قديم ذهبي أزرق صغير شمالي"),
    _words("نهر شباك جسر بحر باب رسالة فصل سلم غيمة طريق مدينة حديقة"),
)
_JAPANESE = (
    _words("青い 遠い 静かな 古い 銀の 小さな 冬の 夜の"),
    _words("川 窓 橋 海 手紙 季節 駅 雲 庭 町 灯 森 島"),
)


@dataclass(frozen=True)
class Style:
    """How one artist's names look: two word lists, and what is put after every name."""

    first: tuple[str, ...] = _ADJECTIVES
    second: tuple[str, ...] = _NOUNS
    ornament: str = ""

    @property
    def titles(self) -> int:
        """How many different titles there are."""
        return len(self.first) * len(self.second)

    def title(self, number: int) -> str:
        """The title of that number; numbers past ``titles`` are told apart by a part number."""
        part, number = divmod(number, self.titles)
        first, second = divmod(number, len(self.second))
        words = f"{self.first[first]} {self.second[second]}{self.ornament}"
        return f"{words}, Pt. {part + 1}" if part else words


STYLES = (
    *(Style(),) * 14,
    Style(*_HEBREW),
    Style(*_ARABIC),
    Style(*_JAPANESE),
    Style(ornament=" 🦊🎧"),
    Style(ornament=' },{ "echo"'),
    Style(ornament=" \\ [live] {0}"),
    Style(ornament=" (feat. Łódź & Ñandú)"),
)
"""One is drawn for each artist: two in three plain, each of the others rare."""


def artist_name(number: int, style: Style) -> str:
    """A name no other number below 300,000 has, in the artist's style."""
    scattered = number * 104_729 % len(_SYLLABLES) ** 4
    syllables = []
    for _ in range(4):
        scattered, digit = divmod(scattered, len(_SYLLABLES))
        syllables.append(_SYLLABLES[digit])
    plain = f"{syllables[0]}{syllables[1]} {syllables[2]}{syllables[3]}".title()
    script = "" if style.first is _ADJECTIVES else f" {style.first[number % len(style.first)]}"
    return f"{plain}{script}{style.ornament}"
