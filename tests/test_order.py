import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.order import as_enums, packed, places_in_order

FEW = st.integers(0, 3)
TEXTS = st.sampled_from(["", "a", "A", "ab", "b", "ä", None])
Row = tuple[str | None, str | None, int | None, int, int | None]
ROWS = st.lists(st.tuples(TEXTS, TEXTS, FEW | st.none(), FEW, FEW | st.none()), max_size=30)


def frame(rows: list[Row]) -> pl.DataFrame:
    schema = {"a": pl.String, "b": pl.String, "cheap": pl.Int64, "dear": pl.Int64, "dearer": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


@given(ROWS)
def test_ties_are_broken_as_if_all_columns_had_been_sorted_by(
    rows: list[Row],
) -> None:
    given_rows = frame(rows)
    ties = given_rows.select("dear", "dearer")
    places = places_in_order(given_rows.select("a", "cheap"), lambda tied: ties[tied])
    columns = ["a", "cheap", "dear", "dearer"]
    assert (
        given_rows[places].select(columns).equals(given_rows.select(columns).sort(columns, nulls_last=True))
    )
    assert sorted(places) == list(range(given_rows.height))


@given(ROWS, ROWS)
def test_enums_and_what_is_packed_of_them_are_in_the_order_of_the_texts(
    some: list[Row], others: list[Row]
) -> None:
    texts = [frame(rows).select("a", "b").drop_nulls() for rows in (some, others)]
    enums = as_enums(texts, ("a", "b"))
    assert enums[0].schema == enums[1].schema
    for one, other in zip(enums, texts, strict=True):
        assert one.cast(pl.String).equals(other)
        by_number = one.with_columns(packed("a", "b").alias("number")).sort("number").select("a", "b")
        assert by_number.cast(pl.String).equals(other.sort("a", "b"))
