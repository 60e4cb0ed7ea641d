"""Objects inside of records, as Spotify's Web API writes them: which of their members say a field of a track.

A member is known by its path: ``album.release_date``, ``external_ids.isrc``, ``track.album.name``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from assets.datasets.headers import Header, header, simple
from assets.listening.column_names import words

Path = tuple[str, ...]
DEEPEST: Final = 5
"""Keys of a path."""
MOST: Final = 2_000
"""Members that are looked at in a file."""
_OF_A_TRACK: Final = frozenset(
    words(
        "track tracks song recording item node data attributes attribute metadata meta info information"
        " details detail properties props features feature audio_features audio_feature analysis audio"
        " audio_analysis music tags tag fields source record value values spotify musicbrainz deezer"
        " track_info song_info track_data resource object entry content"
    )
)
"""What holds members of the track itself."""
_OF_OTHERS: Final = frozenset(
    words(
        "album albums artist artists playlist playlists user users owner added_by label chart show context"
        " creator curator"
    )
)
"""What has names, genres and years of its own."""
_SAFE: Final = ("genre", "mood", "duration", "energy", "tempo", "isrc")
"""Fields that are meant whatever object they are in."""
_VALUES: Final = ("name", "title", "value", "text")
_UNQUOTED: Final = "'\\\n"
_DROPPED: Final = 200


def told(path: Path) -> Header | None:
    """Which field the member at a path says; None where it says none."""
    found = header(".".join(path))
    if found is not None:
        return found
    first = simple(path[0])
    if len(path) > 1 and first in _OF_A_TRACK:
        return told(path[1:])
    if len(path) > 1 and simple(path[-1]) in _VALUES and (found := header(".".join(path[:-1]))):
        return found
    if len(path) > 1 and first not in _OF_OTHERS:
        found = told(path[1:])
        if found is not None and found.field in _SAFE:
            return replace(found, rank=found.rank + _DROPPED)
    return None


def value(path: Path, container: pl.Expr, *, is_field: bool) -> pl.Expr:
    """The text of a member of the JSON objects in a column.

    Args:
        path: the keys inside of the object.
        is_field: texts of the column that are no objects are the field itself.
    """
    found = container.str.json_path_match("$" + "".join(f"['{key}']" for key in path))
    if not is_field:
        return found
    return pl.coalesce(found, pl.when(~container.str.starts_with("{")).then(container))


def paths(schema: Mapping[str, pl.DataType]) -> Iterator[Path]:
    """The members of all structures of a table."""
    for name, dtype in schema.items():
        yield from _members((name,), dtype)


def _members(path: Path, dtype: pl.DataType) -> Iterator[Path]:
    if not isinstance(dtype, pl.Struct) or len(path) >= DEEPEST:
        return
    for name, inner in dtype.to_schema().items():
        if is_plain(name):
            yield (*path, name)
            yield from _members((*path, name), pl.Schema({"": inner})[""])


def is_plain(key: str) -> bool:
    """Whether a path can name it."""
    return bool(key) and key.isprintable() and not set(key) & set(_UNQUOTED)
