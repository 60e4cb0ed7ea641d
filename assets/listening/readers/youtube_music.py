"""YouTube Music in Google's Takeout: ``watch-history.json`` and ``MyActivity.json``, in any language.

A title is a sentence ("Watched Song"): what most titles of a file begin and end with is no part of a name.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import partial

from assets.listening.readers.lastfm import scrobbled_at
from assets.listening.readers.listens import NO_PLAY, Listen, ListenFormat, nested, text
from assets.listening.readers.scan import Record

_SERVICE = "YouTube Music"
_HOST = "music.youtube.com"
_TOPIC = re.compile(r" [-–—] (?:Topic|Thema|Thème|Tema|Temat|Onderwerp|トピック|주제|主题|Тема)$")
_SAID = (
    *(
        "Watched |",
        "Listened to |",
        "Played |",
        "|を視聴しました",
        "| を視聴しました",
        "| angesehen",
        "| angehört",
    ),
    *(
        "Has visto |",
        "Viste |",
        "Has escuchado |",
        "Vous avez regardé |",
        "Vous avez écouté |",
        "Hai guardato |",
    ),
    *(
        "Hai ascoltato |",
        "Você assistiu a |",
        "Assistiu a |",
        "Viu |",
        "Ouviu |",
        "| bekeken",
        "Obejrzano: |",
    ),
    *(
        "Obejrzano |",
        "Вы посмотрели видео |",
        "Просмотрено: |",
        "Переглянуто: |",
        "Tittade på |",
        "Har set |",
    ),
    *(
        "Så på |",
        "Katsottu: |",
        "| izlendi",
        "|을(를) 시청했습니다.",
        "| 시청함",
        "已观看|",
        "观看了|",
        "已觀看|",
        "觀看了|",
    ),
    *("Menonton |", "Đã xem |", "Zhlédnuto: |", "Megnézte: |", "Ai vizionat |"),
)
"""The sentences of some languages, a bar where the title stands; those of others are learnt."""
_QUOTES = ("„“", "“”", "«»", "「」", "『』", '""', "''", "‚‘", "‘’")
_OPENING, _CLOSING = " „“«\"'「『:：", " ”“»\"'」』"
_FEW = 3
_MOST = 0.8
"""The share of titles that a sentence stands around; others are searches, visits, posts."""
Words = tuple[str, str]


def is_activity(record: Record) -> bool:
    """A row of what somebody watched or listened to."""
    return {"header", "title", "time"} <= record.keys()


def _listen(record: Record, before: str, after: str) -> Listen:
    """What was watched at YouTube is no music that Longplay could name: only YouTube Music is."""
    clock_s, problem = scrobbled_at(record.get("time") or None)
    title, url = _title(record), text(record.get("titleUrl")) or ""
    is_music = record.get("header") == _SERVICE or _HOST in url
    subtitles = record.get("subtitles")
    channel = text(nested(subtitles[0]).get("name")) if isinstance(subtitles, list) and subtitles else None
    name = _name(title, (before, after))
    is_gone = not url or name is None or name.startswith("https://")
    return Listen(
        clock_s,
        "not_music" if not is_music else NO_PLAY if name is None or _is_advert(record) else problem,
        None if is_gone else name or None,
        None if channel is None else _TOPIC.sub("", channel),
        is_mistyped=isinstance(record.get("title"), dict | list),
    )


def _title(record: Record) -> str:
    """With usual blanks: French has others before its marks."""
    return re.sub(r"\s+", " ", text(record.get("title")) or "")


def _is_advert(record: Record) -> bool:
    details = record.get("details")
    names = [text(nested(each).get("name")) for each in details] if isinstance(details, list) else []
    return any("Google" in (name or "") for name in names)


def _name(title: str, words: Words) -> str | None:
    """What a sentence says was heard; None where it says something else."""
    known = [each for each in map(_words, _SAID) if _fits(title, each)]
    if any(words) and _fits(title, words):
        return _bare(title, words)
    if known:
        return _bare(title, max(known, key=lambda each: len("".join(each))))
    is_told = title.startswith("https://") or not any(words)
    return title if title and is_told else None


def _words(sentence: str) -> Words:
    before, _, after = sentence.partition("|")
    return before, after


def _fits(title: str, words: Words) -> bool:
    return title.startswith(words[0]) and title.endswith(words[1])


def _bare(title: str, words: Words) -> str:
    return title.removeprefix(words[0]).removesuffix(words[1]).strip()


def youtube_music(records: Iterable[Record]) -> ListenFormat:
    """The format of a file with the words that its first records tell."""
    titles = [_title(record) for record in records if record.get("titleUrl")]
    before, after = _around(sorted(set(titles)))
    return ListenFormat(
        name="youtube_music",
        key="time",
        noise=re.compile(rb"[\s,\[\]]*"),
        is_record=is_activity,
        listen=partial(_listen, before=before, after=after),
    )


def _around(titles: list[str]) -> Words:
    """What stands around most titles: a sentence that is known, else whole words that most share."""
    known = max(map(_words, _SAID), key=lambda words: (_share(titles, words), len("".join(words))))
    if _share(titles, known) < 1 / 2:
        known = ("", "") if len(titles) < _FEW else (_learnt(titles), _learnt(titles, is_end=True))
    inside = [_bare(title, known) for title in titles if _fits(title, known)]
    quotes = next((tuple(pair) for pair in _QUOTES if _share(inside, (pair[0], pair[1])) >= _MOST), ("", ""))
    return known[0] + quotes[0], quotes[1] + known[1]


def _share(titles: list[str], words: Words) -> float:
    return sum(_fits(title, words) for title in titles) / max(len(titles), 1)


def _learnt(titles: list[str], *, is_end: bool = False) -> str:
    """The longest words that most titles begin or end with: a name may share letters beyond them."""
    step = -1 if is_end else 1
    marks = _CLOSING if is_end else _OPENING
    parts = Counter(
        title[::step][: at + 1]
        for title in titles
        for at, sign in enumerate(title[::step][:-1])
        if sign in marks
    )
    shared = [part for part, count in parts.items() if count >= len(titles) * _MOST]
    return max(shared, key=len, default="")[::step]


YOUTUBE_MUSIC = youtube_music([])
