"""The lake's copy of the chain, which is a second witness of what was mined.

It is a witness as long as nothing was quarantined since it was made. So a copy only adds what is new:
where the chain has other blocks than were copied, it stays as it is until the chain is repaired.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from assets import store
from assets.tables import TRUST_BLOCKS, TRUST_RECORDS, Table
from resources import row_filter
from resources.chain_rows import Block
from resources.chain_view import ChainView
from resources.lake import Lake
from resources.world import World

TABLES: Final = (TRUST_RECORDS, TRUST_BLOCKS)
"""In the order they are written: a block in the copy has its records there."""
_QUARANTINED: Final = f"{TRUST_BLOCKS.name}/quarantined"
"""The last entry of the quarantine when the copy was made."""
_BLOCKS_A_COMMIT: Final = 64
"""A commit begins at a multiple of it, so that blocks do not stay in a file each."""


@dataclass(frozen=True)
class Copy:
    """The blocks that the lake has a copy of, by height."""

    blocks: Mapping[int, Block]
    quarantined: int

    def witness(self, view: ChainView) -> "Copy":
        """As much of it as tells how the chain must be: what was quarantined since is wrong in it."""
        lowest = view.lowest_quarantined(self.quarantined)
        if lowest is None:
            return self
        right = {height: block for height, block in self.blocks.items() if height < lowest}
        return Copy(right, self.quarantined)

    @property
    def hashes(self) -> dict[int, str]:
        """Hash by height."""
        return {height: block.hash for height, block in self.blocks.items()}


def copied(lake: Lake) -> Copy:
    """The copy as it is."""
    opened = lake.open(TRUST_BLOCKS)
    rows = lake.scan_opened(TRUST_BLOCKS, opened).collect().rows()
    return Copy({row[0]: Block(*row) for row in rows}, lake.noted(opened, _QUARANTINED))


def copy_to_lake(world: World) -> dict[str, int]:
    """Makes the copy current, unless the chain contradicts it; returns the rows of each table."""
    with world.operational.writing():
        while store.until_first(lambda: _copy_some(world)):
            pass
    return {table.name: world.lake.open(table).count() for table in TABLES}


def _copy_some(world: World) -> bool:
    """Some blocks in a commit a table; False when there was nothing to copy, or nothing that may be."""
    lake = world.lake
    opened = {table.name: lake.open(table) for table in TABLES}  # before anything is read
    before = copied(lake)
    with world.chain.reading() as view:
        quarantined = {_QUARANTINED: view.quarantined()}
        held = {block.height: block for block in view.blocks()}
        if any(held.get(height) != block for height, block in before.witness(view).blocks.items()):
            return False
        first = _first_difference(before.blocks, held)
        if first is None:
            lake.note(TRUST_BLOCKS, opened[TRUST_BLOCKS.name], quarantined)
            return False
        begin = first - first % _BLOCKS_A_COMMIT
        frames = _rows(view, range(begin, begin + _BLOCKS_A_COMMIT))
    for table in TABLES:
        notes = {f"{table.name}/copied": first + 1, **quarantined}
        lake.overwrite(
            table, opened[table.name], frames[table.name], row_filter.at_least("height", begin), notes
        )
    return True


def _first_difference(before: Mapping[int, Block], now: Mapping[int, Block]) -> int | None:
    heights = sorted(before.keys() | now.keys())
    return next((height for height in heights if before.get(height) != now.get(height)), None)


def _rows(view: ChainView, heights: range) -> dict[str, pl.DataFrame]:
    records = [
        {**placed.record._asdict(), "height": height, "position": placed.position}
        for height in heights
        for placed in view.sealed_in(height)
    ]
    blocks = [block._asdict() for height in heights if (block := view.block(height)) is not None]
    return {
        TRUST_RECORDS.name: _frame(TRUST_RECORDS, records),
        TRUST_BLOCKS.name: _frame(TRUST_BLOCKS, blocks),
    }


def _frame(table: Table, rows: list[dict[str, object]]) -> pl.DataFrame:
    return table.conform(pl.LazyFrame(rows, schema=table.schema)).collect()
