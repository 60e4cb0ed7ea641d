"""A damaged chain is valid again after a repair: the valid prefix stays, nothing vanishes, mining goes on."""

import os
from typing import Any

import pytest
from chain_worlds import dumped, mine, speak, sql, verdict
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text
from test_damage import COLUMNS, change, changed

from assets.tables import TRUST_BLOCKS, TRUST_RECORDS, TRUST_SCORES
from assets.trust.chain import mend
from assets.trust.ids import contradictions
from assets.trust.lake_copy import copied, copy_to_lake
from assets.trust.repair import Repair
from resources.event_types import ALERT
from resources.world import World

DAMAGES = {
    "nothing is left of the blocks": "DELETE FROM longplay.trust_blocks",
    "the genesis block is gone": "DELETE FROM longplay.trust_blocks WHERE height = 0",
    "the genesis block is another": "UPDATE longplay.trust_blocks SET nonce = 1 WHERE height = 0",
    "the tail was cut": "DELETE FROM longplay.trust_blocks WHERE height > 2",
    "a block in the middle is gone": "DELETE FROM longplay.trust_blocks WHERE height = 3",
    "a block went below the genesis": "UPDATE longplay.trust_blocks SET height = -7 WHERE height = 3",
    "a block flew away": "UPDATE longplay.trust_blocks SET height = 1000000007 WHERE height = 5",
    "records are gone": "DELETE FROM longplay.trust_records WHERE height = 2",
    "everything is gone but the blocks": "DELETE FROM longplay.trust_records",
    "a record moved": "UPDATE longplay.trust_records SET height = 4 WHERE record_id = 2",
    "a record moved to where no block is": "UPDATE longplay.trust_records SET height = 77 WHERE record_id = 2",
    "a record moved to the genesis": "UPDATE longplay.trust_records SET height = 0 WHERE record_id = 13",
    "a sealed record is pending": "UPDATE longplay.trust_records SET height = NULL WHERE record_id = 2",
    "a record was given another number": "UPDATE longplay.trust_records SET record_id = 99 WHERE record_id = 9",
    "a record has a number below one": "UPDATE longplay.trust_records SET record_id = -9 WHERE record_id = 9",
    "a pending record has a place": "UPDATE longplay.trust_records SET position = 3 WHERE record_id = 14",
    "a pending record was tampered with": "UPDATE longplay.trust_records SET reports = 0 WHERE record_id = 14",
    "the head is gone": "DELETE FROM longplay.chain_head",
    "the head is behind": "UPDATE longplay.chain_head SET height = 2",
    "far too many were queued": "UPDATE longplay.chain_head SET records_queued = 4611686018427387904",
    "too few were queued": "UPDATE longplay.chain_head SET records_queued = -3",
    "no hash is right": "UPDATE longplay.trust_blocks SET hash = reverse(hash)",
    "no record is right": "UPDATE longplay.trust_records SET verifications = verifications + 1",
}


def live(world: World) -> dict[str, tuple[int, int]]:
    rows = world.lake.scan(TRUST_SCORES).select("content_id", "verifications", "reports").collect().rows()
    return {content: (verifications, reports) for content, verifications, reports in rows}


def sealed(world: World) -> dict[str, tuple[int, int]]:
    """What the newest sealed record of each content says."""
    rows = sql(
        world,
        "SELECT content_id, verifications, reports FROM longplay.trust_records "
        "WHERE height IS NOT NULL ORDER BY record_id",
    )
    return {content: (verifications, reports) for content, verifications, reports in rows}


def assert_mended(world: World) -> None:
    """Valid, all ids accounted for, the lake the same; and mining seals every live score again."""
    found = verdict(world)
    assert found.is_valid, found.faults
    with world.chain.reading() as view:
        assert list(contradictions(view.present_ids(), view.lost_ids(), view.head())) == []
    copy_to_lake(world)
    mine(world)
    copy_to_lake(world)
    assert verdict(world).is_valid
    assert sealed(world) == live(world)
    held = sql(world, "SELECT height, hash FROM longplay.trust_blocks ORDER BY 1")
    assert copied(world.lake).hashes == dict(map(tuple, held))
    counted = sql(world, "SELECT count(*) FROM longplay.trust_records WHERE height IS NOT NULL")[0][0]
    assert world.lake.scan(TRUST_RECORDS).collect().height == counted


def repaired(world: World) -> Repair:
    done = mend(world)
    assert done is not None
    return done


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_chain_is_valid_again_and_mined_on_whatever_was_done_to_it(chain: World, damage: str) -> None:
    sql(chain, DAMAGES[damage])
    assert not verdict(chain).is_valid
    repaired(chain)
    assert_mended(chain)
    assert mend(chain) is None


def test_the_longest_valid_prefix_stays_and_the_rest_is_kept_in_the_quarantine(chain: World) -> None:
    before = dumped(chain)
    sql(chain, "UPDATE longplay.trust_blocks SET nonce = nonce + 1 WHERE height = 3")

    done = repaired(chain)

    assert (done.kept_height, done.blocks_quarantined, done.records_pending_again) == (2, 3, 8)
    after = dumped(chain)
    assert after["trust_blocks"] == before["trust_blocks"][:3]
    assert after["trust_records"][:4] == before["trust_records"][:4]
    assert [row[:7] for row in after["trust_records"]] == [row[:7] for row in before["trust_records"]]
    assert {row[7:] for row in after["trust_records"][4:]} == {(None, None)}
    kept = sql(chain, "SELECT height, reason, header, records FROM longplay.quarantined_blocks ORDER BY id")
    assert [(row.height, row.reason) for row in kept][:3] == [
        (3, "block 3: its hash is not that of its header"),
        (4, "stands on a block that is not valid"),
        (5, "stands on a block that is not valid"),
    ]
    assert kept[1].header["hash"] == before["trust_blocks"][4][2]
    assert [record["record_id"] for record in kept[2].records] == [10, 11, 12]
    assert {record["outcome"] for row in kept for record in row.records} == {"pending"}


def test_a_record_that_was_tampered_with_is_kept_only_in_the_quarantine_and_queued_anew(
    chain: World,
) -> None:
    sql(chain, "UPDATE longplay.trust_records SET content_id = 'zzz' WHERE record_id = 6")
    content = sql(chain, "SELECT content_id FROM longplay.trust_records WHERE record_id = 5")

    done = repaired(chain)

    assert (done.kept_height, done.records_quarantined, done.ids_lost) == (2, 1, 1)
    assert sql(chain, "SELECT count(*) FROM longplay.trust_records WHERE record_id = 6") == [(0,)]
    kept = sql(chain, "SELECT records, lost FROM longplay.quarantined_blocks ORDER BY id")
    bad = [record for row in kept for record in row.records if record["outcome"] == "quarantined"]
    assert [(record["record_id"], record["content_id"]) for record in bad] == [(6, "zzz")]
    assert [row.lost for row in kept if row.lost] == [[[6, 6]]]
    newest = sql(chain, "SELECT content_id FROM longplay.trust_records WHERE record_id > 14 ORDER BY 1")
    assert len(newest) == 1
    assert newest != content
    assert_mended(chain)


def test_an_alert_is_written_with_the_repair(chain: World) -> None:
    sql(chain, "UPDATE longplay.trust_blocks SET difficulty = 0 WHERE height = 4")
    repaired(chain)
    (alert,) = chain.events.since(0, [ALERT])
    assert alert["user_id"] is None
    assert alert["content"]["kept_height"] == 3
    assert alert["content"]["faults"][0] == "block 4: its hash is not that of its header"


def test_a_valid_chain_is_left_alone_and_nobody_is_alerted(chain: World) -> None:
    before = dumped(chain)
    assert mend(chain) is None
    assert dumped(chain) == before
    assert chain.events.since(0) == []


def test_a_genesis_block_that_was_damaged_costs_no_other_block(chain: World) -> None:
    sql(chain, "UPDATE longplay.trust_blocks SET mined_at = now() WHERE height = 0")
    assert repaired(chain).kept_height == 5
    assert_mended(chain)


def test_the_lakes_copy_is_no_witness_of_what_was_quarantined_until_it_is_made_again(chain: World) -> None:
    """A kill between the repair and the copy must not make the next verdict wrong."""
    sql(chain, "UPDATE longplay.trust_blocks SET nonce = nonce + 1 WHERE height = 4")
    repaired(chain)
    assert max(copied(chain.lake).hashes) == 5
    assert verdict(chain).is_valid
    mine(chain)
    assert verdict(chain).is_valid
    copy_to_lake(chain)
    assert verdict(chain).is_valid
    sql(chain, "DELETE FROM longplay.trust_blocks WHERE height > 3")
    sql(chain, "UPDATE longplay.chain_head SET height = 3")
    assert "block 4: is gone: the lake has a copy of it" in map(str, verdict(chain).faults)


def test_the_copy_of_a_damaged_chain_keeps_what_it_witnessed(chain: World) -> None:
    before = chain.lake.scan(TRUST_BLOCKS).collect()
    sql(chain, "DELETE FROM longplay.trust_blocks WHERE height > 3")
    copy_to_lake(chain)
    assert chain.lake.scan(TRUST_BLOCKS).collect().equals(before)
    assert not verdict(chain).is_valid


def test_blocks_that_only_the_lake_still_has_are_kept_in_the_quarantine(chain: World) -> None:
    hashes = copied(chain.lake).hashes
    sql(chain, "DELETE FROM longplay.trust_blocks WHERE height > 3")
    repaired(chain)
    kept = sql(chain, "SELECT height, header FROM longplay.quarantined_blocks WHERE height > 3 ORDER BY 1")
    assert [(row.height, row.header["hash"]) for row in kept] == [(4, hashes[4]), (5, hashes[5])]
    assert_mended(chain)


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=200 if "PYTEST_RUN_SLOW" in os.environ else 25,
)
@given(data=st.data())
def test_any_damage_upon_any_damage_is_repaired(chain: World, data: st.DataObject) -> None:
    """One chain is damaged and repaired over and over, and grows in between."""
    statements = st.sampled_from(sorted(DAMAGES.values()))
    for _ in range(data.draw(st.integers(1, 3), "damages")):
        if data.draw(st.booleans(), "is of a byte"):
            _change_a_byte(chain, data)
        else:
            sql(chain, data.draw(statements, "damage"))
    was_valid = verdict(chain).is_valid
    assert (mend(chain) is None) is was_valid
    assert_mended(chain)
    speak(chain, **{data.draw(st.sampled_from("abcdefghij")): data.draw(st.integers(1, 50))})


def _change_a_byte(chain: World, data: Any) -> None:  # noqa: ANN401 - Hypothesis has no name for it
    table, column, kind = data.draw(st.sampled_from(COLUMNS), "column")
    place, to, row = (data.draw(st.integers(0, 10_000)) for _ in range(3))
    with chain.operational.engine.begin() as connection:
        if connection.scalar(text(f"SELECT count(*) FROM longplay.{table}")):
            change(connection, table, row, column, changed(kind, column, place, to))
