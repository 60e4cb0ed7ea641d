"""Each check of trust passes on what is right, and fails on what is not."""

from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from chain_worlds import dumped, mine, speak, sql, verdict, world_of
from pydantic import SecretStr

from assets.tables import (
    FEEDBACK_EVENTS,
    PLAY_MONTHS,
    TRACK_ALIASES,
    TRACKS,
    TRUST_SCORES,
    Table,
)
from assets.trust.assets import tenths
from assets.trust.checks import chain_valid, out_of_range, records_are_conserved, scores_are_shares
from assets.trust.commit import score
from assets.trust.lake_copy import copied
from resources.backup import backup
from resources.restore import restore
from resources.settings import Settings
from resources.world import World


def result(check: dg.AssetChecksDefinition, world: World) -> dg.AssetCheckResult:
    found = check(world=world)
    assert isinstance(found, dg.AssetCheckResult)
    return found


def passes(check: dg.AssetChecksDefinition, world: World) -> bool:
    return result(check, world).passed


def test_a_chain_nobody_touched_passes_and_a_damaged_one_does_not(chain: World) -> None:
    assert passes(chain_valid, chain)
    sql(chain, "UPDATE longplay.trust_blocks SET nonce = nonce + 1 WHERE height = 2")
    found = result(chain_valid, chain)
    assert not found.passed
    assert found.metadata["height"].value == 1
    assert "block 2: its hash is not that of its header" in str(found.metadata["faults"].value)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM longplay.trust_records WHERE record_id = 13",
        "DELETE FROM longplay.trust_records WHERE record_id = 1",
        "UPDATE longplay.chain_head SET records_queued = records_queued + 1",
        "UPDATE longplay.trust_records SET record_id = 100 WHERE record_id = 14",
        "INSERT INTO longplay.quarantined_blocks VALUES (1, now(), NULL, '', NULL, '[]', '[[3, 3]]')",
    ],
)
def test_records_are_conserved_until_one_is_gone_or_there_twice(chain: World, damage: str) -> None:
    assert passes(records_are_conserved, chain)
    sql(chain, damage)
    assert not passes(records_are_conserved, chain)


def test_a_mined_record_came_from_a_pending_one_once(chain: World) -> None:
    """Sealed twice it would be two rows of one id, or of one content under an id nobody queued."""
    sql(
        chain,
        "INSERT INTO longplay.trust_records SELECT 15, content_id, creator_id, verifications, reports, "
        "queued_at, record_hash, height, 3 FROM longplay.trust_records WHERE record_id = 1",
    )
    assert not passes(records_are_conserved, chain)
    assert not passes(chain_valid, chain)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("score", 1.01),
        ("score", -0.01),
        ("score", float("nan")),
        ("wilson_low", 2.0),
        ("voices", 5),
        ("verifications", -1),
        ("score", None),
    ],
)
def test_scores_are_shares_until_one_is_not(world: World, column: str, value: float | None) -> None:
    speak(world, a=1, b=2)
    assert passes(scores_are_shares, world)
    rows = world.lake.scan(TRUST_SCORES).with_columns(pl.lit(value).alias(column)).collect()
    assert out_of_range(rows.lazy()).height == 2
    world.lake.overwrite(
        TRUST_SCORES, world.lake.open(TRUST_SCORES), TRUST_SCORES.conform(rows.lazy()).collect()
    )
    assert not passes(scores_are_shares, world)


# Scores made in the lake


def put(world: World, table: Table, rows: list[Mapping[str, object]]) -> None:
    frame = table.conform(pl.LazyFrame(rows, schema=table.schema)).collect()
    world.lake.overwrite(table, world.lake.open(table), frame)


def listened(world: World) -> None:
    """Four listeners on two tracks, one of them under another id; one of them said something else."""
    heard = [("ada", "t1", 3, 0), ("bo", "name:a", 2, 0), ("cy", "t1", 0, 1), ("di", "t2", 1, 1)]
    put(
        world,
        PLAY_MONTHS,
        [
            {"month": "2026-01", "user_id": user, "track_id": track, "completes": completes, "skips": skips}
            for user, track, completes, skips in heard
        ],
    )
    said = [("ada", "dislike", "t1"), ("bo", "favorite", "unknown to all")]
    put(
        world,
        FEEDBACK_EVENTS,
        [
            {"event_id": number, "month": "2026-01", "user_id": user, "type": kind, "track_id": track}
            for number, (user, kind, track) in enumerate(said)
        ],
    )
    put(world, TRACK_ALIASES, [{"alias_id": "name:a", "track_id": "t1"}])
    put(world, TRACKS, [{"track_id": each, "artist_id": "nines"} for each in ("t1", "t2", "name:a")])


SCORED = [("t1", "nines", 1, 2), ("t2", "nines", 0, 0), ("unknown to all", "unknown", 1, 0)]


@pytest.mark.parametrize("most", [1, 2, 1000])
def test_scores_are_the_same_however_few_listeners_are_counted_at_once(world: World, most: int) -> None:
    listened(world)
    score(world, most)
    rows = world.lake.scan(TRUST_SCORES).collect().rows()
    assert [row[:4] for row in rows] == SCORED


def test_scores_that_are_made_are_queued_and_made_again_they_are_not(world: World) -> None:
    listened(world)
    for _ in range(2):
        score(world)
        said = "SELECT content_id, creator_id, verifications, reports FROM longplay.trust_records ORDER BY 1"
        assert list(map(tuple, sql(world, said))) == SCORED
    assert mine(world) == [1]


def test_the_picture_counts_content_by_tenths_of_its_score() -> None:
    told = pl.LazyFrame({"score": [0.0, 0.05, 0.95, 1.0, 0.5], "voices": [1, 1, 1, 1, 0]})
    counts = dict(tenths(told).iter_rows())
    assert counts == {"0.0": 2, "0.9": 2} | {f"0.{tenth}": 0 for tenth in range(1, 9)}


# Backups


def test_a_chain_survives_a_backup_and_is_valid_where_it_is_restored(
    chain: World, tmp_path: Path, empty_database_url: str
) -> None:
    before, witnessed = dumped(chain), copied(chain.lake).hashes
    backup(chain.settings, tmp_path / "b.tar", chain.clock)
    elsewhere = Settings(home=tmp_path / "elsewhere", database_url=SecretStr(empty_database_url))
    restore(elsewhere, tmp_path / "b.tar")
    restored = world_of(elsewhere)
    assert dumped(restored) == before
    assert copied(restored.lake).hashes == witnessed
    assert verdict(restored).is_valid
    assert mine(restored) == [6]
    restored.operational.close()
