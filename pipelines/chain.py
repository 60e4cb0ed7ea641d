"""The trust chain at the terminal: verified, shown, proved, mended, and mined on."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from assets.trust.chain import examined, mend
from assets.trust.lake_copy import copy_to_lake
from assets.trust.proofs import proof
from assets.trust.verify import Verdict
from pipelines.exit_codes import Exit
from pipelines.mine import told_of
from pipelines.run import RunFailedError, Runner
from pipelines.terminal import to_reader
from resources.world import World

FINE, DAMAGED, UNKNOWN = Exit.DONE, Exit.FAILED, Exit.UNKNOWN
MOST_SHOWN = 20


def verify(world: World, console: Console) -> int:
    """Walks the whole chain."""
    verdict = examined(world)
    console.print(
        f"Looked at {verdict.blocks:,} blocks above the genesis block, {verdict.sealed:,} sealed and "
        f"{verdict.pending:,} pending records."
    )
    if verdict.is_valid:
        console.print(f"The chain is valid; it ends at block {verdict.top.height} ({verdict.top.hash}).")
        return FINE
    _complain(console, verdict)
    return DAMAGED


def show(world: World, console: Console, blocks: int) -> int:
    """The last blocks, what is pending, what is in the quarantine."""
    with world.chain.reading() as view:
        head, waiting, quarantined = view.head(), view.waiting(), view.quarantined()
        above = 0 if head is None else head.height - blocks
        last = list(view.blocks(above if above >= 0 else None))
    table = Table("Block", "Mined", "Records", "Difficulty", "Nonce", "Hash", box=None, pad_edge=False)
    for block in last:
        cells = (block.records, block.difficulty, block.nonce)
        table.add_row(
            str(block.height), _when(block.mined_at), *(f"{cell:,}" for cell in cells), block.hash[:16]
        )
    console.print(table)
    since = f", the oldest since {_when(waiting.oldest_at)}" if waiting.oldest_at else ""
    console.print(f"Pending records: {waiting.records:,}{since}. Entries in the quarantine: {quarantined}.")
    return FINE


def prove(world: World, console: Console, content_id: str) -> int:
    """Prints a proof, as JSON, that the content's newest sealed record is in the chain."""
    with world.chain.reading() as view:
        known = view.records_of(content_id)
        placed = next((each for each in known if each.height is not None), None)
        block = None if placed is None or placed.height is None else view.block(placed.height)
        records = [] if block is None else view.sealed_in(block.height)
    if placed is None or block is None or placed not in records:
        why = "is pending: `longplay mine` seals it" if known else "is not known to it"
        console.print(
            f"No block of the chain seals {content_id}; it {why}.", style="red", markup=False, soft_wrap=True
        )
        return UNKNOWN
    with to_reader():
        sys.stdout.write(json.dumps(proof(block, records, records.index(placed)), indent=1) + "\n")
    return FINE


def repair(world: World, console: Console) -> int:
    """Mends a damaged chain, and the lake's copy with it."""
    done = mend(world)
    copy_to_lake(world)
    if done is None:
        console.print("The chain is valid: there is nothing to repair.")
        return FINE
    console.print(f"Repaired. {told_of(done)}", markup=False, soft_wrap=True)
    console.print("`longplay mine`, or a running `longplay up`, mines what is pending again.")
    return FINE


def mine(world: World, console: Console) -> int:
    """Mines until nothing is pending."""
    try:
        told = Runner(world).ask("mine", "mine_blocks", {})
    except RunFailedError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        return DAMAGED
    if told["is_off"]:
        console.print("LONGPLAY_TRUST is off: nothing is mined.")
        return FINE
    if told["repaired"] != "no":
        console.print(
            f"The chain was damaged: {told['repaired']}", style="yellow", markup=False, soft_wrap=True
        )
    console.print(_mined(told["blocks mined"], told["records sealed"], told["hashes a second"]))
    for fault in told["faults"]:
        console.print(fault, style="red", markup=False, soft_wrap=True)
    return DAMAGED if told["faults"] else FINE


def _mined(heights: Sequence[int], records: int, hashes_a_second: int) -> str:
    if not heights:
        return "Nothing is pending."
    which = f"block {heights[0]}" if len(heights) == 1 else f"blocks {heights[0]} to {heights[-1]}"
    return f"Mined {which}: {records:,} records, {hashes_a_second:,} hashes a second."


def _complain(console: Console, verdict: Verdict) -> None:
    for fault in verdict.faults[:MOST_SHOWN]:
        console.print(str(fault), style="red", markup=False, soft_wrap=True)
    more = len(verdict.faults) - MOST_SHOWN
    if more > 0:
        console.print(f"… and {more:,} more.", style="red")
    console.print(
        f"The chain is damaged; it is valid up to block {verdict.valid_height}. `longplay chain repair` "
        "keeps that, puts the rest in the quarantine and its records back among the pending.",
        soft_wrap=True,
    )


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"
