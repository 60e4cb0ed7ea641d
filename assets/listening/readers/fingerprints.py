"""What an import is known by: the hash of its bytes, and a name without the user's."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_AFTER_USERS = re.compile(
    r"listenbrainz|last\.?fm|libre\.?fm|maloja|koito|scrobbl|listens|recent.?tracks|loved|liked|top.?(?:tracks|artists|albums)"
    r"|playlist|library|lastexport|pano|\.(?:csv|tsv|txt|xlsx?|log)\b",
    re.IGNORECASE,
)
"""What tools name after users; every table may be."""
_PLAIN = re.compile(
    r"listenbrainz|last(?:fm)?(?:stats|2csv)?|fm|libre(?:fm)?|maloja|koito|pano|scrobbl(?:e|es|ed|ing|er|ers)|scrubbler"
    r"|listen(?:s|ed|ing)?|recent(?:tracks)?|your|streaming|search|queries|follow|wrapped|loved(?:tracks)?|liked|likes|favou?rites?|banned|feedback|top(?:tracks|artists|albums)?|playlists?|library"
    r"|lastexport|spotify|apple|music|tidal|deezer|amazon|soundcloud|youtube|spinitron|rockbox|web|stats(?:fm)?"
    r"|tracks?|artists?|albums?|songs?|play(?:s|ed|back)?|stream(?:s|ed|ing)?|history|activity|daily|endsong|audio"
    r"|video|extended|account|data|export(?:s|ed)?|backup|dump|all|full|my|of|and|the|list|file|csv|tsv|txt|xlsx?|log"
    r"|jsonl?|ndjson|xml|html|zip|gz|tar",
    re.IGNORECASE,
)
"""What exports are called, and nobody."""
_WORD = re.compile(r"[^\W_]+")
_HUMPS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_MASKS = re.compile(r"\*(?:[^\w*]*_*\*)+")
_ADDRESS = re.compile(r"[^\s/@]+@[^\s/@]+\.[a-z]+", re.IGNORECASE)
_LITTER = ("__MACOSX", ".DS_Store")
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Fingerprint:
    """SHA-256 (hex) and size of what was given."""

    sha256: str
    bytes: int


def fingerprint(path: Path) -> Fingerprint:
    """Of a file, its bytes; of a folder, the hash of its files' sorted hashes, whatever their names.

    A folder of one file has that file's fingerprint.
    """
    prints = sorted((_file_print(file) for file in _files(path)), key=lambda each: each.sha256)
    if len(prints) == 1:
        return prints[0]
    together = hashlib.sha256("".join(each.sha256 for each in prints).encode())
    return Fingerprint(together.hexdigest(), sum(each.bytes for each in prints))


def masked_name(path_or_name: Path | str) -> str:
    """A name that can be kept: user names and addresses in it become ``*``. A Path gives its last part.

    Bytes of a file's name that are no UTF-8 become ``?``.
    """
    name = path_or_name.name if isinstance(path_or_name, Path) else path_or_name
    name = name.encode("utf-8", "replace").decode("utf-8")
    return "/".join(_masked(part) for part in name.split("/"))


def _masked(part: str) -> str:
    part = _ADDRESS.sub("*", part)
    if not _AFTER_USERS.search(part):
        return part
    return _MASKS.sub("*", _WORD.sub(lambda word: word[0] if _is_plain(word[0]) else "*", part))


def _is_plain(word: str) -> bool:
    """A number, or words that exports are called by."""
    humps = _HUMPS.findall(word)
    is_told_apart = "".join(humps) == word and all(hump.isdigit() or _PLAIN.fullmatch(hump) for hump in humps)
    return word.isdigit() or bool(_PLAIN.fullmatch(word)) or is_told_apart


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for child in path.iterdir():
        is_litter = child.name in _LITTER or child.name.startswith("._")
        if not is_litter and not child.is_symlink():
            yield from _files(child)


def _file_print(path: Path) -> Fingerprint:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
            size += len(block)
    return Fingerprint(digest.hexdigest(), size)
