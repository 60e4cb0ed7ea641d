"""The texts that are hashed: of a record, of a block's header; and the genesis block they begin with.

A record's hash is its leaf of the Merkle tree (RFC 6962, section 2.1: SHA-256 of a zero byte and the
text). A header is lines of plain text; the nonce is the last, so that a miner hashes the rest once.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Final

from resources.chain_rows import Block, Record

DIGITS: Final = 64
"""Hex digits of a hash."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_encode = json.JSONEncoder(separators=(",", ":")).encode


def record_text(record: Record) -> bytes:
    """The leaf of a record: a JSON array in ASCII, times as microseconds since 1970."""
    fields = ("longplay-record-1", *record[:5], _microseconds(record.queued_at))
    return _encode(fields).encode()


def record_hash(record: Record) -> str:
    """What ``record.record_hash`` must be."""
    return hashlib.sha256(b"\0" + record_text(record)).hexdigest()


def sealed(record: Record) -> Record:
    """The record with its hash."""
    return record._replace(record_hash=record_hash(record))


def header_before_nonce(block: Block) -> bytes:
    """The header of a block, all but the digits of the nonce."""
    lines = (
        "longplay-block-1",
        block.height,
        block.previous_hash,
        _microseconds(block.mined_at),
        block.difficulty,
        block.merkle_root,
        block.records,
        "",
    )
    return "\n".join(map(str, lines)).encode()


def header(block: Block) -> bytes:
    """What a block's hash is the SHA-256 of."""
    return header_before_nonce(block) + b"%d" % block.nonce


def block_hash(block: Block) -> str:
    """What ``block.hash`` must be."""
    return hashlib.sha256(header(block)).hexdigest()


def has_work(digest: str, difficulty: int) -> bool:
    """Whether a hash proves ``16 ** difficulty`` expected tries."""
    return digest.startswith("0" * difficulty)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


GENESIS: Final = Block(
    height=0,
    previous_hash="0" * DIGITS,
    hash="00000351da3f5924e12b68462a06853eede6dadfc4ba6fd2ac31257c30b43a6e",
    mined_at=_EPOCH,
    difficulty=4,
    nonce=29_749,
    merkle_root=hashlib.sha256().hexdigest(),
    records=0,
)
"""Block 0, the same in every home; it seals nothing."""
