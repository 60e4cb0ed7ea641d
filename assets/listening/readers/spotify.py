"""What Spotify's own two exports share: flat records that are parsed as columns.

Only a form's ``fields`` enter a frame, which leaves the personal ones (user name, addresses, user
agent) out while parsing.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from assets.listening.readers.columns import Origin, filled, judged, number_text, truth, whole_number
from assets.listening.readers.scan import PLAIN_LIST, Record
from assets.listening.readers.times import parse_times
from assets.tables import UTC_MICROSECONDS

TEXT, INT, BOOL = pl.String(), pl.Int64(), pl.Boolean()
_LONGEST_SPACE = 64


@dataclass(frozen=True)
class SpotifyFormat:
    """One of Spotify's two forms.

    Args:
        fields: the fields that are read, with their Polars types.
        to_rows: from those fields to RAW_PLAYS columns, ``is_mistyped`` and ``clock_problem``.
    """

    name: str
    key: str
    fields: Mapping[str, pl.DataType]
    required: tuple[str, ...]
    to_rows: Callable[[pl.DataFrame, Origin], pl.DataFrame]
    noise: re.Pattern[bytes] = PLAIN_LIST
    is_columnar: bool = True

    def is_record(self, record: Record) -> bool:
        """Whether an object has the keys that make it a play of this form."""
        return all(key in record for key in self.required)

    def from_lines(self, lines: bytes, count: int) -> pl.DataFrame | None:
        """The fields of ``count`` records, one a line; None where they must be read one by one."""
        frame = _read(lines, self.fields)
        is_text = frame is None
        if frame is None:
            frame = _read(lines, dict.fromkeys(self.fields, TEXT))
        if frame is None or frame.height != count:
            return None
        if frame.select(_begins_with_bracket(frame).any()).item() and _has_nested_value(lines, count):
            return None
        return self._typed(frame) if is_text else frame

    def from_records(self, records: Sequence[Record]) -> pl.DataFrame:
        """The fields of decoded records; an object where a value is wanted marks the row mistyped."""
        texts = pl.DataFrame(
            {name: [number_text(record.get(name)) for record in records] for name in self.fields},
            schema=dict.fromkeys(self.fields, pl.String()),
        )
        nested = [
            any(isinstance(record.get(name), dict | list) for name in self.fields) for record in records
        ]
        typed = self._typed(texts)
        return typed.with_columns(is_mistyped=pl.col("is_mistyped") | pl.Series(nested, dtype=pl.Boolean))

    def rows(self, frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
        """RAW_PLAYS columns but the row's identity, and ``reason``."""
        return judged(self.to_rows(frame, origin), origin.now)

    def _typed(self, texts: pl.DataFrame) -> pl.DataFrame:
        casts = {pl.Int64(): whole_number, pl.Boolean(): truth}
        typed = [casts[kind](name).alias(name) for name, kind in self.fields.items() if kind in casts]
        played = "ms_played" if "ms_played" in self.fields else "msPlayed"
        mistyped = filled(played).is_not_null() & whole_number(played).is_null()
        return texts.with_columns(*typed, is_mistyped=mistyped)


def _begins_with_bracket(frame: pl.DataFrame) -> pl.Expr:
    """Polars makes text of an object or list where text is wanted."""
    texts = [name for name, kind in frame.schema.items() if kind == TEXT]
    return pl.any_horizontal(pl.col(name).str.starts_with(bracket) for name in texts for bracket in "[{")


def _has_nested_value(lines: bytes, count: int) -> bool:
    expected = ((b"[", 0), (b"{", count))
    return any(lines.count(bracket) != usual and _opens_value(lines, bracket) for bracket, usual in expected)


def _opens_value(lines: bytes, bracket: bytes) -> bool:
    """Whether ``bracket`` ever follows ``":``; inside of a string that quote would be escaped."""
    at = lines.find(bracket)
    while at >= 0:
        before = lines[max(at - _LONGEST_SPACE, 0) : at].rstrip()
        if (before.endswith(b":") and before[:-1].rstrip()[-1:] in {b'"', b""}) or (not before and at > 0):
            return True
        at = lines.find(bracket, at + 1)
    return False


def _read(lines: bytes, schema: Mapping[str, pl.DataType]) -> pl.DataFrame | None:
    try:
        frame = pl.read_ndjson(io.BytesIO(lines), schema=dict(schema))
    except pl.exceptions.PolarsError:  # its text may quote personal fields: it goes no further
        return None
    return frame.with_columns(is_mistyped=pl.lit(value=False))


def clocked(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    """``frame`` with ``ended_at`` made of the column ``text``, and ``clock_problem``."""
    filled_text = frame.select(filled(text)).to_series()
    times = parse_times(filled_text)
    if times.null_count() > filled_text.null_count():
        times = times.zip_with(times.is_not_null(), _of_epochs(filled_text))
    return frame.with_columns(ended_at=times).with_columns(
        clock_problem=pl.when(filled_text.is_null())
        .then(pl.lit("no_time"))
        .when(pl.col("ended_at").is_null())
        .then(pl.lit("bad_time"))
    )


def _of_epochs(texts: pl.Series) -> pl.Series:
    """Times of seconds, or of parts of them, since 1970, as notebooks write the times of the JSON anew."""
    number = (
        pl.col("text").str.extract(r"^\s*([1-9]\d{8,18})(?:\.\d+)?\s*$", 1).cast(pl.Float64, strict=False)
    )
    parts = pl.sum_horizontal(*((number > limit).cast(pl.Int32) for limit in (1e11, 1e14, 1e17)))
    micros = (number / pl.lit(1_000.0).pow(parts) * 1_000_000).round().cast(pl.Int64)
    times = pl.from_epoch(micros, "us").dt.replace_time_zone("UTC").alias(texts.name)
    return texts.to_frame("text").select(times.cast(UTC_MICROSECONDS)).to_series()


def by_content(music: str | pl.Expr, podcast: str | pl.Expr, audiobook: str | pl.Expr) -> pl.Expr:
    """One of three columns, by the column ``content``."""
    content = pl.col("content")
    return (
        pl.when(content == "music").then(music).when(content == "podcast").then(podcast).otherwise(audiobook)
    )
