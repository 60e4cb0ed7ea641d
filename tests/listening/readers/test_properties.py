import json

import hypothesis.strategies as st
import polars as pl
from hypothesis import given, settings
from reading_world import NOW, Row, played

from assets.listening.readers import Limits
from assets.listening.readers.columns import Origin
from assets.listening.readers.counting import KeyCounter, NameCounter
from assets.listening.readers.pieces import JsonFormat, JsonPieces
from assets.listening.readers.shapes import NO_JSON, shape_of
from assets.listening.readers.spotify_extended import EXTENDED

NASTY = ["},{", '"', "\\", '\\"', '{"ts":', "[", "]", "{", "}", ",", "\u2028", "\U0001f600", "ש", "\x7f", " "]
TITLES = st.lists(
    st.one_of(st.sampled_from(NASTY), st.characters(exclude_categories=["Cs"])), max_size=8
).map(lambda parts: "t" + "".join(parts))
ORIGIN = Origin("import", "user", "file", is_video=False, now=NOW)


@st.composite
def records(draw: st.DrawFn) -> list[Row]:
    rows = []
    for title in draw(st.lists(TITLES, min_size=1, max_size=6)):
        row = played(master_metadata_track_name=title, ms_played=draw(st.sampled_from([5, 5.0, "5", None])))
        keys = draw(st.permutations(list(row)))
        rows.append({key: row[key] for key in keys})
    return rows


@st.composite
def written(draw: st.DrawFn) -> tuple[list[bytes], bytes]:
    """Records as bytes, and what stands between them."""
    indent = draw(st.sampled_from([None, 2]))
    separators = draw(st.sampled_from([(",", ":"), (", ", " : ")]))
    escaped = draw(st.booleans())
    rows = [
        json.dumps(row, indent=indent, separators=separators, ensure_ascii=escaped).encode()
        for row in draw(records())
    ]
    return rows, draw(st.sampled_from([b",", b", ", b" ,\n  ", b",\r\n"]))


def read(
    data: bytes, limits: Limits, form: JsonFormat = EXTENDED
) -> tuple[list[tuple[object, ...]], list[tuple[int, str, int, int]]]:
    """Plays (row, title, ms) and rejected rows (row, reason, span) of one stream."""
    blocks = (data[at : at + limits.chunk_bytes] for at in range(0, len(data), limits.chunk_bytes))
    pieces = list(JsonPieces(form, limits).read(blocks))
    rejected = [(row, "not_readable", *span) for piece in pieces for row, span in piece.broken]
    plays: list[tuple[object, ...]] = []
    if pieces:
        rows = [row for piece in pieces for row in piece.rows]
        spans = [piece.span(place) for piece in pieces for place in range(len(piece.rows))]
        judged = form.rows(pl.concat(piece.frame for piece in pieces), ORIGIN)
        for row, span, told in zip(rows, spans, judged.iter_rows(named=True), strict=True):
            if told["reason"] is None:
                plays.append((row, told["track_name"], told["ms_played"], *span))
            else:
                rejected.append((row, told["reason"], *span))
    return plays, sorted(rejected)


CHUNKS = st.one_of(st.integers(1, 200), st.integers(200, 5000))


@given(written(), CHUNKS)
def test_every_good_record_is_kept_in_order_at_its_exact_bytes(
    export: tuple[list[bytes], bytes], chunk_bytes: int
) -> None:
    rows, between = export
    data = b"[" + between.join(rows) + b"]"
    plays, rejected = read(data, Limits(chunk_bytes=chunk_bytes))
    assert rejected == []
    assert [row for row, *_ in plays] == list(range(len(rows)))
    assert [title for _, title, *_ in plays] == [
        json.loads(row)["master_metadata_track_name"] for row in rows
    ]
    assert [data[start:end] for *_, start, end in plays] == rows  # type: ignore[misc]


@given(written(), st.data(), CHUNKS)
def test_records_outside_of_a_corrupted_span_are_all_kept(
    export: tuple[list[bytes], bytes], draw: st.DataObject, chunk_bytes: int
) -> None:
    rows, between = export
    hit = draw.draw(st.integers(0, len(rows) - 1))
    start = draw.draw(st.integers(0, len(rows[hit]) - 1))
    end = draw.draw(st.integers(start + 1, len(rows[hit])))
    garbage = draw.draw(st.one_of(st.just(b""), st.binary(max_size=30)))
    rows[hit] = rows[hit][:start] + garbage + rows[hit][end:]
    plays, rejected = read(b"[" + between.join(rows) + b"]", Limits(chunk_bytes=chunk_bytes))
    titles = [title for _, title, *_ in plays]
    before = [json.loads(row)["master_metadata_track_name"] for row in rows[:hit]]
    after = [json.loads(row)["master_metadata_track_name"] for row in rows[hit + 1 :]]
    assert titles[: len(before)] == before
    assert titles[len(titles) - len(after) :] == after
    numbers = sorted([row for row, *_ in plays] + [row for row, *_ in rejected])  # type: ignore[type-var]
    assert numbers == list(range(len(numbers)))


@given(written(), st.data(), CHUNKS)
@settings(max_examples=400)
def test_the_chunk_size_never_changes_the_result(
    export: tuple[list[bytes], bytes], draw: st.DataObject, chunk_bytes: int
) -> None:
    rows, between = export
    data = bytearray(b"[" + between.join(rows) + b"]")
    for _ in range(draw.draw(st.integers(0, 3))):
        at = draw.draw(st.integers(0, len(data) - 1))
        length = draw.draw(st.integers(0, 400))
        data[at : at + length] = draw.draw(
            st.one_of(st.binary(max_size=20), st.sampled_from([b'"', b"}", b'{"', b"\\"]))
        )
        if not data:
            return
    assert read(bytes(data), Limits(chunk_bytes=chunk_bytes)) == read(bytes(data), Limits())


def wrapped(titles: list[str]) -> list[object]:
    """The same plays as the services that wrap them write them."""
    scrobbles = [
        {"artist": {"#text": "A"}, "image": [{"size": "s"}], "name": title, "date": {"uts": "1714564800"}}
        for title in titles
    ]
    heard = [{"time": 1714564800, "track": {"artists": ["A"], "title": title}} for title in titles]
    page = {"@attr": {"page": "1"}, "track": scrobbles}
    return [
        [{"track": scrobbles}, {"track": scrobbles}],
        {"recenttracks": page},
        [{"recenttracks": page}, {"recenttracks": page}],
        {"maloja": {"export_time": 1}, "scrobbles": heard},
        [{"track": scrobble} for scrobble in scrobbles],
    ]


@given(st.lists(TITLES, min_size=1, max_size=5), st.integers(0, 4), st.data(), CHUNKS)
def test_the_chunk_size_never_changes_wrapped_formats_either(
    titles: list[str], shape: int, draw: st.DataObject, chunk_bytes: int
) -> None:
    document = json.dumps(wrapped(titles)[shape], indent=draw.draw(st.sampled_from([None, 1]))).encode()
    form = shape_of(document)
    assert form is not None
    assert not isinstance(form, NO_JSON)
    plays, rejected = read(document, Limits(), form)
    assert rejected == []
    assert [title for _, title, *_ in plays] == titles * (2 if shape in {0, 2} else 1)
    data = bytearray(document)
    at = draw.draw(st.integers(0, len(data)))
    data[at : at + draw.draw(st.integers(0, 60))] = draw.draw(st.binary(max_size=5))
    small = Limits(chunk_bytes=chunk_bytes)
    assert read(document, small, form) == (plays, rejected)
    assert read(bytes(data), small, form) == read(bytes(data), Limits(), form)


@given(written(), st.integers(1, 300))
def test_the_independent_count_is_exact_however_the_blocks_are_cut(
    export: tuple[list[bytes], bytes], block_bytes: int
) -> None:
    rows, between = export
    data = b"[" + between.join(rows) + b"]"
    counter = KeyCounter("ts")
    for at in range(0, len(data), block_bytes):
        counter.feed(data[at : at + block_bytes])
    assert counter.finish() == len(rows)


@given(st.lists(st.sampled_from([b'"ts"', b'"ts":', b'"', b"ts", b" ", b"\\"])), st.integers(1, 7))
def test_the_name_is_counted_however_the_blocks_are_cut(parts: list[bytes], block_bytes: int) -> None:
    data = b",".join(parts)
    counter = NameCounter("ts")
    for at in range(0, len(data), block_bytes):
        counter.feed(data[at : at + block_bytes])
    assert counter.count == data.count(b'"ts"')
