"""A proof that a record is in the chain, for somebody who has nothing but SHA-256.

The proof holds texts, not numbers to write down anew: the leaf is hashed (after a zero byte), then
climbs along the path (after a byte of one) to the Merkle root, which is a line of the header, whose
hash begins with as many zeros as the header's own line of difficulty says.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from assets.trust import merkle
from assets.trust.hashes import has_work, header, record_text
from resources.chain_rows import Block
from resources.chain_view import Placed

Proof = dict[str, Any]


def proof(block: Block, records: list[Placed], position: int) -> Proof:
    """What proves that the record at a position is in the block."""
    placed = records[position]
    leaves = [each.record.record_hash for each in records]
    return {
        "record": record_text(placed.record).decode(),
        "record_hash": placed.record.record_hash,
        "path": [step._asdict() for step in merkle.path(leaves, position)],
        "merkle_root": block.merkle_root,
        "header": header(block).decode(),
        "height": block.height,
        "block_hash": block.hash,
    }


def verify_proof(told: Mapping[str, Any], content_id: str | None = None) -> bool:
    """Whether a proof holds together (and is one of a content). Compare ``block_hash`` with a chain's."""
    try:
        return _holds(told) and content_id in (None, json.loads(told["record"])[2])
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return False


def _holds(told: Mapping[str, Any]) -> bool:
    leaf = hashlib.sha256(b"\0" + told["record"].encode()).hexdigest()
    steps = [merkle.Step(step["side"], step["hash"]) for step in told["path"]]
    kind, height, _, _, difficulty, root, _, _ = told["header"].split("\n")
    digest = hashlib.sha256(told["header"].encode()).hexdigest()
    return (
        kind == "longplay-block-1"
        and int(height) == told["height"]
        and leaf == told["record_hash"]
        and all(step.side in ("left", "right") for step in steps)
        and merkle.climbed(leaf, steps) == root == told["merkle_root"]
        and digest == told["block_hash"]
        and has_work(digest, int(difficulty))
    )
