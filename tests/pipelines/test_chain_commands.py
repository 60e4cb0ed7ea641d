"""The chain on the command line: verified, shown, proved, mended and mined on, in words a person can use."""

import json
from typing import Any

import pytest
from command_line import Longplay
from mining_processes import speak
from sqlalchemy import text

from assets.trust.proofs import verify_proof
from pipelines.exit_codes import Exit
from resources.settings import Settings
from resources.world import World


@pytest.fixture
def world(settings: Settings) -> World:
    """Ten scores are queued."""
    world = World(settings)
    speak(world, 10)
    return world


def damage(world: World) -> None:
    with world.operational.engine.begin() as connection:
        connection.execute(text("UPDATE longplay.trust_blocks SET records = records + 1 WHERE height = 1"))


def test_what_is_pending_is_mined_shown_and_proved(world: World, longplay: Longplay) -> None:
    code, out, _ = longplay("mine")
    assert (code, "Mined block 1: 10 records" in out) == (0, True)
    code, out, _ = longplay("mine")
    assert (code, "Nothing is pending." in out) == (0, True)
    code, out, _ = longplay("chain", "verify")
    assert (code, "The chain is valid; it ends at block 1" in out) == (0, True)
    code, out, _ = longplay("chain", "show")
    assert (code, "Pending records: 0." in out) == (0, True)
    code, out, _ = longplay("chain", "proof", "content003")
    told: dict[str, Any] = json.loads(out)
    assert (code, verify_proof(told, "content003")) == (0, True)


def test_a_content_that_no_block_seals_has_no_proof_and_the_command_says_why(
    world: World, longplay: Longplay
) -> None:
    code, out, _ = longplay("chain", "proof", "content003")
    assert (code, "is pending: `longplay mine` seals it" in out) == (Exit.UNKNOWN, True)
    code, out, _ = longplay("chain", "proof", "nobody knows")
    assert (code, "is not known to it" in out) == (Exit.UNKNOWN, True)


def test_a_damaged_chain_is_told_of_and_repaired_on_request(world: World, longplay: Longplay) -> None:
    longplay("mine")
    damage(world)
    code, out, _ = longplay("chain", "verify")
    assert (code, "block 1: seals 11 records, but 10 are in it" in out) == (1, True)
    assert "`longplay chain repair`" in out
    code, out, _ = longplay("chain", "repair")
    assert (code, "10 of their records are pending again" in out) == (0, True)
    code, out, _ = longplay("chain", "repair")
    assert (code, "nothing to repair" in out) == (0, True)
    code, out, _ = longplay("mine")
    assert (code, "Mined block 1: 10 records" in out) == (0, True)
    code, out, _ = longplay("chain", "show")
    assert "Entries in the quarantine: 2." in out


def test_mining_mends_first_and_says_so(world: World, longplay: Longplay) -> None:
    longplay("mine")
    damage(world)
    code, out, _ = longplay("mine")
    assert (code, "The chain was damaged: block 1" in out) == (0, True)


def test_status_tells_where_the_chain_ends_and_what_was_ever_wrong(world: World, longplay: Longplay) -> None:
    assert "Trust chain: 0 blocks, 10 records pending." in longplay("status")[1]
    longplay("mine")
    assert "Trust chain: 1 blocks, 0 records pending." in longplay("status")[1]
    damage(world)
    longplay("mine")
    assert "2 entries in the quarantine; last repaired" in longplay("status")[1]


def test_nothing_is_mined_while_trust_is_off(
    world: World, longplay: Longplay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_TRUST", "off")
    code, out, _ = longplay("mine")
    assert (code, "LONGPLAY_TRUST is off" in out) == (0, True)
