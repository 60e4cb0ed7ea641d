"""Trust: scores of content, and the lake's copy of the chain that seals them."""

import polars as pl

from assets.tables.table import Column, Table, integer, moment, text

_CONTENT = text("the track; of several ids of one, the Spotify id")
_CREATOR = text('its artist; "unknown" where the catalogue does not know the track')
_HASH = "64 hex digits of SHA-256"

TRUST_SCORES = Table(
    name="trust_scores",
    group="trust",
    description="What listeners' voices say of each content: one person is one voice.",
    key=("content_id", "creator_id"),
    sort_by=("content_id", "creator_id"),
    columns={
        "content_id": _CONTENT,
        "creator_id": _CREATOR,
        "verifications": integer("listeners whose latest word, else most of whose plays, are for it"),
        "reports": integer("listeners who are against it"),
        "voices": integer("verifications and reports"),
        "score": Column(pl.Float64(), "verifications of voices; 0.5 where nobody spoke"),
        "wilson_low": Column(pl.Float64(), "lower end of Wilson's 95 % interval of the score"),
    },
)

TRUST_BLOCKS = Table(
    name="trust_blocks",
    group="trust",
    description="The blocks of the trust chain, copied from PostgreSQL: a second witness of what was mined.",
    key=("height",),
    sort_by=("height",),
    columns={
        "height": integer("from 0, the genesis block"),
        "previous_hash": text("hash of the block before it"),
        "hash": text(f"{_HASH} over the header"),
        "mined_at": moment("when it was begun"),
        "difficulty": integer("zero hex digits that the hash begins with"),
        "nonce": integer("what makes the hash begin with them"),
        "merkle_root": text("root of the tree over its records (RFC 6962)"),
        "records": integer("how many it seals"),
    },
)

TRUST_RECORDS = Table(
    name="trust_records",
    group="trust",
    description="What each block of the trust chain seals, copied from PostgreSQL.",
    key=("record_id",),
    sort_by=("height", "position"),
    columns={
        "record_id": integer("1, 2, 3 … in the order they were queued"),
        "content_id": _CONTENT,
        "creator_id": _CREATOR,
        "verifications": integer("at the time it was queued"),
        "reports": integer("at the time it was queued"),
        "queued_at": moment("when it was queued"),
        "record_hash": text(f"{_HASH}: its leaf of the Merkle tree"),
        "height": integer("the block that seals it"),
        "position": integer("its place in the block, from 0"),
    },
)
