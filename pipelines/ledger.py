"""The ledger at the terminal: a table where it fits, else two lines an import, so that no count is cut."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

_COUNTS: Final = ("rows_read", "rows_stored", "rows_duplicate", "rows_rejected")
_HEADER: Final = ("import", "file", "user", "status", "read", "stored", "duplicate", "rejected")
_STYLES: Final = {"completed": "green", "held": "yellow", "failed": "red", "undone": "dim"}
_NARROWEST_FILE: Final = 10
_WIDEST: Final = 10_000

Line = dict[str, str]


def ledger(rows: Sequence[Mapping[str, Any]], width: int) -> RenderableType:
    """Imports and what became of their rows, within so many columns."""
    lines = [_line(row) for row in rows]
    names = [name for name in _HEADER if name != "user" or len({row["user_id"] for row in rows}) > 1]
    table = _table(lines, names)
    is_fitting = Console(width=_WIDEST).measure(table).minimum <= width
    return table if is_fitting or not lines else _stacked(lines, names)


def _line(row: Mapping[str, Any]) -> Line:
    counts = [f"{row[name]:,}" if row[name] is not None else "–" for name in _COUNTS]
    cells = [row["import_id"], row["file_name"], row["user_id"], row["status"], *counts]
    return dict(zip(_HEADER, cells, strict=True))


def _style(line: Line) -> str:
    return _STYLES.get(line["status"], "cyan")


def _table(lines: Sequence[Line], names: Sequence[str]) -> Table:
    """Only the file's name gives way."""
    table = Table(title="Imports", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in names:
        widest = max(len(name), *(len(line[name]) for line in lines), 0)
        table.add_column(
            name,
            no_wrap=name != "file",
            overflow="ellipsis",
            min_width=_NARROWEST_FILE if name == "file" else widest,
            justify="right" if name in _HEADER[4:] else "left",
        )
    for line in lines:
        table.add_row(*(Text(line[name], _style(line) if name == "status" else "") for name in names))
    return table


def _stacked(lines: Sequence[Line], names: Sequence[str]) -> Group:
    """What an import is, then its counts as the sum they are."""
    parts = [Text("Imports", "italic")]
    for line in lines:
        about = [line["import"], line["status"], *([line["user"]] if "user" in names else []), line["file"]]
        told = Text("  ".join(about), overflow="fold")
        told.stylize(_style(line), len(line["import"]) + 2, len(line["import"]) + 2 + len(line["status"]))
        read, stored, duplicate, rejected = (line[name] for name in _HEADER[4:])
        equals = "=" if line["status"] != "undone" else "before it was undone; now"
        told.append(f"\n  read {read} {equals} stored {stored} + duplicate {duplicate} + rejected {rejected}")
        parts.append(told)
    return Group(*parts)
