"""Any change of anything that is stored is found, wherever it is."""

from typing import Any

import pytest
from chain_worlds import dumped, sql, undone, verdict, verdict_in
from hypothesis import HealthCheck, event, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, IntegrityError

from resources.chain_tables import chain_head, trust_blocks, trust_records
from resources.world import World

STORED = {"trust_blocks": trust_blocks, "trust_records": trust_records, "chain_head": chain_head}
COLUMNS = [
    (name, column.name, str(column.type))
    for name, table in STORED.items()
    for column in table.columns
    if column.name != "is_head"
]
_BITS = {"BIGINT": 64, "INTEGER": 32, "DATETIME": 62}


def changed(kind: str, column: str, place: int, to: int) -> str:
    """SQL of the value with one byte of it another: of a text a character, of a number or time a bit."""
    if kind == "VARCHAR":
        at = f"(1 + {place} % length({column}))"
        byte = f"chr(1 + (ascii(substr({column}, {at}, 1)) + {to % 126}) % 127)"
        return f"overlay({column} placing {byte} from {at} for 1)"
    bit = place % _BITS[kind]
    if kind == "DATETIME":
        return f"{column} + make_interval(secs => (1::bigint << {bit % 50}) / 1e6)"
    sql_type = kind.lower()
    return f"(coalesce({column}, 0)::{sql_type} # (1::{sql_type} << {bit}))::{sql_type}"


def change(connection: Connection, table: str, row: int, column: str, value: str) -> bool:
    """Whether another value was stored: the database refuses a key that is there twice."""
    key = {"trust_blocks": "height", "trust_records": "record_id", "chain_head": "is_head"}[table]
    chosen = f"SELECT {key} FROM longplay.{table} ORDER BY {key} LIMIT 1 OFFSET {row}"
    count = connection.scalar(text(f"SELECT count(*) FROM longplay.{table}"))
    chosen = chosen.replace(f"OFFSET {row}", f"OFFSET {row % int(count or 1)}")
    before = list(connection.execute(text(f"SELECT * FROM longplay.{table} ORDER BY 1")))
    try:
        with connection.begin_nested():
            statement = f"UPDATE longplay.{table} SET {column} = {value} WHERE {key} = ({chosen})"
            connection.execute(text(statement))
    except (IntegrityError, DataError):
        return False
    return before != list(connection.execute(text(f"SELECT * FROM longplay.{table} ORDER BY 1")))


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=600)
@given(
    place=st.integers(0, 10_000),
    to=st.integers(0, 125),
    row=st.integers(0, 100),
    which=st.sampled_from(COLUMNS),
)
@example(place=0, to=31, row=1, which=("trust_blocks", "hash", "VARCHAR"))
def test_any_byte_that_is_changed_is_found(
    chain: World, place: int, to: int, row: int, which: tuple[str, str, str]
) -> None:
    table, column, kind = which
    with undone(chain) as connection:
        is_stored = change(connection, table, row, column, changed(kind, column, place, to))
        event(f"{table}.{column} {'stored' if is_stored else 'refused'}")
        assert verdict_in(connection).is_valid is not is_stored


@pytest.mark.parametrize(("table", "column", "kind"), COLUMNS)
def test_every_column_of_every_row_is_looked_at(chain: World, table: str, column: str, kind: str) -> None:
    rows = sql(chain, f"SELECT count(*) FROM longplay.{table}")[0][0]
    for row in range(rows):
        for place in (0, 5, 31):
            with undone(chain) as connection:
                if change(connection, table, row, column, changed(kind, column, place, 7)):
                    assert not verdict_in(connection).is_valid, (row, place)


def test_a_chain_that_nobody_touched_is_valid(chain: World) -> None:
    found = verdict(chain)
    assert (found.is_valid, found.valid_height, found.blocks, found.sealed, found.pending) == (
        True,
        5,
        5,
        12,
        2,
    )


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("mined_at", "'infinity'"),
        ("mined_at", "'-infinity'"),
        ("mined_at", "'0001-01-02 BC'"),
        ("mined_at", "'294000-01-01Z'"),
        ("nonce", "-1"),
        ("difficulty", "-1"),
        ("difficulty", "2000000000"),
        ("merkle_root", "'not hex'"),
        ("previous_hash", "''"),
        ("records", "-1"),
    ],
)
def test_values_that_python_has_no_word_for_are_found_all_the_same(
    chain: World, column: str, value: str
) -> None:
    sql(chain, f"UPDATE longplay.trust_blocks SET {column} = {value} WHERE height = 3")
    found = verdict(chain)
    assert (found.is_valid, found.valid_height) == (False, 2)


def told(world: World) -> list[str]:
    return [str(fault) for fault in verdict(world).faults]


def test_a_verdict_says_which_block_and_what_is_wrong_with_it(chain: World) -> None:
    sql(chain, "UPDATE longplay.trust_records SET verifications = 7 WHERE record_id = 2")
    assert told(chain) == [
        "block 1: a record is not what was mined (record 2)",
        "block 1: its Merkle root is not that of its records",
    ]


def test_a_tail_that_was_cut_with_its_records_is_found_before_and_after_it_was_copied(
    chain: World,
) -> None:
    sql(chain, "DELETE FROM longplay.trust_blocks WHERE height > 3")
    sql(chain, "DELETE FROM longplay.trust_records WHERE height > 3")
    assert "block 4: is gone: the lake has a copy of it" in told(chain)
    with undone(chain) as connection:
        faults = [str(fault) for fault in verdict_in(connection).faults]
    assert faults == [
        "the head names block 5, the chain ends at block 3",
        "6 of 14 records that were queued are gone",
    ]


def test_a_tail_that_was_cut_without_a_trace_in_postgres_is_found_by_the_lakes_copy(chain: World) -> None:
    last = sql(chain, "SELECT hash FROM longplay.trust_blocks WHERE height = 3")[0][0]
    sql(chain, "DELETE FROM longplay.trust_blocks WHERE height > 3")
    sql(chain, "DELETE FROM longplay.trust_records WHERE record_id > 6")
    sql(chain, "UPDATE longplay.chain_head SET height = 3, hash = :last, records_queued = 6", last=last)
    with undone(chain) as connection:
        assert verdict_in(connection).is_valid
    assert told(chain) == [f"block {height}: is gone: the lake has a copy of it" for height in (4, 5)]


def test_blocks_in_another_order_are_found(chain: World) -> None:
    for height, to in ((2, 1002), (3, 2), (1002, 3)):
        sql(chain, "UPDATE longplay.trust_blocks SET height = :to WHERE height = :h", to=to, h=height)
        sql(chain, "UPDATE longplay.trust_records SET height = :to WHERE height = :h", to=to, h=height)
    assert verdict(chain).valid_height == 1


def test_records_in_another_order_are_found(chain: World) -> None:
    sql(chain, "UPDATE longplay.trust_records SET position = 2 - position WHERE height = 1")
    assert told(chain) == ["block 1: its Merkle root is not that of its records"]


def test_a_block_from_another_chain_is_found(chain: World, other_chain: World) -> None:
    for table in ("trust_blocks", "trust_records"):
        columns = [column.name for column in STORED[table].columns]
        rows = sql(other_chain, f"SELECT * FROM longplay.{table} WHERE height = 4")
        sql(chain, f"DELETE FROM longplay.{table} WHERE height = 4")
        values = ", ".join(f":{name}" for name in columns)
        for row in rows:
            sql(
                chain,
                f"INSERT INTO longplay.{table} VALUES ({values})",
                **dict(zip(columns, row, strict=True)),
            )
    found = told(chain)
    assert "block 4: does not name the hash of the block before it" in found
    assert "block 4: is another one than the lake has a copy of" in found
    assert verdict(chain).valid_height == 3


def test_a_whole_chain_that_was_mined_anew_is_found_by_the_lakes_copy(
    chain: World, other_chain: World
) -> None:
    rows = dumped(other_chain)
    for table in ("trust_blocks", "trust_records", "chain_head"):
        sql(chain, f"DELETE FROM longplay.{table}")
        names = [column.name for column in STORED[table].columns]
        values = ", ".join(f":{name}" for name in names)
        for row in rows[table]:
            sql(chain, f"INSERT INTO longplay.{table} VALUES ({values})", **_named(names, row))
    with undone(chain) as connection:
        assert verdict_in(connection).is_valid
    assert told(chain)[0] == "block 1: is another one than the lake has a copy of"


def test_a_record_that_is_said_to_be_in_no_block_there_is_is_found(chain: World) -> None:
    sql(chain, "UPDATE longplay.trust_records SET height = 99, position = 0 WHERE record_id = 14")
    assert told(chain) == ["a record says it is in block 99, which there is not (record 14)"]


def test_a_pending_record_that_vanished_is_found(chain: World) -> None:
    sql(chain, "DELETE FROM longplay.trust_records WHERE record_id = 14")
    assert told(chain) == ["1 of 14 records that were queued are gone"]


def test_a_record_that_nobody_queued_is_found(chain: World) -> None:
    sql(
        chain,
        "INSERT INTO longplay.trust_records SELECT 15, content_id, creator_id, verifications, reports, "
        "queued_at, record_hash, NULL, NULL FROM longplay.trust_records WHERE record_id = 14",
    )
    assert told(chain) == [
        "a pending record is not what was queued (record 15)",
        "1 records have ids beyond the 14 that were queued",
    ]


@pytest.mark.parametrize("height", [0, 3])
def test_a_block_that_is_gone_is_found(chain: World, height: int) -> None:
    sql(chain, f"DELETE FROM longplay.trust_blocks WHERE height = {height}")
    assert not verdict(chain).is_valid


def test_a_head_that_is_gone_is_found(chain: World) -> None:
    sql(chain, "DELETE FROM longplay.chain_head")
    assert "the head of the chain is gone" in told(chain)


def _named(names: list[str], row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(names, row, strict=True))
