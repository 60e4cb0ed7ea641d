"""Conservation in the ledger: read = stored + duplicate + rejected."""

from collections.abc import Mapping, Sequence
from typing import Any


def unbalanced_imports(ledger: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Completed imports whose rows do not add up."""
    counts = ("import_id", "rows_read", "rows_stored", "rows_duplicate", "rows_rejected")
    return [
        {name: row[name] for name in counts}
        for row in ledger
        if row["status"] == "completed"
        and row["rows_read"] != row["rows_stored"] + row["rows_duplicate"] + row["rows_rejected"]
    ]
