"""Anybody with SHA-256 can check that a record is in the chain, and nobody can make one up."""

import hashlib
import json
from typing import Any

import pytest
from chain_worlds import mine, speak, world_of
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assets.trust.proofs import Proof, proof, verify_proof
from resources.settings import Settings
from resources.world import World


def strangers_check(told: dict[str, Any]) -> bool:
    """All that somebody needs who has never seen Longplay."""
    digest = hashlib.sha256(b"\0" + told["record"].encode()).digest()
    for step in told["path"]:
        other = bytes.fromhex(step["hash"])
        pair = other + digest if step["side"] == "left" else digest + other
        digest = hashlib.sha256(b"\1" + pair).digest()
    lines = told["header"].split("\n")
    block = hashlib.sha256(told["header"].encode()).hexdigest()
    return (
        digest.hex() == lines[5]
        and block == told["block_hash"]
        and block.startswith("0" * int(lines[4]))
        and int(lines[1]) == told["height"]
    )


@pytest.fixture
def world(settings: Settings) -> World:
    """One block of eleven records."""
    world = world_of(settings, mining_block_records=11)
    speak(world, **{f"content{number}": number for number in range(11)})
    mine(world)
    return world


def proofs(world: World) -> list[Proof]:
    with world.chain.reading() as view:
        block, records = view.block(1), view.sealed_in(1)
    assert block is not None
    return [json.loads(json.dumps(proof(block, records, each))) for each in range(len(records))]


def test_every_record_of_a_block_has_a_proof_that_a_stranger_can_check(world: World) -> None:
    found = proofs(world)
    assert len(found) == 11
    for told in found:
        assert verify_proof(told)
        assert strangers_check(told)
    assert len({told["record"] for told in found}) == 11
    world.operational.close()


def test_a_proof_is_one_of_its_content_only(world: World) -> None:
    told = proofs(world)[4]
    content = json.loads(told["record"])[2]
    assert verify_proof(told, content)
    assert not verify_proof(told, "another")
    world.operational.close()


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_proof_with_anything_changed_does_not_hold(world: World, data: st.DataObject) -> None:
    told = proofs(world)[data.draw(st.integers(0, 10))]
    name = data.draw(st.sampled_from(sorted(told)))
    if name == "path":
        step = data.draw(st.sampled_from(told["path"]))
        other = step["hash"][1:] + ("0" if step["hash"][0] != "0" else "1")
        step["side"], step["hash"] = data.draw(
            st.sampled_from(
                [("right" if step["side"] == "left" else "left", step["hash"]), (step["side"], other)]
            )
        )
    else:
        told[name] = _another(told[name], data)
    assert not verify_proof(told)


@pytest.mark.parametrize("told", [{}, {"record": 1}, {"record": "x", "path": [{}], "header": ""}])
def test_what_is_no_proof_does_not_hold(told: dict[str, Any]) -> None:
    assert not verify_proof(told)


def _another(value: Any, data: st.DataObject) -> Any:  # noqa: ANN401 - of the kind that it is
    if isinstance(value, int):
        return value + data.draw(st.integers(1, 9))
    place = data.draw(st.integers(0, len(value) - 1))
    character = data.draw(st.characters(codec="ascii").filter(lambda c: c != value[place]))
    return value[:place] + character + value[place + 1 :]
