"""Which keys the objects of a JSON file have, and which members the objects inside of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from assets.datasets.headers import simple
from assets.datasets.nested import DEEPEST, MOST, Path, is_plain
from assets.listening.column_names import words

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_LOOKED_AT: Final = 1_000
"""Records of each block that are looked into."""
_DEEPEST_LIST: Final = 3
_WRAPPERS: Final = frozenset(
    words(
        "tracks track items data results result songs recordings library dataset response body hits records"
        " rows entries playlist payload collection catalog"
    )
)
"""Keys of objects that may hold the list of tracks."""


@dataclass
class Keys:
    """What is known of a file's keys by now: those of its records, and the paths inside of their objects."""

    names: dict[str, None] = field(default_factory=dict)
    nested: dict[Path, None] = field(default_factory=dict)

    def add(self, records: Sequence[Mapping[str, msgspec.Raw]]) -> None:
        """Of some records all keys, and of the first ones the members of their objects."""
        for each in records:
            self.names.update(dict.fromkeys(each))
        for each in records[:_LOOKED_AT]:
            self._add_members((), each)

    def _add_members(self, path: Path, members: Mapping[str, msgspec.Raw]) -> None:
        for name, raw in members.items():
            inside = (*path, name)
            if path and is_plain(name) and len(self.nested) < MOST:
                self.nested[inside] = None
            if is_object(raw) and is_plain(name) and len(inside) < DEEPEST:
                self._add_members(inside, _OBJECT.decode(raw))

    def add_value(self, value: Mapping[str, object], path: Path = ()) -> None:
        """The same of a record that was parsed."""
        for name, one in value.items():
            inside = (*path, name)
            if path and is_plain(name) and len(self.nested) < MOST:
                self.nested[inside] = None
            if isinstance(one, Mapping) and is_plain(name) and len(inside) < DEEPEST:
                self.add_value(one, inside)


def is_object(raw: msgspec.Raw) -> bool:
    """Whether it begins as one."""
    return bytes(memoryview(raw)[:1]) == b"{"


def lists(members: Mapping[str, msgspec.Raw], depth: int = 0) -> Iterator[tuple[str, list[msgspec.Raw]]]:
    """The lists in an object by their keys, also those in objects that may wrap a list of tracks."""
    for name, raw in members.items():
        if bytes(memoryview(raw)[:1]) == b"[":
            yield name, _LIST.decode(raw)
        elif is_object(raw) and simple(name) in _WRAPPERS and depth < _DEEPEST_LIST:
            yield from lists(_OBJECT.decode(raw), depth + 1)


def parsed_lists(members: Mapping[str, object], depth: int = 0) -> Iterable[tuple[str, list[object]]]:
    """The same of an object that was parsed."""
    for name, value in members.items():
        if isinstance(value, list):
            yield name, value
        elif isinstance(value, Mapping) and simple(name) in _WRAPPERS and depth < _DEEPEST_LIST:
            yield from parsed_lists(value, depth + 1)
