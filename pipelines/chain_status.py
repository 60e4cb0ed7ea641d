"""What ``longplay status`` tells of the trust chain: where it ends, and what was ever wrong with it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich.console import Console

from resources.event_types import ALERT
from resources.world import World


@dataclass(frozen=True)
class ChainStatus:
    """``blocks`` is None where the chain's head is damaged."""

    blocks: int | None
    pending: int
    quarantined: int
    repaired_at: datetime | None

    def show(self, console: Console) -> None:
        """A line, and one more where something was wrong."""
        if self.blocks is None:
            console.print("Trust chain: damaged; `longplay chain repair` mends it.", style="red")
        elif self.blocks or self.pending:
            console.print(f"Trust chain: {self.blocks:,} blocks, {self.pending:,} records pending.")
        if self.quarantined:
            last = f"; last repaired {self.repaired_at:%Y-%m-%d %H:%M} UTC" if self.repaired_at else ""
            console.print(
                f"Trust chain: {self.quarantined:,} entries in the quarantine{last}.", style="yellow"
            )

    def as_json(self) -> dict[str, Any]:
        """Its facts by name."""
        return asdict(self)


def chain_status(world: World) -> ChainStatus:
    """As one transaction sees it."""
    with world.chain.reading() as view:
        head, waiting, quarantined = view.head(), view.waiting(), view.quarantined()
    alerts = world.events.since(0, [ALERT]) if quarantined else []
    repaired_at = alerts[-1]["happened_at"] if alerts else None
    return ChainStatus(head.height if head else None, waiting.records, quarantined, repaired_at)
