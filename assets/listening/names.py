"""Names made comparable, and the ids made of them."""

import hashlib

import polars as pl

ID_PREFIX = "name:"
_SEPARATOR = "\x1f"
PLACEHOLDERS = (
    "unknown artist",
    "[unknown]",
    "<unknown>",
    "[unknown artist]",
    "<unknown artist>",
    "<untagged>",
)
"""What services and players call an artist they do not know, normalised."""
SONGS = ("music", "video")
"""Kinds that have artists and albums."""


def normalised(name: pl.Expr) -> pl.Expr:
    """NFKC, lower case, straight quotes and hyphens, single spaces: what makes two spellings one name."""
    return (
        name.str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all("[‘’ʼ]", "'")
        .str.replace_all("[“”]", '"')
        .str.replace_all("[‐‑]", "-")
        .str.replace_all(r"\s+", " ")
        .str.replace_all(f" ?{_SEPARATOR} ?", _SEPARATOR)
        .str.strip_chars(" ")
    )


def name_key(artist: pl.Expr, title: pl.Expr) -> pl.Expr:
    """The key of a song by its names; null when either is missing."""
    return _hash16(pl.concat_str(artist, title, separator=_SEPARATOR))


def name_id(*names: pl.Expr) -> pl.Expr:
    """An id made of names; a missing one counts as empty, and all missing gives null."""
    known = pl.any_horizontal(name.is_not_null() for name in names)
    joined = pl.concat_str([name.fill_null("") for name in names], separator=_SEPARATOR)
    return ID_PREFIX + _hash16(pl.when(known).then(joined))


def is_placeholder(artist: pl.Expr) -> pl.Expr:
    """Whether a name stands for an artist nobody knows; null for null."""
    return normalised(artist).is_in(PLACEHOLDERS)


def told_album_id() -> pl.Expr:
    """The id of the album a row of ``kind, artist_name, album_name`` names; null where it names none."""
    artist, album = pl.col("artist_name"), pl.col("album_name")
    is_named = pl.col("kind").is_in(SONGS) & album.is_not_null() & ~is_placeholder(artist)
    return name_id(*(pl.when(is_named).then(name) for name in (artist, album)))


def _hash16(text: pl.Expr) -> pl.Expr:
    """16 hex digits of each text, normalised; null for null."""
    return text.map_batches(_hash_unique, return_dtype=pl.String(), is_elementwise=True)


def _hash_unique(texts: pl.Series) -> pl.Series:
    """64-bit BLAKE2b: unlike Polars' own hash, the same in every version. Each distinct text once."""
    unique = texts.drop_nulls().unique()
    if unique.is_empty():
        return pl.Series(texts.name, [None], dtype=pl.String()).new_from_index(0, texts.len())
    plain = unique.to_frame("name").select(normalised(pl.col("name"))).to_series()
    digests = [hashlib.blake2b(name.encode(), digest_size=8).hexdigest() for name in plain]
    return texts.replace_strict(unique, pl.Series(digests, dtype=pl.String()), default=None)
