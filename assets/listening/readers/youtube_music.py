"""YouTube Music in Google's Takeout: ``watch-history.json`` and ``MyActivity.json``, in any language.

A title is a sentence ("Watched Song"): what most titles of a file begin and end with is no part of a name.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial

from assets.listening.readers.lastfm import scrobbled_at
from assets.listening.readers.listens import NO_PLAY, Listen, ListenFormat, nested, text
from assets.listening.readers.scan import PLAIN_LIST, Record

_SERVICE = "YouTube Music"
_HOST = "music.youtube.com"
_TOPIC = re.compile(r" [-–—] (?:Topic|Thema|Thème|Tema|Temat|Onderwerp|トピック|주제|主题|Тема)$")
_SAID = tuple(
    """
    Watched |; Listened to |; Played |; |を視聴しました; | を視聴しました; | angesehen; | angehört
    Has visto |; Viste |; Has escuchado |; Vous avez regardé |; Vous avez écouté |; Hai guardato |
    Hai ascoltato |; Você assistiu a |; Você assistiu |; Assistiu a |; Assistiu |; Viu |
    Viu o vídeo |; Ouviu |; | bekeken; Je hebt | bekeken; Je hebt gekeken naar |; Obejrzano: |
    Obejrzano |; Вы посмотрели видео |; Просмотрено: |; Переглянуто: |; Tittade på |; Har set |
    Så på |; Katsottu: |; | izlendi; |을(를) 시청했습니다.; | 을(를) 시청했습니다.; |을(를) 시청함
    | 을(를) 시청함; | 시청함; 已观看|; 观看了|; 已觀看|; 觀看了|; צפית ב-|; צפית בסרטון |
    Menonton |; Đã xem |; Zhlédnuto: |; Megnézte: |; Ai vizionat |
    """.strip()
    .replace("\n", ";")
    .split(";")
)
"""The sentences of some languages, a bar where the title stands; those of others are learnt."""
_QUOTES = ("„“", "“”", "«»", "「」", "『』", '""', "''", "‚‘", "‘’")
_OPENING, _CLOSING = " „“«\"'「『:：", " ”“»\"'」』"
_FEW, _MANY = 3, 30
"""Titles of which a sentence is learnt, and of which more words around a known one are."""
_MOST, _NEARLY_ALL = 0.8, 0.98
_LANGUAGE = 0.4
"""The least share of the titles left that a sentence of another language stands around."""
_NOBODY = frozenset(("Release", "Various Artists"))
"""Channels that stand for an artist whom YouTube does not know."""
Words = tuple[str, str]


def is_activity(record: Record) -> bool:
    """A row of what somebody watched or listened to."""
    return {"header", "title", "time"} <= record.keys()


def _listen(record: Record, sentences: tuple[Words, ...]) -> Listen:
    """What was watched at YouTube is no music that Longplay could name: only YouTube Music is."""
    clock_s, problem = scrobbled_at(record.get("time") or None)
    title, url = _title(record), _url(record)
    name = _name(title, sentences)
    is_gone = not url or name is None or name.startswith("https://")
    return Listen(
        clock_s,
        _problem(record, url) or ("unknown_sentence" if name is None else problem),
        None if is_gone else name or None,
        _artist(record),
        is_mistyped=isinstance(record.get("title"), dict | list),
    )


def _problem(record: Record, url: str) -> str | None:
    if record.get("header") != _SERVICE and _HOST not in url:
        return "not_music"
    return None if _is_watched(url) and not _is_advert(record) else NO_PLAY


def _url(record: Record) -> str:
    return text(record.get("titleUrl")) or ""


def _is_watched(url: str) -> bool:
    """Others are searches, visits, channels; what is gone has none."""
    return not url or "/watch" in url or "youtu.be/" in url


def _artist(record: Record) -> str | None:
    subtitles = record.get("subtitles")
    channel = text(nested(subtitles[0]).get("name")) if isinstance(subtitles, list) and subtitles else None
    name = None if channel is None else _TOPIC.sub("", html.unescape(channel))
    return None if name in _NOBODY and name != channel else name


def _title(record: Record) -> str:
    """With usual blanks: French has others before its marks."""
    return re.sub(r"\s+", " ", html.unescape(text(record.get("title")) or ""))


def _is_advert(record: Record) -> bool:
    details = record.get("details")
    names = [text(nested(each).get("name")) for each in details] if isinstance(details, list) else []
    return any("Google" in (name or "") for name in names)


def _name(title: str, sentences: tuple[Words, ...]) -> str | None:
    """What a sentence says was heard; None where it is of a language that nobody knows."""
    around = [words for words in (*sentences, *_KNOWN) if _fits(title, words)]
    if around:
        return _bare(title, max(around, key=lambda words: len("".join(words))))
    return title if title and (title.startswith("https://") or not sentences) else None


def _words(sentence: str) -> Words:
    before, _, after = sentence.partition("|")
    return before, after


def _fits(title: str, words: Words) -> bool:
    return title.startswith(words[0]) and title.endswith(words[1])


def _bare(title: str, words: Words) -> str:
    return title.removeprefix(words[0]).removesuffix(words[1]).strip()


_KNOWN = tuple(_words(sentence.strip()) for sentence in _SAID)


def youtube_music(records: Iterable[Record]) -> ListenFormat:
    """The format of a file with the sentences that its first records tell."""
    watched = {
        _title(record) for record in records if _url(record) and _problem(record, _url(record)) is None
    }
    return ListenFormat(
        name="youtube_music",
        key="time",
        noise=PLAIN_LIST,
        is_record=is_activity,
        listen=partial(_listen, sentences=tuple(_sentences(sorted(watched)))),
    )


def _sentences(titles: list[str]) -> Iterator[Words]:
    """Those of each language in which there are some titles."""
    left = [title for title in titles if not title.startswith("https://")]
    while left:
        words = _around(left)
        fitting = [title for title in left if _fits(title, words)]
        if not any(words) or len(fitting) < len(left) * _LANGUAGE:
            return
        yield words
        left = [title for title in left if not _fits(title, words)]


def _around(titles: list[str]) -> Words:
    """What stands around many titles: a sentence that is known, else whole words that they share."""
    known = max(_KNOWN, key=lambda words: (_share(titles, words), len("".join(words))))
    is_known = _share(titles, known) >= _LANGUAGE
    alike = [_bare(title, known) for title in titles if _fits(title, known)] if is_known else _alike(titles)
    before, after = known if is_known else ("", "")
    if len(alike) >= (_MANY if is_known else _FEW):
        before, after = before + _learnt(alike), _learnt(alike, is_end=True) + after
    inside = [_bare(title, (before, after)) for title in titles if _fits(title, (before, after))]
    quotes = next((tuple(pair) for pair in _QUOTES if _share(inside, (pair[0], pair[1])) >= _MOST), ("", ""))
    return before + quotes[0], quotes[1] + after


def _alike(titles: list[str]) -> list[str]:
    """The titles with the first or the last word that most have."""
    by_word: dict[tuple[int, str], list[str]] = {}
    for title in titles:
        for at in (0, -1):
            by_word.setdefault((at, title.split(" ")[at]), []).append(title)
    return max(by_word.values(), key=len)


def _share(titles: list[str], words: Words) -> float:
    return sum(_fits(title, words) for title in titles) / max(len(titles), 1)


def _learnt(titles: list[str], *, is_end: bool = False) -> str:
    """The longest words that most titles, or as good as all that share any, begin or end with."""
    step = -1 if is_end else 1
    marks = _CLOSING if is_end else _OPENING
    parts = Counter(
        title[::step][: at + 1]
        for title in titles
        for at, sign in enumerate(title[::step][:-1])
        if sign in marks
    )
    least = max([len(titles) * _MOST, *(count * _NEARLY_ALL for count in parts.values())])
    shared = [part for part, count in parts.items() if count >= least]
    return max(shared, key=len, default="")[::step]


YOUTUBE_MUSIC = youtube_music([])
