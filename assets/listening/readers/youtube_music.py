"""YouTube Music in Google's Takeout: ``watch-history.json`` and ``MyActivity.json``, in any language.

A title is a sentence ("Watched Song"): what all titles of a file begin and end with is no part of a name.
"""

import os
import re
from collections.abc import Iterable
from functools import partial

from assets.listening.readers.lastfm import scrobbled_at
from assets.listening.readers.listens import Listen, ListenFormat, nested, text
from assets.listening.readers.scan import Record

_SERVICE = "YouTube Music"
_HOST = "music.youtube.com"
_TOPIC = re.compile(r" [-–—] (?:Topic|Thema|Thème|Tema|Temat|Onderwerp|トピック|주제|主题|Тема)$")
_SAID = {
    "Watched ": "",
    "Listened to ": "",
    "Has visto ": "",
    "Hai guardato ": "",
    "Vous avez regardé ": "",
    "Você assistiu a ": "",
    "": " angesehen",
    " ": " bekeken",
}
"""What stands around a title where too few of them tell; words of some languages."""
_FEW = 3


def is_activity(record: Record) -> bool:
    """A row of what somebody watched or listened to."""
    return {"header", "title", "time"} <= record.keys()


def _listen(record: Record, before: str, after: str) -> Listen:
    """What was watched at YouTube is no music that Longplay could name: only YouTube Music is."""
    clock_s, problem = scrobbled_at(record.get("time") or None)
    title, url = text(record.get("title")) or "", text(record.get("titleUrl")) or ""
    is_music = record.get("header") == _SERVICE or _HOST in url
    subtitles = record.get("subtitles")
    channel = text(nested(subtitles[0]).get("name")) if isinstance(subtitles, list) and subtitles else None
    is_gone = not url or title.removeprefix(before).removesuffix(after).startswith("https://")
    return Listen(
        clock_s,
        problem if is_music else "not_music",
        None if is_gone else title.removeprefix(before).removesuffix(after) or None,
        None if channel is None else _TOPIC.sub("", channel),
        is_mistyped=isinstance(record.get("title"), dict | list),
    )


def youtube_music(records: Iterable[Record]) -> ListenFormat:
    """The format of a file with the words that its first records tell."""
    titles = [text(record.get("title")) or "" for record in records if record.get("titleUrl")]
    before, after = _around(sorted(set(titles)))
    return ListenFormat(
        name="youtube_music",
        key="time",
        noise=re.compile(rb"[\s,\[\]]*"),
        is_record=is_activity,
        listen=partial(_listen, before=before, after=after),
    )


def _around(titles: list[str]) -> tuple[str, str]:
    """What all titles begin and end with, whole words."""
    if len(titles) < _FEW:
        known = ((before, after) for before, after in _SAID.items() if before.strip() or after)
        fits = [(b, a) for b, a in known if all(t.startswith(b) and t.endswith(a) for t in titles)]
        return max(fits, key=lambda words: len("".join(words)), default=("", ""))
    before, after = _common(titles), _common([title[::-1] for title in titles])
    return before[: _words_end(before)], after[: _words_end(after)][::-1]


def _common(texts: list[str]) -> str:
    return os.path.commonprefix(texts)  # noqa: RUF071 - letter by letter is meant


def _words_end(common: str) -> int:
    """Up to the last blank or opening mark: a name may go on with the letters that all have in common."""
    return max((common.rfind(mark) + 1 for mark in " „“«\"'「"), default=0)


YOUTUBE_MUSIC = youtube_music([])
