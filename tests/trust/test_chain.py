"""Records are queued once, sealed once, and the chain that seals them is valid to the byte."""

from datetime import timedelta

import polars as pl
import pytest
from chain_worlds import NOW, dumped, mine, small_chain, speak, sql, verdict, world_of

from assets.tables import TRUST_BLOCKS, TRUST_RECORDS
from assets.trust.chain import DamagedChainError, Mining
from assets.trust.hashes import GENESIS, block_hash
from assets.trust.lake_copy import copy_to_lake
from assets.trust.mine import CancelledError
from resources.chain import StaleHeadError
from resources.settings import Settings
from resources.world import World


def test_every_home_begins_with_the_same_genesis_block_which_has_its_work(world: World) -> None:
    with world.chain.reading() as view:
        assert list(view.blocks()) == [GENESIS]
    assert block_hash(GENESIS) == GENESIS.hash
    assert GENESIS.hash.startswith("0000")
    assert verdict(world).is_valid


def test_what_is_pending_is_sealed_in_the_order_it_was_queued(world: World) -> None:
    assert speak(world, a=1, b=2, c=3, d=4) == 4

    assert mine(world) == [1, 2]

    placed = sql(world, "SELECT record_id, height, position FROM longplay.trust_records ORDER BY 1")
    assert [tuple(row) for row in placed] == [(1, 1, 0), (2, 1, 1), (3, 1, 2), (4, 2, 0)]
    assert verdict(world).is_valid
    assert mine(world) == []


def test_only_content_that_is_new_or_changed_is_queued_again(world: World) -> None:
    assert speak(world, a=1, b=2) == 2
    assert speak(world, a=1, b=2) == 0
    assert speak(world, b=3) == 1
    mine(world)
    assert speak(world, a=1, b=3) == 0
    assert speak(world, b=2) == 1  # back to what an older record says: the newest one counts


def test_nothing_is_queued_while_trust_is_off(settings: Settings) -> None:
    world = world_of(settings, trust=False)
    assert speak(world, a=1) == 0
    world.operational.close()


def test_a_clock_that_was_put_back_makes_no_block_older_than_the_one_before(chain: World) -> None:
    chain.clock = lambda: NOW - timedelta(days=300)
    mine(chain)
    times = [row[0] for row in sql(chain, "SELECT mined_at FROM longplay.trust_blocks ORDER BY height")]
    assert times == sorted(times)
    assert verdict(chain).is_valid


def test_a_block_for_another_head_is_refused_and_changes_nothing(chain: World) -> None:
    before = dumped(chain)
    with chain.chain.reading() as view:
        top = view.block(4)
        ids = [record.record_id for record in view.pending()]
    assert top is not None
    block = top._replace(height=5, previous_hash=top.hash, hash="f" * 64, records=len(ids))
    with pytest.raises(StaleHeadError):
        chain.chain.append(block, ids)
    assert dumped(chain) == before


def test_a_block_with_a_record_that_is_sealed_already_is_refused_and_changes_nothing(chain: World) -> None:
    before = dumped(chain)
    with chain.chain.reading() as view:
        head = view.head()
    assert head is not None
    block = GENESIS._replace(height=head.height + 1, previous_hash=head.hash, hash="e" * 64, records=1)
    with pytest.raises(StaleHeadError, match="pending no more"):
        chain.chain.append(block, [1])
    assert dumped(chain) == before


def test_mining_that_is_called_off_leaves_nothing_half_done(settings: Settings) -> None:
    world = world_of(settings, mining_difficulty=12)
    speak(world, a=1, b=2)
    before = dumped(world)
    with pytest.raises(CancelledError):
        Mining(world, is_cancelled=lambda: True)(1)
    assert dumped(world) == before
    world.operational.close()


def test_a_pending_record_that_was_tampered_with_is_never_sealed(world: World) -> None:
    speak(world, a=1)
    sql(world, "UPDATE longplay.trust_records SET verifications = 1000")
    with pytest.raises(DamagedChainError, match="record 1 "):
        mine(world)


def test_nothing_is_mined_upon_a_head_that_names_no_block(chain: World) -> None:
    sql(chain, "UPDATE longplay.chain_head SET hash = repeat('0', 64)")
    with pytest.raises(DamagedChainError, match="longplay chain repair"):
        mine(chain)


def test_the_lake_has_the_chain_as_it_is_block_after_block(world: World) -> None:
    small_chain(world, is_copied=False)
    for _ in range(2):
        counts = copy_to_lake(world)
        assert counts == {"trust_records": 12, "trust_blocks": 6}
        _assert_copied(world)
    mine(world)
    assert copy_to_lake(world) == {"trust_records": 14, "trust_blocks": 7}
    _assert_copied(world)


def test_a_chain_of_more_blocks_than_a_commit_holds_is_copied_whole(settings: Settings) -> None:
    world = world_of(settings, mining_block_records=1)
    speak(world, **{f"content{number}": number for number in range(150)})
    assert len(mine(world, most=150)) == 150
    assert copy_to_lake(world) == {"trust_records": 150, "trust_blocks": 151}
    _assert_copied(world)
    assert verdict(world).is_valid
    world.operational.close()


def _assert_copied(world: World) -> None:
    blocks = world.lake.scan(TRUST_BLOCKS).sort("height").collect()
    records = world.lake.scan(TRUST_RECORDS).sort("record_id").collect()
    assert blocks.rows() == [
        tuple(row) for row in sql(world, "SELECT * FROM longplay.trust_blocks ORDER BY height")
    ]
    sealed = "SELECT * FROM longplay.trust_records WHERE height IS NOT NULL ORDER BY record_id"
    assert records.rows() == [tuple(row) for row in sql(world, sealed)]
    assert records.select(pl.col("height").null_count()).item() == 0
