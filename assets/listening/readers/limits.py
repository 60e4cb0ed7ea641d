"""What a reader will and will not take, and the error it raises."""

from dataclasses import dataclass


class UnreadableExport(Exception):  # noqa: N818 - it says what is the matter
    """Nothing in the export can be read. The message says what is wrong and what to do, never content."""


class NoPlays(UnreadableExport):
    """It is a list of something else, as many exports hold beside the plays."""


@dataclass(frozen=True)
class Limits:
    """Bounds that keep memory constant and refuse zip bombs; the defaults let a 10 GB export pass.

    Args:
        chunk_bytes: how much is parsed at once; never changes the result.
        record_bytes: a longer record is rejected instead of buffered.
        batch_rows: rows that are made into columns at once (one chunk more may come in).
        expansion_ratio: uncompressed over compressed size that no listening history reaches.
        expansion_floor_bytes: members smaller than this may expand as they like.
        total_bytes: uncompressed size of a whole export.
    """

    chunk_bytes: int = 4 << 20
    record_bytes: int = 64 << 20
    batch_rows: int = 8_000
    expansion_ratio: int = 400
    expansion_floor_bytes: int = 32 << 20
    total_bytes: int = 64 << 30
