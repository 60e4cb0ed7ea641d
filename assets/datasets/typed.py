"""A file's columns turned into the columns of ``dataset_tracks``, with a reason where a row is none."""

from collections.abc import Mapping
from functools import reduce
from operator import or_

import polars as pl

from assets.datasets import lists, values
from assets.datasets.columns import IDS, NUMBERS, TEXTS, Columns
from assets.datasets.headers import header
from assets.datasets.nested import value
from assets.datasets.raw import REASON, ROW, column
from assets.datasets.values import Number
from assets.listening import names

SAYS = "says"
"""A structure: for each column of the file, whether it says something in the row."""
SAME = "same"
"""A hash of all that a row says of its track: two rows of one say the same (64 bits: by chance one pair
in a thousand million million)."""
MOST_CHARACTERS = 1_000
MOST_EXTRA_CHARACTERS = 1_000_000
_SAYS_NOTHING = "names no track: it has no title, Spotify id or recording code"
_VALUES = {"duration": "duration_s", "year": "year", "energy": "energy", "tempo": "tempo_bpm"}


def typed(known: Columns, scan: pl.LazyFrame) -> pl.LazyFrame:
    """Rows as ``dataset_tracks`` has them but for ``dataset_id`` and ``file``, with ``reason, same, says``.

    Args:
        known: which of the columns holds which field.
        scan: a file's records, see ``RawTable``.
    """
    places = {name: column(number) for number, name in enumerate(known.names)}
    scan, source = sourced(known, scan)
    schema = scan.collect_schema()
    fields = _fields(source, schema, known)
    others = {name: places[name] for name in known.others} | _unread_ids(known, source)
    rows = scan.select(
        ROW,
        REASON,
        **fields,
        extra=_extra(others, schema, fields),
        says=_says(places, schema),
    )
    keyed = rows.with_columns(
        name_key=names.name_key(_first_artist(), pl.col("title")),
        says=pl.col(SAYS).struct.with_fields(_said_numbers(source, set(places.values()))),
    )
    told = [name for name in fields if name != "extra"]
    return keyed.with_columns(_reason(), pl.struct(told).hash(seed=0).alias(SAME))


def sourced(known: Columns, scan: pl.LazyFrame) -> tuple[pl.LazyFrame, dict[str, str]]:
    """The records with the members of objects that are fields as columns; and the column of each field."""
    places = {name: column(number) for number, name in enumerate(known.names)}
    members = {}
    for number, (name, (container, *keys)) in enumerate(known.paths.items()):
        told = header(container)
        is_field = told is not None and known.of.get(told.field) == name
        member = value(tuple(keys), pl.col(places[container]), is_field=is_field)
        members[f"m{number}"] = member
        places[name] = f"m{number}"
    return scan.with_columns(**members), {field: places[name] for field, name in known.of.items()}


def _fields(source: Mapping[str, str], schema: pl.Schema, known: Columns) -> dict[str, pl.Expr]:
    """Every field of a track; null where the file has no column of it."""
    listed = {name: _texts(source, schema, name) for name in TEXTS}
    found: dict[str, pl.Expr] = {**listed}
    for name in NUMBERS:
        one = _number(source, schema, name, known)
        told = one.value.cast(pl.Int64()) if name == "year" else one.value
        found |= {_VALUES[name]: told, f"invalid_{name}": one.invalid}
    readers = {"spotify_id": values.spotify_id, "isrc": values.isrc}
    for name in IDS:
        at = source.get(name)
        found[name] = values.NO_TEXT if at is None else readers[name](pl.col(at), schema[at])
    return found


def _texts(source: Mapping[str, str], schema: pl.Schema, name: str) -> pl.Expr:
    at = source.get(name)
    if at is None:
        return values.NO_TEXT
    readers = {"artist": lists.texts, "genre": lists.listed, "mood": lists.listed}
    return readers.get(name, lists.text)(pl.col(at), schema[at])


def _number(source: Mapping[str, str], schema: pl.Schema, name: str, known: Columns) -> Number:
    at = source.get(name)
    if at is None:
        return Number(values.NO_NUMBER, values.NO_TEXT)
    column_of, dtype = pl.col(at), schema[at]
    if name == "duration":
        return values.seconds(column_of, dtype, known.seconds_a_unit)
    if name == "year":
        return values.year(column_of, dtype)
    if name == "energy":
        return values.number(column_of, dtype, high=1.0, unit=known.energy_a_unit, units={"%": 0.01})
    return values.number(column_of, dtype, is_open=True, units={"bpm": 1.0})


def _unread_ids(known: Columns, source: Mapping[str, str]) -> dict[str, str]:
    """Columns of ids: another service's stay among the other fields, as the objects do that hold one."""
    return {known.of[name]: source[name] for name in IDS if known.of.get(name) in known.names}


def _extra(others: Mapping[str, str], schema: pl.Schema, fields: Mapping[str, pl.Expr]) -> pl.Expr:
    """The other fields that say something, as a JSON object; null where none does."""
    if not others:
        return values.NO_TEXT
    ids = {at: fields[name] for name in IDS for at in _column_of(fields[name])}
    plain = []
    for name, at in others.items():
        value = _json_value(pl.col(at), schema[at])
        plain.append((pl.when(ids[at].is_null()).then(value) if at in ids else value).alias(name))
    says = [each.is_not_null() for each in plain]
    return pl.when(reduce(or_, says)).then(pl.struct(plain).struct.json_encode())


def _column_of(field: pl.Expr) -> list[str]:
    return field.meta.root_names()[:1]


def _json_value(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """What JSON can say: neither NaN nor times, and no text of blanks."""
    if dtype == pl.String:
        return pl.when(value.str.strip_chars() != "").then(value)
    if dtype.is_float():
        return pl.when(value.is_finite()).then(value)
    return value if dtype.is_integer() or dtype == pl.Boolean else value.cast(pl.String(), strict=False)


def _said_numbers(source: Mapping[str, str], own: set[str]) -> list[pl.Expr]:
    """Of each column of numbers, whether there is one, or something invalid: "NaN" is neither."""
    return [
        (pl.col(_VALUES[name]).is_not_null() | pl.col(f"invalid_{name}").is_not_null()).alias(source[name])
        for name in NUMBERS
        if source.get(name) in own
    ]


def _says(places: Mapping[str, str], schema: pl.Schema) -> pl.Expr:
    if not places:
        return pl.struct(pl.lit(True).alias("nothing"))
    return pl.struct(values.is_present(pl.col(at), schema[at]).alias(at) for at in places.values())


def _first_artist() -> pl.Expr:
    """Of several artists the first: under whose name a track is played."""
    return pl.col("artist").str.extract(r"^\s*([^;]*[^;\s])")


def _reason() -> pl.Expr:
    """Why a row is no track; the reader's reason first."""
    is_nameless = pl.all_horizontal(pl.col(name).is_null() for name in ("title", *IDS))
    nameless = pl.when(is_nameless).then(pl.lit(_SAYS_NOTHING))
    long = [_too_long(name, name, MOST_CHARACTERS) for name in TEXTS]
    others = _too_long("extra", "all its other fields", MOST_EXTRA_CHARACTERS)
    return pl.coalesce(REASON, nameless, *long, others).alias(REASON)


def _too_long(name: str, called: str, most: int) -> pl.Expr:
    length = pl.col(name).str.len_chars()
    said = pl.format("{}: {} characters, where {} are kept at most", pl.lit(called), length, pl.lit(most))
    return pl.when(length > most).then(said)
