"""What an import is known by: the hash of its bytes, and a name without the user's."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SERVICES = r"listenbrainz|recenttracks|lastfm|lastfmstats|last\.fm|maloja|scrobbles|listens"
_NAMED_AFTER_USER = re.compile(
    rf"^(?P<head>(?:{_SERVICES})[_-])(?P<user>.+?)(?P<tail>(?:[_-]\d{{4,}})?(?:\.[a-z0-9]{{1,6}}){{1,2}}|[_-]\d{{4,}})$",
    re.IGNORECASE,
)
_PLAIN_CSV = re.compile(
    r"^(?!.*(?:scrobble|track|play|listen|history|last\.?fm|export|stream)).*(\.[ct]sv(?:\.gz)?)$",
    re.IGNORECASE,
)
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
    if match := _NAMED_AFTER_USER.match(part):
        return f"{match['head']}*{match['tail']}"
    return _PLAIN_CSV.sub(r"*\1", part)


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
