"""What the chain is made of: records, blocks that seal them, and the head that says where it ends."""

from datetime import datetime
from typing import NamedTuple


class Record(NamedTuple):
    """What was known of one content when it was queued; ``record_hash`` is empty until it was computed."""

    record_id: int
    content_id: str
    creator_id: str
    verifications: int
    reports: int
    queued_at: datetime
    record_hash: str


class Block(NamedTuple):
    """One block; every hash is 64 lowercase hex digits, ``records`` is how many it seals."""

    height: int
    previous_hash: str
    hash: str
    mined_at: datetime
    difficulty: int
    nonce: int
    merkle_root: str
    records: int


class Head(NamedTuple):
    """The last block, and how many records were ever queued: their ids are 1 to that."""

    height: int
    hash: str
    records_queued: int
